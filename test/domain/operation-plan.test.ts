import { describe, expect, test } from 'vitest'
import type { TargetDelivery, TargetDocument } from '../../src/domain/operation.ts'
import {
  type OperationPlan,
  type OperationRecipient,
  type PlanInput,
  planNotAddressed,
  planNothing,
  planOperation,
} from '../../src/domain/operation-plan.ts'
import { address } from '../../src/domain/route.ts'
import { agency, closed, directory, system, today } from './directory-fixture.ts'

const known = directory(
  [
    agency('a', ['A']),
    agency('b', ['B']),
    agency('c', ['C']),
    agency('nowhere', ['N']),
    agency('old', ['OLD'], closed(['a'])),
  ],
  [system('S', ['a', 'b', 'c'])],
)

const document: TargetDocument = { packageId: 'p1', documentId: 'doc', repeatKey: 'k1', priority: 0 }

function to(...codes: string[]): OperationRecipient[] {
  const rows = address(
    codes.map((organId) => ({ organId })),
    known,
    today,
  )
  return rows.map((row) => ({ ...row, deliveryId: `carrier ${row.recipientKey}` }))
}

/** The document's delivery to an agency, untaken in its mailbox unless told otherwise. */
function target(agencyId: string | undefined, more: Partial<TargetDelivery> = {}): TargetDelivery {
  return {
    ...{ deliveryId: `doc ${agencyId}`, packageId: 'p1', repeatKey: 'k1', recipientAgencyId: agencyId },
    ...{ organId: agencyId?.toUpperCase() ?? '?', state: 'available', isTaken: false },
    ...{ recallRequested: false, recallAgreed: false, isReturned: false },
    ...more,
  }
}
const taken = { state: 'delivered', isTaken: true } as const
const update = (agencyId: string, more: Partial<TargetDelivery> = {}) =>
  target(agencyId, { deliveryId: `update ${agencyId}`, packageId: 'p2', repeatKey: 'k2', ...more })

function planned(kind: Parameters<typeof planOperation>[0], more: Partial<PlanInput>): OperationPlan {
  let id = 0
  const newId = () => {
    id += 1
    return `new ${id}`
  }
  return planOperation(kind, {
    ...{ recipients: [], documents: [document], targets: [], updates: [], directory: known, day: today, newId },
    ...more,
  })
}

const asked = ({ requests }: OperationPlan) => requests.map((r) => `${r.kind} ${r.outcome} ${r.target.deliveryId}`)
const waits = (plan: OperationPlan) =>
  plan.waits.map((w) => `${w.deliveryId} after ${w.afterDeliveryId}${w.needsIt ? '!' : ''}`)
const listed = ({ recall }: OperationPlan) =>
  Object.fromEntries(
    Object.entries(recall ?? {}).map(([list, items]) => [
      list,
      items.map((i: { organId: string; reason?: string }) => [i.organId, i.reason].filter(Boolean).join(' ')),
    ]),
  )

describe('a recall', () => {
  test('withdraws, asks, and says where nobody can be asked', () => {
    const plan = planned('recall', {
      recipients: to('A', 'B', 'N', 'C', 'X'),
      targets: [target('a'), target('b', taken), target('nowhere', taken)],
    })

    expect(listed(plan)).toEqual({
      withdrawn: ['A'],
      requested: ['B'],
      undeliverable: ['N no_system', 'C not_addressed', 'X unknown_agency'],
    })
    expect(asked(plan)).toEqual(['recall withdrawn doc a', 'recall requested doc b', 'recall requested doc nowhere'])
    expect([...plan.pointless]).toEqual(['carrier agency:a'])
    expect(plan.findings.map((f) => f.params?.organId)).toEqual(['C', 'X'])
    expect(waits(plan)).toEqual([
      ...[
        'carrier agency:a after doc a!',
        'carrier agency:b after doc b!',
        'carrier agency:nowhere after doc nowhere!',
      ],
    ])
  })

  test('answers again what stands already', () => {
    const plan = planned('recall', {
      recipients: to('A', 'B', 'C', 'N'),
      targets: [
        target('a', { state: 'recalled' }),
        target('b', { ...taken, recallRequested: true }),
        target('c', { ...taken, recallAgreed: true }),
        target('nowhere', { ...taken, isReturned: true }),
      ],
    })

    expect(listed(plan)).toEqual({ withdrawn: ['A'], requested: ['B', 'C'], undeliverable: ['N returned'] })
    expect(asked(plan)).toEqual(['recall requested doc b'])
    expect([...plan.pointless]).toEqual(['carrier agency:a'])
  })

  test('asks an agency for its own copy and for that of the agency it took over', () => {
    const plan = planned('recall', { recipients: to('A'), targets: [target('old', taken), target('a')] })

    expect(asked(plan)).toEqual(['recall withdrawn doc a', 'recall requested doc old'])
    expect(plan.pointless.size).toBe(0)
  })

  test('is pointless where both copies are withdrawn', () => {
    const plan = planned('recall', {
      recipients: to('A'),
      targets: [target('old'), target('a', { state: 'recalled' })],
    })

    expect(listed(plan)).toMatchObject({ withdrawn: ['A', 'A'] })
    expect([...plan.pointless]).toEqual(['carrier agency:a'])
  })

  test('finds what is held under a code that nobody answered to, then and now', () => {
    const held = (organId: string) => target(undefined, { deliveryId: `held ${organId}`, organId, state: 'held' })

    const plan = planned('recall', { recipients: to(' a', 'x'), targets: [held('A'), held('X ')] })

    expect(asked(plan)).toEqual(['recall withdrawn held A', 'recall withdrawn held X '])
  })

  test('takes untaken updates back, and comes after the others', () => {
    const plan = planned('recall', {
      recipients: to('A', 'B'),
      targets: [target('a', taken), target('b', taken)],
      updates: [update('a'), update('b', { isTaken: true }), update('c')],
    })

    expect(plan.updatesTakenBack).toEqual(['update a'])
    expect(waits(plan)).toContain('carrier agency:b after update b')
  })

  test('reads the same agency written twice once', () => {
    const plan = planned('recall', { recipients: to('A', 'A', 'OLD'), targets: [target('a')] })

    expect(asked(plan)).toEqual(['recall withdrawn doc a'])
    expect(listed(plan).withdrawn).toEqual(['A'])
  })
})

describe('an update', () => {
  const changes = (removed: string[], added: string[], bringsFile = true) => ({ removed, added, bringsFile })

  test('asks those who have the document, or will', () => {
    const plan = planned('update', {
      recipients: to('A', 'B', 'C', 'N'),
      targets: [
        target('a'),
        target('b', taken),
        target('c', { state: 'recalled' }),
        target('nowhere', { ...taken, recallAgreed: true }),
      ],
      updates: [update('b', { isTaken: true })],
    })

    expect(asked(plan)).toEqual(['update requested doc a', 'update requested doc b'])
    expect([...plan.pointless]).toEqual(['carrier agency:c'])
    expect(waits(plan)).toContain('carrier agency:b after update b')
    expect(plan).not.toHaveProperty('recall')
  })

  test('recalls from whom it takes out', () => {
    const plan = planned('update', {
      recipients: to('A'),
      changes: changes(['B', 'C', 'N', 'X'], []),
      targets: [target('a'), target('b', taken), target('c')],
    })

    expect(listed(plan)).toEqual({ withdrawn: ['C'], requested: ['B'], undeliverable: [] })
    expect(asked(plan)).toEqual(['recall requested doc b', 'recall withdrawn doc c', 'update requested doc a'])
    expect(plan.further.map((r) => [r.organId, r.deliveryId])).toEqual([['B', 'new 1']])
    // C gets nothing at all, so nothing of it can wait.
    expect(waits(plan)).toEqual(['new 1 after doc b!', 'carrier agency:a after doc a!'])
  })

  test('opens no second delivery for one who stands in To and is taken out', () => {
    const plan = planned('update', {
      recipients: to('A', 'B'),
      changes: changes(['B'], []),
      targets: [target('a'), target('b', taken)],
    })

    expect(plan.further).toEqual([])
    expect(asked(plan)).toEqual(['recall requested doc b', 'update requested doc a'])
  })

  test('with a file goes itself to whom it adds', () => {
    const plan = planned('update', { recipients: to('A'), changes: changes([], ['B', 'A']), targets: [target('a')] })

    expect(plan.further.map((r) => r.organId)).toEqual(['B'])
    expect(plan.handedOn).toEqual([])
  })

  test('with a file goes again to one from whom the document was withdrawn', () => {
    const targets = [target('a'), target('b', { state: 'recalled' }), target('c', { state: 'recalled' })]
    const plan = planned('update', { recipients: to('A', 'B'), changes: changes([], ['B', 'C']), targets })

    expect(plan.further.map((r) => r.organId)).toEqual(['C'])
    expect(plan.pointless.size).toBe(0)
    expect(waits(plan)).toEqual(['carrier agency:a after doc a!'])
    expect(plan.findings).toEqual([])
  })

  test('without a file says that it goes to nobody from whom the document was withdrawn', () => {
    const targets = [target('a'), target('b', { state: 'recalled' })]
    const plan = planned('update', { recipients: to('A', 'B'), changes: changes([], ['B'], false), targets })

    expect(plan.handedOn).toEqual([])
    expect([...plan.pointless]).toEqual(['carrier agency:b'])
    expect(plan.findings).toMatchObject([{ code: 'operation_receiver_withdrawn', params: { organId: 'B' } }])
  })

  test('without a file hands the document on, before the update where that goes there as well', () => {
    const plan = planned('update', {
      recipients: to('A', 'C'),
      changes: changes([], ['B', 'C', 'X'], false),
      targets: [target('a')],
    })

    expect(plan.further).toEqual([])
    expect(plan.handedOn.map((r) => r.organId)).toEqual(['B', 'C', 'X'])
    const toC = plan.handedOn[1]?.deliveryId
    expect(waits(plan)).toEqual(['carrier agency:a after doc a!', `carrier agency:c after ${toC}!`])
  })
})

describe('a replacement', () => {
  const second: TargetDocument = { packageId: 'p9', documentId: 'doc 9', repeatKey: 'k9', priority: 0 }

  test('waits for what is not settled, and needs nothing', () => {
    const plan = planned('replace', {
      recipients: to('A', 'B', 'C', 'N'),
      targets: [target('a'), target('b', taken), target('c', { state: 'recalled' })],
    })

    expect(waits(plan)).toEqual(['carrier agency:a after doc a'])
    expect(asked(plan)).toEqual(['replace requested doc a', 'replace requested doc b'])
    expect(plan.pointless.size).toBe(0)
  })

  test('asks about each document that it replaces', () => {
    const plan = planned('replace', {
      recipients: to('A'),
      documents: [document, second],
      targets: [target('a', taken), target('a', { deliveryId: 'doc 9 a', repeatKey: 'k9', packageId: 'p9' })],
    })

    expect(plan.requests.map((r) => r.document.documentId)).toEqual(['doc', 'doc 9'])
    expect(waits(plan)).toEqual(['carrier agency:a after doc 9 a'])
  })
})

test('where nothing is known nothing is done', () => {
  const finding = { code: 'operation_target_unknown', severity: 'warn' } as const

  expect(planNothing('recall', [finding])).toMatchObject({
    ...{ requests: [], waits: [], further: [], handedOn: [], updatesTakenBack: [], findings: [finding] },
    recall: { withdrawn: [], requested: [], undeliverable: [] },
  })
  expect(planNothing('update', [])).not.toHaveProperty('recall')
  expect(planNotAddressed('X').recall?.undeliverable).toEqual([{ organId: 'X', reason: 'not_addressed' }])
})
