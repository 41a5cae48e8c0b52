/* Made by `npm run generate`; never edited. */

/**
 * What would become of a package. Nothing was accepted and nothing is kept, so there are no ids of deliveries and no receipt.
 */
export interface DryRunResult {
  dryRun: true
  /**
   * repeat: the first receipt again. supplement: deliveries for the further recipients only.
   */
  would: 'accept' | 'repeat' | 'supplement'
  /**
   * The first package, when the document is known already.
   */
  packageId?: string
  documentId: string
  kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
  /**
   * Of a status.
   */
  code?: string
  /**
   * Of a status: what it would do to the state of the document at its recipient.
   */
  effect?: 'moved' | 'late' | 'repeated' | 'illegal' | 'unknown_code' | 'unknown_document' | 'not_addressed'
  sha256: string
  size: number
  /**
   * One row for each To, in package order.
   */
  recipients: RecipientOutcome[]
  findings: Finding[]
  withdrawn?: RecalledRecipient[]
  requested?: RecalledRecipient[]
  undeliverable?: RecalledRecipient[]
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
