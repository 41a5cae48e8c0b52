/* Made by `npm run generate`; never edited. */

/**
 * A day that differs from the ordinary week.
 */
export interface CalendarDay {
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
   * confirmed: read in its source. unverified: counts, but was not held against the notice. proposed: does not count until it is decided.
   */
  status: 'confirmed' | 'unverified' | 'proposed'
  /**
   * Who entered it; absent where it was worked out.
   */
  enteredBy?: string
}
