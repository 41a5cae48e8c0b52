/* Made by `npm run generate`; never edited. */

/**
 * The rule a call is about.
 */
export interface RulePath {
  /**
   * Code of the rule.
   */
  ruleId: string
}
