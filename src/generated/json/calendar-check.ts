/* Made by `npm run generate`; never edited. */

/**
 * The deadlines of a document, and why, day by day.
 */
export interface CalendarCheck {
  /**
   * The day it was signed.
   */
  signedOn: string
  /**
   * When it is accepted.
   */
  at: string
  priority: number
  province?: string
  calendarVersion: number
  /**
   * A year in question is not confirmed: a notice may still move the deadline.
   */
  provisional: boolean
  unconfirmedYears: number[]
  summary: BilingualText
  /**
   * Dispatch by the sender.
   */
  dispatch: {
    /**
     * The last moment in time.
     */
    dueAt: string
    /**
     * Until when a document must be dispatched: 12:00 of the next working day (QĐ 28/2018, Lào Cai) or the end of that day (NĐ 30/2020).
     */
    rule: 'noon_next_working_day' | 'end_of_next_working_day'
    isLate: boolean
    text: BilingualText
  }
  /**
   * Notice of receipt by the receiver.
   */
  receipt: {
    /**
     * The last moment in time.
     */
    dueAt: string
    rule: 'same_day' | 'next_working_day'
    text: BilingualText
  }
  /**
   * Presenting to whoever handles it.
   */
  presentation: {
    /**
     * The last moment in time.
     */
    dueAt: string
    text: BilingualText
  }
  /**
   * Of an urgent document only.
   */
  urgent?: {
    /**
     * The last moment in time.
     */
    dueAt: string
    from: 'signature' | 'first_sight'
    isLate: boolean
    text: BilingualText
  }
  /**
   * Every day from signing to the dispatch deadline.
   */
  days: {
    /**
     * The day.
     */
    day: string
    weekday: BilingualText
    isWorking: boolean
    why: BilingualText
  }[]
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
