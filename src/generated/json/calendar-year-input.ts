/* Made by `npm run generate`; never edited. */

/**
 * All days of a year that differ from the ordinary week. They take the place of all that was entered before; the year is then to be confirmed anew.
 */
export interface CalendarYearInput {
  /**
   * @minItems 1
   * @maxItems 366
   */
  days: [CalendarDayInput, ...CalendarDayInput[]]
  /**
   * Why, as it shall be read in the list of versions; name the notice.
   */
  reason: string
  /**
   * The version the change was made on; refused if the calendar has changed since.
   */
  basedOn?: number
}
/**
 * A day that differs from the ordinary week, as an operator enters it.
 */
export interface CalendarDayInput {
  /**
   * The day.
   */
  day: string
  /**
   * holiday: a public holiday. makeup-rest: a working day that is off, in lieu of a holiday or in exchange. working-swap: a day of the weekly rest that is worked.
   */
  kind: 'holiday' | 'makeup-rest' | 'working-swap'
  /**
   * What the day is called.
   */
  label: {
    /**
     * In Vietnamese.
     */
    vi: string
    /**
     * In English.
     */
    en: string
  }
  /**
   * The notice or the article that says so.
   */
  source: string
  /**
   * confirmed: read in its source. unverified: counts, but was not held against the notice. proposed: does not count until it is decided. Default: unverified, or confirmed for a day that was so and is entered as it was. Confirming the year makes unverified days confirmed.
   */
  status?: 'confirmed' | 'unverified' | 'proposed'
}
