/* Made by `npm run generate`; never edited. */

/**
 * A known code that looks like the one asked for.
 */
export interface AgencySuggestion {
  code: string
  name: string
}
