/* Made by `npm run generate`; never edited. */

/**
 * More time for a lease, or for some of its deliveries.
 */
export interface MailboxExtendInput {
  leaseId: string
  /**
   * From now on; 300 when absent.
   */
  leaseSeconds?: number
  /**
   * @minItems 1
   * @maxItems 1000
   */
  deliveryIds?: [string, ...string[]]
}
