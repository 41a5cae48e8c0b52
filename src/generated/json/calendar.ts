/* Made by `npm run generate`; never edited. */

/**
 * The working calendar and the deadline settings at one version.
 */
export interface Calendar {
  version: number
  /**
   * The version in force.
   */
  latest: number
  years: CalendarYear[]
  settings: CalendarSettings[]
}
/**
 * The days of one year.
 */
export interface CalendarYear {
  year: number
  /**
   * false: nobody has entered this year; its days are worked out from law and moon.
   */
  entered: boolean
  /**
   * Somebody has held it against the official notice.
   */
  confirmed: boolean
  /**
   * When.
   */
  confirmedAt?: string
  /**
   * Who.
   */
  confirmedBy?: string
  /**
   * The version in which it was last entered or confirmed.
   */
  version?: number
  days: CalendarDay[]
  warnings: CalendarWarning[]
}
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
/**
 * Something about a year that a person should look at; it stops nothing.
 */
export interface CalendarWarning {
  /**
   * Code of the published catalogue.
   */
  code: string
  /**
   * The day it is about.
   */
  day?: string
  message: BilingualText
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
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
