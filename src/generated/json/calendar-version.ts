/* Made by `npm run generate`; never edited. */

/**
 * One change of the calendar.
 */
export interface CalendarVersion {
  version: number
  /**
   * When.
   */
  at: string
  by: string
  reason: string
  change: 'seeded' | 'year_replaced' | 'year_confirmed' | 'settings_changed' | 'settings_removed'
  /**
   * The year it is about.
   */
  year?: number
  /**
   * The province it is about, or default.
   */
  province?: string
}
