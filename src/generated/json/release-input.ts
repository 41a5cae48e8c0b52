/* Made by `npm run generate`; never edited. */

/**
 * A stopped document goes on.
 */
export interface ReleaseInput {
  /**
   * Kept in the audit trail.
   */
  reason: string
}
