// `tram replay`, `tram maintenance`, and what `tram deliveries` stops and lets go: what is asked of the gateway, and what
// a person reads.
import { afterEach, describe, expect, it } from 'vitest'
import { type FakeGateway, type FakeHandlers, startFakeGateway } from './fake-gateway.ts'
import { type TramRun, tram } from './run-tram.ts'

let gateway: FakeGateway
afterEach(async () => await gateway.close())

async function run(handlers: FakeHandlers, ...words: string[]): Promise<TramRun> {
  gateway = await startFakeGateway(handlers)
  return await tram([...words, '--url', gateway.url, '--token', 't0ken'])
}
const asked = (call = 0) => JSON.parse(gateway.calls[call]?.body.toString() ?? '')
const time = '2026-11-21T08:00:00.000+07:00'

describe('replay', () => {
  const path = '/api/v1/admin/deliveries'
  const counts = { matched: 3, opened: 1, madeDue: 1, skipped: 1 }
  const replay = (state: string, done: number) => ({
    ...{ ...counts, replayId: 'r-1', name: 'sau sự cố', reason: 'đã sửa', filter: {}, state, done },
    ...{ orderedBy: 'an', orderedAt: time, startedAt: time, finishedAt: state === 'running' ? null : time },
  })

  it('is rehearsed by the criteria given, and no others', async () => {
    const preview = {
      ...{ ...counts, dryRun: true, matchedMax: 500_000, byState: { exhausted: 3 } },
      ...{ skippedBecause: { asked_back: 1 }, bySystem: [{ ...counts, systemId: 'QLVB-A' }] },
    }

    const { code, out } = await run(
      { [`POST ${path}/replay`]: () => ({ json: preview }) },
      ...['replay', '--state', 'exhausted', '--system-id', 'QLVB-A', '--cause', 'worker_lost', '--dry-run'],
    )

    expect(asked()).toEqual({
      filter: { state: 'exhausted', systemId: 'QLVB-A', cause: 'worker_lost' },
      dryRun: true,
    })
    expect(code).toBe(0)
    expect(out).toContain('Khớp 3: mở lại 1, gửi ngay 1, bỏ qua 1')
    expect(out).toContain('bên gửi yêu cầu lấy lại (asked_back)')
  })

  it('is followed to its end', async () => {
    let looks = 0
    const { code, out, err } = await run(
      {
        [`POST ${path}/replay`]: () => ({ status: 202, json: replay('running', 0) }),
        [`GET ${path}/replays/r-1`]: () => ({ json: looks++ === 0 ? replay('running', 1) : replay('done', 3) }),
      },
      ...['replay', 'start', '--state', 'expired', '--name', 'sau sự cố', '--reason', 'đã sửa', '--follow'],
    )

    expect(asked()).toEqual({ filter: { state: 'expired' }, name: 'sau sự cố', reason: 'đã sửa' })
    expect(code).toBe(0)
    expect(err).toMatch(/1\/3.*\n3\/3/s)
    expect(out).toMatch(/r-1 +sau sự cố +đã xong +3 +3 +1 +1 +1 +an/)
  })

  it('lists, aborts, and says what it passed over', async () => {
    const handlers = {
      [`GET ${path}/replays`]: () => ({ json: { items: [replay('done', 3)], nextCursor: null } }),
      [`POST ${path}/replays/r-1/abort`]: () => ({ json: replay('aborted', 2) }),
      [`GET ${path}/replays/r-1/skipped`]: () => ({
        json: { items: [{ deliveryId: 'd-1', because: 'in_mailbox' }], nextCursor: null },
      }),
    }

    expect((await run(handlers, 'replay', 'list')).out).toContain('đã xong')
    await gateway.close()
    expect((await run(handlers, 'replay', 'abort', 'r-1', '--reason', 'nhầm')).out).toContain('đã dừng')
    expect(asked()).toEqual({ reason: 'nhầm' })
    await gateway.close()
    expect((await run(handlers, 'replay', 'skipped', 'r-1')).out).toMatch(/d-1 +đang ở hộp thư \(in_mailbox\)/)
  })

  it('needs a name and a reason unless it is rehearsed', async () => {
    const { code, err } = await run({}, 'replay', '--state', 'expired')

    expect(code).toBe(2)
    expect(err).toContain('--name is needed')
    expect(gateway.calls).toEqual([])
  })
})

describe('deliveries', () => {
  it('stops a document and says what was too late', async () => {
    const recipients = [
      { deliveryId: 'd-1', organId: 'H35.1', outcome: 'stopped', state: 'held' },
      { deliveryId: 'd-2', organId: 'H35.2', outcome: 'taken', state: 'delivered', takenAt: time },
    ]
    const { out } = await run(
      { 'POST /api/v1/admin/packages/p-1/hold': () => ({ json: { documentId: 'H35,1', recipients } }) },
      ...['deliveries', 'hold', 'p-1', '--reason', 'nghi nhầm', '--requested-by', 'bà Hoa'],
    )

    expect(asked()).toEqual({ reason: 'nghi nhầm', requestedBy: 'bà Hoa' })
    expect(out).toContain('tạm giữ 1/2 lượt chuyển')
    expect(out).toMatch(/d-2 +H35\.2 +nơi nhận đã lấy +đã nhận \(delivered\) +2026-11-21 08:00:00/)
  })

  it('lets it go again', async () => {
    const recipients = [{ deliveryId: 'd-1', organId: 'H35.1', state: 'held', heldReason: 'no_system' }]
    const { out } = await run(
      { 'POST /api/v1/admin/packages/p-1/release': () => ({ json: { documentId: 'H35,1', recipients } }) },
      ...['deliveries', 'release', 'p-1', '--reason', 'đã kiểm tra'],
    )

    expect(asked()).toEqual({ reason: 'đã kiểm tra' })
    expect(out).toContain('chưa có hệ thống nhận (no_system)')
  })

  it('are listed by cause too', async () => {
    await run(
      { 'GET /api/v1/admin/deliveries': () => ({ json: { items: [], nextCursor: null } }) },
      ...['deliveries', '--cause', 'by_operator'],
    )

    expect(gateway.calls[0]?.query.get('cause')).toBe('by_operator')
  })
})

describe('maintenance', () => {
  const path = '/api/v1/admin/maintenance'
  const note = { vi: 'Nâng cấp máy chủ', en: 'Server upgrade' }
  const window = {
    ...{ windowId: 'w-1', state: 'running', startsAt: time, endsAt: time, intake: 'queue', note, announcedBy: 'an' },
    ...{ announcedAt: time, changedAt: null, beganAt: time, endedAt: null, endedBy: null },
    integrity: { before: { ok: false, checks: [] }, after: null },
  }
  const words = ['--vi', note.vi, '--en', note.en]

  it('is announced, and tried first', async () => {
    const preview = { dryRun: true, minutes: 120, lanesRest: true, mailboxOpen: true, openNow: { waiting: 4 } }
    const { out } = await run(
      { [`POST ${path}`]: () => ({ json: preview }) },
      ...['maintenance', 'plan', '--from', time, '--to', time, '--intake', 'queue', ...words, '--dry-run'],
    )

    expect(asked()).toEqual({ startsAt: time, endsAt: time, intake: 'queue', note, dryRun: true })
    expect(out).toContain('120 phút; các hàng đợi nghỉ')
    expect(out).toMatch(/chờ gửi \(waiting\) +4/)
  })

  it('is changed by what is given, and ended', async () => {
    const handlers = {
      [`PUT ${path}/w-1`]: () => ({ json: window }),
      [`POST ${path}/w-1/end`]: () => ({ json: { ...window, state: 'ended' } }),
    }

    const changed = await run(handlers, 'maintenance', 'change', 'w-1', '--to', time)
    expect(asked()).toEqual({ endsAt: time })
    expect(changed.out).toMatch(/w-1 +ĐANG BẢO TRÌ .* nhận, chưa chuyển +CÓ LỖI +- +an/)
    await gateway.close()
    expect((await run(handlers, 'maintenance', 'end', 'w-1')).out).toContain('đã kết thúc')
  })

  it('stands beside notices', async () => {
    const notice = {
      ...{ noticeId: 'n-1', kind: 'outage', text: note, since: time, until: null, state: 'current', madeBy: 'an' },
      ...{ announcedAt: time, withdrawnAt: null, withdrawnBy: null },
    }
    const handlers = {
      'POST /api/v1/admin/notices': () => ({ status: 201, json: notice }),
      'GET /api/v1/admin/notices': () => ({ json: { items: [notice], nextCursor: null } }),
    }

    await run(handlers, 'maintenance', 'notice', '--kind', 'outage', ...words)
    expect(asked()).toEqual({ kind: 'outage', note })
    await gateway.close()
    expect((await run(handlers, 'maintenance', 'notices')).out).toMatch(/n-1 +sự cố .* đang hiệu lực +Nâng cấp máy chủ/)
  })
})
