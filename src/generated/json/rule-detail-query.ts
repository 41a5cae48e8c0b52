/* Made by `npm run generate`; never edited. */

/**
 * Whose rule, and whether its history is wanted.
 */
export interface RuleDetailQuery {
  /**
   * Any code of an agency. Absent: the province.
   */
  organId?: string
  /**
   * With all changes ever made to the rule, newest first, in all scopes.
   */
  history?: boolean
}
