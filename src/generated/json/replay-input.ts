/* Made by `npm run generate`; never edited. */

/**
 * Many deliveries are to be tried again: those that match now, and no others.
 */
export interface ReplayInput {
  filter: DeliveryFilter
  /**
   * What the replay is known by; one of a name runs at a time. Needed unless it is a dry run.
   */
  name?: string
  /**
   * Kept in the audit trail. Needed unless it is a dry run.
   */
  reason?: string
  /**
   * Only says what would be done.
   */
  dryRun?: boolean
}
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
