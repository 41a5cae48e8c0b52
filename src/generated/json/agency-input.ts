/* Made by `npm run generate`; never edited. */

/**
 * An agency as an operator registers it, or its whole new state.
 */
export interface AgencyInput {
  /**
   * Name as printed on its documents.
   */
  name: string
  /**
   * All codes of the agency. No two agencies may answer to one code on the same day.
   *
   * @minItems 1
   * @maxItems 50
   */
  codes: [AgencyCodeInput, ...AgencyCodeInput[]]
  /**
   * state: a state agency; joined: takes part of its own will; enterprise: a business; bridge: a person re-sends by hand on another system. Default: state.
   */
  kind?: 'state' | 'joined' | 'enterprise' | 'bridge'
  /**
   * The agency above: any code of it, or its agencyId.
   */
  parent?: string
  /**
   * This agency is the office that receives for its parent when the parent has no system of its own. Default: false.
   */
  isOffice?: boolean
  /**
   * false: it has a code and does not exchange electronic documents. Default: true.
   */
  connected?: boolean
  /**
   * The agency that receives for this one: any code of it, or its agencyId.
   */
  receiver?: string
  /**
   * Agencies that took over from this one, which must be closed.
   *
   * @maxItems 50
   */
  successors?: string[]
  /**
   * Of a closed agency with exactly one successor: documents to it go on to that one. Default: true.
   */
  redirect?: boolean
  /**
   * Since when it no longer takes new documents. Not in the future.
   */
  closedAt?: string
  /**
   * People to be told.
   *
   * @maxItems 50
   */
  contacts?: Contact[]
}
/**
 * A code of an agency, as an operator gives it.
 */
export interface AgencyCodeInput {
  /**
   * The code as it is to be written. Compared trimmed and without case.
   */
  code: string
  /**
   * Guessed from the spelling when absent.
   */
  scheme?: 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'
  /**
   * First day of validity, included; absent: no beginning.
   */
  validFrom?: string
  /**
   * Last day of validity, included; absent: no end.
   */
  validTo?: string
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
