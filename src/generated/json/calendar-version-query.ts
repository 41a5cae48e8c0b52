/* Made by `npm run generate`; never edited. */

/**
 * Which changes to list.
 */
export interface CalendarVersionQuery {
  /**
   * From nextCursor of the page before.
   */
  cursor?: string
  /**
   * Most rows of a page. Default: 100.
   */
  limit?: number
}
