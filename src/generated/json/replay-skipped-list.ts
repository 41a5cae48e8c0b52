/* Made by `npm run generate`; never edited. */

/**
 * Deliveries that a replay passed over, and why.
 */
export interface ReplaySkippedList {
  items: {
    deliveryId: string
    because:
      | 'delivered'
      | 'recalled'
      | 'asked_back'
      | 'in_flight'
      | 'held'
      | 'held_by_operator'
      | 'in_mailbox'
      | 'content_removed'
      | 'moved_out'
  }[]
  /**
   * Give it back as `cursor` for what follows; null at the end.
   */
  nextCursor: string | null
}
