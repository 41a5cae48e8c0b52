/* Made by `npm run generate`; never edited. */

/**
 * Why a delivery cannot be taken.
 */
export interface RefusalInput {
  /**
   * Told to the sender.
   */
  reason: string
}
