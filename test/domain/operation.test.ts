import { describe, expect, test } from 'vitest'
import type { DeliveryState } from '../../src/domain/delivery.ts'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import {
  changedReceivers,
  claimedIds,
  isSettled,
  type RecallMove,
  recallMove,
  type TargetDelivery,
  targetCandidates,
} from '../../src/domain/operation.ts'

const target: TargetDelivery = {
  ...{ deliveryId: 'd1', packageId: 'p1', repeatKey: 'k1', recipientAgencyId: 'a', organId: 'A', state: 'available' },
  ...{ isTaken: false, recallRequested: false, recallAgreed: false, isReturned: false },
}
const states: readonly DeliveryState[] = [
  ...([
    'held',
    'waiting',
    'in_flight',
    'available',
    'delivered',
    'refused',
    'exhausted',
    'expired',
    'recalled',
  ] as const),
]

describe('a recall', () => {
  test.each(states)('meets a delivery that is %s', (state) => {
    const gone = state === 'recalled'

    expect(recallMove({ ...target, state })).toBe(gone ? 'withdrawn_before' : 'withdraw')
    expect(recallMove({ ...target, state, isTaken: true })).toBe(gone ? 'withdrawn_before' : 'ask')
  })

  test.each<[RecallMove, Partial<TargetDelivery>]>([
    ['asked_before', { isTaken: true, recallRequested: true }],
    ['asked_before', { isTaken: true, recallRequested: true, isReturned: true }],
    ['agreed_before', { isTaken: true, recallAgreed: true }],
    ['agreed_before', { isTaken: true, recallAgreed: true, recallRequested: true }],
    ['returned_before', { isTaken: true, isReturned: true }],
    // Whoever says 02 without having read it loses nothing.
    ['withdraw', { isReturned: true }],
  ])('is %s for %o', (move, more) => {
    expect(recallMove({ ...target, ...more })).toBe(move)
  })

  test('waits for what is not settled', () => {
    const settled = states.filter((state) => isSettled({ state }))

    expect(settled).toEqual(['delivered', 'refused', 'exhausted', 'expired', 'recalled'])
  })
})

const business = { receivers: [], replacements: [] }
const made = (more: Partial<DocumentPackage>): DocumentPackage => ({
  ...{ type: 'edoc', kind: 'recall', from: { organId: 'A' }, to: [], documentId: 'own', subject: '', priority: 0 },
  ...{ responseFor: [], toPlaces: [], traces: [], attachments: [], hasSignature: false },
  ...more,
})
const replacements = [
  { documentId: 'r1', organIds: [] },
  { documentId: 'r2', organIds: [] },
]

describe('what is acted on', () => {
  test.each<[string, Partial<DocumentPackage>, string[], string[]]>([
    ['nothing but its own id', {}, ['own'], []],
    ['Bussiness first', { business: { ...business, documentId: 'b' } }, ['b', 'own'], ['b']],
    [
      'then each ResponseFor, empty ones left out',
      { business: { ...business, documentId: 'b' }, responseFor: [{ documentId: 'r' }, {}, { documentId: '' }] },
      ['b', 'r', 'own'],
      ['b', 'r'],
    ],
    ['an id said twice once', { business: { ...business, documentId: 'own' } }, ['own'], ['own']],
    [
      'of an update: a reference may be to what it answers',
      { kind: 'update', responseFor: [{ documentId: 'r' }], business: { ...business, documentId: 'b' } },
      ['b', 'r', 'own'],
      ['b'],
    ],
    [
      'of a replacement: what it says that it replaces and nothing else',
      { kind: 'replace', responseFor: [{ documentId: 'r' }], business: { ...business, documentId: 'b', replacements } },
      ['r1', 'r2'],
      ['r1', 'r2'],
    ],
    ['of a replacement that names nothing', { kind: 'replace' }, [], []],
  ])('is %s', (_what, more, candidates, claimed) => {
    expect(targetCandidates(made(more))).toEqual(candidates)
    expect(claimedIds(made(more))).toEqual(claimed)
  })
})

describe('changed receivers', () => {
  const receivers = [
    { organId: 'X', receiverType: '0' },
    { organId: 'Y', receiverType: '1' },
    { organId: 'Z', receiverType: '7' },
  ]

  test('are those of an update, by type; an unknown type changes nobody', () => {
    const update = made({ kind: 'update', business: { ...business, receivers } })

    expect(changedReceivers(update)).toEqual({ removed: ['X'], added: ['Y'] })
  })

  test.each(['recall', 'replace'] as const)('of a %s are none', (kind) => {
    expect(changedReceivers(made({ kind, business: { ...business, receivers } }))).toEqual({ removed: [], added: [] })
  })
})
