/* Made by `npm run generate`; never edited. */

/**
 * What a confirm or refusal came to.
 */
export interface DeliveryOutcome {
  deliveryId: string
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  deliveredAt: string | null
  /**
   * After a refusal with `retryable`: when it is in the mailbox again (ISO 8601 with +07:00); null while re-offers are paused.
   */
  offeredAgainAt?: string | null
}
