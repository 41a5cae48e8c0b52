/* Made by `npm run generate`; never edited. */

/**
 * Why a delivery cannot be taken.
 */
export interface RefusalInput {
  /**
   * Told to the sender.
   */
  reason: string
  /**
   * It cannot be taken now, though later: offered again after 15 minutes, 1 hour and 4 hours, the fourth time refused.
   */
  retryable?: boolean
  /**
   * The lease under which it was claimed.
   */
  leaseId?: string
}
