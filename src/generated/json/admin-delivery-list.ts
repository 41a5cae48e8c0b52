/* Made by `npm run generate`; never edited. */

/**
 * Deliveries as operators see them, newest first.
 */
export interface AdminDeliveryList {
  items: {
    deliveryId: string
    packageId: string
    type: 'edoc' | 'status'
    kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
    documentId: string
    code: string | null
    subject: string | null
    from: string
    organId: string
    agencyCode: string | null
    systemId: string | null
    channel: string | null
    state:
      'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
    heldReason: string | null
    priority: number
    attempts: number
    nextAttemptAt: string | null
    /**
     * ISO 8601 with +07:00
     */
    createdAt: string
    /**
     * ISO 8601 with +07:00
     */
    stateSince: string
    reason: {
      code: string
      text: string | null
    } | null
    businessStatus: string | null
  }[]
  nextCursor: string | null
}
