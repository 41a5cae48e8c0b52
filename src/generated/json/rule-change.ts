/* Made by `npm run generate`; never edited. */

/**
 * ignore: not looked at. warn: a finding, shown to both sides. refuse: the package is turned away.
 */
export type RuleMode = 'ignore' | 'warn' | 'refuse'

/**
 * How a rule shall be from now on in the province or in one agency. Replaces what was set there for the same days.
 */
export interface RuleChange {
  mode?: RuleMode
  /**
   * The parameters that shall differ, each as a whole.
   */
  parameters?: {
    [k: string]: unknown
  }
  /**
   * Any code of the agency whose documents this is about. Absent: the province.
   */
  organId?: string
  /**
   * First day. Absent: at once.
   */
  validFrom?: string
  /**
   * Last day. Absent: until changed.
   */
  validTo?: string
  /**
   * Why: shown in the history.
   */
  reason: string
}
