// What retention takes and what it must leave, over the routes an operator uses and the sweeper's own task.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { overallState } from '../../src/domain/package-state.ts'
import { withBackupLock } from '../../src/platform/backup-lock.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { firstId, nextPackages } from '../../src/retention/due-packages.ts'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())
afterEach(async () => {
  await sql`truncate packages, deliveries, old_deliveries, old_packages, legal_holds, package_holds, blob_removals, alerts,
    operation_requests, report_items, delivery_waits, storage_days, storage_days_counted, retention_policies, events, audit
    cascade`.execute(desk.db)
})

const run = (dryRun: boolean) => desk.call('POST', '/api/v1/admin/retention/run', { dryRun })
const removed = async () => {
  const rows = await desk.db
    .selectFrom('packages')
    .select('package_id')
    .where('content_removed_at', 'is not', null)
    .execute()
  return new Set(rows.map((row) => row.package_id))
}

describe('bytes', () => {
  it('go once the time of their kind and state is over; the row keeps hash, size and receipt', async () => {
    const old = await desk.put({ daysAgo: 91, withBlob: true, size: 5_000 })
    const young = await desk.put({ daysAgo: 89, withBlob: true })

    const { status, body } = await run(false)

    expect(status).toBe(200)
    expect(body).toMatchObject({ dryRun: false, complete: true, paused: false, content: { packages: 1, bytes: 5_000 } })
    expect(await removed()).toEqual(new Set([old]))
    expect([await desk.hasBlob(old), await desk.hasBlob(young)]).toEqual([false, true])
    const row = await desk.db.selectFrom('packages').selectAll().where('package_id', '=', old).executeTakeFirstOrThrow()
    expect([row.size, row.receipt, row.sha256.length]).toEqual([5_000, 'jws', 32])
    expect(await desk.audited()).toMatchObject([{ action: 'retention.run', actor: 'operator of the test' }])
  })

  it('stay longer where a delivery failed, counted from the end of the last one', async () => {
    const failed = await desk.put({ daysAgo: 200, states: ['delivered', 'refused'] })
    const failedLongAgo = await desk.put({ daysAgo: 400, states: ['expired'] })
    const endedLate = await desk.put({ daysAgo: 400, states: ['delivered'], endedDaysAgo: 10 })

    await run(false)

    const gone = await removed()
    expect([failed, failedLongAgo, endedLate].map((id) => gone.has(id))).toEqual([false, true, false])
  })

  it.each(['held', 'waiting', 'in_flight', 'available'] as const)('never go while a delivery is %s', async (state) => {
    await desk.put({ daysAgo: 3_000, states: ['delivered', state] })
    const other = await desk.put({ daysAgo: 3_000 })

    await run(false)

    expect(await removed()).toEqual(new Set([other]))
  })

  it('never go under a legal hold, a hold of the package, an open request, an open alert or an untold report', async () => {
    const ids = []
    for (let i = 0; i < 9; i++) ids.push(await desk.put({ daysAgo: 3_000 }))
    const [legal, held, target, asking, alerted, alertedDelivery, reported, followed, free] = ids as [
      string,
      ...string[],
    ]
    await desk.call('POST', `/api/v1/admin/packages/${legal}/legal-hold`, { reason: 'Thanh tra', requestedBy: 'TTr' })
    await sql`insert into package_holds (hold_id, package_id, reason, requested_by, held_by)
      values (${uuidv7()}, ${held}, 'x', 'x', 'x')`.execute(desk.db)
    const [targetDelivery] = await desk.deliveriesOf(target ?? '')
    await sql`insert into operation_requests (request_id, kind, package_id, target_package_id, target_delivery_id, outcome,
      asked_by, asked_at) values (${uuidv7()}, 'recall', ${asking}, ${target}, ${targetDelivery}, 'requested', 'x', now())`.execute(
      desk.db,
    )
    await alert(alerted ?? '', {})
    await alert('any', { deliveries: await desk.deliveriesOf(alertedDelivery ?? '') })
    const [late] = await desk.deliveriesOf(reported ?? '')
    await sql`insert into report_items (item_id, what, incident, delivery_id, package_id)
      values (${uuidv7()}, 'refused', 'i', ${late}, ${reported})`.execute(desk.db)
    const [before] = await desk.deliveriesOf(followed ?? '')
    const [after] = await desk.deliveriesOf(await desk.put({ daysAgo: 1, states: ['available'] }))
    await sql`insert into delivery_waits (delivery_id, after_delivery_id, needs_it) values (${after}, ${before}, true)`.execute(
      desk.db,
    )

    const { body } = await run(true)
    await run(false)

    expect(body.content.packages).toBe(1)
    expect(await removed()).toEqual(new Set([free]))
  })

  it('go when the alert is closed and the hold is lifted', async () => {
    const id = await desk.put({ daysAgo: 3_000 })
    const hold = { reason: 'Thanh tra', requestedBy: 'Thanh tra tỉnh' }
    await desk.call('POST', `/api/v1/admin/packages/${id}/legal-hold`, hold)
    await alert(id, {})
    await run(false)
    expect(await removed()).toEqual(new Set())

    await desk.call('DELETE', `/api/v1/admin/packages/${id}/legal-hold`, { ...hold, reason: 'Đã kết luận' })
    await sql`update alerts set closed_at = now()`.execute(desk.db)
    await run(false)

    expect(await removed()).toEqual(new Set([id]))
  })

  it('are counted by a dry run as the real one then takes them, and left by it', async () => {
    const sender = await desk.agency('Sở Y tế')
    await desk.put({ daysAgo: 100, size: 10 })
    await desk.put({ daysAgo: 500, size: 20, states: ['refused'], sender })
    await desk.put({ daysAgo: 800, size: 30, states: ['recalled'], kind: 'replace', withBlob: true })
    await desk.put({ daysAgo: 5, size: 40 })

    const counted = (await run(true)).body
    const untouched = await removed()
    const taken = (await run(false)).body

    expect(untouched.size).toBe(0)
    expect(counted.content).toEqual(taken.content)
    expect(counted.content).toMatchObject({
      packages: 3,
      bytes: 60,
      byState: [
        { state: 'recalled', packages: 1, bytes: 30 },
        { state: 'completed_with_failures', packages: 1, bytes: 20 },
        { state: 'completed', packages: 1, bytes: 10 },
      ],
      byKind: [
        { kind: 'new', packages: 2, bytes: 30 },
        { kind: 'replace', packages: 1, bytes: 30 },
      ],
      byAge: [
        { age: 'under_1_year', packages: 1, bytes: 10 },
        { age: 'under_2_years', packages: 1, bytes: 20 },
        { age: 'older', packages: 1, bytes: 30 },
      ],
      bySender: [
        { organName: 'Sở Nội vụ', packages: 2, bytes: 40 },
        { agencyId: sender, organName: 'Sở Y tế', packages: 1, bytes: 20 },
      ],
    })
    expect(counted.movedOut).toEqual({ packages: 1 })
  })

  it('whose removal was cut off after the commit go with the next run', async () => {
    const id = await desk.put({ daysAgo: 91, withBlob: true })
    await desk.db.transaction().execute((trx) => desk.options.markContentRemoved(trx, [id], new Date()))
    expect(await desk.hasBlob(id)).toBe(true)

    await desk.sweep('retention')

    expect(await desk.hasBlob(id)).toBe(false)
    expect(await desk.db.selectFrom('blob_removals').selectAll().execute()).toEqual([])
  })

  it('stay while a backup runs', async () => {
    const id = await desk.put({ daysAgo: 91, withBlob: true })

    const during = await withBackupLock(desk.db, () => run(false))
    const kept = await desk.hasBlob(id)
    const later = await run(false)

    expect([during.body.paused, during.body.content.packages, kept]).toEqual([true, 0, true])
    expect([later.body.paused, later.body.content.packages, await desk.hasBlob(id)]).toEqual([false, 1, false])
  })

  it('are not missed behind more packages than one look takes in', async () => {
    await desk.put({ daysAgo: 3_000, states: ['available'] })
    await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
        document_key, repeat_key, priority, document, content_hash, sha256, size, receipt, accepted_at)
      select uuid_at(now() - interval '200 days' + n * interval '1 second'), 'edoc', 'new', system_id, 'rest', from_agency_id,
        from_code, n::text, n::text, gen_random_uuid(), 0, '{}', content_hash, sha256, 7, 'jws', now() - interval '200 days'
      from packages, generate_series(1, 2500) n`.execute(desk.db)

    const { body } = await run(false)

    expect(body.content).toMatchObject({ packages: 2_500, bytes: 17_500 })
    expect((await removed()).size).toBe(2_500)
  })
})

describe('once the bytes are gone', () => {
  it('no delivery of the package is opened again', async () => {
    const id = await desk.put({ daysAgo: 400, states: ['expired'] })
    const kept = await desk.put({ daysAgo: 10, states: ['expired'] })
    await run(false)

    const reopened = await sql<{ package_id: string }>`update deliveries set state = 'available', available_at = now()
      where state = 'expired' returning package_id`.execute(desk.db)

    expect((await removed()).has(id)).toBe(true)
    expect(reopened.rows).toEqual([{ package_id: kept }])
  })

  it('none is added to it', async () => {
    const id = await desk.put({ daysAgo: 400 })
    await run(false)

    const added = sql`insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key,
      recipient_agency_id, organ_id, system_id, channel, state, available_at)
      select ${uuidv7()}, package_id, type, priority, repeat_key, ${randomUUID()}, recipient_agency_id, organ_id, system_id,
        channel, 'available', now() from deliveries where package_id = ${id}`.execute(desk.db)

    await expect(added).rejects.toMatchObject({ code: 'TR410' })
  })

  it('and whoever opens a delivery first keeps the bytes', async () => {
    const id = await desk.put({ daysAgo: 400, states: ['expired'] })

    await desk.db.transaction().execute(async (trx) => {
      await sql`update deliveries set state = 'available', available_at = now() where package_id = ${id}`.execute(trx)
      // The reopening is not committed yet: the run passes the package over instead of waiting or taking its bytes.
      expect((await run(false)).body.content.packages).toBe(0)
    })

    expect((await run(false)).body.content.packages).toBe(0)
  })
})

describe('the policy', () => {
  const path = '/api/v1/admin/retention'

  it('is the built-in one until it is changed, by versions and with its reason', async () => {
    const first = (await desk.call('GET', path)).body
    const policy = { ...first.policy, rows: { moveOutAfterDays: 1_000 } }

    const changed = await desk.call('PUT', path, { version: 0, reason: 'Theo QĐ của Sở', policy })
    const stale = await desk.call('PUT', path, { version: 0, reason: 'x', policy })

    expect(first).toMatchObject({ version: 0, changedBy: null, policy: desk.builtIn })
    expect(changed).toMatchObject({ status: 200, body: { version: 1, changedBy: 'operator of the test', policy } })
    expect(stale).toMatchObject({ status: 409, body: { code: 'retention_policy_changed' } })
    expect((await desk.call('GET', path)).body).toMatchObject({ version: 1, reason: 'Theo QĐ của Sở' })
    expect(await desk.audited()).toMatchObject([{ action: 'retention.policy', object: 'retention:1' }])
  })

  it('is followed from then on', async () => {
    const id = await desk.put({ daysAgo: 50 })
    const content = { ...desk.builtIn.content, new: { ...desk.builtIn.content.new, completed: 40 } }
    await desk.call('PUT', path, { version: 0, reason: 'x', policy: { ...desk.builtIn, content } })

    await run(false)

    expect(await removed()).toEqual(new Set([id]))
  })

  it('keeps for ever what has no number of days', async () => {
    await desk.put({ daysAgo: 10_000 })
    const content = { ...desk.builtIn.content, new: { ...desk.builtIn.content.new, completed: null } }
    const rows = { moveOutAfterDays: null }
    const put = await desk.call('PUT', path, { version: 0, reason: 'x', policy: { ...desk.builtIn, content, rows } })

    const { body } = await run(false)

    expect([put.status, body.content.packages, body.movedOut.packages]).toEqual([200, 0, 0])
  })

  it.each([
    ['rows before bytes', { rows: { moveOutAfterDays: 100 } }, 'retention_rows_before_content'],
    ['a month of attempts', { history: { events: 120, audit: 120, attempts: 1 } }, 'schema_violation'],
    ['no kinds', { content: {} }, 'schema_violation'],
  ])('is refused with %s', async (_what, part, code) => {
    const answer = await desk.call('PUT', path, { version: 0, reason: 'x', policy: { ...desk.builtIn, ...part } })

    expect(answer).toMatchObject({ status: 422, body: { code } })
    expect((await desk.call('GET', path)).body.version).toBe(0)
  })
})

it('speaks of the states of a package as the domain does', async () => {
  const states = ['delivered', 'refused', 'recalled', 'expired', 'available', 'in_flight'] as const
  const cases: { id: string; expected: string }[] = []
  for (const first of states) {
    for (const second of states) {
      for (const kind of ['new', 'recall'] as const) {
        const id = await desk.put({ daysAgo: 100, states: [first, second], kind })
        const both = [first, second].map((state) => ({ state, recallAgreed: false }))
        cases.push({ id, expected: overallState(both, kind) })
      }
    }
  }

  const found = await nextPackages(desk.db, 'content', {
    ...{ policy: desk.builtIn, now: new Date(), after: firstId, limit: 1_000 },
  })

  expect(found.map(({ packageId, state }) => ({ id: packageId, expected: state }))).toEqual(cases)
})

async function alert(subject: string, data: object): Promise<void> {
  await sql`insert into alerts (alert_id, cause, subject, data)
    values (${uuidv7()}, 'recall_unanswered', ${subject}, ${JSON.stringify(data)})`.execute(desk.db)
}
