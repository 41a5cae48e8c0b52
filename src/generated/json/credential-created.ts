/* Made by `npm run generate`; never edited. */

/**
 * The new credential, with its secret.
 */
export interface CredentialCreated {
  credentialId: string
  label: string
  /**
   * Shown this once.
   */
  secret: string
  agencies?: AgencyReference[]
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
