/* Made by `npm run generate`; never edited. */

/**
 * A document is taken back (thu hồi) without a package of its own.
 */
export interface RecallInput {
  /**
   * Why; the recipients read it. Characters that XML can carry.
   */
  reason: string
  /**
   * Any codes of the recipients it is taken back from; all of them when absent.
   *
   * @minItems 1
   * @maxItems 5000
   */
  organIds?: [string, ...string[]]
}
