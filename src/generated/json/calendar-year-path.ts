/* Made by `npm run generate`; never edited. */

/**
 * Which year.
 */
export interface CalendarYearPath {
  /**
   * The year.
   */
  year: number
}
