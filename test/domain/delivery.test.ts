import { expect, test } from 'vitest'
import { type DeliveryState, finalStates, mayMove } from '../../src/domain/delivery.ts'

// Design §3, with the late confirm, the operator's re-opening and holding, and the recall of what nobody took.
const moves: Readonly<Record<DeliveryState, string>> = {
  held: 'waiting available recalled expired',
  waiting: 'in_flight held recalled expired',
  in_flight: 'delivered refused waiting exhausted recalled held',
  available: 'delivered refused held recalled expired',
  delivered: '',
  refused: 'delivered waiting available recalled',
  exhausted: 'waiting available recalled',
  expired: 'delivered waiting available held recalled',
  recalled: '',
}
const states = Object.keys(moves) as DeliveryState[]
const pairs = states.flatMap((from) =>
  states.map((to) => ({ from, to, may: moves[from].split(' ').includes(to) ? 'may' : 'may not' })),
)

test.each(pairs)('from $from a delivery $may go to $to', ({ from, to, may }) => {
  expect(mayMove(from, to)).toBe(may === 'may')
})

test('leaves what was delivered or recalled for good', () => {
  expect(states.filter((from) => states.every((to) => !mayMove(from, to)))).toEqual(['delivered', 'recalled'])
})

test('has five states at which nothing more happens by itself', () => {
  expect([...finalStates].sort()).toEqual(['delivered', 'exhausted', 'expired', 'recalled', 'refused'])
})
