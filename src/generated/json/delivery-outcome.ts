/* Made by `npm run generate`; never edited. */

/**
 * What a confirm or refusal came to.
 */
export interface DeliveryOutcome {
  deliveryId: string
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  deliveredAt: string | null
}
