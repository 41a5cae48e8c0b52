/* Made by `npm run generate`; never edited. */

/**
 * What is offered to the system again.
 */
export interface ReofferResult {
  /**
   * Turned away and not final: in the mailbox again now.
   */
  offered: number
  /**
   * Refused because it was turned away too often, in the last 30 days: opened again.
   */
  reopened: number
}
