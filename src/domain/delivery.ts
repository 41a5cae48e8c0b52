// One package for one recipient agency: its states, the moves between them, and what an attempt can come to.
// The table is design §3; docs/states.md draws it.
import type { Priority } from './document-package.ts'

export type DeliveryState =
  | 'held'
  | 'waiting'
  | 'in_flight'
  | 'available'
  | 'delivered'
  | 'refused'
  | 'exhausted'
  | 'expired'
  | 'recalled'

export const finalStates: readonly DeliveryState[] = ['delivered', 'refused', 'exhausted', 'expired', 'recalled']

export type HeldReason = 'unknown_agency' | 'not_connected' | 'no_system' | 'closed' | 'quarantined' | 'by_operator'

/** What travels: a document, feedback about one, or what the axis has to tell a sender. */
export type DeliveryType = 'edoc' | 'status' | 'report'

const moves: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  held: ['waiting', 'available', 'recalled', 'expired'],
  waiting: ['in_flight', 'held', 'recalled', 'expired'],
  // Recalled, or held: the attempt had sent nothing when its sender asked for it back, or an operator stopped it.
  in_flight: ['delivered', 'refused', 'waiting', 'exhausted', 'recalled', 'held'],
  available: ['delivered', 'refused', 'held', 'recalled', 'expired'],
  delivered: [],
  // A confirm after the end is a late delivery; an operator may re-open the others; what nobody took may be withdrawn.
  refused: ['delivered', 'waiting', 'available', 'recalled'],
  exhausted: ['waiting', 'available', 'recalled'],
  expired: ['delivered', 'waiting', 'available', 'held', 'recalled'],
  recalled: [],
}

export function mayMove(from: DeliveryState, to: DeliveryState): boolean {
  return moves[from].includes(to)
}

export interface ClaimedDelivery {
  readonly deliveryId: string
  readonly systemId: string
  readonly packageId: string
  readonly leaseToken: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Recipient code as the sender wrote it, and the agency's current code. */
  readonly organId: string
  readonly agencyCode: string
}

export interface DeliverablePackage {
  readonly packageId: string
  readonly type: DeliveryType
  readonly kind: 'new' | 'recall' | 'update' | 'replace' | 'status' | 'report'
  readonly documentId: string
  readonly sha256: string
  readonly size: number
  readonly priority: Priority
  readonly from: string
  readonly code?: string
  readonly subject?: string
  readonly acceptedAt: Date
}

/** What the other side did with one attempt. Nothing here is thrown: their refusal is not our error. */
export type AttemptOutcome =
  | { readonly kind: 'delivered'; readonly httpStatus?: number; readonly answer?: string }
  /** A notice was taken; the document itself is still to be fetched. */
  | { readonly kind: 'notified'; readonly httpStatus?: number }
  | { readonly kind: 'refused'; readonly httpStatus?: number; readonly reason: string }
  | { readonly kind: 'busy'; readonly httpStatus?: number; readonly retryAfterSeconds?: number }
  | {
      readonly kind: 'unreachable'
      readonly cause: string
      readonly httpStatus?: number
      readonly answer?: string
      /** No byte of the package left us, so a recall may still win. */
      readonly nothingSent: boolean
      /** The endpoint said 410: it is not coming back by itself, the lane pauses. */
      readonly endpointGone?: boolean
    }
  /** Something of ours is away, so nothing was sent; the endpoint has no part in it. */
  | { readonly kind: 'unavailable'; readonly cause: string }
  /** The bytes went out and no clear answer came back: it may or may not have been taken. */
  | { readonly kind: 'unclear'; readonly cause: string }
