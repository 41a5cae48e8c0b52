/* Made by `npm run generate`; never edited. */

/**
 * ignore: not looked at. warn: a finding, shown to both sides. refuse: the package is turned away.
 */
export type RuleMode = 'ignore' | 'warn' | 'refuse'

/**
 * A change of a rule.
 */
export interface RuleOverride {
  /**
   * Version of the rules that it made.
   */
  version: number
  /**
   * removed: makes void what was set before in this scope.
   */
  change: 'set' | 'removed'
  scope: 'province' | 'agency'
  /**
   * Code of the agency, in the scope of an agency.
   */
  organId?: string
  /**
   * Its name.
   */
  organName?: string
  mode?: RuleMode
  /**
   * The parameters that differ.
   */
  parameters?: {
    [k: string]: unknown
  }
  /**
   * First day.
   */
  validFrom?: string
  /**
   * Last day.
   */
  validTo?: string
  /**
   * Who changed it.
   */
  changedBy: string
  /**
   * When.
   */
  changedAt: string
  /**
   * Why.
   */
  reason: string
}
