/* Made by `npm run generate`; never edited. */

/**
 * Working hours of a province.
 */
export interface CalendarHours {
  /**
   * Days of the week that are worked, Monday is 1. At least one.
   */
  weekdays: (1 | 2 | 3 | 4 | 5 | 6 | 7)[]
  /**
   * From and to on the clock, one after the other. At least one.
   */
  spans: {
    from: string
    to: string
  }[]
}
