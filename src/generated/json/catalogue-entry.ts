/* Made by `npm run generate`; never edited. */

/**
 * One code as it is written in schemas/errors. Checked when the catalogue is loaded.
 */
export interface CatalogueEntry {
  /**
   * error: what was sent is turned away. warning: it goes on, and somebody should correct something. info: good to know.
   */
  severity: 'error' | 'warning' | 'info'
  /**
   * The status a refusal with this code is answered with. Absent where the code is no refusal, or where the kind of the refusal decides.
   */
  httpStatus?: number
  /**
   * Values that broke this rule are neither answered nor kept: they may be a secret.
   */
  confidential?: boolean
  title: BilingualText
  detail?: BilingualText1
  cause: BilingualText2
  whoActs: 'sender' | 'receiver' | 'provincial_axis' | 'national_axis'
  next: BilingualText3
  /**
   * Law and article, or the page of the standard.
   */
  source: string
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText1 {
  vi: string
  en: string
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText2 {
  vi: string
  en: string
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText3 {
  vi: string
  en: string
}
