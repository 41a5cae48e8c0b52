/* Made by `npm run generate`; never edited. */

/**
 * A document that an operator stopped.
 */
export interface PackageHold {
  holdId: string
  packageId: string
  documentId: string
  subject: string | null
  from: string
  reason: string
  requestedBy: string
  heldBy: string
  /**
   * ISO 8601 with +07:00
   */
  heldAt: string
  /**
   * ISO 8601 with +07:00
   */
  releasedAt: string | null
  releasedBy: string | null
  releaseReason: string | null
  /**
   * Deliveries that wait for the release.
   */
  waiting: number
}
