/* Made by `npm run generate`; never edited. */

/**
 * Why a province shall follow the default settings again.
 */
export interface CalendarRemovalInput {
  /**
   * Why, as it shall be read in the list of versions; name the notice.
   */
  reason: string
}
