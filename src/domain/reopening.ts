// What an operator's "try it again" does to a delivery, by how it stands.
import type { DeliveryState } from './delivery.ts'

/** Why there is nothing to do. */
export type NotReopened =
  | 'delivered'
  | 'recalled'
  /** Its sender wants it back. */
  | 'asked_back'
  | 'in_flight'
  /** It cannot be served; it goes by itself once it can. */
  | 'held'
  /** An operator stopped its document. */
  | 'held_by_operator'
  /** It is there to be fetched. */
  | 'in_mailbox'
  /** Its bytes are past their retention. */
  | 'content_removed'
  /** Its rows are past their retention. */
  | 'moved_out'

export type ReopeningMove = 'open' | 'make_due' | NotReopened

export interface ReopenableDelivery {
  readonly state: DeliveryState
  readonly isAskedBack: boolean
  readonly isStopped: boolean
  readonly isContentRemoved: boolean
}

export function reopeningMove({ state, isStopped, ...delivery }: ReopenableDelivery): ReopeningMove {
  switch (state) {
    case 'waiting':
      return isStopped ? 'held_by_operator' : 'make_due'
    case 'refused':
    case 'exhausted':
    case 'expired':
      if (delivery.isAskedBack) return 'asked_back'
      if (isStopped) return 'held_by_operator'
      return delivery.isContentRemoved ? 'content_removed' : 'open'
    case 'held':
      return isStopped ? 'held_by_operator' : 'held'
    case 'available':
      return 'in_mailbox'
    case 'in_flight':
    case 'delivered':
    case 'recalled':
      return state
  }
}
