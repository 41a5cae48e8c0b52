import { randomUUID } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { checkIntegrity } from '../../src/reports/check-integrity.ts'
import { integrityQuestions } from '../../src/reports/integrity-checks.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'

let rows: DeliveryRows
let lane: string
let elsewhere: string
beforeAll(async () => {
  rows = await openDeliveryRows()
  lane = await rows.lane()
  elsewhere = await rows.lane()
  // As in a database that somebody has patched by hand.
  await sql`do $$ declare c record; begin
    for c in select conrelid::regclass as tab, conname from pg_constraint
      where contype in ('c', 'f') and conrelid in ('deliveries'::regclass, 'feedback'::regclass, 'operation_requests'::regclass)
    loop execute format('alter table %s drop constraint %I', c.tab, c.conname); end loop; end $$`.execute(rows.db)
})
afterAll(() => rows.close())

/** A receipt whose deliveries are these; the signature is nobody's business here. */
function receiptFor(...deliveryIds: string[]): string {
  const payload = { subject: 'Trích yếu có dấu', deliveries: deliveryIds.map((deliveryId) => ({ deliveryId })) }
  return `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`
}

/** One whose rows are in order. */
async function accepted(fixture: Parameters<DeliveryRows['delivery']>[1] = {}) {
  const packageId = await rows.package()
  const deliveryId = await rows.delivery(lane, { ...fixture, packageId })
  const values = { receipt: receiptFor(deliveryId) }
  await rows.db.updateTable('packages').set(values).where('package_id', '=', packageId).execute()
  return { packageId, deliveryId }
}

async function changed(change: RawBuilder<unknown>, fixture: Parameters<DeliveryRows['delivery']>[1] = {}) {
  const { deliveryId } = await accepted(fixture)
  await sql`update deliveries set ${change} where delivery_id = ${deliveryId}`.execute(rows.db)
  return deliveryId
}

/** Each breaks one rule, and answers what must be named for it. */
const breaks: Readonly<Record<string, () => Promise<string>>> = {
  async delivery_missing() {
    const { packageId, deliveryId } = await accepted()
    const lost = uuidv7()
    const values = { receipt: receiptFor(deliveryId, lost) }
    await rows.db.updateTable('packages').set(values).where('package_id', '=', packageId).execute()
    return lost
  },
  async package_without_delivery() {
    const { packageId, deliveryId } = await accepted()
    await sql`delete from deliveries where delivery_id = ${deliveryId}`.execute(rows.db)
    return packageId
  },
  delivery_without_package: () => rows.delivery(lane, { packageId: uuidv7() }),
  in_flight_without_lease: () => changed(sql`state = 'in_flight', next_attempt_at = null`),
  waiting_without_due_time: () => changed(sql`next_attempt_at = null`),
  available_without_time: () => changed(sql`available_at = null`, { state: 'available' }),
  lease_overdue: () =>
    changed(sql`state = 'in_flight', lease_token = ${randomUUID()}, lease_until = now() - interval '31 seconds'`),
  final_with_due_time: () => changed(sql`next_attempt_at = now()`, { state: 'delivered' }),
  async wrong_receiver() {
    const agencyId = await rows.agency()
    await sql`insert into system_agencies values (${elsewhere}, ${agencyId}, true)`.execute(rows.db)
    return await changed(sql`recipient_agency_id = ${agencyId}, state_since = now() - interval '1 hour'`)
  },
  async system_without_lane() {
    const systemId = await rows.lane()
    await sql`insert into system_agencies values (${systemId}, ${await rows.agency()}, true)`.execute(rows.db)
    await sql`delete from lanes where system_id = ${systemId}`.execute(rows.db)
    return systemId
  },
  hold_not_released: () =>
    changed(sql`state_since = now() - interval '1 hour'`, { state: 'held', heldReason: 'by_operator' }),
  async feedback_without_delivery() {
    const { packageId } = await accepted()
    await sql`insert into feedback (package_id, about_package_id, about_delivery_id, from_agency_id, code, code_text, effect, received_at)
      values (${packageId}, ${packageId}, ${uuidv7()}, ${await rows.agency()}, '03', 'Đã tiếp nhận', 'moved', now())`.execute(
      rows.db,
    )
    return packageId
  },
  async request_without_delivery() {
    const { packageId } = await accepted()
    const requestId = randomUUID()
    await sql`insert into operation_requests (request_id, kind, target_package_id, target_delivery_id, outcome, asked_by, asked_at)
      values (${requestId}, 'recall', ${packageId}, ${uuidv7()}, 'requested', 'QLVB', now())`.execute(rows.db)
    return requestId
  },
  async content_not_removed() {
    const { packageId } = await accepted()
    await sql`update packages set content_removed_at = now() where package_id = ${packageId}`.execute(rows.db)
    return packageId
  },
  async index_invalid() {
    await sql`create index half_built on packages (subject)`.execute(rows.db)
    await sql`update pg_index set indisvalid = false where indexrelid = 'half_built'::regclass`.execute(rows.db)
    return 'half_built'
  },
}

describe('the integrity of the database', () => {
  it('is whole where every rule is kept, in every state', async () => {
    for (const state of [
      'waiting',
      'available',
      'held',
      'delivered',
      'refused',
      'exhausted',
      'expired',
      'recalled',
    ] as const)
      await accepted({ state })
    await changed(sql`state = 'in_flight', lease_token = ${randomUUID()}, lease_until = now() + interval '5 seconds'`)

    const report = await checkIntegrity(rows.db)

    expect(report.checks.filter(({ count, failure }) => count > 0 || failure !== undefined)).toEqual([])
    expect(report.ok).toBe(true)
  })

  it('has a break of its own here for every rule', () => {
    expect(Object.keys(breaks).sort()).toEqual(integrityQuestions.map(({ name }) => name).sort())
  })

  it.each(Object.keys(breaks))('tells %s, and names it', async (name) => {
    const id = await breaks[name]?.()

    const { ok, checks } = await checkIntegrity(rows.db)

    expect(ok).toBe(false)
    expect(checks.find((check) => check.name === name)).toMatchObject({ count: 1, ids: [id] })
  })

  it('counts all and names twenty', async () => {
    for (let index = 0; index < 24; index++) await changed(sql`next_attempt_at = null`)

    const { checks } = await checkIntegrity(rows.db)

    const check = checks.find(({ name }) => name === 'waiting_without_due_time')
    expect(check?.count).toBe(25)
    expect(check?.ids).toHaveLength(20)
  })

  it('says which question the database could not answer, and answers the others', async () => {
    const [first] = integrityQuestions
    if (first === undefined) throw new Error('no questions')
    const broken = { ...first, name: 'unreadable', broken: sql`select (1 / 0)::text as id` }

    const { ok, checks } = await checkIntegrity(rows.db, [broken, first])

    expect(ok).toBe(false)
    expect(checks[0]).toMatchObject({ name: 'unreadable', failure: expect.stringContaining('zero') })
    expect(checks[1]?.failure).toBeUndefined()
  })
})
