/* Made by `npm run generate`; never edited. */

/**
 * ignore: not looked at. warn: a finding, shown to both sides. refuse: the package is turned away.
 */
export type RuleMode = 'ignore' | 'warn' | 'refuse'

/**
 * A file of schemas/rules: rules about packages with their defaults. Checked when it is loaded.
 */
export interface RuleSet {
  $comment?: string
  /**
   * By the code of the catalogue that a finding or a refusal bears.
   */
  rules: {
    /**
     * A rule.
     */
    [k: string]: {
      mode: RuleMode
      /**
       * Of the finding.
       */
      severity: 'info' | 'warn'
      /**
       * A sender may declare that the document is not secret, which turns a refusal into a finding. Default: false.
       */
      isDeclarable?: boolean
      about: BilingualText
      /**
       * Described in rule-parameters.
       */
      parameters: {
        [k: string]: unknown
      }
    }
  }
}
/**
 * The same in Vietnamese and in English.
 */
export interface BilingualText {
  vi: string
  en: string
}
