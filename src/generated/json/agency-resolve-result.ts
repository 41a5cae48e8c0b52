/* Made by `npm run generate`; never edited. */

/**
 * One row per code, in the order asked.
 */
export interface AgencyResolveResult {
  items: {
    /**
     * The code as asked for.
     */
    code: string
    /**
     * null: no agency is known by this code.
     */
    agency: Agency | null
    /**
     * Of an unknown code: how it reads in the other scheme (QCVN 102 or QĐ 20) by rule. A hint; only the directory says who has a code.
     */
    otherScheme?: string
    /**
     * Of an unknown code: known ones that look like it. Searched for the first 20 unknown codes.
     */
    suggestions: AgencySuggestion[]
  }[]
}
/**
 * An agency of the directory, as systems see it.
 */
export interface Agency {
  /**
   * Internal key; never changes.
   */
  agencyId: string
  name: string
  /**
   * The code it is written with today.
   */
  code: string
  /**
   * All codes that find it, with their validity.
   */
  codes: AgencyCode[]
  /**
   * state: a state agency; joined: takes part of its own will; enterprise: a business; bridge: a person re-sends by hand on another system.
   */
  kind: 'state' | 'joined' | 'enterprise' | 'bridge'
  parent?: AgencyReference
  /**
   * It receives for its parent when the parent has no system of its own.
   */
  isOffice: boolean
  /**
   * Documents addressed to it are delivered now: it is open, takes part, and a system receives for it.
   */
  connected: boolean
  /**
   * Why documents to it cannot be delivered now.
   */
  notConnectedReason?: 'not_connected' | 'no_system' | 'closed'
  /**
   * Since when it takes no new documents, +07:00.
   */
  closedAt?: string
  /**
   * Of a closed agency: documents to it go on to its only successor. false: they are held, and the sender is told the successors.
   */
  redirect?: boolean
  /**
   * Who took over from it.
   */
  successors: AgencyReference[]
  /**
   * Newest change, +07:00; give it as `updatedSince` to read on from there.
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
 * An agency, named.
 */
export interface AgencyReference {
  agencyId: string
  /**
   * The code it is written with today.
   */
  code: string
  name: string
}
/**
 * A known code that looks like the one asked for.
 */
export interface AgencySuggestion {
  code: string
  name: string
}
