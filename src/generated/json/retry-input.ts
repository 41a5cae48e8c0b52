/* Made by `npm run generate`; never edited. */

/**
 * Why a delivery is tried again.
 */
export interface RetryInput {
  /**
   * Kept in the audit trail.
   */
  reason?: string
}
