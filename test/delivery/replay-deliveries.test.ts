// Replays (contract §5): many deliveries tried again by one order, and no others than were meant.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { replayBatch, runReplay, sweepReplays } from '../../src/delivery/replay-deliveries.ts'
import { replayRoutes } from '../../src/delivery/replay-routes.ts'
import { forgetReplayDeliveries } from '../../src/delivery/replay-store.ts'
import { retryRoutes } from '../../src/delivery/retry-routes.ts'
import { type OperatorsApp, operatorName, operatorsApp } from '../support/operators-app.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'
import { type Desk, openDesk } from './desk.ts'

let rows: DeliveryRows
let desk: Desk
let app: OperatorsApp
let lane: string
beforeAll(async () => {
  rows = await openDeliveryRows()
})
beforeEach(async () => {
  desk = openDesk(rows)
  app = operatorsApp([replayRoutes(desk.options), retryRoutes(desk.options)])
  lane = await rows.lane()
})
afterAll(() => rows.close())

const path = '/api/v1/admin/deliveries'
const order = (filter: object = { systemId: lane }, more: object = {}) =>
  app.call('POST', `${path}/replay`, { filter, name: `sau sự cố ${lane}`, reason: 'máy chủ đã phục hồi', ...more })
const state = async (deliveryId: string) => (await rows.row(deliveryId)).state
const skipped = async (replayId: string) => (await app.call('GET', `${path}/replays/${replayId}/skipped`)).body.items

async function ordered(filter?: object): Promise<string> {
  const { status, body } = await order(filter)
  expect(status).toBe(202)
  return body.replayId
}

/** One delivery in each way a replay may find it, all of one system. */
async function oneOfEach() {
  const opened = await Promise.all(
    (['exhausted', 'expired', 'refused'] as const).map((s) => rows.delivery(lane, { state: s, takenBefore: true })),
  )
  const waiting = await rows.delivery(lane, { dueIn: 3_600 })
  const passed = {
    delivered: await rows.delivery(lane, { state: 'delivered' }),
    recalled: await rows.delivery(lane, { state: 'recalled' }),
    in_mailbox: await rows.delivery(lane, { state: 'available' }),
    asked_back: await rows.delivery(lane, { state: 'refused' }),
    in_flight: await rows.delivery(lane, { dueIn: -60 }),
  }
  await sql`update deliveries set recall_requested = true where delivery_id = ${passed.asked_back}`.execute(rows.db)
  const [claimed] = await claimDeliveries(rows.db, lane, 1, 60_000, 300)
  expect(claimed?.delivery.deliveryId).toBe(passed.in_flight)
  return { opened, waiting, passed }
}

describe('a rehearsal', () => {
  it('counts by state, system and reason, and changes nothing', async () => {
    const { waiting } = await oneOfEach()

    const { status, body } = await app.call('POST', `${path}/replay`, { filter: { systemId: lane }, dryRun: true })

    expect(status).toBe(200)
    expect(body).toMatchObject({ dryRun: true, matched: 9, opened: 3, madeDue: 1, skipped: 5, matchedMax: 500_000 })
    expect(body.byState).toEqual({
      ...{ available: 1, delivered: 1, exhausted: 1, expired: 1, in_flight: 1, recalled: 1, refused: 2, waiting: 1 },
    })
    expect(body.skippedBecause).toEqual({ delivered: 1, recalled: 1, in_mailbox: 1, asked_back: 1, in_flight: 1 })
    expect(body.bySystem).toEqual([{ systemId: lane, matched: 9, opened: 3, madeDue: 1, skipped: 5 }])
    expect((await rows.row(waiting)).next_attempt_at).toSatisfy((at: Date) => at.getTime() > Date.now() + 3_000_000)
    expect(desk.audited).toEqual([])
  })
})

describe('an order', () => {
  it('opens what ended, makes due what waits, and lists what it passed over', async () => {
    const { opened, waiting, passed } = await oneOfEach()

    const replayId = await ordered()
    await runReplay(replayId, desk.options)

    expect(await Promise.all(opened.map(state))).toEqual(['waiting', 'waiting', 'waiting'])
    expect((await rows.row(waiting)).next_attempt_at).toSatisfy((at: Date) => at.getTime() <= Date.now() + 1_000)
    expect(await skipped(replayId)).toEqual(
      Object.entries(passed)
        .map(([because, deliveryId]) => ({ deliveryId, because }))
        .sort((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1)),
    )
    expect(desk.newClocks.toSorted()).toEqual(opened.toSorted())
    expect(desk.rungSystems).toEqual([lane])
    expect(await rows.events(opened[0] ?? '')).toEqual([{ type: 'delivery.retried', data: { replayId } }])
  })

  it('answers how far it is, from the order to the end', async () => {
    await rows.delivery(lane, { state: 'exhausted' })

    const { body: begun } = await order()
    expect(begun).toMatchObject({ state: 'running', matched: 1, done: 0, startedAt: null, orderedBy: operatorName })
    await runReplay(begun.replayId, desk.options)

    const { body } = await app.call('GET', `${path}/replays/${begun.replayId}`)
    expect(body).toMatchObject({
      state: 'done',
      matched: 1,
      done: 1,
      opened: 1,
      skipped: 0,
      filter: { systemId: lane },
    })
    expect(body.finishedAt).toMatch(/\+07:00$/)
    expect(desk.audited.map(({ action, actor }) => [action, actor])).toEqual([
      ['replay.ordered', operatorName],
      ['replay.finished', operatorName],
    ])
    const { body: list } = await app.call('GET', `${path}/replays?limit=1`)
    expect(list.items).toMatchObject([{ replayId: begun.replayId }])
  })

  it('touches nothing that came to match after it', async () => {
    await rows.delivery(lane, { state: 'exhausted' })
    const replayId = await ordered({ systemId: lane, state: 'exhausted' })
    const later = await rows.delivery(lane, { state: 'exhausted' })

    await runReplay(replayId, desk.options)

    expect(await state(later)).toBe('exhausted')
  })

  it('counts tries anew, and keeps an expired one without a lane held until there is one', async () => {
    const exhausted = await rows.delivery(lane, { state: 'exhausted' })
    const lost = await rows.delivery(lane, { state: 'expired' })
    await sql`update deliveries set attempts = 12, turned_away = 3 where delivery_id = ${exhausted}`.execute(rows.db)
    await sql`update deliveries set system_id = null, channel = null, reason_code = 'not_connected'
      where delivery_id = ${lost}`.execute(rows.db)

    const replayId = await ordered({ since: '2000-01-01T00:00:00+07:00', q: (await rows.row(lost)).package_id })
    await runReplay(replayId, desk.options)
    await runReplay(await ordered(), desk.options)

    expect(await rows.row(exhausted)).toMatchObject({ state: 'waiting', attempts: 0, turned_away: 0 })
    expect(await rows.row(lost)).toMatchObject({ state: 'held', held_reason: 'not_connected', next_attempt_at: null })
  })

  it('takes a delivery where its agency receives today, and never to the former system', async () => {
    const [agencyId, newer] = [await rows.agency(), await rows.lane()]
    const deliveryId = await rows.delivery(lane, { state: 'expired', agencyId })
    desk.receives(agencyId, newer)

    await runReplay(await ordered(), desk.options)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'waiting', system_id: newer })
    expect(desk.rungSystems).toEqual([newer])
  })

  it('gives a mailbox its delivery back', async () => {
    const mailbox = await rows.lane({ channel: 'mailbox' })
    const deliveryId = await rows.delivery(mailbox, { state: 'refused' })

    await runReplay(await ordered({ systemId: mailbox }), desk.options)

    expect(await rows.row(deliveryId)).toMatchObject({ state: 'available', next_attempt_at: null })
  })

  it.each([
    ['without a criterion', { filter: {} }, 'replay_filter_empty'],
    ['that nothing matches', { filter: { systemId: 'KHONG-CO' } }, 'replay_matches_nothing'],
    ['for an unknown agency', { filter: { organId: 'H99' } }, 'replay_matches_nothing'],
    ['without a name', { name: undefined }, 'replay_unnamed'],
  ])('%s is refused', async (_what, more, code) => {
    const answer = await order({ systemId: lane }, more)

    expect([answer.status, answer.body.code]).toEqual([422, code])
    const left = await rows.db.selectFrom('replays').select('replay_id').where('state', '=', 'running').execute()
    expect(left).toEqual([])
  })

  it('of the same name as a running one is refused', async () => {
    await rows.delivery(lane, { state: 'exhausted' })
    const replayId = await ordered()

    const second = await order()

    expect([second.status, second.body.code]).toEqual([409, 'replay_running'])
    await runReplay(replayId, desk.options)
    expect((await order()).status).toBe(202)
    await runReplay((await app.call('GET', `${path}/replays?limit=1`)).body.items[0].replayId, desk.options)
  })
})

describe('a replay under way', () => {
  async function many(count: number): Promise<string> {
    const deliveryId = await rows.delivery(lane, { state: 'exhausted' })
    await sql`
      insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key, recipient_agency_id,
        organ_id, system_id, channel, state, sender_agency_id)
      select gen_random_uuid(), package_id, type, priority, gen_random_uuid(), recipient_key, recipient_agency_id,
        organ_id, system_id, channel, state, sender_agency_id
      from deliveries cross join generate_series(2, ${count}) where delivery_id = ${deliveryId}`.execute(rows.db)
    return await ordered()
  }
  const waiting = async () =>
    (await sql`select 1 from deliveries where system_id = ${lane} and state = 'waiting'`.execute(rows.db)).rows.length

  it('goes on where a process left it', async () => {
    const replayId = await many(450)

    expect(await replayBatch(replayId, desk.options)).toBe(false)
    const { body: half } = await app.call('GET', `${path}/replays/${replayId}`)
    // The process dies here; another one takes the job.
    await runReplay(replayId, desk.options)

    expect(half).toMatchObject({ state: 'running', matched: 450, done: 200 })
    expect(await waiting()).toBe(450)
    expect(desk.newClocks).toHaveLength(450)
    expect(new Set(desk.newClocks).size).toBe(450)
  })

  it('is taken up by the sweeper when its job was lost', async () => {
    const replayId = await many(3)
    await sql`update replays set progressed_at = now() - interval '6 seconds' where replay_id = ${replayId}`.execute(
      rows.db,
    )

    await sweepReplays(desk.options)

    expect((await app.call('GET', `${path}/replays/${replayId}`)).body).toMatchObject({ state: 'done', opened: 3 })
  })

  it('by two workers at once does each delivery once', async () => {
    const replayId = await many(450)

    await Promise.all([runReplay(replayId, desk.options), runReplay(replayId, desk.options)])

    expect((await app.call('GET', `${path}/replays/${replayId}`)).body).toMatchObject({ opened: 450, skipped: 0 })
    expect(desk.newClocks).toHaveLength(450)
  })

  it('stops when it is aborted; what it did stays done', async () => {
    const replayId = await many(450)
    await replayBatch(replayId, desk.options)

    const { body } = await app.call('POST', `${path}/replays/${replayId}/abort`, { reason: 'nhầm hệ thống' })
    await runReplay(replayId, desk.options)

    expect(body).toMatchObject({ state: 'aborted', done: 200, abortedBy: operatorName, abortReason: 'nhầm hệ thống' })
    expect(await waiting()).toBe(200)
    expect(desk.audited.at(-1)).toMatchObject({ action: 'replay.aborted', object: `replay:${replayId}` })
    const again = await app.call('POST', `${path}/replays/${replayId}/abort`)
    expect([again.status, again.body.code]).toEqual([409, 'replay_not_running'])
  })

  it('that nobody knows can neither be seen nor aborted', async () => {
    const unknown = randomUUID()

    expect((await app.call('GET', `${path}/replays/${unknown}`)).body.code).toBe('replay_not_found')
    expect((await app.call('POST', `${path}/replays/${unknown}/abort`)).body.code).toBe('replay_not_found')
    expect((await app.call('GET', `${path}/replays/${unknown}/skipped`)).body.code).toBe('replay_not_found')
  })

  it('lists what it passed over by page, and forgets it in the end', async () => {
    const ids = await Promise.all([1, 2, 3].map(() => rows.delivery(lane, { state: 'delivered' })))
    const replayId = await ordered()
    await runReplay(replayId, desk.options)

    const first = await app.call('GET', `${path}/replays/${replayId}/skipped?limit=2`)
    const second = await app.call('GET', `${path}/replays/${replayId}/skipped?limit=2&cursor=${first.body.nextCursor}`)

    const listed = [...first.body.items, ...second.body.items].map((item) => item.deliveryId)
    expect(listed).toEqual(ids.toSorted())
    expect(second.body.nextCursor).toBeNull()
    await sql`update replays set finished_at = now() - interval '91 days' where replay_id = ${replayId}`.execute(
      rows.db,
    )
    expect(await forgetReplayDeliveries(rows.db, 90)).toBe(3)
    expect(await skipped(replayId)).toEqual([])
  })
})

describe('trying one again', () => {
  const retry = (deliveryId: string, body?: object) => app.call('POST', `${path}/${deliveryId}/retry`, body)

  it('opens it, tells the audit trail why, and rings its lane', async () => {
    const deliveryId = await rows.delivery(lane, { state: 'exhausted' })

    const { status, body } = await retry(deliveryId, { reason: 'đơn vị nhận yêu cầu' })

    expect([status, body]).toEqual([202, { deliveryId, state: 'waiting' }])
    expect(desk.audited).toEqual([
      { actor: operatorName, action: 'delivery.retry', object: deliveryId, data: { reason: 'đơn vị nhận yêu cầu' } },
    ])
    expect(desk.rungSystems).toEqual([lane])
    expect(desk.newClocks).toEqual([deliveryId])
    expect(await rows.events(deliveryId)).toEqual([{ type: 'delivery.retried', data: {} }])
  })

  it('needs no reason', async () => {
    const deliveryId = await rows.delivery(lane, { dueIn: 3_600 })

    expect((await retry(deliveryId)).status).toBe(202)

    expect(desk.newClocks).toEqual([])
    expect(await claimDeliveries(rows.db, lane, 1, 1_000, 300)).toHaveLength(1)
  })

  it.each(['delivered', 'recalled', 'held', 'available'] as const)('of one that is %s is refused', async (is) => {
    const deliveryId = await rows.delivery(lane, { state: is })
    const before = await rows.row(deliveryId)

    const { status, body } = await retry(deliveryId)

    expect([status, body.code, body.params]).toEqual([409, 'delivery_not_retryable', { state: is }])
    expect(await rows.row(deliveryId)).toEqual(before)
  })

  it('of a push, a notice and a mailbox goes back to its channel', async () => {
    const [notice, mailbox] = [await rows.lane({ pushStyle: 'notice' }), await rows.lane({ channel: 'mailbox' })]
    const noticed = await rows.delivery(notice, { state: 'refused' })
    const pulled = await rows.delivery(mailbox, { state: 'refused' })

    expect((await retry(noticed)).body.state).toBe('available')
    expect((await retry(pulled)).body.state).toBe('available')

    expect((await rows.row(noticed)).next_attempt_at).toBeInstanceOf(Date)
    expect((await rows.row(pulled)).next_attempt_at).toBeNull()
  })

  it('of one whose bytes are past their retention is refused', async () => {
    const deliveryId = await rows.delivery(lane, { state: 'expired' })
    await sql`update packages set content_removed_at = now()
      where package_id = ${(await rows.row(deliveryId)).package_id}`.execute(rows.db)

    expect((await retry(deliveryId)).body.code).toBe('delivery_content_removed')
    expect(await state(deliveryId)).toBe('expired')
  })

  it('of an unknown one is 404', async () => {
    expect((await retry(randomUUID())).body.code).toBe('delivery_not_found')
  })
})
