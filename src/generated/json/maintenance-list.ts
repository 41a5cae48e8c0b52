/* Made by `npm run generate`; never edited. */

/**
 * Windows of maintenance, newest first.
 */
export interface MaintenanceList {
  items: MaintenanceWindow[]
  /**
   * Give it back as `cursor` for what follows; null at the end.
   */
  nextCursor: string | null
}
/**
 * A window of maintenance.
 */
export interface MaintenanceWindow {
  windowId: string
  state: 'planned' | 'running' | 'ended' | 'cancelled'
  /**
   * ISO 8601 with +07:00
   */
  startsAt: string
  /**
   * ISO 8601 with +07:00
   */
  endsAt: string
  /**
   * queue: packages are accepted and nothing leaves. refuse: nothing comes in and nothing leaves. open: only announced, everything goes on.
   */
  intake: 'queue' | 'refuse' | 'open'
  note: BilingualText
  announcedBy: string
  /**
   * ISO 8601 with +07:00
   */
  announcedAt: string
  /**
   * ISO 8601 with +07:00
   */
  changedAt: string | null
  /**
   * ISO 8601 with +07:00
   */
  beganAt: string | null
  /**
   * ISO 8601 with +07:00
   */
  endedAt: string | null
  /**
   * Who ended it early or cancelled it; null where its time was over.
   */
  endedBy: string | null
  integrity: {
    /**
     * What the check of the database found; null until it has run.
     */
    before: {
      [k: string]: unknown
    } | null
    /**
     * What the check of the database found; null until it has run.
     */
    after: {
      [k: string]: unknown
    } | null
  }
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
