/* Made by `npm run generate`; never edited. */

/**
 * A credential of a system, without its secret.
 */
export interface CredentialRecord {
  credentialId: string
  label: string
  /**
   * The part of the agencies it speaks for; absent: all of its system.
   */
  agencies?: AgencyReference[]
  createdAt: string
  /**
   * Accepted until then.
   */
  expiresAt?: string
  /**
   * Refused since then.
   */
  revokedAt?: string
}
/**
 * An agency, named.
 */
export interface AgencyReference {
  agencyId: string
  /**
   * The code it is written with today.
   */
  code: string
  name: string
}
