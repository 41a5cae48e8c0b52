// Old documents in tables of their own: nothing about them is lost, and they come back when somebody acts on them.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { existingDeliveries } from '../../src/delivery/open-deliveries.ts'
import { firstPackage } from '../../src/intake/package-store.ts'
import { type Desk, openDesk } from './desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())

const run = () => desk.call('POST', '/api/v1/admin/retention/run', { dryRun: false })
const bringBack = (ids: readonly string[]) => desk.db.transaction().execute((trx) => desk.retention.bringBack(trx, ids))

async function rowsOf(packageId: string) {
  const { rows } = await sql<{ pkg: object; deliveries: object[] }>`
    select (select to_jsonb(p) - 'content_removed_at' - 'moved_out_at' from all_packages p where package_id = ${packageId}) as pkg,
      (select jsonb_agg(to_jsonb(d) order by delivery_id) from all_deliveries d where package_id = ${packageId}) as deliveries`.execute(
    desk.db,
  )
  return rows[0]
}
const where = async (packageId: string) => {
  const { rows } = await sql<{ present: number; old: number; is_out: boolean }>`
    select (select count(*)::integer from deliveries where package_id = ${packageId}) as present,
      (select count(*)::integer from old_deliveries where package_id = ${packageId}) as old,
      exists (select from old_packages where package_id = ${packageId}) as is_out`.execute(desk.db)
  return rows[0]
}

describe('an old document', () => {
  it('moves out with its deliveries, and reads as before through the views', async () => {
    const id = await desk.put({ daysAgo: 800, states: ['delivered', 'refused'] })
    const young = await desk.put({ daysAgo: 700 })
    const before = await rowsOf(id)

    const { body } = await run()

    expect(body.movedOut).toEqual({ packages: 1 })
    expect(await where(id)).toEqual({ present: 0, old: 2, is_out: true })
    expect(await where(young)).toEqual({ present: 1, old: 0, is_out: false })
    expect(await rowsOf(id)).toEqual(before)
  })

  it('keeps its key: the first package is found by it, and no second one can take it', async () => {
    const id = await desk.put({ daysAgo: 800 })
    await run()
    const { repeat_key: key } = await desk.db
      .selectFrom('packages')
      .select('repeat_key')
      .where('package_id', '=', id)
      .executeTakeFirstOrThrow()

    const first = await firstPackage(desk.db, key)
    const second =
      sql`insert into packages select (jsonb_populate_record(p, jsonb_build_object('package_id', ${randomUUID()}::text))).*
      from packages p where package_id = ${id}`.execute(desk.db)

    expect(first).toMatchObject({ packageId: id, receipt: 'jws' })
    await expect(second).rejects.toMatchObject({ code: '23505', constraint: 'packages_first' })
  })

  it('comes back whole when somebody acts on it, and its recipients are known again', async () => {
    const id = await desk.put({ daysAgo: 800, states: ['delivered', 'recalled'] })
    const before = await rowsOf(id)
    await run()

    await bringBack([id])

    expect(await where(id)).toEqual({ present: 2, old: 0, is_out: false })
    expect(await rowsOf(id)).toEqual(before)
    const [delivery] = await desk.db.selectFrom('deliveries').selectAll().where('package_id', '=', id).execute()
    const known = await existingDeliveries(desk.db, delivery?.repeat_key ?? '', [`agency:${delivery?.recipient_key}`])
    expect([...known.values()]).toEqual([delivery?.delivery_id])
  })

  it('does not move out under somebody who acts on it', async () => {
    const id = await desk.put({ daysAgo: 900 })

    await desk.db.transaction().execute(async (trx) => {
      await desk.retention.bringBack(trx, [id])
      await run()
      expect(await where(id)).toEqual({ present: 1, old: 0, is_out: false })
    })
    await run()

    expect(await where(id)).toEqual({ present: 0, old: 1, is_out: true })
  })

  it('comes back once when two act on it at the same time', async () => {
    const id = await desk.put({ daysAgo: 900, states: ['delivered', 'delivered'] })
    await run()

    await Promise.all([bringBack([id]), bringBack([id]), bringBack([id])])

    expect(await where(id)).toEqual({ present: 2, old: 0, is_out: false })
  })

  it('comes back together with what brought it to further recipients', async () => {
    const first = await desk.put({ daysAgo: 850 })
    const supplement = await desk.put({ daysAgo: 840 })
    await sql`update packages set supplement_of = ${first}, repeat_key = (select repeat_key from packages where package_id = ${first})
      where package_id = ${supplement}`.execute(desk.db)
    await sql`update deliveries set repeat_key = (select repeat_key from packages where package_id = ${first})
      where package_id = ${supplement}`.execute(desk.db)
    await run()
    expect([await where(first), await where(supplement)]).toMatchObject([{ old: 1 }, { old: 1 }])

    await bringBack([first])

    expect([await where(first), await where(supplement)]).toMatchObject([{ present: 1 }, { present: 1 }])
  })

  it('stays in place while a delivery has not ended, or it is under a legal hold', async () => {
    const open = await desk.put({ daysAgo: 2_000, states: ['delivered', 'available'] })
    const held = await desk.put({ daysAgo: 2_000 })
    await desk.call('POST', `/api/v1/admin/packages/${held}/legal-hold`, {
      reason: 'Kiện tụng',
      requestedBy: 'TAND tỉnh',
    })

    await run()

    expect([await where(open), await where(held)]).toMatchObject([{ is_out: false }, { is_out: false }])
  })
})

it('the tables of old rows have the columns of the present ones, in the same order', async () => {
  const { rows } = await sql<{ of: string; columns: string }>`
    select table_name as of, string_agg(column_name || ' ' || data_type, ', ' order by ordinal_position) as columns
    from information_schema.columns where table_name in ('deliveries', 'old_deliveries', 'all_deliveries') group by 1`.execute(
    desk.db,
  )
  const packages = await sql<{ missing: string }>`
    select column_name as missing from information_schema.columns where table_name = 'packages'
    except select column_name from information_schema.columns where table_name = 'all_packages'`.execute(desk.db)

  expect(new Set(rows.map(({ columns }) => columns)).size).toBe(1)
  expect(packages.rows).toEqual([])
})

it('no foreign key points at a delivery, which may stand in either table', async () => {
  const { rows } = await sql`select conname from pg_constraint
    where contype = 'f' and confrelid in ('deliveries'::regclass, 'old_deliveries'::regclass)`.execute(desk.db)

  expect(rows).toEqual([])
})
