/* Made by `npm run generate`; never edited. */

/**
 * The new secrets of a system.
 */
export interface SystemSecrets {
  systemId: string
  /**
   * The new credential `main`.
   */
  credentialId: string
  /**
   * Shown this once.
   */
  secret: string
  /**
   * Shown this once.
   */
  webhookSecret: string
  /**
   * The former secrets hold until then; pushes carry both signatures meanwhile.
   */
  oldValidUntil: string
}
