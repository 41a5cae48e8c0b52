/* Made by `npm run generate`; never edited. */

/**
 * A system's lane after an act.
 */
export interface LaneStateView {
  systemId: string
  state: 'running' | 'draining' | 'paused' | 'suspended'
  /**
   * Attempts that still run.
   */
  inFlight: number
  /**
   * Deliveries that wait, in the mailbox too.
   */
  waiting: number
}
