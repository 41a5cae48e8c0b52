// Whether what a receiver turned away is offered again: a table of cases.
import { expect, it } from 'vitest'
import { turnedAway } from '../../src/domain/turning-away.ts'

const waitsSeconds = [900, 3_600, 14_400]

it.each([
  [0, 1, false, { kind: 'offered_again', times: 1, afterSeconds: 900, isPaused: false }],
  [1, 1, false, { kind: 'offered_again', times: 2, afterSeconds: 3_600, isPaused: false }],
  [2, 4, false, { kind: 'offered_again', times: 3, afterSeconds: 14_400, isPaused: false }],
  [3, 1, false, { kind: 'refused', times: 4 }],
  [9, 1, false, { kind: 'refused', times: 10 }],
  // The fifth in ten minutes is the receiver's trouble, even where it would have been the end of the document.
  [0, 5, false, { kind: 'offered_again', times: 1, afterSeconds: 900, isPaused: true }],
  [3, 5, false, { kind: 'offered_again', times: 3, afterSeconds: 14_400, isPaused: true }],
  [3, 1, true, { kind: 'offered_again', times: 3, afterSeconds: 14_400, isPaused: true }],
  [0, 1, true, { kind: 'offered_again', times: 1, afterSeconds: 900, isPaused: true }],
])('turned away %d times before, %d lately, paused %s', (timesBefore, lately, isPaused, expected) => {
  expect(turnedAway({ timesBefore, waitsSeconds, lately, isPaused })).toEqual(expected)
})
