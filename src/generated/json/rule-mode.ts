/* Made by `npm run generate`; never edited. */

/**
 * ignore: not looked at. warn: a finding, shown to both sides. refuse: the package is turned away.
 */
export type RuleMode = 'ignore' | 'warn' | 'refuse'
