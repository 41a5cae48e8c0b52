/* Made by `npm run generate`; never edited. */

/**
 * Something is said to all systems.
 */
export interface NoticeInput {
  kind: 'outage' | 'information'
  /**
   * What the systems are told, in both languages.
   */
  note: {
    vi: string
    en: string
  }
  since?: string
  until?: string
}
