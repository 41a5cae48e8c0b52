/* Made by `npm run generate`; never edited. */

/**
 * Which deliveries are meant; what is absent restricts nothing.
 */
export interface DeliveryFilter {
  state?:
    'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  systemId?: string
  /**
   * Any code of the recipient agency.
   */
  organId?: string
  priority?: number
  /**
   * A reason of held, or the code of what came between.
   */
  cause?: string
  /**
   * Opened since then.
   */
  since?: string
  /**
   * Opened before then.
   */
  until?: string
  /**
   * A delivery or package id, a whole document id, or the beginning of a number with its notation.
   */
  q?: string
}
