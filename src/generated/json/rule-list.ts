/* Made by `npm run generate`; never edited. */

/**
 * ignore: not looked at. warn: a finding, shown to both sides. refuse: the package is turned away.
 */
export type RuleMode = 'ignore' | 'warn' | 'refuse'

/**
 * All rules about packages.
 */
export interface RuleList {
  /**
   * Raised with every change.
   */
  version: number
  /**
   * The day for which they are shown.
   */
  day: string
  items: RuleRecord[]
}
/**
 * A rule as it is in force.
 */
export interface RuleRecord {
  /**
   * The code its findings and refusals bear.
   */
  ruleId: string
  /**
   * What is found.
   */
  title: string
  /**
   * What is looked at.
   */
  description: string
  /**
   * Law and article.
   */
  source: string
  /**
   * Of the finding.
   */
  severity: 'info' | 'warn'
  /**
   * Whether the header tram-declaration: not-secret turns a refusal into a finding.
   */
  isDeclarable: boolean
  defaultMode: RuleMode
  mode: RuleMode
  /**
   * As they are in force.
   */
  parameters: {
    [k: string]: unknown
  }
  /**
   * The narrowest scope that has changed anything of it.
   */
  decidedBy: 'default' | 'province' | 'agency'
  /**
   * The changes that stand, whether or not they count today.
   */
  overrides: RuleOverride[]
  /**
   * Every change, newest first, when it was asked for.
   */
  history?: RuleOverride[]
}
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
