import { describe, expect, it, vi } from 'vitest'
import type { AttemptResult } from '../../src/delivery/record-results.ts'
import { createResultRecorder } from '../../src/delivery/result-recorder.ts'
import { madeUpClaim, result } from './delivery-rows.ts'
import { keptLines } from './kept-lines.ts'

const results = (count: number) =>
  Array.from({ length: count }, () => result(madeUpClaim('QLVB-1'), { kind: 'delivered' }))

/** A database that writes when told to. */
function slowDatabase() {
  const batches: (readonly AttemptResult[])[] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  return {
    batches,
    write: (batch: readonly AttemptResult[]) => {
      batches.push(batch)
      return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
    },
    async commit() {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
      waiting.shift()?.resolve()
    },
    async fail() {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
      waiting.shift()?.reject(new Error('Connection terminated unexpectedly'))
    },
  }
}

describe('the recorder', () => {
  it('writes at once, and what finishes meanwhile together', async () => {
    const database = slowDatabase()
    const recorder = createResultRecorder(database.write, keptLines().logger)
    const [first, ...others] = results(6)
    if (first === undefined) throw new Error('no result')

    const done = [recorder.record(first)]
    await vi.waitFor(() => expect(database.batches).toHaveLength(1))
    done.push(...others.map((other) => recorder.record(other)))
    await database.commit()
    await database.commit()
    await Promise.all(done)

    expect(database.batches.map((batch) => batch.length)).toEqual([1, 5])
  })

  it('answers an attempt only after its own batch is committed', async () => {
    const database = slowDatabase()
    const recorder = createResultRecorder(database.write, keptLines().logger)
    const [first, second] = results(2)
    if (first === undefined || second === undefined) throw new Error('no result')
    const finished: string[] = []

    void recorder.record(first).then(() => finished.push('first'))
    await vi.waitFor(() => expect(database.batches).toHaveLength(1))
    const late = recorder.record(second).then(() => finished.push('second'))
    await database.commit()
    await vi.waitFor(() => expect(database.batches).toHaveLength(2))

    expect(finished).toEqual(['first'])
    await database.commit()
    await late
    expect(finished).toEqual(['first', 'second'])
  })

  it('bounds a batch', async () => {
    const sizes: number[] = []
    const recorder = createResultRecorder(async (batch) => void sizes.push(batch.length), keptLines().logger)

    await Promise.all(results(1_201).map((one) => recorder.record(one)))

    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(1_201)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
  })

  it('survives a database that is away for a moment', async () => {
    const database = slowDatabase()
    const recorder = createResultRecorder(database.write, keptLines().logger)
    const [one] = results(1)
    if (one === undefined) throw new Error('no result')

    const done = recorder.record(one)
    await database.fail()
    await database.fail()
    await database.commit()
    await done

    expect(database.batches).toHaveLength(3)
    expect(database.batches.every((batch) => batch[0] === one)).toBe(true)
  })

  it('gives up after a while, says so, and goes on with the next batch', async () => {
    let isAway = true
    const written: AttemptResult[] = []
    const { logger, messages } = keptLines()
    const recorder = createResultRecorder(async (batch) => {
      if (isAway) throw new Error('away')
      written.push(...batch)
    }, logger)
    const [lost, kept] = results(2)
    if (lost === undefined || kept === undefined) throw new Error('no result')

    await recorder.record(lost)
    isAway = false
    await recorder.record(kept)

    expect(messages()).toContain('delivery.results_not_recorded')
    expect(written).toEqual([kept])
  })

  // One result that cannot be written must not take its neighbours with it (design D17: a failing batch redone singly).
  it('loses one result that cannot be written, and none of its batch', async () => {
    const written: AttemptResult[] = []
    const { logger, messages } = keptLines()
    const all = results(5)
    const poison = all[2]
    const recorder = createResultRecorder(async (batch) => {
      if (batch.some((one) => one === poison)) throw new Error('invalid input syntax')
      written.push(...batch)
    }, logger)

    await Promise.all(all.map((one) => recorder.record(one)))

    expect(written).toHaveLength(4)
    expect(written).not.toContain(poison)
    expect(messages()).toContain('delivery.results_not_recorded')
  })

  it('flushes until nothing is left', async () => {
    const database = slowDatabase()
    const recorder = createResultRecorder(database.write, keptLines().logger)
    for (const one of results(3)) void recorder.record(one)
    let isFlushed = false

    const flushed = recorder.flush().then(() => {
      isFlushed = true
    })
    await database.commit()
    expect(isFlushed).toBe(false)
    await database.commit()
    await flushed

    expect(database.batches.flat()).toHaveLength(3)
    await recorder.flush()
  })

  it('keeps results while the database is away for ten seconds', async () => {
    vi.useFakeTimers()
    try {
      let isAway = true
      const written: AttemptResult[] = []
      const { logger, messages } = keptLines()
      const recorder = createResultRecorder(async (batch) => {
        if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        written.push(...batch)
      }, logger)
      const all = results(3)

      const done = Promise.all(all.map((one) => recorder.record(one)))
      await vi.advanceTimersByTimeAsync(10_000)
      isAway = false
      await vi.advanceTimersByTimeAsync(2_000)
      await done

      expect(written).toEqual(all)
      expect(messages()).not.toContain('delivery.results_not_recorded')
    } finally {
      vi.useRealTimers()
    }
  })
})
