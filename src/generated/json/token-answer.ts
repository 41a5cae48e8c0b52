/* Made by `npm run generate`; never edited. */

/**
 * An access token (RFC 6749 §5.1).
 */
export interface TokenAnswer {
  access_token: string
  token_type: 'Bearer'
  /**
   * Seconds.
   */
  expires_in: number
}
