// Rows of refusals while the database goes and comes: the sender is never kept waiting for an error, and what can be
// written later is.
import { describe, expect, test, vi } from 'vitest'
import { createRefusalRecorder } from '../../src/intake/refusal-recorder.ts'
import type { NewRefusal } from '../../src/intake/refusal-store.ts'

class Away extends Error {}

function refusal(ref: string): NewRefusal {
  return {
    ...{ ref, at: new Date(0), face: 'rest', path: '/api/v1/packages', sender: { kind: 'unknown' } },
    ...{ submission: {}, httpStatus: 503, problemCode: 'database_away', params: {}, violations: [] },
  }
}

function recorder(retryEveryMs = 1, waitingMax = 3) {
  const written: string[] = []
  const lost: string[] = []
  const state: { failsWith: Error | undefined } = { failsWith: undefined }
  const made = createRefusalRecorder({
    async insert({ ref }) {
      if (state.failsWith !== undefined) throw state.failsWith
      written.push(ref)
    },
    isPassing: (error) => error instanceof Away,
    onLost: (_error, refs) => void lost.push(...refs),
    ...{ retryEveryMs, waitingMax },
  })
  return { ...made, written, lost, state }
}

const hour = 3_600_000

describe('a refusal', () => {
  test('is written at once while the database is there', async () => {
    const { record, written } = recorder(hour)

    await record(refusal('a'))

    expect(written).toEqual(['a'])
  })

  test('of a time without database is written once it is back, in order', async () => {
    const { record, written, state, lost } = recorder()
    state.failsWith = new Away()
    await record(refusal('a'))
    await record(refusal('b'))
    expect(written).toEqual([])

    state.failsWith = undefined

    await vi.waitFor(() => expect(written).toEqual(['a', 'b']))
    expect(lost).toEqual([])
  })

  test('keeps its place while the database comes and goes again', async () => {
    const { record, written, state, close } = recorder(hour)
    state.failsWith = new Away()
    for (const ref of ['a', 'b', 'c']) await record(refusal(ref))
    await close()
    state.failsWith = undefined

    await close()

    expect(written).toEqual(['a', 'b', 'c'])
  })

  test('that can never be written is told, and keeps nobody waiting', async () => {
    const { record, written, lost, state, close } = recorder()
    state.failsWith = new Error('value too long')

    await record(refusal('a'))
    state.failsWith = undefined
    await close()

    expect([written, lost]).toEqual([[], ['a']])
  })

  test('beyond what may wait is told', async () => {
    const { record, written, lost, state, close } = recorder(hour)
    state.failsWith = new Away()

    for (const ref of ['a', 'b', 'c', 'd']) await record(refusal(ref))
    state.failsWith = undefined
    await close()

    expect([written, lost]).toEqual([['a', 'b', 'c'], ['d']])
  })

  test('that still waits at the end is tried once more, and told if that fails', async () => {
    const { record, written, lost, state, close } = recorder(hour)
    state.failsWith = new Away()
    await record(refusal('a'))
    await record(refusal('b'))

    await close()

    expect([written, lost]).toEqual([[], ['a', 'b']])
  })
})
