/* Made by `npm run generate`; never edited. */

/**
 * A page of systems, in the order of their systemId.
 */
export interface SystemRecordList {
  items: SystemRecord[]
  /**
   * Give it back as `cursor` for what follows; absent at the end.
   */
  nextCursor?: string
}
/**
 * A system as operators see it.
 */
export interface SystemRecord {
  systemId: string
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
  /**
   * Name of the header sent with every push; its value is never shown.
   */
  pushAuthHeader?: string
  pushCa?: string
  concurrency: number
  ratePerSecond?: number
  /**
   * endpoint_gone: its address answered 410; a change by an operator sets the lane going again.
   */
  pausedReason?: 'endpoint_gone'
  contacts: Contact[]
  credentials: CredentialRecord[]
  /**
   * Until then pushes carry a second signature, made with the former secret.
   */
  webhookSecretOverlapUntil?: string
  createdAt: string
  updatedAt: string
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
/**
 * A person who is told when documents wait, fail or are late.
 */
export interface Contact {
  /**
   * Full name.
   */
  name: string
  /**
   * Position, e.g. văn thư.
   */
  position?: string
  /**
   * Unit within the agency.
   */
  unit?: string
  /**
   * Mobile number.
   */
  mobile?: string
  /**
   * Official mailbox.
   */
  mailbox?: string
}
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
