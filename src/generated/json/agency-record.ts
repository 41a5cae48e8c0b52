/* Made by `npm run generate`; never edited. */

/**
 * An agency as operators see it.
 */
export interface AgencyRecord {
  /**
   * Internal key; never changes.
   */
  agencyId: string
  name: string
  /**
   * The code it is written with today.
   */
  code: string
  codes: AgencyCode[]
  /**
   * state: a state agency; joined: takes part of its own will; enterprise: a business; bridge: a person re-sends by hand on another system.
   */
  kind: 'state' | 'joined' | 'enterprise' | 'bridge'
  /**
   * Code of the agency above.
   */
  parent?: string
  isOffice: boolean
  /**
   * As registered; whether documents arrive is told by receivedBy.
   */
  connected: boolean
  /**
   * Code of the agency named to receive for this one.
   */
  receiver?: string
  /**
   * systemId of the system that receives for it today, be it through its receiver or its office.
   */
  receivedBy?: string
  /**
   * Codes of the successors.
   */
  successors: string[]
  /**
   * Since when it takes no new documents.
   */
  closedAt?: string
  /**
   * Of a closed agency: documents to it go on to its only successor. false: they are held, and the sender is told the successors.
   */
  redirect?: boolean
  contacts: Contact[]
  /**
   * Newest change, +07:00.
   */
  updatedAt: string
}
/**
 * One code an agency is, was or will be written with.
 */
export interface AgencyCode {
  /**
   * The code as written in the directory.
   */
  code: string
  /**
   * qcvn102: QCVN 102:2016; qd20: QĐ 20/2020/QĐ-TTg; enterprise: registration number of a business; legacy: anything older.
   */
  scheme: 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'
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
