/* Made by `npm run generate`; never edited. */

/**
 * Words and phrases that a rule looks for, or a list of names.
 *
 * @maxItems 500
 */
export type RuleWords = string[]

/**
 * Endings of a name and the contents that belong to them.
 */
export interface RuleFileFormat {
  /**
   * Endings in lower case, without the dot.
   */
  extensions: RuleWords
  /**
   * What such a file may be by its bytes.
   */
  mediaTypes: RuleWords
}
