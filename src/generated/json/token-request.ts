/* Made by `npm run generate`; never edited. */

/**
 * RFC 6749 §4.4. Members not known are ignored, as §3.2 asks.
 */
export interface TokenRequest {
  /**
   * Always client_credentials.
   */
  grant_type?: string
  /**
   * The systemId, unless HTTP Basic carries it.
   */
  client_id?: string
  /**
   * The secret, unless HTTP Basic carries it.
   */
  client_secret?: string
  /**
   * Same as client_id.
   */
  systemId?: string
  /**
   * Same as client_secret.
   */
  secret?: string
  /**
   * Accepted and without effect: a credential has one scope.
   */
  scope?: string
  [k: string]: unknown
}
