/* Made by `npm run generate`; never edited. */

/**
 * Outages, maintenance and other notices that are current or coming, newest first.
 */
export interface NoticeList {
  items: Notice[]
  /**
   * Give it back as `cursor` for what follows; null at the end.
   */
  nextCursor: string | null
}
/**
 * What systems are told.
 */
export interface Notice {
  noticeId: string
  kind: 'maintenance' | 'outage' | 'information'
  text: BilingualText
  /**
   * ISO 8601 with +07:00
   */
  since: string
  /**
   * null: until further notice.
   */
  until: string | null
  state: 'coming' | 'current' | 'over'
  /**
   * ISO 8601 with +07:00
   */
  announcedAt: string
  /**
   * queue: packages are accepted and nothing leaves. refuse: nothing comes in and nothing leaves. open: only announced, everything goes on.
   */
  intake?: 'queue' | 'refuse' | 'open'
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
