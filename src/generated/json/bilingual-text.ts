/* Made by `npm run generate`; never edited. */

/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
