import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { claimDeliveries, extendLeases } from '../../src/delivery/claim-deliveries.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

const leaseMs = 8_000

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

const claim = (systemId: string, max = 64, lease = leaseMs) => claimDeliveries(rows.db, systemId, max, lease, 300)
const ids = (taken: Awaited<ReturnType<typeof claim>>) => taken.map((c) => c.delivery.deliveryId)

async function fill(systemId: string, count: number, fixture: Parameters<DeliveryRows['delivery']>[1] = {}) {
  const packageId = await rows.package(fixture.priority === undefined ? {} : { priority: fixture.priority })
  const made: string[] = []
  for (let i = 0; i < count; i++) made.push(await rows.delivery(systemId, { packageId, ...fixture }))
  return made
}

/** Due deliveries in one statement, for tests that need very many. */
async function fillAtOnce(systemId: string, count: number, dueIn: string) {
  const packageId = await rows.package()
  await sql`insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key,
      recipient_agency_id, organ_id, system_id, channel, state, next_attempt_at)
    select gen_random_uuid(), ${packageId}, 'edoc', 0, gen_random_uuid(), gen_random_uuid(),
      (select agency_id from agencies limit 1), 'H35.20', ${systemId}, 'push', 'waiting', now() + ${dueIn}::interval
    from generate_series(1, ${count})`.execute(rows.db)
}

describe('a claim', () => {
  it('puts each delivery in flight under a lease of its own and says what is to be sent', async () => {
    const lane = await rows.lane()
    const packageId = await rows.package({ size: 4_321 })
    const deliveryId = await rows.delivery(lane, { packageId })

    const claims = await claim(lane)

    expect(claims).toHaveLength(1)
    expect(claims[0]).toMatchObject({
      delivery: { deliveryId, systemId: lane, packageId, attempt: 1, organId: 'H35.20', agencyCode: 'H35.20' },
      package: { packageId, size: 4_321, type: 'edoc', kind: 'new', subject: 'V/v báo cáo' },
      firstTaking: true,
      announcesOnly: false,
    })
    const row = await rows.row(deliveryId)
    expect(row).toMatchObject({ state: 'in_flight', attempts: 1, lease_token: claims[0]?.delivery.leaseToken })
    expect(row.taken_at).toBeInstanceOf(Date)
  })

  it('takes nothing twice', async () => {
    const lane = await rows.lane()
    const made = await fill(lane, 3)

    const first = await claim(lane)
    const second = await claim(lane)

    expect(ids(first).sort()).toEqual([...made].sort())
    expect(second).toEqual([])
  })

  it('takes urgent documents first, then what has been due longest', async () => {
    const lane = await rows.lane({ concurrency: 4 })
    const young = await rows.delivery(lane, { dueIn: -1 })
    const old = await rows.delivery(lane, { dueIn: -100 })
    const urgent = await rows.delivery(lane, { dueIn: -1, priority: 2 })
    const mostUrgent = await rows.delivery(lane, { dueIn: -1, priority: 4 })

    const order: string[] = []
    for (let i = 0; i < 4; i++) order.push(...ids(await claim(lane, 1)))

    // Three ordinary slots of four: the fourth is kept, so both ordinary ones still fit.
    expect(order).toEqual([mostUrgent, urgent, old, young])
  })

  it('keeps one slot for an urgent document behind a full lane of ordinary ones', async () => {
    const lane = await rows.lane({ concurrency: 3 })
    await fill(lane, 5)

    const ordinary = await claim(lane)
    const nothingMore = await claim(lane)
    const urgent = await rows.delivery(lane, { priority: 1 })
    const kept = await claim(lane)

    expect(ordinary).toHaveLength(2)
    expect(nothingMore).toEqual([])
    expect(ids(kept)).toEqual([urgent])
  })

  it('gives a lane with a single slot to whatever comes first', async () => {
    const lane = await rows.lane({ concurrency: 1 })
    const made = await fill(lane, 2)

    const taken = await claim(lane)

    expect(taken).toHaveLength(1)
    expect(made).toContain(ids(taken)[0])
  })

  it('lets urgent documents fill every slot', async () => {
    const lane = await rows.lane({ concurrency: 3 })
    await fill(lane, 5, { priority: 3 })

    const taken = await claim(lane)

    expect(taken).toHaveLength(3)
  })

  it('leaves alone what is not due yet', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane, { dueIn: 60 })
    const due = await rows.delivery(lane, { dueIn: -1 })

    expect(ids(await claim(lane))).toEqual([due])
  })

  it('does not trip over 10,000 waiting deliveries that are due far in the future', async () => {
    const lane = await rows.lane()
    await fillAtOnce(lane, 10_000, '3 days')
    const due = await rows.delivery(lane, { dueIn: -1 })
    const urgent = await rows.delivery(lane, { dueIn: -1, priority: 2 })

    expect(ids(await claim(lane)).sort()).toEqual([due, urgent].sort())
    expect(await claim(lane)).toEqual([])
  })

  it('answers nothing for a system that has no lane', async () => {
    expect(await claim('nobody')).toEqual([])
  })

  it('claims only the announcement of a delivery that waits in the mailbox', async () => {
    const lane = await rows.lane({ pushStyle: 'notice' })
    const deliveryId = await rows.delivery(lane, { state: 'available', dueIn: 0 })

    const claims = await claim(lane)

    expect(claims[0]).toMatchObject({ announcesOnly: true, delivery: { deliveryId } })
    const row = await rows.row(deliveryId)
    expect(row).toMatchObject({ state: 'available', taken_at: null, attempts: 1 })
    expect(row.lease_token).not.toBeNull()
  })

  it('says that a delivery was taken before', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane, { takenBefore: true })

    expect((await claim(lane))[0]?.firstTaking).toBe(false)
  })

  it('answers with a document that was accepted while it waited for the lane', async () => {
    const lane = await rows.lane()
    let claiming: ReturnType<typeof claim> | undefined
    let accepted = ''
    await rows.db.transaction().execute(async (trx) => {
      await sql`select from lanes where system_id = ${lane} for update`.execute(trx)
      claiming = claim(lane)
      await vi.waitFor(async () => {
        const waiting = await sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(rows.db)
        expect(waiting.rows).not.toEqual([])
      })
      accepted = await rows.delivery(lane, { priority: 3 })
    })

    expect(ids((await claiming) ?? [])).toEqual([accepted])
  })
})

describe('the cap of a lane', () => {
  it('holds when many workers claim at once', async () => {
    const lane = await rows.lane({ concurrency: 7 })
    await fillAtOnce(lane, 100, '-1 second')
    await fill(lane, 5, { priority: 1 })

    const taken = await Promise.all(Array.from({ length: 20 }, () => claim(lane)))

    const all = taken.flatMap(ids)
    expect(all).toHaveLength(7)
    expect(new Set(all).size).toBe(7)
    const leased = await sql<{ n: number }>`
      select count(*)::int as n from deliveries where system_id = ${lane} and lease_token is not null`.execute(rows.db)
    expect(leased.rows[0]?.n).toBe(7)
  })

  it('is never passed while slots come free and workers keep claiming', async () => {
    const lane = await rows.lane({ concurrency: 4 })
    await fillAtOnce(lane, 120, '-1 second')
    let worst = 0
    let left = 120

    async function work() {
      while (left > 0) {
        const claims = await claim(lane, 2)
        const busy = await sql<{ n: number }>`
          select count(*)::int as n from deliveries where system_id = ${lane} and lease_token is not null`.execute(
          rows.db,
        )
        worst = Math.max(worst, busy.rows[0]?.n ?? 0)
        for (const { delivery } of claims) {
          await sql`update deliveries set state = 'delivered', delivered_at = now(), next_attempt_at = null,
            lease_token = null, lease_until = null where delivery_id = ${delivery.deliveryId}`.execute(rows.db)
          left -= 1
        }
      }
    }
    await Promise.all(Array.from({ length: 10 }, work))

    expect(worst).toBeLessThanOrEqual(4)
    expect(worst).toBeGreaterThan(1)
  })

  it('counts a lease only until it runs out', async () => {
    const lane = await rows.lane({ concurrency: 2 })
    await fill(lane, 3, { priority: 1 })
    await claim(lane, 2, 0)

    // A lease of no length is over before the next statement begins.
    const after = await claim(lane, 2)

    expect(after).toHaveLength(1)
  })

  it('is counted for each lane by itself', async () => {
    const [busy, free] = [await rows.lane({ concurrency: 1 }), await rows.lane({ concurrency: 1 })]
    await fill(busy, 2)
    await fill(free, 1)
    await claim(busy)

    expect(await claim(free)).toHaveLength(1)
    expect(await claim(busy)).toEqual([])
  })

  it('stands until the caller commits, so that a second worker waits and then counts afresh', async () => {
    const lane = await rows.lane({ concurrency: 2 })
    await fill(lane, 6, { priority: 1 })

    const inside = await rows.db.transaction().execute(async (trx) => {
      const first = await claimDeliveries(trx, lane, 64, leaseMs, 300)
      const second = claim(lane)
      // The other claim must still be waiting for the lane's lock when ours commits.
      await sql`select pg_sleep(0.05)`.execute(rows.db)
      return { first, second }
    })

    expect(inside.first).toHaveLength(2)
    expect(await inside.second).toEqual([])
  })
})

describe('a rate limit', () => {
  it('lets out no more than the tokens that have gathered', async () => {
    const lane = await rows.lane({ concurrency: 50, ratePerSecond: 5, tokens: 3.9 })
    await sql`update lanes set tokens_at = clock_timestamp() where system_id = ${lane}`.execute(rows.db)
    await fill(lane, 20)

    const taken = await claim(lane)

    // Three whole tokens; a slow machine may have earned another meanwhile, never more than five.
    expect(taken.length).toBeGreaterThanOrEqual(3)
    expect(taken.length).toBeLessThanOrEqual(5)
  })

  it('saves up one second and not more', async () => {
    const lane = await rows.lane({ concurrency: 50, ratePerSecond: 5 })
    await sql`update lanes set tokens_at = now() - interval '1 hour' where system_id = ${lane}`.execute(rows.db)
    await fill(lane, 20)

    expect(await claim(lane)).toHaveLength(5)
  })

  it('below one a second still lets one out when its time has come', async () => {
    const lane = await rows.lane({ concurrency: 50, ratePerSecond: 0.01 })
    await sql`update lanes set tokens_at = now() - interval '1 hour' where system_id = ${lane}`.execute(rows.db)
    await fill(lane, 3)

    expect(await claim(lane)).toHaveLength(1)
    expect(await claim(lane)).toEqual([])
  })

  it('holds for many workers together', async () => {
    const lane = await rows.lane({ concurrency: 50, ratePerSecond: 0.5, tokens: 0 })
    await sql`update lanes set tokens_at = now() - interval '1 hour' where system_id = ${lane}`.execute(rows.db)
    await fill(lane, 10)

    const taken = await Promise.all(Array.from({ length: 10 }, () => claim(lane)))

    expect(taken.flatMap(ids)).toHaveLength(1)
  })
})

describe('a lane that rests', () => {
  it('gives nothing out while it is paused', async () => {
    const lane = await rows.lane({ paused: true })
    await fill(lane, 1, { priority: 4 })

    expect(await claim(lane)).toEqual([])
  })

  it('gives nothing out while its breaker is open', async () => {
    const lane = await rows.lane({ faultsInRow: 3, openFor: 60 })
    await fill(lane, 1, { priority: 4 })

    expect(await claim(lane)).toEqual([])
  })

  it('sends exactly one probe when the breaker is half open, however many workers ask', async () => {
    const lane = await rows.lane({ concurrency: 8, faultsInRow: 3, openFor: -1 })
    await fill(lane, 10)

    const taken = await Promise.all(Array.from({ length: 10 }, () => claim(lane)))

    expect(taken.flatMap(ids)).toHaveLength(1)
  })

  it('sends the next probe when the last one lost its lease', async () => {
    const lane = await rows.lane({ faultsInRow: 5, openFor: -1 })
    await fill(lane, 2)
    await claim(lane, 64, 0)

    expect(await claim(lane)).toHaveLength(1)
  })
})

describe('a lease', () => {
  it('is extended for whoever still holds it', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane)
    const claims = await claim(lane, 1, 2_000)
    const held = claims.map((c) => c.delivery)
    const before = await rows.row(held[0]?.deliveryId ?? '')

    await extendLeases(rows.db, held, 60_000)

    const after = await rows.row(held[0]?.deliveryId ?? '')
    expect(Number(after.lease_until) - Number(before.lease_until)).toBeGreaterThan(50_000)
  })

  it('is not given back to whoever has lost it', async () => {
    const lane = await rows.lane()
    const deliveryId = await rows.delivery(lane)
    const lost = (await claim(lane)).map((c) => c.delivery)
    await sql`update deliveries set state = 'waiting', lease_token = null, lease_until = null
      where delivery_id = ${deliveryId}`.execute(rows.db)
    const mine = (await claim(lane))[0]?.delivery
    const before = await rows.row(deliveryId)

    await extendLeases(rows.db, lost, 600_000)

    expect(await rows.row(deliveryId)).toEqual(before)
    expect(before.lease_token).toBe(mine?.leaseToken)
  })

  it('needs no statement when nothing is held', async () => {
    await expect(extendLeases(rows.db, [], leaseMs)).resolves.toBeUndefined()
  })
})
