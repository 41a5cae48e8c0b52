import { describe, expect, test } from 'vitest'
import {
  mayStore,
  type StorageLevel,
  type StoredFacts,
  storageLevel,
  thresholdMistakes,
  usualThresholds,
} from '../../src/domain/storage-reserve.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
const totalBytes = 1000 * gib
/** Percent of that disk. */
const free = (percent: number) => totalBytes * (percent / 100)

const ordinary: StoredFacts = { kind: 'document', priority: 0 }
const urgent: StoredFacts = { kind: 'document', priority: 1 }
const recall: StoredFacts = { kind: 'recall', priority: 0 }
const status: StoredFacts = { kind: 'status', priority: 0 }
const report: StoredFacts = { kind: 'report', priority: 0 }

type Answer = 'accept' | 'read_header' | 'storage_low' | 'storage_full'

function asked(percent: number, declaredBytes: number, header: StoredFacts | undefined): Answer {
  const answer = mayStore({ freeBytes: free(percent), totalBytes, declaredBytes, header }, usualThresholds)
  return answer.kind === 'refuse' ? answer.code : answer.kind
}

describe('what may be stored', () => {
  test.each<[string, number, number, StoredFacts | undefined, Answer]>([
    ['half empty: anything', 50, 500 * mib, ordinary, 'accept'],
    ['half empty: without its header', 50, 500 * mib, undefined, 'accept'],
    ['alerted: anything still', 12, 500 * mib, ordinary, 'accept'],
    ['at ten percent: anything still', 10, 500 * mib, ordinary, 'accept'],
    ['low: a small document', 9.9, mib, ordinary, 'accept'],
    ['low: a small one without its header', 9.9, mib, undefined, 'accept'],
    ['low: one byte more', 9.9, mib + 1, ordinary, 'storage_low'],
    ['low: one byte more, as far as its header is not read', 9.9, mib + 1, undefined, 'read_header'],
    ['low: a large urgent one', 9.9, 500 * mib, urgent, 'accept'],
    ['low: a large recall', 9.9, 20 * mib, recall, 'accept'],
    ['critical: the smallest document', 4.9, 1, ordinary, 'storage_low'],
    ['critical: the smallest, as far as its header is not read', 4.9, 1, undefined, 'read_header'],
    ['critical: an urgent one', 4.9, 10 * mib, urgent, 'accept'],
    ['critical: a large urgent one', 4.9, 10 * mib + 1, urgent, 'storage_low'],
    ['critical: a status', 4.9, 20_000, status, 'accept'],
    ['critical: a recall', 4.9, 20 * mib, recall, 'accept'],
    ['critical: a report of our own', 4.9, 20_000, report, 'accept'],
    ['just above the reserve: a status', 2.01, 20_000, status, 'accept'],
    ['in the reserve: a status', 2, 1, status, 'storage_full'],
    ['in the reserve: an urgent document', 1, 1, urgent, 'storage_full'],
    ['into the reserve, from far above', 50, 481 * gib, ordinary, 'storage_full'],
    ['into the reserve, whatever its header may say', 4.9, 30 * gib, undefined, 'storage_full'],
  ])('%s', (_name, percent, bytes, header, expected) => {
    expect(asked(percent, bytes, header)).toBe(expected)
  })

  test('asks senders to come back later, not at once', () => {
    const answer = mayStore({ freeBytes: 0, totalBytes, declaredBytes: 1, header: status }, usualThresholds)

    expect(answer).toEqual({ kind: 'refuse', code: 'storage_full', retryAfterSeconds: 300 })
  })

  test('keeps a whole GiB free where two percent are less', () => {
    const small = { totalBytes: 20 * gib, declaredBytes: mib, header: status }

    expect(mayStore({ ...small, freeBytes: gib + mib }, usualThresholds)).toEqual({ kind: 'accept' })
    expect(mayStore({ ...small, freeBytes: gib + mib - 1 }, usualThresholds)).toMatchObject({ code: 'storage_full' })
    const thresholds = { ...usualThresholds, reserveBytes: 4 * mib }
    expect(mayStore({ ...small, freeBytes: gib }, thresholds)).toEqual({ kind: 'accept' })
  })
})

test.each<[number, StorageLevel]>([
  [20, 'ample'],
  [19.9, 'watched'],
  [9.9, 'low'],
  [4.9, 'critical'],
  [2, 'full'],
])('at %d percent free the storage is %s', (percent, level) => {
  expect(storageLevel({ freeBytes: free(percent), totalBytes }, usualThresholds)).toBe(level)
})

test('thresholds out of order are a mistake that names all four', () => {
  expect(thresholdMistakes(usualThresholds)).toEqual([])
  expect(thresholdMistakes({ ...usualThresholds, lowPercent: 4 })).toEqual([
    expect.stringContaining('STORAGE_LOW_PERCENT (4)'),
  ])
  expect(thresholdMistakes({ ...usualThresholds, alertPercent: 8 })).toHaveLength(1)
  expect(thresholdMistakes({ ...usualThresholds, reservePercent: 6 })).toHaveLength(1)
})
