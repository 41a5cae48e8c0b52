/* Made by `npm run generate`; never edited. */

/**
 * Oldest first in the order in which they became known.
 */
export interface EventList {
  items: EventItem[]
  /**
   * Where to go on; also when there is nothing at the moment.
   */
  nextCursor: string
  /**
   * More is there already: call again at once.
   */
  hasMore: boolean
}
/**
 * What happened to one of the caller's documents.
 */
export interface EventItem {
  eventId: string
  /**
   * ISO 8601 with +07:00
   */
  at: string
  /**
   * E.g. `delivery.delivered`; new ones may come with any release.
   */
  type: string
  /**
   * As what the caller is told: a document of its own, or a delivery to it.
   */
  side: 'sender' | 'receiver'
  packageId: string
  documentId: string
  /**
   * Null where it concerns the whole package.
   */
  deliveryId: string | null
  /**
   * Recipient code as the sender wrote it.
   */
  organId: string | null
  /**
   * State, reason and the like, as far as the caller may see them.
   */
  data: {
    [k: string]: unknown
  }
}
