/* Made by `npm run generate`; never edited. */

/**
 * A notice as operators see it.
 */
export interface AdminNotice {
  noticeId: string
  kind: 'outage' | 'information'
  text: BilingualText
  /**
   * ISO 8601 with +07:00
   */
  since: string
  /**
   * ISO 8601 with +07:00
   */
  until: string | null
  state: 'coming' | 'current' | 'over'
  madeBy: string
  /**
   * ISO 8601 with +07:00
   */
  announcedAt: string
  /**
   * ISO 8601 with +07:00
   */
  withdrawnAt: string | null
  withdrawnBy: string | null
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
