import { describe, expect, test } from 'vitest'
import { address, destinationOf } from '../../src/domain/route.ts'
import { agency, closed, code, directory, system, today } from './directory-fixture.ts'

const province = directory(
  [
    agency('snv', [code('000.00.12.H35', undefined, '2026-06-30'), 'H35.12'], { name: 'Sở Nội vụ' }),
    agency('stc', ['H35.14']),
    agency('paper', ['H35.15'], { connected: false }),
    agency('alone', ['H35.16']),
    agency('merged', ['H35.17'], closed(['stc'])),
    agency('earlier', ['H35.18'], closed(['merged'])),
    agency('split', ['H35.19'], closed(['snv', 'stc'])),
    agency('ended', ['H35.20'], closed([])),
    agency('lost', ['H35.21'], closed(['not-in-directory'])),
    agency('circle1', ['H35.22'], closed(['circle2'])),
    agency('circle2', ['H35.23'], closed(['circle1'])),
    agency('intopaper', ['H35.24'], closed(['paper'])),
  ],
  [
    system('SHARED', ['snv', 'stc', 'paper', 'split', 'merged']),
    system('PUSHED', [], { channel: 'push', pushStyle: 'notice' }),
  ],
)
const to = (...codes: string[]) =>
  address(
    codes.map((organId) => ({ organId })),
    province,
    today,
  )
const lane = { kind: 'lane', systemId: 'SHARED', channel: 'mailbox', pushStyle: 'package' }

describe('one recipient', () => {
  test('goes to the lane of the system that receives for it', () => {
    expect(to('H35.14')).toEqual([
      {
        organId: 'H35.14',
        recipientKey: 'agency:stc',
        agencyId: 'stc',
        agencyCode: 'H35.14',
        destination: lane,
        redirected: false,
        isDuplicate: false,
        suggestions: [],
      },
    ])
  })

  test('keeps the code and the name as the sender wrote them', () => {
    const [recipient] = address([{ organId: ' h35.14', organName: 'STC' }], province, today)

    expect(recipient).toMatchObject({ organId: ' h35.14', organName: 'STC', agencyCode: 'H35.14' })
  })

  test('is found by a code that has ended, and answers with its code of today', () => {
    expect(to('000.00.12.H35')).toMatchObject([{ agencyId: 'snv', agencyCode: 'H35.12', destination: lane }])
  })

  test.each([
    ['is not connected', 'H35.15', 'not_connected'],
    ['has no system', 'H35.16', 'no_system'],
    ['is closed without successor', 'H35.20', 'closed'],
    ['is closed and its successor is unknown', 'H35.21', 'closed'],
    ['is closed in a circle of successors', 'H35.22', 'closed'],
    ['is followed to a successor that is not connected', 'H35.24', 'not_connected'],
    ['nobody knows', 'H35.99', 'unknown_agency'],
  ])('that %s is held with the reason %s %s', (_what, written, reason) => {
    expect(to(written)[0]?.destination).toEqual({ kind: 'held', reason })
  })

  test.each([
    ['its only successor', 'H35.17'],
    ['the only successor of its only successor', 'H35.18'],
  ])('that is closed is redirected to %s', (_what, written) => {
    expect(to(written)).toMatchObject([
      { organId: written, agencyId: 'stc', agencyCode: 'H35.14', destination: lane, redirected: true, suggestions: [] },
    ])
  })

  test('that was split is held even if a system still serves it, and names its successors', () => {
    expect(to('H35.19')).toMatchObject([
      {
        agencyId: 'split',
        destination: { kind: 'held', reason: 'closed' },
        redirected: false,
        suggestions: [{ code: 'H35.12', name: 'Sở Nội vụ' }, { code: 'H35.14' }],
      },
    ])
  })

  test('that nobody knows has no agency, and the nearest codes as suggestions', () => {
    const [recipient] = address([{ organId: 'H35.1', organName: 'Sở Nội vụ' }], province, today)

    expect(recipient).toMatchObject({ recipientKey: 'code:H35.1', suggestions: [{ code: 'H35.12' }, {}, {}] })
    expect(recipient).not.toHaveProperty('agencyId')
    expect(recipient).not.toHaveProperty('agencyCode')
  })
})

describe('several recipients', () => {
  test('stand in the order of the package', () => {
    expect(to('H35.99', 'H35.14', 'H35.12').map((r) => r.organId)).toEqual(['H35.99', 'H35.14', 'H35.12'])
  })

  test.each([
    ['the same code twice', ['H35.14', 'H35.14']],
    ['another spelling of the code', ['H35.14', ' h35.14 ']],
    ['the old and the new code of one agency', ['000.00.12.H35', 'H35.12']],
    ['a closed agency and the successor it is redirected to', ['H35.17', 'H35.14']],
    ['the same unknown code in two spellings', ['H35.99', 'h35.99']],
  ])('with %s are one delivery: the second row is a duplicate of the first', (_what, codes) => {
    const [first, second] = to(...codes)

    expect(first?.isDuplicate).toBe(false)
    expect(second).toMatchObject({ isDuplicate: true, recipientKey: first?.recipientKey })
  })

  test('with different unknown codes stay apart', () => {
    expect(to('H35.98', 'H35.99').map((r) => r.isDuplicate)).toEqual([false, false])
  })

  test('of no package at all are none', () => {
    expect(to()).toEqual([])
  })
})

test('carries how the lane is served', () => {
  const pushed = directory([agency('a', ['A'])], [system('P', ['a'], { channel: 'push', pushStyle: 'notice' })])
  const known = pushed.agencies.get('a')

  expect(known && destinationOf(known, pushed)).toEqual({
    kind: 'lane',
    systemId: 'P',
    channel: 'push',
    pushStyle: 'notice',
  })
})
