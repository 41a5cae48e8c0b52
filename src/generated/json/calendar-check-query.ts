/* Made by `npm run generate`; never edited. */

/**
 * A document as it would be dispatched.
 */
export interface CalendarCheckQuery {
  /**
   * The day it was signed.
   */
  signedOn: string
  /**
   * When it is accepted, ISO 8601; without a zone it is Vietnam time. Default: now.
   */
  at?: string
  /**
   * When exactly it was signed, if known: the clock of an urgent document runs from then.
   */
  signedAt?: string
  /**
   * Default: 0.
   */
  priority?: number
  /**
   * Whose rules. Default: those of all others.
   */
  province?: string
  /**
   * By the calendar as it was at this version. Default: as it is now.
   */
  version?: number
}
