// The fault suite is only as good as its judge: each way of losing, changing, misleading or repeating a document must
// be seen, and nothing may be excused that a fault does not explain.
import { describe, expect, it } from 'vitest'
import { judge, recoveryMs } from './judge.ts'
import { type Arrival, createLedger, type Ledger, type Promised } from './ledger.ts'

const row = 'worker killed'
const receiverOf = (organId: string) => (organId === 'H35.21' ? 'DAY-1' : 'DAY-2')
const question = { row, receiverOf }

function ledgerWith(...promised: Partial<Promised>[]): Ledger {
  const ledger = createLedger()
  promised.forEach((more, at) => {
    const ids = { deliveryId: `d${at + 1}`, packageId: `p${at + 1}`, documentId: `H35.12,2026/11/20,${at + 1}/SNV` }
    ledger.promise({ ...ids, organId: 'H35.21', sha256: 'aa', postedAt: 900, acceptedAt: 1_000, row, ...more })
  })
  return ledger
}

function arrive(ledger: Ledger, at: number, more: Partial<Arrival> = {}): void {
  ledger.arrive({ deliveryId: 'd1', receiver: 'DAY-1', sha256: 'aa', at, isKept: true, saidAt: at + 20, ...more })
}

describe('the verdict on a ledger', () => {
  it('counts what was kept, byte for byte, as delivered', () => {
    const ledger = ledgerWith({}, { organId: 'H35.22' })
    arrive(ledger, 1_100)
    arrive(ledger, 1_100, { deliveryId: 'd2', receiver: 'DAY-2' })

    const verdict = judge(ledger, question)

    expect(verdict).toMatchObject({ accepted: 2, delivered: 2, reported: 0, lost: [], duplicated: [] })
    expect(verdict).toMatchObject({ unexplained: [], altered: [], misdirected: [] })
  })

  it('counts what nobody got and nobody was told of as lost', () => {
    const ledger = ledgerWith({}, {})
    ledger.report('d2', 'held')

    expect(judge(ledger, question)).toMatchObject({ accepted: 2, delivered: 0, reported: 1, lost: ['d1'] })
  })

  it('does not take for delivered what the receiver could not keep', () => {
    const ledger = ledgerWith({})
    ledger.arrive({ deliveryId: 'd1', receiver: 'DAY-1', sha256: 'aa', at: 1_100, isKept: false })

    expect(judge(ledger, question).lost).toEqual(['d1'])
  })

  it('counts other bytes as altered and as lost', () => {
    const ledger = ledgerWith({})
    arrive(ledger, 1_100, { sha256: 'bb' })

    expect(judge(ledger, question)).toMatchObject({ altered: ['d1'], lost: ['d1'] })
  })

  it('sees a document at somebody else', () => {
    const ledger = ledgerWith({})
    arrive(ledger, 1_100)
    arrive(ledger, 1_100, { receiver: 'DAY-2' })

    expect(judge(ledger, question).misdirected).toEqual(['d1'])
  })

  it('sees a delivery that was promised to nobody', () => {
    const ledger = ledgerWith({})
    arrive(ledger, 1_100, { deliveryId: 'x' })

    expect(ledger.unpromised()).toEqual(['x'])
  })

  it('sees one document under two delivery ids at one recipient', () => {
    const ledger = ledgerWith({ documentId: 'same' }, { documentId: 'same' })
    arrive(ledger, 1_100)
    arrive(ledger, 1_100, { deliveryId: 'd2' })

    expect(judge(ledger, question).unexplained).toEqual(['d2'])
  })

  it.each([
    { said: 'in the middle of a fault', saidAt: 5_500, excused: true },
    { said: 'the moment before it', saidAt: 4_500, excused: true },
    { said: 'a moment after it', saidAt: 8_500, excused: true },
    { said: 'long before it', saidAt: 3_900, excused: false },
    { said: 'long after it', saidAt: 9_100, excused: false },
  ])('a repetition of what was said $said is excused: $excused', ({ saidAt, excused }) => {
    const ledger = ledgerWith({})
    ledger.disturb({ row, from: 5_000, to: 6_000 })
    arrive(ledger, saidAt - 20, { saidAt })
    arrive(ledger, 20_000)

    expect(judge(ledger, question)).toMatchObject({ duplicated: ['d1'], unexplained: excused ? [] : ['d1'] })
  })

  it('excuses nothing at a receiver that the fault did not touch', () => {
    const ledger = ledgerWith({})
    ledger.disturb({ row, from: 5_000, to: 6_000, receivers: new Set(['DAY-2']) })
    arrive(ledger, 5_500)
    arrive(ledger, 20_000)

    expect(judge(ledger, question).unexplained).toEqual(['d1'])
  })

  it('excuses nothing that the gateway has acknowledged itself', () => {
    const ledger = ledgerWith({})
    ledger.disturb({ row, from: 5_000, to: 6_000 })
    arrive(ledger, 5_500, { isAcknowledged: true })
    arrive(ledger, 20_000)

    expect(judge(ledger, question).unexplained).toEqual(['d1'])
  })

  it('calls it a repetition when a push comes again before the word was out, but not when a mailbox is read again', () => {
    const ledger = ledgerWith({}, {})
    for (const at of [1_100, 9_000]) {
      ledger.arrive({ deliveryId: 'd1', receiver: 'DAY-1', sha256: 'aa', at, isKept: true })
      ledger.arrive({ deliveryId: 'd2', receiver: 'DAY-1', sha256: 'aa', at, isKept: true, isPulled: true })
    }

    expect(judge(ledger, question)).toMatchObject({ duplicated: ['d1'], unexplained: [] })
  })

  it('does not call a second try a repetition when the first was not kept', () => {
    const ledger = ledgerWith({})
    ledger.arrive({ deliveryId: 'd1', receiver: 'DAY-1', sha256: 'aa', at: 1_100, isKept: false })
    arrive(ledger, 12_000)

    expect(judge(ledger, question)).toMatchObject({ delivered: 1, duplicated: [], unexplained: [] })
  })
})

describe('recovery', () => {
  const fault = { row, from: 0, to: 6_000 }

  it('ends when the backlog and a fresh document have arrived', () => {
    const ledger = ledgerWith({ postedAt: 5_500 }, { postedAt: 6_500 })
    arrive(ledger, 9_000)
    expect(recoveryMs(ledger, fault)).toBeUndefined()
    arrive(ledger, 7_000, { deliveryId: 'd2' })

    expect(recoveryMs(ledger, fault)).toBe(3_000)
  })

  it('is not over while something of before the fault is missing', () => {
    const ledger = ledgerWith({ postedAt: 5_500 }, { postedAt: 6_500 })
    arrive(ledger, 7_000, { deliveryId: 'd2' })

    expect(recoveryMs(ledger, fault)).toBeUndefined()
  })

  it('takes no repetition of an old document, answered after the fault, for a fresh one', () => {
    const ledger = ledgerWith({ postedAt: 5_500, acceptedAt: 6_500 })
    arrive(ledger, 5_600)

    expect(recoveryMs(ledger, fault)).toBeUndefined()
  })

  it('does not wait for what was reported', () => {
    const ledger = ledgerWith({ postedAt: 5_500 }, { postedAt: 6_500 })
    ledger.report('d1', 'refused')
    arrive(ledger, 7_000, { deliveryId: 'd2' })

    expect(recoveryMs(ledger, fault)).toBe(1_000)
  })

  it('counts from when the retry plan lets a delivery go again', () => {
    const ledger = ledgerWith({ postedAt: 5_500 }, { postedAt: 6_500 })
    arrive(ledger, 16_500)
    arrive(ledger, 6_600, { deliveryId: 'd2' })

    expect(recoveryMs(ledger, { ...fault, dueAt: (id) => (id === 'd1' ? 16_000 : 0) })).toBe(600)
  })
})
