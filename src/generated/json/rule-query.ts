/* Made by `npm run generate`; never edited. */

/**
 * Whose rules.
 */
export interface RuleQuery {
  /**
   * Any code of an agency: the rules as they are for its documents. Absent: those of the province.
   */
  organId?: string
}
