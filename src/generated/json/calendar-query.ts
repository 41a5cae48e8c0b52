/* Made by `npm run generate`; never edited. */

/**
 * Which part of the calendar, as of when.
 */
export interface CalendarQuery {
  /**
   * Only this year, also one nobody has entered.
   */
  year?: number
  /**
   * As it was at this version. Default: as it is now.
   */
  version?: number
}
