import { describe, expect, test } from 'vitest'
import type { AttemptOutcome } from '../../src/domain/delivery.ts'
import { type RetryPolicy, waitSeconds } from '../../src/domain/retry.ts'
import { defaultPolicy } from '../support/delivery-policy.ts'

const away: AttemptOutcome = { kind: 'unreachable', cause: 'ECONNREFUSED', nothingSent: true }
const unclear: AttemptOutcome = { kind: 'unclear', cause: 'timeout' }
const justBelowOne = 1 - Number.EPSILON

describe('the wait after an attempt that failed', () => {
  test.each([
    [1, 10],
    [2, 30],
    [3, 60],
    [4, 120],
    [5, 300],
    [6, 600],
    [7, 1_800],
    [8, 3_600],
    [9, 3_600],
    [1_000, 3_600],
    // No attempt at all cannot be, and must not crash the recorder of results either.
    [0, 10],
  ])('number %i is %i s, a fifth less at least and a fifth more at most', (attempt, middle) => {
    const wait = (random: number) => waitSeconds(defaultPolicy, attempt, away, random)

    expect(wait(0.5)).toBeCloseTo(middle)
    expect(wait(0)).toBeCloseTo(middle * 0.8)
    expect(wait(justBelowOne)).toBeCloseTo(middle * 1.2)
  })

  test('is the same whatever went wrong', () => {
    expect(waitSeconds(defaultPolicy, 3, unclear, 0.5)).toBe(waitSeconds(defaultPolicy, 3, away, 0.5))
    expect(waitSeconds(defaultPolicy, 3, { kind: 'busy' }, 0.5)).toBe(60)
  })

  test('is a minute where a policy names none', () => {
    const policy: RetryPolicy = { waitsSeconds: [], jitter: 0, retryAfterMaxSeconds: 1 }

    expect(waitSeconds(policy, 1, away, 0.5)).toBe(60)
  })
})

describe('a receiver that asks for patience', () => {
  test.each([
    ['gets it to the second', 45, 45],
    ['gets six hours at most', 1_000_000, 6 * 3_600],
    ['gets a second at least', 0, 1],
    ['cannot ask for the past', -30, 1],
  ])('%s: %i becomes %i', (_what, retryAfterSeconds, expected) => {
    for (const random of [0, 0.5, justBelowOne]) {
      expect(waitSeconds(defaultPolicy, 5, { kind: 'busy', retryAfterSeconds }, random)).toBe(expected)
    }
  })
})
