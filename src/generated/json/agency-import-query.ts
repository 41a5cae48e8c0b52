/* Made by `npm run generate`; never edited. */

/**
 * How to import.
 */
export interface AgencyImportQuery {
  /**
   * true: check and answer, write nothing.
   */
  dryRun?: boolean
  /**
   * true: write nothing when any row is wrong. Default: good rows are written, bad ones are named.
   */
  strict?: boolean
}
