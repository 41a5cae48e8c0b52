import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { runClocks } from '../../src/delivery/clocks.ts'
import { dueLanes, foldTallies, oldestDueSeconds, reopenExpiredLeases } from '../../src/delivery/sweep.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

/** A delivery whose worker is gone: its lease was over before this answers. */
async function lost(lane: string, fixture: Parameters<DeliveryRows['delivery']>[1] = {}): Promise<string> {
  const deliveryId = await rows.delivery(lane, fixture)
  const claims = await claimDeliveries(rows.db, lane, 64, 0, 300)
  expect(claims.map((claim) => claim.delivery.deliveryId)).toContain(deliveryId)
  return deliveryId
}

describe('reopenExpiredLeases', () => {
  it('makes a delivery due again whose worker fell silent', async () => {
    const deliveryId = await lost(await rows.lane())

    expect(await reopenExpiredLeases(rows.db)).toBe(1)

    const row = await rows.row(deliveryId)
    expect(row).toMatchObject({ state: 'waiting', lease_token: null, lease_until: null, reason_code: 'worker_lost' })
    expect(row.next_attempt_at).toBeInstanceOf(Date)
    // Bytes may have gone out before the worker died.
    expect(row.taken_at).toBeInstanceOf(Date)
  })

  it('leaves a living lease alone', async () => {
    const lane = await rows.lane()
    const deliveryId = await rows.delivery(lane)
    await claimDeliveries(rows.db, lane, 1, 60_000, 300)
    await lost(await rows.lane())

    expect(await reopenExpiredLeases(rows.db)).toBe(1)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'in_flight' })
  })

  it('leaves the document in the mailbox when only its notice was lost', async () => {
    const deliveryId = await lost(await rows.lane({ pushStyle: 'notice' }), { state: 'available', dueIn: 0 })

    await reopenExpiredLeases(rows.db)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'available', lease_token: null })
  })

  it('may run in many processes at once', async () => {
    const lane = await rows.lane({ concurrency: 64 })
    for (let i = 0; i < 30; i++) await rows.delivery(lane, { priority: 1 })
    await claimDeliveries(rows.db, lane, 64, 0, 300)

    const counts = await Promise.all(Array.from({ length: 6 }, () => reopenExpiredLeases(rows.db)))

    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(30)
  })
})

describe('the end of a life', () => {
  it('ends a delivery past its life', async () => {
    const [plain, faulty] = [
      await rows.delivery(await rows.lane(), { giveUpIn: -1 }),
      await rows.delivery(await rows.lane(), { giveUpIn: -1 }),
    ]
    await sql`update deliveries set reason_code = 'receiver_unreachable' where delivery_id = ${faulty}`.execute(rows.db)

    expect(await runClocks(rows.db)).toMatchObject({ expired: 2 })

    expect(await rows.row(plain)).toMatchObject({
      state: 'expired',
      next_attempt_at: null,
      reason_code: 'not_taken_in_time',
    })
    expect(await rows.row(faulty)).toMatchObject({ state: 'expired', reason_code: 'receiver_unreachable' })
    expect(await rows.events(faulty)).toEqual([{ type: 'delivery.expired', data: { reason: 'receiver_unreachable' } }])
  })

  it('never touches a mailbox, an attempt under way, or a life that is not over', async () => {
    const lane = await rows.lane()
    const inMailbox = await rows.delivery(lane, { state: 'available', giveUpIn: -1 })
    const young = await rows.delivery(await rows.lane(), { giveUpIn: 3_600 })
    const underWay = await rows.delivery(lane, { giveUpIn: -1 })
    await claimDeliveries(rows.db, lane, 8, 60_000, 300)
    const overdue = await rows.delivery(await rows.lane(), { giveUpIn: -1 })

    expect(await runClocks(rows.db)).toMatchObject({ expired: 1 })

    expect(await rows.row(overdue)).toMatchObject({ state: 'expired' })
    expect(await rows.row(inMailbox)).toMatchObject({ state: 'available' })
    expect(await rows.row(young)).toMatchObject({ state: 'waiting' })
    expect(await rows.row(underWay)).toMatchObject({ state: 'in_flight' })
  })
})

describe('dueLanes', () => {
  it('names lanes with work due that nothing holds back', async () => {
    const due = await rows.lane()
    await rows.delivery(due, { priority: 3 })
    const notice = await rows.lane({ pushStyle: 'notice' })
    await rows.delivery(notice, { state: 'available', dueIn: 0 })
    const probe = await rows.lane({ faultsInRow: 3, openFor: -1 })
    await rows.delivery(probe)
    const later = await rows.lane()
    await rows.delivery(later, { dueIn: 60 })
    const paused = await rows.lane({ paused: true })
    await rows.delivery(paused)
    const broken = await rows.lane({ faultsInRow: 3, openFor: 60 })
    await rows.delivery(broken)
    const inHand = await rows.lane()
    await rows.delivery(inHand)
    await claimDeliveries(rows.db, inHand, 8, 60_000, 300)
    const mailbox = await rows.lane({ channel: 'mailbox' })
    await rows.delivery(mailbox, { state: 'available' })

    const lanes = await dueLanes(rows.db)

    expect(lanes).toEqual(expect.arrayContaining([due, notice, probe]))
    for (const silent of [later, paused, broken, inHand, mailbox]) expect(lanes).not.toContain(silent)
  })
})

describe('oldestDueSeconds', () => {
  it('is the age of what has been due longest and is in nobody’s hands', async () => {
    await rows.delivery(await rows.lane(), { dueIn: -5_000 })

    const age = await oldestDueSeconds(rows.db)

    expect(age).toBeGreaterThan(4_990)
    expect(age).toBeLessThan(5_100)
  })
})

describe('a held delivery past its life', () => {
  let apart: DeliveryRows
  beforeAll(async () => {
    apart = await openDeliveryRows(4)
  })
  afterAll(() => apart.close())

  // Held rows have neither a system nor a channel, and nobody may ever come for them.
  it.each(['no_system', 'closed', 'not_connected'])('ends with the reason it was held for: %s', async (heldReason) => {
    const held = await apart.delivery(await apart.lane(), { state: 'held', heldReason, giveUpIn: -1 })

    expect(await runClocks(apart.db)).toMatchObject({ expired: 1 })

    expect(await apart.row(held)).toMatchObject({ state: 'expired', held_reason: null, reason_code: heldReason })
    expect(await apart.events(held)).toEqual([{ type: 'delivery.expired', data: { reason: heldReason } }])
  })
})

describe('tallies', () => {
  const tallied = async (systemId: string) => {
    const { rows: found } = await sql<{ state: string; n: string }>`
      select state, sum(n)::text as n from delivery_tallies where system_id = ${systemId} group by state
      having sum(n) <> 0 order by state`.execute(rows.db)
    return found.map(({ state, n }) => `${state} ${n}`)
  }
  const entries = async () =>
    (await sql<{ n: number }>`select count(*)::int as n from delivery_tallies`.execute(rows.db)).rows[0]?.n ?? 0

  it('follow every move, and sum up the same after folding, whoever folds', async () => {
    const lane = await rows.lane()
    for (let i = 0; i < 5; i++) await rows.delivery(lane)
    await rows.delivery(lane, { state: 'delivered' })
    await claimDeliveries(rows.db, lane, 2, 60_000, 300)
    expect(await tallied(lane)).toEqual(['delivered 1', 'in_flight 2', 'waiting 3'])
    const before = await entries()

    await Promise.all(Array.from({ length: 4 }, () => foldTallies(rows.db)))

    expect(await tallied(lane)).toEqual(['delivered 1', 'in_flight 2', 'waiting 3'])
    expect(await entries()).toBeLessThan(before)
  })
})
