// The storage report, legal holds as operators see them, and months of the append-only tables that are taken off.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { tidyHistory } from '../../src/retention/history-months.ts'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
let now = () => new Date()
beforeAll(async () => {
  desk = await openDesk({
    clock: { now: () => now() },
    space: async () => ({ freeBytes: 300, totalBytes: 1_000 }),
  })
})
afterAll(() => desk.close())
beforeEach(async () => {
  now = () => new Date()
  await sql`truncate packages, deliveries, old_deliveries, old_packages, legal_holds, storage_days, storage_days_counted,
    history_months cascade`.execute(desk.db)
})

const storage = async () => (await desk.call('GET', '/api/v1/admin/storage')).body

describe('storage', () => {
  it('says what is held and what would go, by state, age and sender', async () => {
    await desk.put({ daysAgo: 100, size: 100 })
    await desk.put({ daysAgo: 3, size: 10, states: ['available'], sender: await desk.agency('Sở Y tế') })
    await desk.put({ daysAgo: 200, size: 1, states: ['refused'] })

    const report = await storage()

    expect(report).toMatchObject({
      complete: true,
      held: {
        ...{ packages: 3, bytes: 111 },
        byState: [{ state: 'completed' }, { state: 'accepted' }, { state: 'completed_with_failures' }],
        byAge: [
          { age: 'under_30_days', packages: 1 },
          { age: 'under_1_year', packages: 2 },
        ],
        bySender: [
          { organName: 'Sở Nội vụ', bytes: 101 },
          { organName: 'Sở Y tế', bytes: 10 },
        ],
      },
      removed: { packages: 0, bytes: 0 },
      freeable: { packages: 1, bytes: 100, complete: true },
      disk: { freeBytes: 300, totalBytes: 1_000 },
    })
  })

  it('knows what a run has removed', async () => {
    await desk.put({ daysAgo: 100, size: 100 })
    await storage()
    await desk.call('POST', '/api/v1/admin/retention/run', { dryRun: false })

    const report = await storage()

    expect([report.held.packages, report.removed, report.freeable.packages]).toEqual([
      0,
      { packages: 1, bytes: 100 },
      0,
    ])
  })

  it('counts a young day anew after a minute, an old one only when something of it changed', async () => {
    await desk.put({ daysAgo: 0, size: 5, states: ['available'] })
    await desk.put({ daysAgo: 60, size: 7, states: ['available'] })
    await storage()
    await sql`update deliveries set state = 'delivered', delivered_at = now()`.execute(desk.db)

    const atOnce = await storage()
    now = () => new Date(Date.now() + 61_000)
    const later = await storage()
    now = () => new Date(Date.now() + 8 * 24 * 3_600_000)
    const muchLater = await storage()

    const states = (r: { held: { byState: { state: string; bytes: number }[] } }) =>
      Object.fromEntries(r.held.byState.map(({ state, bytes }) => [state, bytes]))
    expect(states(atOnce)).toEqual({ accepted: 12 })
    expect(states(later)).toEqual({ accepted: 7, completed: 5 })
    expect(states(muchLater)).toEqual({ completed: 12 })
  })

  it('of an empty axis is empty', async () => {
    expect(await storage()).toMatchObject({ countedAt: null, held: { packages: 0, byState: [] }, complete: true })
  })
})

describe('legal holds', () => {
  const hold = (id: string, method: 'POST' | 'DELETE' = 'POST') =>
    desk.call(method, `/api/v1/admin/packages/${id}/legal-hold`, { reason: 'Thanh tra', requestedBy: 'Thanh tra tỉnh' })

  it('are placed once, listed by key, lifted, and never forgotten', async () => {
    const ids = [await desk.put({ daysAgo: 3 }), await desk.put({ daysAgo: 2 }), await desk.put({ daysAgo: 1 })]
    for (const id of ids) expect((await hold(id)).status).toBe(201)
    const [first = ''] = ids

    const twice = await hold(first)
    const lifted = await hold(first, 'DELETE')
    const liftedTwice = await hold(first, 'DELETE')

    expect(twice).toMatchObject({ status: 409, body: { code: 'legal_hold_exists' } })
    expect(lifted).toMatchObject({ status: 200, body: { packageId: first, liftedBy: 'operator of the test' } })
    expect(liftedTwice).toMatchObject({ status: 409, body: { code: 'legal_hold_missing' } })
    const page = (await desk.call('GET', '/api/v1/admin/legal-holds?limit=2')).body
    const rest = (await desk.call('GET', `/api/v1/admin/legal-holds?limit=2&cursor=${page.nextCursor}`)).body
    expect([...page.items, ...rest.items].map((h: { packageId: string }) => h.packageId)).toEqual([...ids].reverse())
    expect(rest.nextCursor).toBeNull()
    expect((await desk.call('GET', '/api/v1/admin/legal-holds?open=true')).body.items).toHaveLength(2)
    const audited = (await desk.audited()).map(({ action }) => action)
    expect(audited.filter((action) => action.startsWith('legal_hold'))).toHaveLength(4)
  })

  it('placed twice at once are placed once', async () => {
    const id = await desk.put({ daysAgo: 1 })

    const answers = await Promise.all([hold(id), hold(id), hold(id)])

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })

  it('of an unknown package, or without a reason, are refused', async () => {
    const unknown = await hold(uuidv7())
    const id = await desk.put({ daysAgo: 1 })
    const silent = await desk.call('POST', `/api/v1/admin/packages/${id}/legal-hold`, { reason: ' ', requestedBy: 'x' })

    expect([unknown.status, silent.status]).toEqual([404, 422])
  })
})

describe('months of the append-only tables', () => {
  async function month(first: string, rows: number): Promise<string> {
    const name = `events_${first.slice(0, 4)}_${first.slice(5, 7)}`
    const next = new Date(Date.UTC(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 1)).toISOString()
    await sql`create table ${sql.table(name)} partition of events
      for values from (${sql.lit(`${first}T00:00:00Z`)}) to (${sql.lit(next)})`.execute(desk.db)
    await sql`insert into events (event_id, at, type) select gen_random_uuid(), ${`${first}T05:00:00Z`}::timestamptz, 'x'
      from generate_series(1, ${rows})`.execute(desk.db)
    return name
  }
  const options = (folder?: string) => ({
    db: desk.db,
    clock: { now: () => new Date('2026-11-20T00:00:00Z') },
    ...(folder === undefined ? {} : { exportTo: { folder, databaseUrl: desk.url } }),
  })
  const keep24 = { events: 24, attempts: 24, audit: null }
  const exists = async (name: string) =>
    (await sql<{ there: boolean }>`select to_regclass(${name}) is not null as there`.execute(desk.db)).rows[0]?.there

  it('leave their table, and stay as they are while no folder for exports is set', async () => {
    const old = await month('2024-10-01', 3)
    const young = await month('2024-11-01', 2)

    const done = await tidyHistory(options(), keep24)
    const again = await tidyHistory(options(), keep24)

    expect(done).toEqual({ detached: [old], exported: [], dropped: [] })
    expect(again.detached).toEqual([])
    expect([await exists(old), await exists(young)]).toEqual([true, true])
    const { rows } = await sql<{ n: number }>`select count(*) as n from events where at < '2024-12-01'`.execute(desk.db)
    expect(rows[0]?.n).toBe(2)
    await sql`drop table ${sql.table(old)}, ${sql.table(young)}`.execute(desk.db)
  })

  it('are dropped only when their file holds every row and was read back', async () => {
    const old = await month('2024-09-01', 5)
    const folder = join(desk.folder, 'history')

    const done = await tidyHistory(options(folder), keep24)

    expect(done).toEqual({ detached: [old], exported: [old], dropped: [old] })
    expect(await exists(old)).toBe(false)
    const lines = gunzipSync(readFileSync(join(folder, `${old}.csv.gz`)))
      .toString('utf8')
      .trimEnd()
      .split('\n')
    expect(lines).toHaveLength(6)
    const row = await desk.db.selectFrom('history_months').selectAll().where('name', '=', old).executeTakeFirstOrThrow()
    expect([row.rows, row.dropped_at !== null]).toEqual([5, true])
  })

  it('whose file was lost before the drop are written anew first', async () => {
    const old = await month('2024-08-01', 4)
    const folder = join(desk.folder, 'history-lost')
    await tidyHistory(options(), keep24)
    await sql`update history_months set rows = 4, file = 'gone.csv.gz', sha256 = 'ab', exported_at = now() where name = ${old}`.execute(
      desk.db,
    )

    const first = await tidyHistory(options(folder), keep24)
    const second = await tidyHistory(options(folder), keep24)

    expect([first.dropped, second]).toEqual([[], { detached: [], exported: [old], dropped: [old] }])
    expect(readdirSync(folder)).toEqual([`${old}.csv.gz`])
    rmSync(folder, { recursive: true })
  })
})
