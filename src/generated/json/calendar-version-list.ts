/* Made by `npm run generate`; never edited. */

/**
 * Changes of the calendar, newest first.
 */
export interface CalendarVersionList {
  items: CalendarVersion[]
  /**
   * Give it back as `cursor` for what follows; absent at the end.
   */
  nextCursor?: string
}
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
