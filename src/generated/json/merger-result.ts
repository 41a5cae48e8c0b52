/* Made by `npm run generate`; never edited. */

/**
 * The level-1 codes closed in 2025, and what the directory knows of each.
 */
export interface MergerResult {
  /**
   * true: nothing was written.
   */
  dryRun: boolean
  /**
   * Agencies that were registered, or would be.
   */
  created: number
  items: {
    /**
     * The level-1 code.
     */
    code: string
    name: string
    /**
     * First day on which it is closed, or of the merged province.
     */
    since: string
    /**
     * The decision that says so.
     */
    source: string
    successor?: {
      code: string
      name: string
    }
    /**
     * created: registered now, or would be. known: in the directory already, left as it is. known_open: in the directory and not closed, left as it is; close it by a succession. own: under this axis' own level-1 code, never touched from outside. successor_missing: its successor is under this axis' own level-1 code and not registered yet.
     */
    outcome: 'created' | 'known' | 'known_open' | 'own' | 'successor_missing'
  }[]
}
