/* Made by `npm run generate`; never edited. */

/**
 * What would become of such a document.
 */
export interface RuleCheckResult {
  /**
   * Version of the rules.
   */
  version: number
  wouldBeRefused: boolean
  /**
   * The rules that would turn it away.
   */
  refusals: Violation[]
  /**
   * What would be told to both sides.
   */
  findings: Finding[]
}
/**
 * One rule that was broken, and where in the bytes that were sent.
 */
export interface Violation {
  path: string
  line?: number
  column?: number
  /**
   * Code of the published catalogue.
   */
  rule: string
  /**
   * What the rule says, in the language of Accept-Language.
   */
  message?: string
  found?: string
  expected?: string
}
/**
 * A disagreement worth telling both sides that did not stop the package.
 */
export interface Finding {
  code: string
  severity: 'info' | 'warn'
  message: string
  path?: string
  line?: number
  column?: number
  /**
   * not-secret: a rule refuses this, and the sender answered for it (header tram-declaration).
   */
  declared?: string
}
