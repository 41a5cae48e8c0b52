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
  /**
   * By the working calendar in force at acceptance; null for statuses, and for what was accepted before there was one.
   */
  deadlines: {
    /**
     * By when it was to be sent; ISO 8601 with +07:00
     */
    dispatchDueAt: string | null
    isLate: boolean | null
    /**
     * By when the recipient is to say that it arrived.
     */
    receiptDueAt: string | null
    /**
     * Of an urgent document: by when it is to be in somebody's hands.
     */
    urgentDueAt: string | null
    calendarVersion: number
  } | null
  /**
   * The document's family, oldest first; empty for one that nothing acts on.
   */
  lineage: LineageEntry[]
  timeline: TimelineEntry[]
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
  /**
   * Recalls, updates and replacements towards this recipient, oldest first.
   */
  requests: DeliveryRequest[]
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
 * A recall, an update or a replacement towards one recipient, and what came of it.
 */
export interface DeliveryRequest {
  kind: 'recall' | 'update' | 'replace'
  /**
   * withdrawn: taken back before anybody took it. requested: open until 15 (agreed) or 16 (declined) comes, or an operator settles it otherwise.
   */
  outcome: 'withdrawn' | 'requested' | 'agreed' | 'declined' | 'settled_otherwise'
  reason: string | null
  /**
   * ISO 8601 with +07:00
   */
  askedAt: string
  settledAt: string | null
  settledReason: string | null
  /**
   * The package or status that asked; null for a recall by one call that met nobody.
   */
  byPackageId: string | null
  /**
   * The status that answered.
   */
  answeredBy: string | null
}
/**
 * A package of the same family of documents: the first one, its updates and replacements, and recalls.
 */
export interface LineageEntry {
  packageId: string
  documentId: string
  code: string | null
  kind: 'new' | 'recall' | 'update' | 'replace'
  /**
   * 1 for the first, 2 for what updates or replaces it, …; null for a recall.
   */
  version: number | null
  /**
   * ISO 8601 with +07:00
   */
  acceptedAt: string
  actsOn: {
    packageId: string
    relation: 'recalls' | 'updates' | 'replaces'
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
