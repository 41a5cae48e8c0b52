// `tram agency succession`, `move`, `acts`, `undo`, `mergers`, `document-ids`: what is asked of the gateway, and what a
// person reads.
import { afterEach, describe, expect, it } from 'vitest'
import { type FakeGateway, type FakeHandlers, startFakeGateway } from './fake-gateway.ts'
import { type TramRun, tram } from './run-tram.ts'

let gateway: FakeGateway
afterEach(async () => await gateway.close())

async function run(handlers: FakeHandlers, ...words: string[]): Promise<TramRun> {
  gateway = await startFakeGateway(handlers)
  return await tram(['agency', ...words, '--url', gateway.url, '--token', 't0ken'])
}

const asked = () => JSON.parse(gateway.calls[0]?.body.toString() ?? '')
const path = '/api/v1/admin/agencies/H35.16'
const counts = { waiting: 3, unfetched: 0, fetched: 0, inFlight: 1, held: 0, openRecalls: 2 }
const act = {
  ...{ kind: 'succession', state: 'planned', redirect: true, effectiveAt: '2026-12-01T00:00:00.000+07:00' },
  agency: { agencyId: 'a', code: 'H35.16', name: 'Sở Thông tin và Truyền thông' },
  successors: [{ agencyId: 'b', code: 'H35.05', name: 'Sở Khoa học và Công nghệ' }],
}
const staying = {
  ...{ deliveryId: 'd-7', documentId: 'H35.12-2026.7', organId: 'H35.16', systemId: 'QLVB-A' },
  ...{ state: 'waiting', reason: 'attempted' },
}
const result = {
  ...{ dryRun: true, act, ...counts, agencies: [{ ...act.agency, ...counts }] },
  moves: [{ agencyCode: 'H35.05', systemId: 'QLVB-B', count: 2 }],
  becomesHeld: [{ agencyCode: 'H35.16', reason: 'closed', count: 4 }],
  staysWithOldSystem: { count: 1, deliveries: [staying] },
  alreadyWithSuccessor: 1,
}

describe('succession and move', () => {
  it('only say what would happen, unless told to carry it out', async () => {
    const { code, out } = await run(
      { [`POST ${path}/succession`]: () => ({ json: result }) },
      ...['succession', 'H35.16', '--to', 'H35.05', '--at', '2026-12-01T00:00:00+07:00'],
    )

    expect(asked()).toEqual({
      ...{ successors: ['H35.05'], redirect: true, effectiveAt: '2026-12-01T00:00:00+07:00', dryRun: true },
    })
    expect(code).toBe(0)
    expect(out).toContain('Thử, chưa ghi')
    expect(out).toContain('Sáp nhập: Sở Thông tin và Truyền thông (H35.16) → Sở Khoa học và Công nghệ (H35.05)')
    expect(out).toMatch(/H35\.16 +Sở Thông tin và Truyền thông +3 +0 +0 +1 +0 +2/)
    expect(out).toContain('2 lượt chuyển sang H35.05, hệ thống QLVB-B')
    expect(out).toContain('4 lượt giữ lại ở H35.16: cơ quan đã đóng (closed)')
    expect(out).toContain('1 lượt để yên')
    expect(out).toMatch(/d-7 +H35\.12-2026\.7 +QLVB-A +chờ gửi \(waiting\) +đã gửi một lần, chưa rõ kết quả/)
  })

  it('are carried out with --apply, and show what to undo them by', async () => {
    const done = {
      ...act,
      kind: 'move',
      actId: 'act-1',
      state: 'done',
      toSystemId: 'QLVB-B',
      undoUntil: '2026-12-04T00:00:00.000+07:00',
    }
    const { out } = await run(
      { [`POST ${path}/move`]: () => ({ json: { ...result, dryRun: false, act: done } }) },
      ...['move', 'H35.16', '--system', 'QLVB-B', '--apply'],
    )

    expect(asked()).toEqual({ toSystemId: 'QLVB-B', dryRun: false })
    expect(out).not.toContain('Thử')
    expect(out).toContain('Chuyển hệ thống: Sở Thông tin và Truyền thông (H35.16) → QLVB-B')
    expect(out).toContain('act-1')
    expect(out).toContain('2026-12-04 00:00:00')
  })

  it('take several successors, and hold what comes when asked to', async () => {
    await run(
      { [`POST ${path}/succession`]: () => ({ json: result }) },
      ...['succession', 'H35.16', '--to', 'H35.05', '--to', 'H35.11', '--no-redirect', '--apply'],
    )

    expect(asked()).toEqual({ successors: ['H35.05', 'H35.11'], redirect: false, dryRun: false })
  })

  it.each([
    [['succession', 'H35.16'], '--to is needed'],
    [['move', 'H35.16'], '--system is needed'],
    [['undo', 'H35.16'], 'the id of the act is missing'],
    [['document-ids', 'H35.16'], '--year is needed'],
    [['merge'], 'agency can list, show'],
  ])('%j is not understood, and nothing is asked', async (words, said) => {
    const { code, err } = await run({}, ...words)

    expect({ code, calls: gateway.calls.length }).toEqual({ code: 2, calls: 0 })
    expect(err).toContain(said)
  })

  it('give the answer as it is with --json', async () => {
    const { out } = await run(
      { [`POST ${path}/succession`]: () => ({ json: result }) },
      'succession',
      'H35.16',
      '--to',
      'x',
      '--json',
    )

    expect(JSON.parse(out)).toEqual(result)
  })
})

it('lists the acts on an agency', async () => {
  const failed = { ...act, actId: 'act-2', state: 'failed', failureCode: 'agency_closed', orderedBy: 'Lan' }

  const { out } = await run({ [`GET ${path}/acts`]: () => ({ json: { items: [failed] } }) }, 'acts', 'H35.16')

  expect(out).toMatch(/act-2 +Sáp nhập +không thực hiện được: agency_closed +2026-12-01 00:00:00 +Sở Khoa học.* Lan/)
})

it('takes an act back', async () => {
  const undone = { ...result, dryRun: false, act: { ...act, actId: 'act-1', state: 'undone' } }

  const { code, out } = await run(
    { [`POST ${path}/acts/act-1/undo`]: () => ({ json: undone }) },
    'undo',
    'H35.16',
    'act-1',
  )

  expect(code).toBe(0)
  expect(out).toContain('đã hoàn tác')
})

it('shows the mergers and registers them only when told to', async () => {
  const answer = {
    ...{ dryRun: true, created: 1 },
    items: [
      {
        code: 'H63',
        name: 'UBND tỉnh Yên Bái',
        since: '2025-07-01',
        source: 'QĐ',
        outcome: 'created',
        successor: { code: 'H38', name: 'UBND tỉnh Lào Cai' },
      },
    ],
  }
  const handlers = { 'POST /api/v1/admin/agencies/mergers': () => ({ json: answer }) }

  const { out } = await run(handlers, 'mergers')
  expect(asked()).toEqual({ dryRun: true, redirect: true })
  await gateway.close()
  await run(handlers, 'mergers', '--apply', '--no-redirect')

  expect(asked()).toEqual({ dryRun: false, redirect: false })
  expect(out).toMatch(/H63 +UBND tỉnh Yên Bái +2025-07-01 +H38 +thêm/)
  expect(out).toContain('Sẽ thêm 1 cơ quan')
})

it('shows the numbers of a year', async () => {
  const report = {
    ...{ agency: { agencyId: 'a', code: 'H35.12', name: 'Sở Nội vụ' }, year: 2026, documents: 5, otherYear: 1 },
    byForm: { qcvn102: 4, qd20: 0, other: 0, axis: 0, none: 1 },
    series: [
      {
        ...{ codes: ['H35.12'], name: 'Sở Nội vụ', count: 4, highest: 9, missingCount: 5, repeatedCount: 1 },
        missing: [
          { from: 1, to: 4 },
          { from: 7, to: 7 },
        ],
        repeated: [{ number: 8, documentIds: ['a', 'b'] }],
      },
    ],
    unmatched: { count: 1, documentIds: ['hôm nay'] },
    foreign: { count: 0, documentIds: [] },
  }

  const { out } = await run(
    { 'GET /api/v1/admin/reports/document-ids': () => ({ json: report }) },
    ...['document-ids', 'H35.12', '--year', '2026'],
  )

  expect(Object.fromEntries(gateway.calls[0]?.query ?? [])).toEqual({ organId: 'H35.12', year: '2026' })
  expect(out).toContain('Sở Nội vụ (H35.12), năm 2026: 5 mã định danh văn bản')
  expect(out).toMatch(/H35\.12 +4 +9 +5 +1 +1–4, 7 +8/)
  expect(out).toContain('1 mã không theo quy tắc')
  expect(out).toContain('hôm nay')
  expect(out).not.toContain('cơ quan khác')
})
