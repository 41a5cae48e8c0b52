/* Made by `npm run generate`; never edited. */

/**
 * Refusals of the last 90 days, newest first.
 */
export interface RefusalList {
  items: Refusal[]
  nextCursor: string | null
}
/**
 * A submission that was turned away: by whom, why, where, and what to do. Never its content.
 */
export interface Refusal {
  /**
   * Short reference to read out on the phone, e.g. TC-7K3M-92.
   */
  ref: string
  at: string
  /**
   * By which protocol it came, e.g. rest.
   */
  face: string
  path: string
  /**
   * The system that submitted it; one that could not be authenticated only claimed to be it.
   */
  systemId: string | null
  /**
   * For operators: whether the caller proved to be that system.
   */
  authenticated?: boolean
  /**
   * Issuing agency as written, where the header was read so far.
   */
  organId?: string
  /**
   * Document id as written, where the header was read so far.
   */
  documentId?: string
  sha256?: string
  size?: number
  httpStatus: number
  /**
   * Code of the published catalogue.
   */
  problemCode: string
  title: string
  detail: string
  cause?: string
  /**
   * The next step.
   */
  next: string
  whoActs: 'sender' | 'receiver' | 'provincial_axis' | 'national_axis'
  violations: Violation[]
  /**
   * packageId of what was accepted afterwards: the same bytes from the same system, or the same document of the same agency.
   */
  laterAcceptedAs?: string
  laterAcceptedAt?: string
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
