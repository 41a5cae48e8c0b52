import { expect, test } from 'vitest'
import type { DeliveryState } from '../../src/domain/delivery.ts'
import { overallState } from '../../src/domain/package-state.ts'

test.each<[string, string]>([
  ['', 'accepted'],
  ['held', 'accepted'],
  ['waiting available held', 'accepted'],
  ['in_flight', 'in_progress'],
  ['waiting in_flight', 'in_progress'],
  ['available delivered', 'in_progress'],
  ['held refused', 'in_progress'],
  ['waiting recalled', 'in_progress'],
  ['delivered', 'completed'],
  ['delivered delivered', 'completed'],
  ['delivered recalled', 'completed'],
  ['recalled', 'recalled'],
  ['recalled recalled', 'recalled'],
  ['delivered refused', 'completed_with_failures'],
  ['delivered exhausted', 'completed_with_failures'],
  ['expired', 'completed_with_failures'],
  ['recalled refused', 'completed_with_failures'],
])('a package with deliveries "%s" is %s', (deliveries, expected) => {
  const states = deliveries.split(' ').filter((state) => state !== '') as DeliveryState[]

  expect(overallState(states)).toBe(expected)
})
