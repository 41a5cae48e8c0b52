/* Made by `npm run generate`; never edited. */

/**
 * Our answer when a package is accepted; the receipt member is the same, signed.
 */
export interface PackageReceipt {
  /**
   * Our identity for it.
   */
  packageId: string
  /**
   * The sender's identity for it.
   */
  documentId: string
  kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
  /**
   * Of the exact bytes, lower-case hex.
   */
  sha256: string
  /**
   * Bytes.
   */
  size: number
  /**
   * ISO 8601 with +07:00
   */
  acceptedAt: string
  recipients: RecipientOutcome[]
  deliveries: OpenedDelivery[]
  findings: Finding[]
  /**
   * The first package, when only further recipients of a known document were added.
   */
  supplementOf?: string
  /**
   * Of a recall, and of an update that takes recipients out: recipients who had not taken the document; they never get it.
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
  /**
   * Compact JWS over this receipt.
   */
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
