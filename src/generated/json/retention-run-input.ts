/* Made by `npm run generate`; never edited. */

/**
 * Whether only to count.
 */
export interface RetentionRunInput {
  dryRun: boolean
}
