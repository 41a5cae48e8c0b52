/* Made by `npm run generate`; never edited. */

/**
 * A document is stopped: what nobody has taken of it waits.
 */
export interface HoldInput {
  /**
   * Kept in the audit trail; the parties do not see it.
   */
  reason: string
  /**
   * Who asked for it, for instance the agency and the name of the person.
   */
  requestedBy: string
}
