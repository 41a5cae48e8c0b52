// How the slots of one lane are shared: between senders, between urgencies, in the order of acceptance, and by bundles.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { recordResults } from '../../src/delivery/record-results.ts'
import { dueLanes } from '../../src/delivery/sweep.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { defaultPolicy } from '../support/delivery-policy.ts'
import { type DeliveryFixture, type DeliveryRows, openDeliveryRows, result } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

const ageingSeconds = 300
const claim = (lane: string, max = 64) => claimDeliveries(rows.db, lane, max, 8_000, ageingSeconds)
const ids = (claims: Awaited<ReturnType<typeof claim>>) => claims.map((c) => c.delivery.deliveryId)

async function fill(lane: string, count: number, fixture: DeliveryFixture): Promise<string[]> {
  const packageId = await rows.package(fixture.priority === undefined ? {} : { priority: fixture.priority })
  const made: string[] = []
  for (let i = 0; i < count; i++) made.push(await rows.delivery(lane, { packageId, ...fixture }))
  return made
}

/** Works a lane one claim after the other and answers what was sent, in order. */
async function sent(lane: string, claims: number, max = 64): Promise<string[]> {
  const order: string[] = []
  for (let i = 0; i < claims; i++) {
    const claimed = await claim(lane, max)
    order.push(...ids(claimed))
    await recordResults(
      rows.db,
      claimed.map((c) => result(c, { kind: 'delivered' })),
      () => defaultPolicy,
      uuidv7,
    )
  }
  return order
}

describe('senders', () => {
  it('take turns: a bulk of one does not hold up another', async () => {
    const lane = await rows.lane({ concurrency: 4 })
    await fill(lane, 60, { sender: randomUUID(), dueIn: -100 })
    const [single] = await fill(lane, 1, { sender: randomUUID(), dueIn: -1 })

    expect(ids(await claim(lane))).toContain(single)
  })

  it('get equal shares, and what one leaves goes to the others', async () => {
    const lane = await rows.lane({ concurrency: 13 })
    const [many, some, few] = [randomUUID(), randomUUID(), randomUUID()]
    const ofMany = await fill(lane, 30, { sender: many, dueIn: -100 })
    const ofSome = await fill(lane, 5, { sender: some, dueIn: -50 })
    const ofFew = await fill(lane, 1, { sender: few, dueIn: -1 })

    const claimed = new Set(ids(await claim(lane)))

    const count = (own: string[]) => own.filter((id) => claimed.has(id)).length
    // Twelve ordinary slots: four for each, and the three that the last one does not need for the others.
    expect(count(ofFew)).toBe(1)
    expect(count(ofSome)).toBeGreaterThanOrEqual(4)
    expect(claimed.size).toBe(12)
    expect(count(ofMany)).toBeLessThanOrEqual(7)
  })

  it('are served in turn where a lane has one slot', async () => {
    const lane = await rows.lane({ concurrency: 1 })
    const senders = [randomUUID(), randomUUID(), randomUUID()].sort()
    const owner = new Map<string, string>()
    for (const sender of senders) for (const id of await fill(lane, 6, { sender, dueIn: -10 })) owner.set(id, sender)

    const order = (await sent(lane, 9)).map((id) => owner.get(id))

    for (const sender of senders) expect(order.filter((s) => s === sender)).toHaveLength(3)
    expect(new Set(order.slice(0, 3)).size).toBe(3)
  })

  it('whose deliveries are not due are passed over', async () => {
    const lane = await rows.lane({ concurrency: 4 })
    for (let i = 0; i < 30; i++) await fill(lane, 1, { sender: randomUUID(), dueIn: 600 })
    const [due] = await fill(lane, 1, { sender: randomUUID(), dueIn: -1 })

    expect(await dueLanes(rows.db)).toContain(lane)
    expect(ids(await claim(lane))).toEqual([due])
    expect(await dueLanes(rows.db)).not.toContain(lane)
  })

  it('keep their own order', async () => {
    const lane = await rows.lane({ concurrency: 1 })
    const sender = randomUUID()
    const younger = await rows.delivery(lane, { sender, dueIn: -1 })
    const older = await rows.delivery(lane, { sender, dueIn: -2 })

    expect(await sent(lane, 2)).toEqual([older, younger])
  })
})

describe('ageing', () => {
  it('lets what waited too long have one slot beside any number of urgent documents', async () => {
    const lane = await rows.lane({ concurrency: 3 })
    await fill(lane, 20, { priority: 4, dueIn: -1 })
    const [aged] = await fill(lane, 5, { priority: 0, dueIn: -ageingSeconds - 1 })

    const first = await claim(lane)
    expect(ids(first)).toContain(aged)
    expect(first.filter((c) => c.package.priority === 4)).toHaveLength(2)
  })

  it('does not let a second one before the urgent while the first is under way', async () => {
    const lane = await rows.lane({ concurrency: 4 })
    await fill(lane, 5, { priority: 0, dueIn: -ageingSeconds - 1 })
    await fill(lane, 20, { priority: 4, dueIn: -1 })

    expect((await claim(lane)).map((c) => c.package.priority)).toEqual([4, 4, 4, 0])
  })

  it('leaves urgent documents before what has not waited long', async () => {
    const lane = await rows.lane({ concurrency: 2 })
    await fill(lane, 5, { priority: 0, dueIn: -ageingSeconds + 30 })
    await fill(lane, 5, { priority: 4, dueIn: -1 })

    expect((await claim(lane)).map((c) => c.package.priority)).toEqual([4, 4])
  })

  it('has every fourth turn of a lane with one slot', async () => {
    const lane = await rows.lane({ concurrency: 1 })
    await fill(lane, 20, { priority: 4, dueIn: -1 })
    const ordinary = new Set(await fill(lane, 20, { priority: 0, dueIn: -ageingSeconds - 1 }))

    const order = await sent(lane, 8)

    expect(order.filter((id) => ordinary.has(id))).toHaveLength(2)
  })
})

describe('a lane that keeps the order', () => {
  it('sends one at a time, as they were accepted, whatever their urgency', async () => {
    const lane = await rows.lane({ inOrder: true })
    const made = [
      await rows.delivery(lane, { dueIn: -1 }),
      await rows.delivery(lane, { dueIn: -5 }),
      await rows.delivery(lane, { dueIn: -9, priority: 4 }),
    ]

    expect(ids(await claim(lane))).toEqual([made[0]])
    expect(await claim(lane)).toEqual([])
  })

  it('lets nothing pass what is tried again later', async () => {
    const lane = await rows.lane({ inOrder: true })
    const first = await rows.delivery(lane)
    const second = await rows.delivery(lane)
    const claimed = await claim(lane)
    const failed = claimed.map((c) => result(c, { kind: 'unclear', cause: 'ECONNRESET' }))
    await recordResults(rows.db, failed, () => defaultPolicy, uuidv7)

    expect(await claim(lane)).toEqual([])
    await rows.db
      .updateTable('deliveries')
      .set({ state: 'refused', next_attempt_at: null })
      .where('delivery_id', '=', first)
      .execute()
    expect(ids(await claim(lane))).toEqual([second])
  })
})

describe('a lane that bundles', () => {
  it('takes a document for several agencies in one slot', async () => {
    const lane = await rows.lane({ concurrency: 2, bundle: true })
    const bundle = await fill(lane, 7, { dueIn: -10 })
    const other = await fill(lane, 3, { dueIn: -5 })

    expect(ids(await claim(lane)).sort()).toEqual([...bundle].sort())
    // One slot is left, for urgent documents only.
    expect(await claim(lane)).toEqual([])
    const urgent = await fill(lane, 2, { dueIn: -1, priority: 3 })
    expect(ids(await claim(lane)).sort()).toEqual([...urgent].sort())
    expect(other).toHaveLength(3)
  })

  it('pays one token for it', async () => {
    const lane = await rows.lane({ bundle: true, ratePerSecond: 0.001, tokens: 1 })
    const bundle = await fill(lane, 7, { dueIn: -10 })
    await fill(lane, 3, { dueIn: -5 })

    expect(ids(await claim(lane))).toHaveLength(bundle.length)
    expect(await claim(lane)).toEqual([])
  })
})

describe('what waits for another document', () => {
  it('stops nobody else on a lane with one slot', async () => {
    const lane = await rows.lane({ concurrency: 1 })
    const [first, second] = [randomUUID(), randomUUID()].sort() as [string, string]
    const unsettled = await rows.delivery(await rows.lane({ channel: 'mailbox' }), { state: 'available' })
    const blocked = await rows.delivery(lane, { sender: first, dueIn: -ageingSeconds - 100 })
    await sql`insert into delivery_waits (delivery_id, after_delivery_id, needs_it) values (${blocked}, ${unsettled}, true)`.execute(
      rows.db,
    )
    await sql`update deliveries set waits = true where delivery_id = ${blocked}`.execute(rows.db)
    const free = await fill(lane, 3, { sender: second, dueIn: -1 })

    expect((await sent(lane, 5)).sort()).toEqual([...free].sort())
  })
})

describe('a lane that keeps the order, further', () => {
  it('announces what waits in the mailbox', async () => {
    const lane = await rows.lane({ inOrder: true, pushStyle: 'notice' })
    const [waiting] = await fill(lane, 1, { state: 'available', dueIn: -1 })

    expect(ids(await claim(lane))).toEqual([waiting])
  })

  it('lets nothing pass a delivery whose worker has just died', async () => {
    const lane = await rows.lane({ inOrder: true })
    const first = await rows.delivery(lane)
    await rows.delivery(lane)
    expect(ids(await claimDeliveries(rows.db, lane, 1, 0, ageingSeconds))).toEqual([first])

    expect(await claim(lane)).toEqual([])
  })
})
