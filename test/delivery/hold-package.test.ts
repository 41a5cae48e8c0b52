// An operator stops a document and lets it go again (contract §5).
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { holdLatecomers } from '../../src/delivery/hold-package.ts'
import { holdRoutes } from '../../src/delivery/hold-routes.ts'
import { replayRoutes } from '../../src/delivery/replay-routes.ts'
import { retryRoutes } from '../../src/delivery/retry-routes.ts'
import { confirmDeliveries } from '../../src/delivery/transitions.ts'
import { withdrawDeliveries } from '../../src/delivery/withdraw.ts'
import { type OperatorsApp, operatorName, operatorsApp } from '../support/operators-app.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'
import { type Desk, openDesk } from './desk.ts'

let rows: DeliveryRows
let desk: Desk
let app: OperatorsApp
let push: string
let mailbox: string
beforeAll(async () => {
  rows = await openDeliveryRows()
})
beforeEach(async () => {
  desk = openDesk(rows)
  app = operatorsApp([holdRoutes(desk.options), retryRoutes(desk.options), replayRoutes(desk.options)])
  push = await rows.lane()
  mailbox = await rows.lane({ channel: 'mailbox' })
})
afterAll(() => rows.close())

const why = { reason: 'nghi gửi nhầm phụ lục', requestedBy: 'Văn phòng UBND tỉnh, bà Hoa' }
const hold = (packageId: string) => app.call('POST', `/api/v1/admin/packages/${packageId}/hold`, why)
const release = (packageId: string) =>
  app.call('POST', `/api/v1/admin/packages/${packageId}/release`, { reason: 'đã kiểm tra' })

/** A document to several agencies, each with a system. */
async function document() {
  const packageId = await rows.package()
  const { repeat_key: repeatKey } = await rows.db
    .selectFrom('packages')
    .select('repeat_key')
    .where('package_id', '=', packageId)
    .executeTakeFirstOrThrow()
  async function to(systemId: string, fixture: Parameters<DeliveryRows['delivery']>[1] = {}) {
    const agencyId = await rows.agency()
    desk.receives(agencyId, systemId, systemId === mailbox ? 'mailbox' : 'push')
    return await rows.delivery(systemId, { packageId, repeatKey, agencyId, ...fixture })
  }
  return { packageId, repeatKey, to }
}

describe('a hold', () => {
  it('stops what nobody has taken, and says by recipient what it could not stop', async () => {
    const { packageId, to } = await document()
    const stopped = [
      await to(push, { dueIn: 60 }),
      await to(mailbox, { state: 'available' }),
      await to(push, { state: 'held' }),
    ]
    const [fetched, delivered, refused] = [
      await to(mailbox, { state: 'available', takenBefore: true }),
      await to(push, { state: 'delivered', takenBefore: true }),
      await to(push, { state: 'refused' }),
    ]
    const flying = await to(await rows.lane())
    const [claim] = await claimDeliveries(rows.db, String((await rows.row(flying)).system_id), 1, 60_000, 300)
    expect(claim?.delivery.deliveryId).toBe(flying)

    const { status, body } = await hold(packageId)

    expect(status).toBe(200)
    const outcomes = new Map(
      body.recipients.map((r: { deliveryId: string; outcome: string }) => [r.deliveryId, r.outcome]),
    )
    expect(outcomes).toEqual(
      new Map([
        ...stopped.map((id) => [id, 'stopped'] as const),
        ...([
          [fetched, 'taken'],
          [delivered, 'taken'],
          [refused, 'ended'],
          [flying, 'in_flight'],
        ] as const),
      ]),
    )
    for (const id of stopped) {
      expect(await rows.row(id)).toMatchObject({ state: 'held', held_reason: 'by_operator', system_id: null })
      expect(await rows.events(id)).toEqual([{ type: 'delivery.held', data: { reason: 'by_operator' } }])
    }
    expect((await rows.row(fetched)).state).toBe('available')
    expect((await rows.row(flying)).state).toBe('in_flight')
    expect(desk.audited).toMatchObject([
      { actor: operatorName, action: 'package.hold', object: `package:${packageId}`, data: { ...why, stopped: 3 } },
    ])
  })

  it('leaves nothing to claim, to confirm, to try again or to replay', async () => {
    const { packageId, to } = await document()
    const [pushed, taken] = [await to(push), await to(push, { takenBefore: true, dueIn: 3_600 })]

    await hold(packageId)

    expect(await claimDeliveries(rows.db, push, 10, 1_000, 300)).toEqual([])
    expect(await confirmDeliveries(rows.db, [pushed])).toMatchObject([{ state: 'held', changed: false }])
    const retried = await app.call('POST', `/api/v1/admin/deliveries/${taken}/retry`)
    expect([retried.status, retried.body.code]).toEqual([409, 'delivery_of_held_package'])
    const replay = { filter: { q: packageId }, dryRun: true }
    const { body } = await app.call('POST', '/api/v1/admin/deliveries/replay', replay)
    expect(body).toMatchObject({ matched: 2, skipped: 2, skippedBecause: { held_by_operator: 2 } })
  })

  it('stops an unknown recipient too, and is written into the timeline', async () => {
    const { packageId, to } = await document()
    const unknown = await to(push, { state: 'held', heldReason: 'unknown_agency' })
    await sql`update deliveries set recipient_agency_id = null where delivery_id = ${unknown}`.execute(rows.db)

    await hold(packageId)

    expect(await rows.row(unknown)).toMatchObject({ held_reason: 'by_operator' })
    await release(packageId)
    expect(await rows.row(unknown)).toMatchObject({ state: 'held', held_reason: 'unknown_agency' })
    const { rows: told } = await sql<{ type: string }>`
      select type from events where package_id = ${packageId} and delivery_id is null order by at`.execute(rows.db)
    expect(told.map((event) => event.type)).toEqual(['package.held', 'package.released'])
  })

  it('leaves what is quarantined as it is', async () => {
    const { packageId, to } = await document()
    const quarantined = await to(push, { state: 'held', heldReason: 'quarantined' })

    const { body } = await hold(packageId)

    expect(body.recipients).toMatchObject([{ deliveryId: quarantined, outcome: 'quarantined' }])
    expect(await rows.row(quarantined)).toMatchObject({ held_reason: 'quarantined' })
  })

  it('of a supplement stops the whole document, and a second one is refused', async () => {
    const { packageId, repeatKey, to } = await document()
    const first = await to(push)
    const supplement = await rows.package()
    await sql`update packages set repeat_key = ${repeatKey}, supplement_of = ${packageId}
      where package_id = ${supplement}`.execute(rows.db)
    const further = await to(push, { packageId: supplement })

    await hold(supplement)
    const second = await hold(packageId)

    expect([second.status, second.body.code]).toEqual([409, 'package_already_held'])
    expect((await rows.row(first)).held_reason).toBe('by_operator')
    expect((await rows.row(further)).held_reason).toBe('by_operator')
    expect((await release(packageId)).status).toBe(200)
    expect((await rows.row(first)).state).toBe('waiting')
  })

  it('given by two at once is given once', async () => {
    const { packageId, to } = await document()
    await to(push)

    const answers = await Promise.all([hold(packageId), hold(packageId)])

    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409])
  })

  it('catches what came to the document at that very moment', async () => {
    const { packageId, to } = await document()
    await hold(packageId)
    const late = await to(push)
    const other = await rows.delivery(push)

    expect(await holdLatecomers(rows.db)).toBe(1)

    expect(await rows.row(late)).toMatchObject({ state: 'held', held_reason: 'by_operator' })
    expect((await rows.row(other)).state).toBe('waiting')
  })

  it('of an unknown package is 404, and without a reason 400', async () => {
    expect((await hold(randomUUID())).body.code).toBe('package_not_found')
    const { packageId } = await document()
    const nameless = await app.call('POST', `/api/v1/admin/packages/${packageId}/hold`, { reason: ' ' })
    expect(nameless.status).toBe(400)
  })

  it('stands in the list until it is released', async () => {
    const { packageId, to } = await document()
    await to(push)
    await hold(packageId)

    const listed = (await app.call('GET', '/api/v1/admin/holds?state=open&limit=1')).body.items
    await release(packageId)
    const after = (await app.call('GET', '/api/v1/admin/holds?state=released&limit=1')).body.items

    expect(listed).toMatchObject([{ packageId, ...why, waiting: 1, releasedAt: null }])
    expect(after).toMatchObject([{ packageId, waiting: 0, releasedBy: operatorName, releaseReason: 'đã kiểm tra' }])
  })
})

describe('a release', () => {
  it('sends each its way as the directory says today, and lets its clocks go on', async () => {
    const { packageId, to } = await document()
    const [pushed, pulled, moved, orphan] = [
      await to(push, { dueIn: 60 }),
      await to(mailbox, { state: 'available' }),
      await to(push),
      await to(push),
    ]
    await hold(packageId)
    const { state_since: stoppedAt } = await rows.row(pushed)
    const newer = await rows.lane()
    desk.receives(String((await rows.row(moved)).recipient_agency_id), newer)
    desk.receives(String((await rows.row(orphan)).recipient_agency_id), undefined)

    const { status, body } = await release(packageId)

    expect(status).toBe(200)
    expect(body.recipients).toEqual(
      [
        { deliveryId: pushed, organId: 'H35.20', state: 'waiting', systemId: push },
        { deliveryId: pulled, organId: 'H35.20', state: 'available', systemId: mailbox },
        { deliveryId: moved, organId: 'H35.20', state: 'waiting', systemId: newer },
        { deliveryId: orphan, organId: 'H35.20', state: 'held', heldReason: 'no_system' },
      ].toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1)),
    )
    expect(await claimDeliveries(rows.db, push, 10, 1_000, 300)).toHaveLength(1)
    expect(desk.movedClocks).toEqual([
      { deliveryIds: expect.arrayContaining([pushed, pulled, moved, orphan]), stoppedAt },
    ])
    expect(new Set(desk.rungSystems)).toEqual(new Set([push, mailbox, newer]))
    expect(desk.audited.at(-1)).toMatchObject({ action: 'package.release', data: { released: 4 } })
  })

  it('of what its recipient got under another delivery keeps it held', async () => {
    const { packageId, to, repeatKey } = await document()
    const stopped = await to(push)
    await hold(packageId)
    const heir = await rows.agency()
    const there = await rows.delivery(push, { state: 'delivered', agencyId: heir, repeatKey })
    desk.receives(heir, push)
    await sql`update deliveries set recipient_agency_id = ${heir} where delivery_id = ${stopped}`.execute(rows.db)

    await release(packageId)

    expect(await rows.row(stopped)).toMatchObject({ state: 'held', held_reason: 'closed' })
    expect((await rows.row(there)).state).toBe('delivered')
  })

  it('after a recall has nothing left to let go', async () => {
    const { packageId, to } = await document()
    const deliveryId = await to(push)
    await hold(packageId)
    expect(await withdrawDeliveries(rows.db, [deliveryId])).toEqual(new Set([deliveryId]))

    const { body } = await release(packageId)

    expect(body.recipients).toEqual([])
    expect((await rows.row(deliveryId)).state).toBe('recalled')
  })

  it('of what is not stopped is refused', async () => {
    const { packageId } = await document()

    const { status, body } = await release(packageId)

    expect([status, body.code]).toEqual([409, 'package_not_held'])
    expect((await release(randomUUID())).body.code).toBe('package_not_found')
  })
})
