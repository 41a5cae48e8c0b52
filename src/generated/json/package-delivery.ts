/* Made by `npm run generate`; never edited. */

/**
 * One recipient's delivery as the sender and that recipient see it.
 */
export interface PackageDelivery {
  deliveryId: string
  organId: string
  agencyCode: string | null
  systemId: string | null
  channel: string | null
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  businessStatus: string | null
  reason: {
    code: string
    text: string
    /**
     * ISO 8601 with +07:00
     */
    since: string
    whoActs: 'sender' | 'receiver' | 'provincial_axis'
  } | null
  nextAttemptAt: string | null
  takenAt: string | null
  fetchedAt: string | null
  fetchCount: number
  deliveredAt: string | null
  /**
   * Recalls, updates and replacements towards this recipient, oldest first.
   */
  requests: DeliveryRequest[]
  attempts: {
    attempt: number
    /**
     * ISO 8601 with +07:00
     */
    startedAt: string
    /**
     * ISO 8601 with +07:00
     */
    finishedAt: string
    outcome: string
    httpStatus: number | null
    detail: string | null
  }[]
}
/**
 * A recall, an update or a replacement towards one recipient, and what came of it.
 */
export interface DeliveryRequest {
  kind: 'recall' | 'update' | 'replace'
  /**
   * withdrawn: taken back before anybody took it. requested: open until 15 (agreed) or 16 (declined) comes, or an operator settles it otherwise.
   */
  outcome: 'withdrawn' | 'requested' | 'agreed' | 'declined' | 'settled_otherwise'
  reason: string | null
  /**
   * ISO 8601 with +07:00
   */
  askedAt: string
  settledAt: string | null
  settledReason: string | null
  /**
   * The package or status that asked; null for a recall by one call that met nobody.
   */
  byPackageId: string | null
  /**
   * The status that answered.
   */
  answeredBy: string | null
}
