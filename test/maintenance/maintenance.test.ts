// Announced maintenance (R60): what systems are told, what a window closes, and that it begins and ends by itself.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { letClocksRun, stopClocks } from '../../src/delivery/clocks.ts'
import type { IntegrityReport } from '../../src/domain/integrity.ts'
import {
  type MaintenanceGuard,
  maintenanceAtTheEdge,
  openMaintenanceGuard,
} from '../../src/maintenance/maintenance-guard.ts'
import { maintenanceRoutes } from '../../src/maintenance/maintenance-routes.ts'
import { noticeRoutes } from '../../src/maintenance/notice-routes.ts'
import { runDueCheck, turnWindows } from '../../src/maintenance/turn-windows.ts'
import type { AuditedAct } from '../../src/platform/audit.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import type { Routes } from '../../src/platform/http.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type OperatorsApp, operatorName, operatorsApp } from '../support/operators-app.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

let fresh: FreshDatabase
let open: OpenDatabase
let guard: MaintenanceGuard
let app: OperatorsApp
let audited: AuditedAct[]
let monotonicMs = 0
beforeAll(async () => {
  fresh = await freshDatabase()
  open = openDatabase({ url: fresh.url, connectionsMax: 8, onIdleError: () => undefined })
})
beforeEach(async () => {
  audited = []
  guard = await openMaintenanceGuard({ db: open.db, onCheckFailed: fail, monotonicMs: () => monotonicMs })
  app = operatorsApp([someRoutes, maintenanceAtTheEdge(guard), maintenanceRoutes(options()), noticeRoutes(options())])
})
afterEach(async () => {
  await app.close()
  await sql`truncate maintenance_windows, notices, clock_stops`.execute(open.db)
})
afterAll(async () => {
  await open.close()
  await fresh.drop()
})

function fail(error: unknown): void {
  throw error
}

function options() {
  return {
    db: open.db,
    clock: systemClock,
    newId: uuidv7,
    changed: () => guard.changed(),
    stopAllClocks: (trx: Parameters<typeof stopClocks>[0]) => stopClocks(trx, uuidv7(), undefined, 'maintenance'),
    letAllClocksRun: (trx: Parameters<typeof stopClocks>[0]) => letClocksRun(trx, undefined),
    audit: async (_trx: unknown, entry: AuditedAct) => void audited.push(entry),
  }
}

/** Routes of other slices as the edge has them; they stand before the guard, and it closes them all the same. */
const someRoutes: Routes = (some) => {
  for (const [method, url] of [...moving, ...staying] as const)
    some.route({ method, url, handler: async () => ({ served: true }) })
}
const moving = [
  ['POST', '/api/v1/packages'],
  ['POST', '/api/v1/packages/:packageId/recall'],
  ['GET', '/api/v1/packages/:packageId/content'],
  ['POST', '/api/v1/status'],
  ['POST', '/api/v1/uploads'],
  ['PATCH', '/api/v1/uploads/:id'],
  ['GET', '/api/v1/mailbox'],
  ['GET', '/api/v1/mailbox/:deliveryId/package'],
  ['POST', '/api/v1/mailbox/claim'],
] as const
const staying = [
  ['GET', '/api/v1/packages/:packageId'],
  ['GET', '/api/v1/packages'],
  ['POST', '/api/v1/mailbox/:deliveryId/confirm'],
  ['POST', '/api/v1/mailbox/confirm'],
  ['GET', '/api/v1/me'],
  ['GET', '/api/v1/admin/stats'],
  ['GET', '/health/live'],
] as const

const path = '/api/v1/admin/maintenance'
const note = { vi: 'Nâng cấp máy chủ cơ sở dữ liệu.', en: 'The database server is upgraded.' }
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const plan = (startsIn: number, endsIn: number, intake = 'queue', more: object = {}) =>
  app.call('POST', path, { startsAt: inMinutes(startsIn), endsAt: inMinutes(endsIn), intake, note, ...more })
const turn = () => turnWindows(options())
const served = async (method: string, url: string) =>
  (await app.app.inject({ method: method as 'GET', url: url.replace(/:\w+/g, randomUUID()) })).statusCode
/** Its time is over, as far as the rows say. */
const letTimePass = () =>
  sql`update maintenance_windows set starts_at = starts_at - interval '1 day', ends_at = now()
    where state = 'running'`.execute(open.db)
const stops = async () =>
  (
    await sql<{ is_over: boolean; system_id: string | null; why: string }>`
    select ended_at is not null as is_over, system_id, why from clock_stops`.execute(open.db)
  ).rows

async function running(intake: string): Promise<string> {
  const { body } = await plan(-1, 60, intake)
  expect(await turn()).toMatchObject([{ windowId: body.windowId, state: 'running' }])
  return body.windowId
}

describe('announcing', () => {
  it('is told to every system until it is over, and audited', async () => {
    const { status, body } = await plan(60, 120)

    expect(status).toBe(201)
    expect(body).toMatchObject({ state: 'planned', intake: 'queue', note, announcedBy: operatorName, beganAt: null })
    const { body: notices } = await app.call('GET', '/api/v1/notices')
    expect(notices.items).toMatchObject([
      {
        noticeId: body.windowId,
        kind: 'maintenance',
        text: note,
        since: body.startsAt,
        state: 'coming',
        intake: 'queue',
      },
    ])
    expect(audited).toMatchObject([
      { actor: operatorName, action: 'maintenance.announced', object: `maintenance:${body.windowId}` },
    ])
  })

  it('can be tried first', async () => {
    const { status, body } = await plan(60, 120, 'refuse', { dryRun: true })

    expect(status).toBe(200)
    expect(body).toMatchObject({ dryRun: true, minutes: 60, lanesRest: true, mailboxOpen: false, openNow: {} })
    expect((await app.call('GET', path)).body.items).toEqual([])
  })

  it.each([
    ['ends before it begins', 120, 60, 'it ends before it begins'],
    ['is over', -120, -60, 'it is over'],
    ['lasts more than a week', 60, 60 + 8 * 24 * 60, 'it is too long'],
  ])('is refused when it %s', async (_what, startsIn, endsIn, problem) => {
    const { status, body } = await plan(startsIn, endsIn)

    expect([status, body.code]).toEqual([422, 'maintenance_times_wrong'])
    expect(body.params.problem).toContain(problem)
  })

  it('is refused beside another window, also as a change and in a rehearsal', async () => {
    const { body: first } = await plan(60, 120)
    const { body: second } = await plan(121, 180)

    const third = await plan(90, 100)
    const changed = await app.call('PUT', `${path}/${second.windowId}`, { startsAt: inMinutes(100) })
    const rehearsed = await plan(90, 100, 'queue', { dryRun: true })

    for (const answer of [third, changed, rehearsed]) {
      expect([answer.status, answer.body.code]).toEqual([409, 'maintenance_overlaps'])
      expect(answer.body.params.windowId).toBe(first.windowId)
    }
  })

  it('is said in a header of what systems ask, from a day before', async () => {
    await plan(25 * 60, 26 * 60)
    const far = await app.call('GET', '/api/v1/me')
    const { body } = await plan(60, 120, 'refuse')

    const near = await app.call('GET', '/api/v1/me')
    const operators = await app.call('GET', '/api/v1/admin/stats')

    expect(far.headers).not.toHaveProperty('tram-notice')
    expect(near.headers['tram-notice']).toBe(
      `maintenance;starts="${body.startsAt}";ends="${body.endsAt}";intake=refuse`,
    )
    expect(operators.headers).not.toHaveProperty('tram-notice')
  })
})

describe('a window that runs', () => {
  it('with intake refused lets no document in or out, and says until when', async () => {
    await running('refuse')

    const answer = await app.call('POST', '/api/v1/packages')

    expect([answer.status, answer.body.code]).toEqual([503, 'maintenance'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(3_500)
    expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(3_600)
    for (const [method, url] of moving) expect([url, await served(method, url)]).toEqual([url, 503])
    for (const [method, url] of staying) expect([url, await served(method, url)]).toEqual([url, 200])
    expect(await guard.lanesRest()).toBe(true)
  })

  it('with intake queued takes everything in, serves who comes, and lets the lanes rest', async () => {
    await running('queue')

    for (const [method, url] of [...moving, ...staying]) expect([url, await served(method, url)]).toEqual([url, 200])
    expect(await guard.lanesRest()).toBe(true)
    expect(await stops()).toEqual([{ is_over: false, system_id: null, why: 'maintenance' }])
  })

  it('with intake open changes nothing', async () => {
    await running('open')

    for (const [method, url] of moving) expect(await served(method, url)).toBe(200)
    expect(await guard.lanesRest()).toBe(false)
    expect(await stops()).toEqual([])
  })

  it('ends by itself: clocks go on, and everything is open again', async () => {
    const windowId = await running('refuse')
    await letTimePass()

    expect(await turn()).toMatchObject([{ windowId, state: 'ended', endedBy: null }])

    expect(await served('POST', '/api/v1/packages')).toBe(200)
    expect(await guard.lanesRest()).toBe(false)
    expect(await stops()).toMatchObject([{ is_over: true }])
    expect(audited.map((entry) => entry.action)).toEqual([
      ...['maintenance.announced', 'maintenance.began', 'maintenance.ended'],
    ])
    expect((await app.call('GET', '/api/v1/notices')).body.items).toEqual([])
  })

  it('begins once, however many sweepers look', async () => {
    await plan(-1, 60)

    const turned = await Promise.all([turn(), turn(), turn()])

    expect(turned.flat()).toHaveLength(1)
    expect(await stops()).toHaveLength(1)
  })

  it('is seen by another process within its second', async () => {
    const other = await openMaintenanceGuard({ db: open.db, onCheckFailed: fail, monotonicMs: () => monotonicMs })
    await running('refuse')
    expect(await other.lanesRest()).toBe(false)

    monotonicMs += 1_000

    expect(await other.lanesRest()).toBe(true)
    expect((await other.window())?.secondsLeft).toBeGreaterThan(3_500)
  })

  it('can be given a later end and another note, and nothing else', async () => {
    const windowId = await running('queue')

    const longer = await app.call('PUT', `${path}/${windowId}`, {
      endsAt: inMinutes(90),
      note: { vi: 'Lâu hơn', en: 'Longer' },
    })
    const other = await app.call('PUT', `${path}/${windowId}`, { intake: 'refuse' })

    expect(longer.body).toMatchObject({ state: 'running', note: { vi: 'Lâu hơn' } })
    expect((await guard.window())?.secondsLeft).toBeGreaterThan(5_000)
    expect([other.status, other.body.code]).toEqual([409, 'maintenance_state_wrong'])
  })

  it('can be ended early, once', async () => {
    const windowId = await running('refuse')

    const first = await app.call('POST', `${path}/${windowId}/end`)
    const second = await app.call('POST', `${path}/${windowId}/end`)

    expect(first.body).toMatchObject({ state: 'ended', endedBy: operatorName })
    expect([second.status, second.body.code]).toEqual([409, 'maintenance_state_wrong'])
    expect(await served('POST', '/api/v1/packages')).toBe(200)
    expect(await stops()).toMatchObject([{ is_over: true }])
    expect(audited.at(-1)).toMatchObject({ action: 'maintenance.ended', actor: operatorName })
  })
})

describe('a planned window', () => {
  it('can be cancelled and then never begins; its time is free again', async () => {
    const { body } = await plan(-1, 60)

    const cancelled = await app.call('POST', `${path}/${body.windowId}/cancel`)

    expect(cancelled.body).toMatchObject({ state: 'cancelled', endedBy: operatorName })
    expect(await turn()).toEqual([])
    expect((await app.call('POST', `${path}/${body.windowId}/cancel`)).status).toBe(409)
    expect((await plan(-1, 60)).status).toBe(201)
  })

  it('whose whole time went by while nothing ran never begins', async () => {
    const { body } = await plan(5, 60)
    await sql`update maintenance_windows set starts_at = now() - interval '2 hours',
      ends_at = now() - interval '1 hour'`.execute(open.db)

    expect(await turn()).toEqual([])

    const { body: after } = await app.call('GET', `${path}/${body.windowId}`)
    expect(after).toMatchObject({ state: 'ended', beganAt: null })
    expect(await stops()).toEqual([])
  })

  it('that nobody knows is 404', async () => {
    const answers = [
      await app.call('GET', `${path}/${randomUUID()}`),
      await app.call('PUT', `${path}/${randomUUID()}`, { intake: 'open' }),
      await app.call('POST', `${path}/${randomUUID()}/end`),
      await app.call('POST', `${path}/${randomUUID()}/cancel`),
    ]

    expect(answers.map((answer) => answer.body.code)).toEqual(Array(4).fill('maintenance_not_found'))
  })

  it('is listed by page, newest first', async () => {
    const ids = []
    for (const at of [60, 70, 80]) ids.unshift((await plan(at, at + 5)).body.windowId)

    const first = (await app.call('GET', `${path}?limit=2`)).body
    const second = (await app.call('GET', `${path}?limit=2&cursor=${first.nextCursor}`)).body

    expect([...first.items, ...second.items].map((item) => item.windowId)).toEqual(ids)
    expect(second.nextCursor).toBeNull()
  })
})

describe('the check of the database', () => {
  const sound = { ok: true, checks: [] }
  const meaning = { vi: 'Thiếu lượt chuyển', en: 'A delivery is missing' }
  const unsound = { ok: false, checks: [{ name: 'delivery_missing', meaning, next: meaning, count: 1, ids: ['d-1'] }] }
  const check = (report: IntegrityReport) => runDueCheck({ db: open.db, checkIntegrity: async () => report })

  it('is made when the window begins and when it has ended, and shown with it', async () => {
    const windowId = await running('queue')

    expect(await check(sound)).toEqual(sound)
    expect(await check(unsound)).toBeUndefined()
    await letTimePass()
    await turn()
    await check(unsound)

    const { body } = await app.call('GET', `${path}/${windowId}`)
    expect(body.integrity).toEqual({ before: sound, after: unsound })
    expect(await check(sound)).toBeUndefined()
  })

  it('that fails is made again', async () => {
    await running('queue')
    const fails = runDueCheck({ db: open.db, checkIntegrity: () => Promise.reject(new Error('the disk is gone')) })

    await expect(fails).rejects.toThrow('the disk is gone')

    expect(await check(sound)).toEqual(sound)
  })

  it('is made by one process at a time', async () => {
    await running('queue')

    const made = await Promise.all([check(sound), check(unsound)])

    expect(made.filter((findings) => findings !== undefined)).toHaveLength(1)
  })
})

describe('a notice', () => {
  const publish = (more: object = {}) => app.call('POST', '/api/v1/admin/notices', { kind: 'outage', note, ...more })

  it('is told to every system until it is withdrawn', async () => {
    const { status, body } = await publish()
    expect(status).toBe(201)
    const told = await app.call('GET', '/api/v1/notices')

    const withdrawn = await app.call('POST', `/api/v1/admin/notices/${body.noticeId}/withdraw`)

    expect(told.body.items).toMatchObject([{ noticeId: body.noticeId, kind: 'outage', state: 'current', until: null }])
    expect(withdrawn.body).toMatchObject({ withdrawnBy: operatorName })
    expect((await app.call('GET', '/api/v1/notices')).body.items).toEqual([])
    expect((await app.call('GET', '/api/v1/admin/notices')).body.items).toMatchObject([{ noticeId: body.noticeId }])
    const again = await app.call('POST', `/api/v1/admin/notices/${body.noticeId}/withdraw`)
    expect([again.status, again.body.code]).toEqual([404, 'notice_not_found'])
    expect(audited.map((entry) => entry.action)).toEqual(['notice.published', 'notice.withdrawn'])
  })

  it('stands beside maintenance, newest first, by page, and goes when its time is over', async () => {
    const { body: first } = await publish({ until: inMinutes(10) })
    const { body: second } = await plan(60, 120)
    const { body: third } = await publish({ kind: 'information', since: inMinutes(30) })

    const one = (await app.call('GET', '/api/v1/notices?limit=2')).body
    const two = (await app.call('GET', `/api/v1/notices?limit=2&cursor=${one.nextCursor}`)).body

    expect([...one.items, ...two.items].map((item) => [item.noticeId, item.state])).toEqual([
      [third.noticeId, 'coming'],
      [second.windowId, 'coming'],
      [first.noticeId, 'current'],
    ])
    await sql`update notices set since = now() - interval '2 hours', until = now() - interval '1 hour'
      where notice_id = ${first.noticeId}`.execute(open.db)
    expect((await app.call('GET', '/api/v1/notices')).body.items).toHaveLength(2)
  })

  it('that ends before it begins is refused', async () => {
    const { status, body } = await publish({ since: inMinutes(30), until: inMinutes(10) })

    expect([status, body.code]).toEqual([422, 'notice_times_wrong'])
  })
})
