/* Made by `npm run generate`; never edited. */

/**
 * What an act does to open deliveries, or did.
 */
export interface AgencyActResult {
  /**
   * true: nothing was changed.
   */
  dryRun: boolean
  act: AgencyAct
  /**
   * To be pushed, now or later.
   */
  waiting: number
  /**
   * In the mailbox, and nobody has fetched them.
   */
  unfetched: number
  /**
   * Fetched and not confirmed.
   */
  fetched: number
  /**
   * Being pushed at this moment.
   */
  inFlight: number
  /**
   * Held, for whatever reason.
   */
  held: number
  /**
   * Recalls that the agency has not answered. They stay with whoever has the document.
   */
  openRecalls: number
  /**
   * The same counts for each agency whose documents go another way: the one acted on, and those it receives for.
   */
  agencies: {
    agencyId: string
    code: string
    name: string
    waiting: number
    unfetched: number
    fetched: number
    inFlight: number
    held: number
    openRecalls: number
  }[]
  /**
   * Where the deliveries go that nobody has taken.
   */
  moves: {
    /**
     * The agency they are for afterwards.
     */
    agencyCode: string
    systemId: string
    count: number
  }[]
  /**
   * Deliveries that cannot be served afterwards, and why.
   */
  becomesHeld: {
    agencyCode: string
    reason: 'not_connected' | 'no_system' | 'closed'
    count: number
  }[]
  /**
   * Deliveries that stay where they are, because somebody has, or may have, the document: let the old system finish them.
   */
  staysWithOldSystem: {
    count: number
    /**
     * The first hundred.
     */
    deliveries: {
      deliveryId: string
      documentId: string
      /**
       * The code as the sender wrote it.
       */
      organId: string
      systemId?: string
      state: 'waiting' | 'in_flight' | 'available'
      /**
       * fetched: fetched and not confirmed. in_flight: being pushed now. attempted: an earlier push may have arrived. recall: it asks for a document back that the old system has.
       */
      reason: 'fetched' | 'in_flight' | 'attempted' | 'recall'
    }[]
  }
  /**
   * Deliveries left alone, because the successor has the same document already.
   */
  alreadyWithSuccessor: number
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
