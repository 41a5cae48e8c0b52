/* Made by `npm run generate`; never edited. */

/**
 * Maintenance is announced.
 */
export interface MaintenanceInput {
  startsAt: string
  endsAt: string
  /**
   * queue: packages are accepted and nothing leaves. refuse: nothing comes in and nothing leaves. open: only announced, everything goes on.
   */
  intake: 'queue' | 'refuse' | 'open'
  /**
   * What the systems are told, in both languages.
   */
  note: {
    vi: string
    en: string
  }
  /**
   * Only says what it would mean.
   */
  dryRun?: boolean
}
