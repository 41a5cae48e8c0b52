/* Made by `npm run generate`; never edited. */

/**
 * A replay and how far it has come.
 */
export interface Replay {
  replayId: string
  name: string
  reason: string
  filter: DeliveryFilter
  state: 'running' | 'done' | 'aborted'
  /**
   * Deliveries that matched when it was ordered.
   */
  matched: number
  /**
   * Dealt with so far: opened, made due and skipped together.
   */
  done: number
  opened: number
  madeDue: number
  skipped: number
  orderedBy: string
  /**
   * ISO 8601 with +07:00
   */
  orderedAt: string
  /**
   * ISO 8601 with +07:00
   */
  startedAt: string | null
  /**
   * ISO 8601 with +07:00
   */
  finishedAt: string | null
  abortedBy: string | null
  abortReason: string | null
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
