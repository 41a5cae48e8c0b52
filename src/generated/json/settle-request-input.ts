/* Made by `npm run generate`; never edited. */

/**
 * Why an open recall or update is closed without the recipient's answer.
 */
export interface SettleRequestInput {
  reason: string
}
