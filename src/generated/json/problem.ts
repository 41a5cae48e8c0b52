/* Made by `npm run generate`; never edited. */

/**
 * RFC 9457 problem document: what was wrong, where, who acts and how, under a reference that operators can find.
 */
export interface Problem {
  type: string
  title: string
  status: number
  /**
   * Code of the published catalogue.
   */
  code: string
  /**
   * Short reference to read out on the phone, e.g. TC-7K3M-92.
   */
  ref: string
  /**
   * In the language of Accept-Language: vi (default) or en.
   */
  detail: string
  /**
   * Why it happens.
   */
  cause?: string
  /**
   * The next step.
   */
  next?: string
  whoActs?: 'sender' | 'receiver' | 'provincial_axis' | 'national_axis'
  violations?: Violation[]
  /**
   * Of a conflict: what is there already, and where the two contents differ.
   */
  existing?: {
    packageId: string
    acceptedAt: string
    sha256: string
    differs: string[]
  }
  recipients?: RecipientOutcome[]
  [k: string]: unknown
}
/**
 * One rule that was broken, and where in the bytes that were sent.
 */
export interface Violation {
  path: string
  line?: number
  column?: number
  /**
   * Code of the published catalogue.
   */
  rule: string
  /**
   * What the rule says, in the language of Accept-Language.
   */
  message?: string
  found?: string
  expected?: string
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
