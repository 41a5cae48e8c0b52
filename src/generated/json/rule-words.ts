/* Made by `npm run generate`; never edited. */

/**
 * Words and phrases that a rule looks for, or a list of names.
 *
 * @maxItems 500
 */
export type RuleWords = string[]
