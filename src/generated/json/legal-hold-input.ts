/* Made by `npm run generate`; never edited. */

/**
 * Why, and who asked for it.
 */
export interface LegalHoldInput {
  reason: string
  requestedBy: string
}
