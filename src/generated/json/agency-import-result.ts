/* Made by `npm run generate`; never edited. */

/**
 * What an import of agencies did, or would do.
 */
export interface AgencyImportResult {
  /**
   * true: nothing was written.
   */
  dryRun: boolean
  /**
   * Rows with content below the headings.
   */
  rows: number
  /**
   * Agencies that are new.
   */
  created: number
  /**
   * Agencies that changed.
   */
  updated: number
  /**
   * Agencies that already were as the row says.
   */
  unchanged: number
  /**
   * What was wrong, row by row; such rows were left out.
   */
  problems: {
    /**
     * Line in the file, or row in the sheet, from 1.
     */
    line: number
    /**
     * Heading of the column.
     */
    column?: string
    /**
     * Code of the published catalogue.
     */
    rule: string
    /**
     * What was there.
     */
    found?: string
    /**
     * What would have been right.
     */
    expected?: string
  }[]
}
