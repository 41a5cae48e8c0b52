/* Made by `npm run generate`; never edited. */

/**
 * A delivery as acceptance opened it.
 */
export interface OpenedDelivery {
  deliveryId: string
  organId: string
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
}
