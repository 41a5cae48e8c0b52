/* Made by `npm run generate`; never edited. */

/**
 * A delivery that was made due now.
 */
export interface RetryResult {
  deliveryId: string
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
}
