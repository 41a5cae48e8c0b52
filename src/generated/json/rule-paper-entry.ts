/* Made by `npm run generate`; never edited. */

/**
 * Words and phrases that a rule looks for, or a list of names.
 *
 * @maxItems 500
 */
export type RuleWords = string[]

/**
 * One line of a list about paper companions. All that it names must hold.
 */
export interface RulePaperEntry {
  /**
   * Kinds of document by name. Absent: any.
   */
  kinds?: RuleWords
  /**
   * One of these phrases stands in the subject or the content. Absent: any subject.
   */
  words?: RuleWords
  /**
   * None of these phrases stands there.
   */
  exceptWords?: RuleWords
  /**
   * One of these codes is among the recipients. Absent: any recipient.
   */
  recipients?: RuleWords
  /**
   * First day of the entry.
   */
  validFrom?: string
  /**
   * Last day of the entry.
   */
  validTo?: string
  /**
   * The decision or the article behind the entry.
   */
  source: string
}
