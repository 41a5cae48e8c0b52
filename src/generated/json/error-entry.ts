/* Made by `npm run generate`; never edited. */

/**
 * One code of the catalogue: what happened, why, who acts and how. Texts may hold {placeholders}, which an answer fills.
 */
export interface ErrorEntry {
  code: string
  /**
   * error: what was sent is turned away. warning: it goes on, and somebody should correct something. info: good to know.
   */
  severity: 'error' | 'warning' | 'info'
  /**
   * The status a refusal with this code is answered with. Absent where the code is no refusal, or where several are possible.
   */
  httpStatus?: number
  /**
   * Values that broke this rule are neither answered nor kept.
   */
  confidential?: boolean
  title: BilingualText
  detail: BilingualText
  cause: BilingualText
  whoActs: 'sender' | 'receiver' | 'provincial_axis' | 'national_axis'
  next: BilingualText
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
