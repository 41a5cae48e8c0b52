// Recall, update and replace: whose document is meant, and what becomes of each recipient's delivery of it. Values
// only; who wins a race is settled by the rows these values were read from, under lock (design §3).
import type { DeliveryState } from './delivery.ts'
import { finalStates } from './delivery.ts'
import type { DocumentKind, DocumentPackage, Priority } from './document-package.ts'
import type { Question } from './feedback.ts'

export type OperationKind = Exclude<DocumentKind, 'new'>

/** What happened to a request towards one recipient. `settled_otherwise`: an operator closed it, nobody answered. */
export type RequestOutcome = 'withdrawn' | 'requested' | 'agreed' | 'declined' | 'settled_otherwise'

/** A document that was accepted before, by its first package. */
export interface TargetDocument {
  readonly packageId: string
  readonly documentId: string
  /** Identifies the document among all of its packages. */
  readonly repeatKey: string
  readonly priority: Priority
}

/** A recipient's delivery of the document that is acted on, as it stands under lock. */
export interface TargetDelivery {
  readonly deliveryId: string
  readonly packageId: string
  /** Of the document. */
  readonly repeatKey: string
  readonly recipientAgencyId: string | undefined
  /** Code as the document's sender wrote it. */
  readonly organId: string
  readonly state: DeliveryState
  /** The first byte was served, or may have been (design §3, "Taken"). */
  readonly isTaken: boolean
  readonly recallRequested: boolean
  readonly recallAgreed: boolean
  /** The recipient reported 02: it has given the document back by itself. */
  readonly isReturned: boolean
}

/**
 * `withdraw`: nobody has seen it, so it is recalled and never served. `ask`: the recipient has it and must answer.
 * `returned_before`: there is nothing left to ask for (edxml.md §2.4: no 13 after 02). The others are recalls that stand
 * already.
 */
export type RecallMove = 'withdraw' | 'ask' | 'withdrawn_before' | 'asked_before' | 'agreed_before' | 'returned_before'

export function recallMove(target: TargetDelivery): RecallMove {
  if (target.state === 'recalled') return 'withdrawn_before'
  if (target.recallAgreed) return 'agreed_before'
  if (!target.isTaken) return 'withdraw'
  if (target.recallRequested) return 'asked_before'
  return target.isReturned ? 'returned_before' : 'ask'
}

/** Whether a package that acts on this delivery may be offered to its recipient (design §3, order around a recall). */
export function isSettled(target: Pick<TargetDelivery, 'state'>): boolean {
  return finalStates.includes(target.state)
}

/** The document ids that may name what is acted on, the likeliest first (edxml.md §2.1a). */
export function targetCandidates(document: DocumentPackage): string[] {
  const named =
    document.kind === 'replace'
      ? document.business?.replacements.map((replacement) => replacement.documentId)
      : [document.business?.documentId, ...document.responseFor.map((r) => r.documentId), document.documentId]
  return [...new Set((named ?? []).filter((id): id is string => id !== undefined && id !== ''))]
}

/**
 * Ids by which a sender claims another document outright. Where such an id is known from somebody else only, the
 * package is refused: nobody but the issuing agency acts on its document. A document's own id, or a reference to what
 * is answered, may meet a foreign id by chance.
 */
export function claimedIds(document: DocumentPackage): string[] {
  const { business, responseFor, kind } = document
  if (kind === 'replace') return business?.replacements.map((r) => r.documentId) ?? []
  const references = kind === 'recall' ? responseFor.map((r) => r.documentId) : []
  return [business?.documentId, ...references].filter((id): id is string => id !== undefined && id !== '')
}

/** Receivers that an update takes out of, or adds to, the recipients of the document (edxml.md §1.5, ReceiverType). */
export function changedReceivers(document: DocumentPackage): { removed: string[]; added: string[] } {
  const receivers = document.kind === 'update' ? (document.business?.receivers ?? []) : []
  const codes = (type: string) => receivers.filter((r) => r.receiverType === type).map((r) => r.organId)
  return { removed: codes('0'), added: codes('1') }
}

/** What a recipient answered (15, 16) about what was asked of it. */
export interface RequestAnswer {
  readonly targetDeliveryIds: readonly string[]
  readonly question: Question
  /** Only what this delivery asked; everything that is open when absent. */
  readonly carrierDeliveryId?: string
  readonly outcome: 'agreed' | 'declined'
  readonly statusPackageId: string
  readonly at: Date
}
