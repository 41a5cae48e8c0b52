/* Made by `npm run generate`; never edited. */

/**
 * The new system, with the secrets that are shown this once.
 */
export interface SystemCreated {
  systemId: string
  /**
   * The secret of the credential `main`. Shown this once.
   */
  secret: string
  /**
   * Signs pushes (Standard Webhooks). Shown this once.
   */
  webhookSecret: string
  credentialId: string
  name: string
  vendor?: string
  /**
   * mailbox: the system fetches; push: Trạm posts to pushUrl.
   */
  channel: 'mailbox' | 'push'
  /**
   * Agencies it sends and receives for.
   */
  agencies: AgencyReference[]
  /**
   * Further agencies it may send for.
   */
  sendsFor: AgencyReference[]
  pushUrl?: string
  pushStyle: 'package' | 'notice'
  concurrency: number
  ratePerSecond?: number
  createdAt: string
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
