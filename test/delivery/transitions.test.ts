import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import {
  confirmDeliveries,
  markFetched,
  recordBusinessState,
  refuseDelivery,
  reroutableDeliveries,
  rerouteDelivery,
} from '../../src/delivery/transitions.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

let rows: DeliveryRows
let mailbox: string
beforeAll(async () => {
  rows = await openDeliveryRows()
  mailbox = await rows.lane({ channel: 'mailbox' })
})
afterAll(() => rows.close())

const inState = (state: NonNullable<Parameters<DeliveryRows['delivery']>[1]>['state']) =>
  rows.delivery(mailbox, { ...(state === undefined ? {} : { state }), dueIn: state === 'waiting' ? 60 : null })

describe('fetching', () => {
  it('marks the delivery taken and counts every fetch', async () => {
    const deliveryId = await inState('available')

    expect(await markFetched(rows.db, deliveryId)).toBe(true)
    const first = await rows.row(deliveryId)
    expect(await markFetched(rows.db, deliveryId)).toBe(true)

    const second = await rows.row(deliveryId)
    expect(first.fetch_count).toBe(1)
    expect(first.taken_at).toBeInstanceOf(Date)
    expect(second).toMatchObject({ fetch_count: 2, fetched_at: first.fetched_at, taken_at: first.taken_at })
  })

  it('does not happen to what was recalled first', async () => {
    const deliveryId = await inState('recalled')

    expect(await markFetched(rows.db, deliveryId)).toBe(false)

    expect(await rows.row(deliveryId)).toMatchObject({ taken_at: null, fetch_count: 0 })
  })

  it('still works for an expired item', async () => {
    expect(await markFetched(rows.db, await inState('expired'))).toBe(true)
  })
})

describe('confirming', () => {
  it('delivers what waits in the mailbox', async () => {
    const deliveryId = await inState('available')

    const settled = await confirmDeliveries(rows.db, [deliveryId])

    expect(settled).toMatchObject([{ deliveryId, systemId: mailbox, state: 'delivered', changed: true }])
    const row = await rows.row(deliveryId)
    expect(row).toMatchObject({ state: 'delivered', delivered_at: settled[0]?.deliveredAt })
    expect(row.taken_at).toBeInstanceOf(Date)
    expect(await rows.events(deliveryId)).toEqual([{ type: 'delivery.delivered', data: {} }])
  })

  it('said again changes nothing', async () => {
    const deliveryId = await inState('available')
    const [first] = await confirmDeliveries(rows.db, [deliveryId])

    const [second] = await confirmDeliveries(rows.db, [deliveryId])

    expect(second).toMatchObject({ state: 'delivered', changed: false, deliveredAt: first?.deliveredAt })
    expect(await rows.events(deliveryId)).toHaveLength(1)
  })

  it('said by ten at once happens once', async () => {
    const deliveryId = await inState('available')

    const all = await Promise.all(Array.from({ length: 10 }, () => confirmDeliveries(rows.db, [deliveryId])))

    expect(all.flat().filter((settled) => settled.changed)).toHaveLength(1)
    expect(all.flat().every((settled) => settled.state === 'delivered')).toBe(true)
    expect(await rows.events(deliveryId)).toHaveLength(1)
  })

  it.each(['expired', 'refused'] as const)('after %s is a late delivery, and says so', async (state) => {
    const deliveryId = await inState(state)

    const settled = await confirmDeliveries(rows.db, [deliveryId])

    expect(settled).toMatchObject([{ state: 'delivered', changed: true }])
    expect(await rows.row(deliveryId)).toMatchObject({ state: 'delivered', reason_code: null })
    expect(await rows.events(deliveryId)).toEqual([{ type: 'delivery.delivered', data: { lateAfter: state } }])
  })

  it.each(['recalled', 'held', 'waiting', 'exhausted'] as const)(
    'of one that is %s leaves it as it is',
    async (state) => {
      const deliveryId = await inState(state)
      const before = await rows.row(deliveryId)

      const settled = await confirmDeliveries(rows.db, [deliveryId])

      expect(settled).toMatchObject([{ deliveryId, state, changed: false }])
      expect(await rows.row(deliveryId)).toEqual(before)
      expect(await rows.events(deliveryId)).toEqual([])
    },
  )

  it('of many answers for each', async () => {
    const [waiting, taken, gone] = [await inState('available'), await inState('delivered'), await inState('recalled')]

    const settled = await confirmDeliveries(rows.db, [waiting, taken, gone])

    const byId = new Map(settled.map((s) => [s.deliveryId, [s.state, s.changed]]))
    expect(byId).toEqual(
      new Map([
        [waiting, ['delivered', true]],
        [taken, ['delivered', false]],
        [gone, ['recalled', false]],
      ]),
    )
  })

  it('takes back the notice that was under way', async () => {
    const lane = await rows.lane({ pushStyle: 'notice' })
    const deliveryId = await rows.delivery(lane, { state: 'available', dueIn: 0 })
    await claimDeliveries(rows.db, lane, 1, 60_000, 300)

    await confirmDeliveries(rows.db, [deliveryId])

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'delivered', lease_token: null, next_attempt_at: null })
  })

  it('of the same many by two systems at once ends', async () => {
    const many = await Promise.all(Array.from({ length: 20 }, () => inState('available')))

    const [one, other] = await Promise.all([
      confirmDeliveries(rows.db, many),
      confirmDeliveries(rows.db, [...many].reverse()),
    ])

    expect([...(one ?? []), ...(other ?? [])].filter((settled) => settled.changed)).toHaveLength(20)
  })
})

describe('refusing', () => {
  it('ends what waits in the mailbox, with the reason', async () => {
    const deliveryId = await inState('available')

    expect(await refuseDelivery(rows.db, deliveryId, 'Gửi nhầm cơ quan')).toBe(true)
    const noted = rows.db.selectFrom('report_items').select(['what', 'data']).where('delivery_id', '=', deliveryId)
    expect(await noted.execute()).toEqual([
      { what: 'refused', data: { reason: 'refused_by_receiver', detail: 'Gửi nhầm cơ quan' } },
    ])

    expect(await rows.row(deliveryId)).toMatchObject({
      ...{ state: 'refused', reason_code: 'refused_by_receiver', reason_text: 'Gửi nhầm cơ quan' },
    })
    expect(await rows.events(deliveryId)).toEqual([{ type: 'delivery.refused', data: { reason: 'Gửi nhầm cơ quan' } }])
  })

  it.each(['delivered', 'recalled', 'held', 'waiting', 'expired'] as const)(
    'of one that is %s does not happen',
    async (state) => {
      const deliveryId = await inState(state)

      expect(await refuseDelivery(rows.db, deliveryId, 'no')).toBe(false)

      expect(await rows.row(deliveryId)).toMatchObject({ state })
    },
  )
})

describe('a reason that PostgreSQL could not store', () => {
  it('is kept without what cannot be kept', async () => {
    const deliveryId = await inState('available')

    expect(await refuseDelivery(rows.db, deliveryId, 'gửi\u0000 nhầm \ud83d')).toBe(true)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'refused', reason_text: 'gửi nhầm \ufffd' })
  })
})

describe('another way', () => {
  const destinationOf = (systemId: string, channel: 'push' | 'mailbox' = 'push') =>
    ({ kind: 'lane', systemId, channel, pushStyle: 'package' }) as const
  const route = async (deliveryId: string, destination: Parameters<typeof rerouteDelivery>[1]['destination']) =>
    rerouteDelivery(rows.db, { deliveryId, recipientAgencyId: await rows.agency(), agencyCode: 'H35.21', destination })

  it('is open to what is held and to what nobody has taken', async () => {
    const held = await inState('held')
    const waiting = await inState('waiting')
    const available = await inState('available')
    const others = [
      await rows.delivery(mailbox, { state: 'held', heldReason: 'quarantined' }),
      await rows.delivery(mailbox, { state: 'available', takenBefore: true }),
      await inState('delivered'),
      await inState('recalled'),
    ]

    const found = (await reroutableDeliveries(rows.db, '00000000-0000-0000-0000-000000000000', 10_000)).map(
      (d) => d.deliveryId,
    )

    expect(found).toEqual(expect.arrayContaining([held, waiting, available]))
    for (const other of others) expect(found).not.toContain(other)
    const after = await reroutableDeliveries(rows.db, held, 1)
    expect(after.map((d) => d.deliveryId)).toEqual([waiting])
  })

  it('takes a held delivery to its new lane, due at once', async () => {
    const lane = await rows.lane()
    const deliveryId = await inState('held')

    expect(await route(deliveryId, destinationOf(lane))).toBe(true)

    expect(await rows.row(deliveryId)).toMatchObject({
      ...{ state: 'waiting', held_reason: null, system_id: lane, channel: 'push', agency_code: 'H35.21' },
    })
    expect(await claimDeliveries(rows.db, lane, 1, 1_000, 300)).toHaveLength(1)
    expect(await rows.events(deliveryId)).toEqual([{ type: 'delivery.rerouted', data: { state: 'waiting' } }])
  })

  it('moves an untouched mailbox item to another mailbox', async () => {
    const other = await rows.lane({ channel: 'mailbox' })
    const deliveryId = await inState('available')

    expect(await route(deliveryId, destinationOf(other, 'mailbox'))).toBe(true)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'available', system_id: other, next_attempt_at: null })
  })

  it('ends in a hold when the recipient lost its system', async () => {
    const deliveryId = await inState('available')

    expect(await route(deliveryId, { kind: 'held', reason: 'no_system' })).toBe(true)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'held', held_reason: 'no_system', system_id: null })
  })

  it('is closed to what somebody has taken meanwhile', async () => {
    const deliveryId = await inState('available')
    await markFetched(rows.db, deliveryId)

    expect(await route(deliveryId, destinationOf(await rows.lane()))).toBe(false)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'available', system_id: mailbox })
  })

  it('is closed to what is in flight or at its end', async () => {
    const lane = await rows.lane()
    const inFlight = await rows.delivery(lane)
    await claimDeliveries(rows.db, lane, 1, 60_000, 300)

    expect(await route(inFlight, destinationOf(mailbox, 'mailbox'))).toBe(false)
    expect(await route(await inState('delivered'), destinationOf(lane))).toBe(false)
    expect(await route(await inState('recalled'), destinationOf(lane))).toBe(false)
  })

  it('does not give an agency the same document twice', async () => {
    const agencyId = await rows.agency()
    const repeatKey = '7d9b4a52-2f7c-4f0e-9a51-9f7b8d1c2e3f'
    await rows.delivery(mailbox, { state: 'available', repeatKey, agencyId })
    const held = await rows.delivery(mailbox, { state: 'held', repeatKey })

    const moved = await rerouteDelivery(rows.db, {
      ...{ deliveryId: held, recipientAgencyId: agencyId, agencyCode: 'H35.20' },
      destination: destinationOf(mailbox, 'mailbox'),
    })

    expect(moved).toBe(false)
    expect(await rows.row(held)).toMatchObject({ state: 'held' })
  })
})

describe('the business state', () => {
  it('is what the agencies said, beside the state of transport', async () => {
    const deliveryId = await inState('delivered')

    await recordBusinessState(rows.db, deliveryId, {
      code: '03',
      recallRequested: true,
      recalled: false,
      updateRequested: false,
    })

    expect(await rows.row(deliveryId)).toMatchObject({
      ...{ state: 'delivered', business_code: '03', recall_requested: true, recall_agreed: false },
    })
    const at = await sql<{
      at: Date
    }>`select business_at as at from deliveries where delivery_id = ${deliveryId}`.execute(rows.db)
    expect(at.rows[0]?.at).toBeInstanceOf(Date)
  })
})
