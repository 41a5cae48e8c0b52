/* Made by `npm run generate`; never edited. */

/**
 * Deadline rule and working hours of a province.
 */
export interface CalendarSettings {
  /**
   * Code of the province, e.g. H35, or default for all others.
   */
  province: string
  /**
   * Until when a document must be dispatched: 12:00 of the next working day (QĐ 28/2018, Lào Cai) or the end of that day (NĐ 30/2020).
   */
  dispatchRule: 'noon_next_working_day' | 'end_of_next_working_day'
  /**
   * Minutes within which an urgent document must be dispatched and handed over, by its priority.
   */
  urgentMinutes: {
    /**
     * Khẩn.
     */
    '1': number
    /**
     * Thượng khẩn.
     */
    '2': number
    /**
     * Hỏa tốc.
     */
    '3': number
    /**
     * Hỏa tốc hẹn giờ.
     */
    '4': number
  }
  hours: CalendarHours
}
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
