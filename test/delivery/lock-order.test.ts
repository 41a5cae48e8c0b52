// Nobody waits for another in a circle: whoever changes several deliveries takes them in the order of their ids, or
// passes over those that somebody else has. A recall holds all deliveries of a document for a moment.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { claimDeliveries, extendLeases } from '../../src/delivery/claim-deliveries.ts'
import { recordResults } from '../../src/delivery/record-results.ts'
import { endPointless, lockDeliveries } from '../../src/delivery/withdraw.ts'
import type { Trx } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { defaultPolicy } from '../support/delivery-policy.ts'
import { type DeliveryRows, openDeliveryRows, result } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

async function claimedTwo() {
  const lane = await rows.lane()
  const packageId = await rows.package()
  for (let i = 0; i < 2; i++) await rows.delivery(lane, { packageId })
  const claims = await claimDeliveries(rows.db, lane, 2, 8_000, 300)
  const [first, second] = claims.sort((a, b) => (a.delivery.deliveryId < b.delivery.deliveryId ? -1 : 1))
  if (first === undefined || second === undefined) throw new Error('not claimed')
  return { first, second }
}

/** Does something while a transaction holds a delivery; the transaction goes on with `then` once that waits. */
async function whileHeld(deliveryId: string, act: () => Promise<unknown>, then: (trx: Trx) => Promise<void>) {
  let acting: Promise<unknown> | undefined
  await rows.db.transaction().execute(async (trx) => {
    await lockDeliveries(trx, [deliveryId])
    acting = act()
    acting.catch(() => undefined)
    await then(trx)
  })
  await acting
}

const somebodyWaits = () =>
  vi.waitFor(async () => {
    const waiting = await sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(rows.db)
    expect(waiting.rows).not.toEqual([])
  })

it('results are written in the order of the ids, however they came', async () => {
  const { first, second } = await claimedTwo()
  const results = [second, first].map((claim) => result(claim, { kind: 'delivered' }))

  await whileHeld(
    first.delivery.deliveryId,
    () => recordResults(rows.db, results, () => defaultPolicy, uuidv7),
    async (trx) => {
      await somebodyWaits()
      // The other one is still free for whoever holds the first.
      await lockDeliveries(trx, [second.delivery.deliveryId])
    },
  )

  for (const { delivery } of [first, second]) {
    expect(await rows.row(delivery.deliveryId)).toMatchObject({ state: 'delivered' })
  }
})

it('leases are kept without waiting for anybody', async () => {
  const { first, second } = await claimedTwo()
  const held = [second.delivery, first.delivery]
  const before = await rows.row(first.delivery.deliveryId)

  await whileHeld(
    first.delivery.deliveryId,
    () => Promise.resolve(),
    async () => await extendLeases(rows.db, held, 600_000),
  )

  expect(await rows.row(first.delivery.deliveryId)).toEqual(before)
  expect(Number((await rows.row(second.delivery.deliveryId)).lease_until) - Date.now()).toBeGreaterThan(500_000)
})

it('the sweep for what has lost its purpose waits for nobody either', async () => {
  const lane = await rows.lane()
  const withdrawn = await rows.delivery(lane, { state: 'recalled', dueIn: null })
  const dependants = [await rows.delivery(lane), await rows.delivery(lane)].sort()
  for (const deliveryId of dependants) {
    await sql`insert into delivery_waits values (${deliveryId}, ${withdrawn}, true)`.execute(rows.db)
    await sql`update deliveries set waits = true where delivery_id = ${deliveryId}`.execute(rows.db)
  }
  const [held = '', free = ''] = dependants

  await whileHeld(
    held,
    () => Promise.resolve(),
    async () => void (await endPointless(rows.db)),
  )

  expect(await rows.row(free)).toMatchObject({ state: 'recalled', reason_code: 'withdrawn_unseen' })
  expect(await rows.row(held)).toMatchObject({ state: 'waiting' })
  await endPointless(rows.db)
  expect(await rows.row(held)).toMatchObject({ state: 'recalled' })
})
