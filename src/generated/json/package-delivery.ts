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
