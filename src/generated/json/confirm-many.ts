/* Made by `npm run generate`; never edited. */

/**
 * Deliveries the system has safely.
 */
export interface ConfirmMany {
  /**
   * @minItems 1
   * @maxItems 1000
   */
  deliveryIds: [string, ...string[]]
  /**
   * The lease under which they were claimed; one call for each lease.
   */
  leaseId?: string
}
