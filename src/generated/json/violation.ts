/* Made by `npm run generate`; never edited. */

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
