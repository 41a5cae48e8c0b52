/* Made by `npm run generate`; never edited. */

/**
 * Where a document is. Recipients see their own delivery only.
 */
export interface PackageView {
  packageId: string
  documentId: string
  code: string | null
  kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
  from: {
    organId: string
    organName: string | null
  }
  subject: string | null
  priority: number
  sha256: string
  size: number
  /**
   * ISO 8601 with +07:00
   */
  acceptedAt: string
  state: 'accepted' | 'in_progress' | 'completed' | 'completed_with_failures' | 'recalled'
  summary: {
    byState: {
      [k: string]: number
    }
  }
  supplementOf: string | null
  attachments: AttachmentView[]
  findings: Finding[]
  recipients: RecipientOutcome[]
  deliveries: PackageDelivery[]
  timeline: TimelineEntry[]
}
/**
 * A file of a package. The verdict is null until its signatures have been checked.
 */
export interface AttachmentView {
  name: string
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
  reason?: 'unknown_agency' | 'not_connected' | 'no_system' | 'closed' | 'quarantined'
  suggestions?: {
    code: string
    name: string
  }[]
}
/**
 * One recipient's delivery as the sender and that recipient see it.
 */
export interface PackageDelivery {
  deliveryId: string
  organId: string
  agencyCode: string | null
  systemId: string | null
  channel: string | null
  state: 'held' | 'waiting' | 'in_flight' | 'available' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  businessStatus: string | null
  reason: {
    code: string
    text: string
    /**
     * ISO 8601 with +07:00
     */
    since: string
    whoActs: 'sender' | 'receiver' | 'provincial_axis'
  } | null
  nextAttemptAt: string | null
  takenAt: string | null
  fetchedAt: string | null
  fetchCount: number
  deliveredAt: string | null
  attempts: {
    attempt: number
    /**
     * ISO 8601 with +07:00
     */
    startedAt: string
    /**
     * ISO 8601 with +07:00
     */
    finishedAt: string
    outcome: string
    httpStatus: number | null
    detail: string | null
  }[]
}
/**
 * Something that happened to a package.
 */
export interface TimelineEntry {
  /**
   * ISO 8601 with +07:00
   */
  at: string
  type: string
  deliveryId?: string
  data?: {
    [k: string]: unknown
  }
}
