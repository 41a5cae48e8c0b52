/* Made by `npm run generate`; never edited. */

/**
 * Which systems to list.
 */
export interface SystemQuery {
  /**
   * From nextCursor of the page before.
   */
  cursor?: string
  /**
   * Most rows of a page. Default: 100.
   */
  limit?: number
}
