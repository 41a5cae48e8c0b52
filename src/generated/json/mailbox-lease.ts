/* Made by `npm run generate`; never edited. */

/**
 * What the lease held: with a new end after extending, given back after releasing.
 */
export interface MailboxLease {
  leaseId: string
  /**
   * ISO 8601 with +07:00; null after releasing.
   */
  leaseUntil: string | null
  /**
   * Deliveries that are missing here were settled, taken back, or claimed by another thread.
   */
  deliveryIds: string[]
}
