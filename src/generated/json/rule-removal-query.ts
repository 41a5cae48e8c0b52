/* Made by `npm run generate`; never edited. */

/**
 * Which change is taken back, and why.
 */
export interface RuleRemovalQuery {
  /**
   * Any code of the agency. Absent: the province.
   */
  organId?: string
  /**
   * Why: shown in the history.
   */
  reason: string
}
