/* Made by `npm run generate`; never edited. */

/**
 * Our answer when a status-feedback message is accepted.
 */
export interface StatusReceipt {
  statusId: string
  documentId: string
  /**
   * Two digits when it is a known code.
   */
  code: string
  effect: 'moved' | 'late' | 'repeated' | 'illegal' | 'unknown_code' | 'unknown_document' | 'not_addressed'
  /**
   * ISO 8601 with +07:00
   */
  acceptedAt: string
  sha256: string
  size: number
  recipients: RecipientOutcome[]
  deliveries: OpenedDelivery[]
  findings: Finding[]
  /**
   * Of a recall request (13): recipients who had not taken the document; they never get it.
   */
  withdrawn?: RecalledRecipient[]
  /**
   * Recipients who have it, and are asked.
   */
  requested?: RecalledRecipient[]
  /**
   * Recipients who have it and cannot be asked now.
   */
  undeliverable?: RecalledRecipient[]
  receipt: string
  /**
   * Code of the axis that accepted it.
   */
  axis: string
}
/**
 * What became of one `To` of a package, in package order.
 */
export interface RecipientOutcome {
  organId: string
  organName?: string
  outcome: 'queued' | 'duplicate_of' | 'redirected' | 'held'
  agencyCode?: string
  deliveryId?: string
  reason?: 'unknown_agency' | 'not_connected' | 'no_system' | 'closed' | 'quarantined' | 'by_operator'
  suggestions?: {
    code: string
    name: string
  }[]
}
/**
 * A delivery as acceptance opened it.
 */
export interface OpenedDelivery {
  deliveryId: string
  organId: string
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
}
/**
 * A disagreement worth telling both sides that did not stop the package.
 */
export interface Finding {
  code: string
  severity: 'info' | 'warn'
  message: string
  path?: string
  line?: number
  column?: number
  /**
   * not-secret: a rule refuses this, and the sender answered for it (header tram-declaration).
   */
  declared?: string
}
/**
 * One recipient of a document that is being recalled.
 */
export interface RecalledRecipient {
  /**
   * As written by who recalls.
   */
  organId: string
  /**
   * The delivery of the document, where there is one.
   */
  deliveryId?: string
  /**
   * not_addressed: the document never went there. returned: the recipient gave it back by status 02 and is not asked. Otherwise why the request cannot be delivered.
   */
  reason?: string
}
