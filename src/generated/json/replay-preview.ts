/* Made by `npm run generate`; never edited. */

/**
 * What a replay would do with the deliveries that match now.
 */
export interface ReplayPreview {
  dryRun: true
  matched: number
  /**
   * A replay of more than this is not taken.
   */
  matchedMax: number
  /**
   * Refused, exhausted and expired ones that would be opened again.
   */
  opened: number
  /**
   * Waiting ones that would be due now.
   */
  madeDue: number
  skipped: number
  /**
   * How many for each reason.
   */
  skippedBecause: {
    [k: string]: number
  }
  byState: {
    [k: string]: number
  }
  bySystem: {
    /**
     * null: deliveries without a system.
     */
    systemId: string | null
    matched: number
    opened: number
    madeDue: number
    skipped: number
  }[]
}
