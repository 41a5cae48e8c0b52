/* Made by `npm run generate`; never edited. */

/**
 * What was claimed, all under one lease: urgent first, then never fetched, then oldest.
 */
export interface MailboxClaim {
  items: MailboxItem[]
}
/**
 * What waits for the caller.
 */
export interface MailboxItem {
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
  /**
   * A thread of the system has claimed it until then (ISO 8601 with +07:00).
   */
  leaseUntil: string | null
  /**
   * Only in the answer to a claim.
   */
  leaseId?: string
}
