/* Made by `npm run generate`; never edited. */

/**
 * The item with what was found in the package (R32).
 */
export interface MailboxInspection {
  deliveryId: string
  packageId: string
  type: 'edoc' | 'status' | 'report'
  kind: 'new' | 'recall' | 'update' | 'replace' | 'status' | 'report'
  from: string
  /**
   * Recipient code as the sender wrote it.
   */
  to: string
  recipient: {
    organId: string
    agencyCode: string | null
  }
  documentId: string
  code: string | null
  subject: string | null
  priority: number
  sha256: string
  size: number
  availableAt: string | null
  fetchedAt: string | null
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  attachments: AttachmentView[]
  findings: Finding[]
  /**
   * A thread of the system has claimed it until then (ISO 8601 with +07:00).
   */
  leaseUntil: string | null
}
/**
 * A file of a package. The verdict is null until its signatures have been checked.
 */
export interface AttachmentView {
  name: string
  /**
   * The name to save it under; the same where the name is safe.
   */
  safeName: string
  sha256: string
  size: number
  mediaType: string
  verdict: string | null
  signatures: {
    signer?: string
    organisation?: string
    signedAt?: string
    verdict?: string
    coversWholeFile?: boolean
    page?: number
    reasons?: string[]
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
