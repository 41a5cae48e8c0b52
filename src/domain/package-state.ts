// Where a package stands as a whole, from the states of its deliveries (contract §3).
import { type DeliveryState, finalStates } from './delivery.ts'

export const overallStates = ['accepted', 'in_progress', 'completed', 'completed_with_failures', 'recalled'] as const
export type OverallState = (typeof overallStates)[number]

export interface StateOfDelivery {
  readonly state: DeliveryState
  /** The recipient had it and gave it back (status 15). */
  readonly recallAgreed: boolean
}

/**
 * A document that nobody has any more is `recalled`, whether it was withdrawn or given back. The package that recalls
 * it is `completed` by that: its own deliveries to those who never saw the document end as `recalled`, too.
 */
export function overallState(deliveries: readonly StateOfDelivery[], kind: string): OverallState {
  const unfinished = deliveries.filter(({ state }) => !finalStates.includes(state))
  if (unfinished.length === deliveries.length) {
    return deliveries.some(({ state }) => state === 'in_flight') ? 'in_progress' : 'accepted'
  }
  if (unfinished.length > 0) return 'in_progress'
  const isBack = deliveries.every(({ state, recallAgreed }) => state === 'recalled' || recallAgreed)
  if (isBack && (kind === 'new' || kind === 'replace')) return 'recalled'
  return deliveries.every(({ state }) => state === 'delivered' || state === 'recalled')
    ? 'completed'
    : 'completed_with_failures'
}
