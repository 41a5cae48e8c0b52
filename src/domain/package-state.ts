// Where a package stands as a whole, from the states of its deliveries (contract §3).
import { type DeliveryState, finalStates } from './delivery.ts'

export const overallStates = ['accepted', 'in_progress', 'completed', 'completed_with_failures', 'recalled'] as const
export type OverallState = (typeof overallStates)[number]

export function overallState(states: readonly DeliveryState[]): OverallState {
  const unfinished = states.filter((state) => !finalStates.includes(state))
  if (unfinished.length === states.length) {
    return states.some((state) => state === 'in_flight') ? 'in_progress' : 'accepted'
  }
  if (unfinished.length > 0) return 'in_progress'
  if (states.every((state) => state === 'recalled')) return 'recalled'
  return states.every((state) => state === 'delivered' || state === 'recalled')
    ? 'completed'
    : 'completed_with_failures'
}
