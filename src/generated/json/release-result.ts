/* Made by `npm run generate`; never edited. */

/**
 * Where each of the stopped deliveries goes now.
 */
export interface ReleaseResult {
  holdId: string
  packageId: string
  documentId: string
  /**
   * ISO 8601 with +07:00
   */
  heldAt: string
  /**
   * ISO 8601 with +07:00
   */
  releasedAt: string
  releasedBy: string
  recipients: {
    deliveryId: string
    organId: string
    state: string
    systemId?: string
    /**
     * Why it cannot go on yet.
     */
    heldReason?: string
  }[]
}
