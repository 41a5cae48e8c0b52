/* Made by `npm run generate`; never edited. */

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
