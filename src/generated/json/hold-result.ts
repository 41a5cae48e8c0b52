/* Made by `npm run generate`; never edited. */

/**
 * What was stopped, and what was too late to stop, by recipient.
 */
export interface HoldResult {
  holdId: string
  packageId: string
  documentId: string
  /**
   * ISO 8601 with +07:00
   */
  heldAt: string
  heldBy: string
  requestedBy: string
  recipients: {
    deliveryId: string
    organId: string
    agencyCode?: string
    /**
     * stopped: waits for the release. in_flight: an attempt is running; if it sends nothing, it is stopped too. taken: the recipient has it, or may have it. ended: it was over before. quarantined: held for another reason, and stays so.
     */
    outcome: 'stopped' | 'in_flight' | 'taken' | 'ended' | 'quarantined'
    state: string
    /**
     * ISO 8601 with +07:00
     */
    takenAt?: string
  }[]
}
