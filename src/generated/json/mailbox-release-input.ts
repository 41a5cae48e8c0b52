/* Made by `npm run generate`; never edited. */

/**
 * Gives a lease back, or some of its deliveries.
 */
export interface MailboxReleaseInput {
  leaseId: string
  /**
   * @minItems 1
   * @maxItems 1000
   */
  deliveryIds?: [string, ...string[]]
}
