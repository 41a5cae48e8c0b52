/* Made by `npm run generate`; never edited. */

/**
 * Why no token was given (RFC 6749 §5.2).
 */
export interface TokenError {
  error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'unauthorized_client'
    | 'unsupported_grant_type'
    | 'invalid_scope'
    | 'server_error'
    | 'temporarily_unavailable'
  error_description?: string
}
