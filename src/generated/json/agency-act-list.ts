/* Made by `npm run generate`; never edited. */

/**
 * The acts on an agency, newest first.
 */
export interface AgencyActList {
  items: AgencyAct[]
}
/**
 * A succession or a move of an agency: dated, and reversible for 72 hours.
 */
export interface AgencyAct {
  /**
   * Absent in a dry run: there is no act yet.
   */
  actId?: string
  kind: 'succession' | 'move'
  /**
   * planned: only asked for in a dry run. pending: waits for its time. done: carried out. cancelled: taken back before its time. undone: taken back after it. failed: could not be carried out when its time came.
   */
  state: 'planned' | 'pending' | 'done' | 'cancelled' | 'undone' | 'failed'
  agency: AgencyReference
  successors?: AgencyReference[]
  /**
   * Of a succession: documents to the closed agency go on to its only successor.
   */
  redirect?: boolean
  /**
   * Of a move: the system that received for the agency by itself before; absent when none did.
   */
  fromSystemId?: string
  /**
   * Of a move.
   */
  toSystemId?: string
  /**
   * +07:00
   */
  effectiveAt: string
  orderedBy?: string
  orderedAt?: string
  carriedOutAt?: string
  /**
   * Until when it can be undone: 72 hours after it was carried out.
   */
  undoUntil?: string
  /**
   * Who cancelled or undid it; of a failed one, the gateway.
   */
  endedBy?: string
  endedAt?: string
  /**
   * Code of the catalogue: why it could not be carried out.
   */
  failureCode?: string
  /**
   * Deliveries that went another way.
   */
  moved?: number
  /**
   * Deliveries that are held since.
   */
  held?: number
  /**
   * Deliveries that stayed where they were, because somebody has, or may have, the document.
   */
  stayed?: number
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
