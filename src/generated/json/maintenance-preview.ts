/* Made by `npm run generate`; never edited. */

/**
 * What a window of maintenance would mean.
 */
export interface MaintenancePreview {
  dryRun: true
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
  minutes: number
  /**
   * Nothing leaves while it lasts, and the clocks of deliveries stand still.
   */
  lanesRest: boolean
  mailboxOpen: boolean
  /**
   * Deliveries that would be concerned if it began now, by state.
   */
  openNow: {
    [k: string]: number
  }
}
