/* Made by `npm run generate`; never edited. */

/**
 * That the year was held against the official notice.
 */
export interface CalendarConfirmInput {
  /**
   * Why, as it shall be read in the list of versions; name the notice.
   */
  reason: string
  /**
   * The version that was looked at; refused if the calendar has changed since.
   */
  basedOn?: number
}
