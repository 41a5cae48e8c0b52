/* Made by `npm run generate`; never edited. */

/**
 * Whether to register the level-1 agencies that were closed in 2025.
 */
export interface MergerInput {
  /**
   * true: says what would happen and changes nothing. Default: false.
   */
  dryRun?: boolean
  /**
   * Documents to a closed level-1 agency go on to its successor. Default: true.
   */
  redirect?: boolean
}
