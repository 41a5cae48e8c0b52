/* Made by `npm run generate`; never edited. */

/**
 * Why a replay is stopped.
 */
export interface ReplayAbortInput {
  /**
   * Kept with the replay.
   */
  reason?: string
}
