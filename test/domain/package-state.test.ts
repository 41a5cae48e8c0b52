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
])('a document with deliveries "%s" is %s', (deliveries, expected) => {
  for (const kind of ['new', 'replace']) expect(overallState(statesOf(deliveries), kind)).toBe(expected)
})

test.each<[string, string]>([
  ['', 'accepted'],
  ['recalled available', 'in_progress'],
  ['recalled', 'completed'],
  ['recalled delivered', 'completed'],
  ['recalled refused', 'completed_with_failures'],
])('a package that acts on a document, with deliveries "%s", is %s', (deliveries, expected) => {
  for (const kind of ['recall', 'update', 'status']) expect(overallState(statesOf(deliveries), kind)).toBe(expected)
})

test.each<[string, string]>([
  ['delivered*', 'recalled'],
  ['delivered* recalled', 'recalled'],
  ['delivered* delivered', 'completed'],
  ['refused*', 'recalled'],
  ['delivered* refused', 'completed_with_failures'],
  ['available* recalled', 'in_progress'],
])('a document with deliveries "%s", given back where there is a star, is %s', (deliveries, expected) => {
  expect(overallState(statesOf(deliveries), 'new')).toBe(expected)
})

function statesOf(deliveries: string) {
  const words = deliveries.split(' ').filter((word) => word !== '')
  return words.map((word) => ({
    ...{ state: word.replace('*', '') as DeliveryState, recallAgreed: word.endsWith('*') },
  }))
}
