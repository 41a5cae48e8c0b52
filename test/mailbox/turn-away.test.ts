// `refuse` with `retryable`: offered again for a while, an incident when it is many, and an operator's `reoffer`.
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { watchAlerts } from '../../src/alerts/watch-alerts.ts'
import { endReofferPauses } from '../../src/delivery/reoffer.ts'
import { withdrawDeliveries } from '../../src/delivery/withdraw.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type MailboxApp, operator, startMailbox } from './mailbox-app.ts'

let box: MailboxApp
beforeAll(async () => {
  box = await startMailbox()
})
afterAll(() => box?.close())
beforeEach(() => {
  box.waitsSeconds = [900, 3_600, 14_400]
})

const lane = () => box.rows.lane({ channel: 'mailbox' })
const put = (systemId: string, fixture = {}) => box.rows.delivery(systemId, { state: 'available', ...fixture })
const post = (systemId: string, path: string, body?: unknown) =>
  box.call('POST', `/api/v1/mailbox/${path}`, { basic: `${systemId}:`, body })
const turnAway = (systemId: string, id: string, reason = 'Hết dung lượng') =>
  post(systemId, `${id}/refuse`, { reason, retryable: true })
const reoffer = (systemId: string, body?: unknown) =>
  box.call('POST', `/api/v1/admin/systems/${systemId}/reoffer`, { token: 'x', body })
const listed = async (systemId: string) =>
  (await box.call('GET', '/api/v1/mailbox', { basic: `${systemId}:` })).body.items.map(
    (item: { deliveryId: string }) => item.deliveryId,
  )
const claimed = async (systemId: string) =>
  (await post(systemId, 'claim', { limit: 50 })).body.items.map((item: { deliveryId: string }) => item.deliveryId)
/** The wait is over; the ten minutes in which turning away counts for an incident too. */
const later = (id: string) =>
  sql`update deliveries set available_at = now(), state_since = now() - interval '20 minutes' where delivery_id = ${id}`.execute(
    box.rows.db,
  )
const alert = async (systemId: string) => {
  const { rows } = await sql<{ data: { documents: number }; is_open: boolean }>`
    select data, closed_at is null as is_open from alerts where cause = 'receiver_turns_away' and subject = ${systemId}`.execute(
    box.rows.db,
  )
  return rows
}
const told = async (id: string) => {
  const events = await box.rows.events(id)
  return events.map((event) => event.type).sort()
}

describe('turning away', () => {
  it('takes it out of the mailbox until its time has come', async () => {
    const system = await lane()
    const id = await put(system)

    const answer = await turnAway(system, id)

    expect(answer).toMatchObject({ status: 200, body: { deliveryId: id, state: 'available', deliveredAt: null } })
    expectSchema('delivery-outcome', answer.body)
    expect(Math.round((Date.parse(answer.body.offeredAgainAt) - Date.now()) / 60_000)).toBe(15)
    expect([await listed(system), await claimed(system)]).toEqual([[], []])
    expect(await box.rows.row(id)).toMatchObject({
      turned_away: 1,
      reason_code: 'turned_away',
      reason_text: 'Hết dung lượng',
    })
    expect(await box.rows.events(id)).toEqual([
      {
        type: 'delivery.turned_away',
        data: { reason: 'Hết dung lượng', times: 1, offeredAgainAt: answer.body.offeredAgainAt },
      },
    ])

    await later(id)
    expect([await listed(system), await claimed(system)]).toEqual([[id], [id]])
  })

  it('counts once what is said twice', async () => {
    const system = await lane()
    const id = await put(system)

    const [first, second] = [await turnAway(system, id), await turnAway(system, id)]

    expect(second.body).toEqual(first.body)
    expect(await told(id)).toEqual(['delivery.turned_away'])
  })

  it('ends refused the fourth time, and its sender is to be told', async () => {
    const system = await lane()
    const id = await put(system)
    for (const minutes of [15, 60, 240]) {
      const { body } = await turnAway(system, id)
      expect(Math.round((Date.parse(body.offeredAgainAt) - Date.now()) / 60_000)).toBe(minutes)
      await later(id)
    }

    const answer = await turnAway(system, id)

    expect(answer).toMatchObject({ status: 200, body: { deliveryId: id, state: 'refused' } })
    expect(await turnAway(system, id)).toMatchObject({ status: 200, body: { state: 'refused' } })
    expect(await box.rows.row(id)).toMatchObject({
      state: 'refused',
      reason_code: 'turned_away_finally',
      turned_away: 4,
    })
    expect(await told(id)).toEqual([...Array(4).fill('delivery.turned_away'), 'delivery.refused'].sort())
    const noted = box.rows.db.selectFrom('report_items').select(['what', 'data']).where('delivery_id', '=', id)
    expect(await noted.execute()).toEqual([
      { what: 'refused', data: { reason: 'turned_away_finally', detail: 'Hết dung lượng' } },
    ])
  })

  it('may be taken back: what was turned away can be confirmed, or refused for good, at any time', async () => {
    const system = await lane()
    const [confirmed, refused] = [await put(system), await put(system)]
    await turnAway(system, confirmed)
    await turnAway(system, refused)

    expect(await post(system, `${confirmed}/confirm`)).toMatchObject({ status: 200, body: { state: 'delivered' } })
    expect(await post(system, `${refused}/refuse`, { reason: 'Sai nơi nhận' })).toMatchObject({
      status: 200,
      body: { state: 'refused' },
    })
    expect(await box.rows.row(refused)).toMatchObject({ reason_code: 'refused_by_receiver' })
  })

  it('loses to a recall, and answers as it is when it was settled before', async () => {
    const system = await lane()
    const [recalled, delivered] = [await put(system), await put(system)]
    await turnAway(system, recalled)
    await withdrawDeliveries(box.rows.db, [recalled])
    await post(system, `${delivered}/confirm`)

    expect(await turnAway(system, recalled)).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await turnAway(system, delivered)).toMatchObject({
      status: 409,
      body: { code: 'delivery_not_in_mailbox' },
    })
  })

  it('lets no notice speak of it before its time', async () => {
    const system = await box.rows.lane({ channel: 'push', pushStyle: 'notice' })
    const id = await put(system, { dueIn: 0 })

    await turnAway(system, id)

    const row = await box.rows.row(id)
    expect(row.next_attempt_at).toEqual(row.available_at)
  })
})

describe('five in ten minutes', () => {
  async function incident() {
    const system = await lane()
    const ids = await Promise.all(Array.from({ length: 5 }, () => put(system)))
    const answers = await Promise.all(ids.map((id) => turnAway(system, id)))
    return { system, ids, answers }
  }

  it('are one incident, also when five threads say it at once', async () => {
    const { system, answers } = await incident()

    expect(answers.map((answer) => answer.status)).toEqual(Array(5).fill(200))
    expect(answers.filter((answer) => answer.body.offeredAgainAt === null)).toHaveLength(1)
    expect(await box.rows.laneRow(system)).toMatchObject({ reoffers_paused_at: expect.any(Date) })
    expect(await alert(system)).toEqual([{ data: { reason: 'Hết dung lượng', documents: 5 }, is_open: true }])
  })

  it('are none when they are of two systems, or were not that close together', async () => {
    const [one, two] = [await lane(), await lane()]
    for (const system of [one, two, one, two]) await turnAway(system, await put(system))
    const old = await put(one)
    await turnAway(one, old)
    await later(old)
    for (const system of [one, one]) await turnAway(system, await put(system))

    expect(await alert(one)).toEqual([])
    expect(await box.rows.laneRow(one)).toMatchObject({ reoffers_paused_at: null })
  })

  it('stop re-offers and leave new documents alone', async () => {
    const { system, ids } = await incident()
    for (const id of ids) await later(id)

    expect([await listed(system), await claimed(system)]).toEqual([[], []])
    const fresh = await put(system)
    expect(await listed(system)).toEqual([fresh])
  })

  it('end no document as refused meanwhile', async () => {
    const system = await lane()
    box.waitsSeconds = [1]
    const last = await put(system)
    await turnAway(system, last)
    await later(last)
    for (let i = 0; i < 4; i++) await turnAway(system, await put(system))

    // The fifth, and the end of this document's waits.
    const answer = await turnAway(system, last)

    expect(answer).toMatchObject({ status: 200, body: { state: 'available', offeredAgainAt: null } })
    expect(await box.rows.row(last)).toMatchObject({ state: 'available', turned_away: 1 })
  })

  it('stop the notices of what was turned away', async () => {
    const system = await box.rows.lane({ channel: 'push', pushStyle: 'notice' })
    const ids = await Promise.all(Array.from({ length: 5 }, () => put(system, { dueIn: 0 })))
    for (const id of ids) await turnAway(system, id)

    for (const id of ids) expect(await box.rows.row(id)).toMatchObject({ next_attempt_at: null })
    await reoffer(system)
    for (const id of ids) expect(await box.rows.row(id)).toMatchObject({ next_attempt_at: expect.any(Date) })
  })

  it('are over by themselves when the system has taken something and was calm for half an hour', async () => {
    const { system, ids } = await incident()
    const calm = async () => {
      await sql`update deliveries set state_since = now() - interval '31 minutes' where system_id = ${system}`.execute(
        box.rows.db,
      )
      await sql`update lanes set reoffers_paused_at = now() - interval '31 minutes' where system_id = ${system}`.execute(
        box.rows.db,
      )
    }
    await calm()
    expect(await endReofferPauses(box.rows.db)).not.toContain(system)

    await post(system, `${await put(system)}/confirm`)
    await turnAway(system, await put(system))
    expect(await endReofferPauses(box.rows.db)).not.toContain(system)

    await calm()
    expect(await endReofferPauses(box.rows.db)).toContain(system)
    for (const id of ids) await later(id)
    expect((await listed(system)).sort()).toEqual([...ids].sort())
  })
})

describe('reoffer', () => {
  it('offers everything again at once, as if for the first time, and ends the incident', async () => {
    const system = await lane()
    const ids = await Promise.all(Array.from({ length: 5 }, () => put(system)))
    for (const id of ids) await turnAway(system, id)

    const answer = await reoffer(system, { reason: 'Đã mở rộng ổ đĩa' })

    expect(answer).toMatchObject({ status: 200, body: { offered: 5, reopened: 0 } })
    expectSchema('reoffer-result', answer.body)
    expect((await listed(system)).sort()).toEqual([...ids].sort())
    expect(await box.rows.laneRow(system)).toMatchObject({ reoffers_paused_at: null })
    expect(await told(ids[0] ?? '')).toEqual(['delivery.reoffered', 'delivery.turned_away'])
    expect(box.audited.at(-1)).toEqual({
      ...{ actor: operator, action: 'system.reoffer', object: `system:${system}` },
      data: { offered: 5, reopened: 0, reason: 'Đã mở rộng ổ đĩa' },
    })
    expect((await turnAway(system, ids[0] ?? '')).body.offeredAgainAt).not.toBeNull()
    await watchAlerts(box.rows.db)
    expect(await alert(system)).toMatchObject([{ is_open: false }])
  })

  it('opens again what ended by being turned away, and nothing else', async () => {
    const system = await lane()
    box.waitsSeconds = []
    const [often, back, old, forGood] = [await put(system), await put(system), await put(system), await put(system)]
    for (const id of [often, back, old]) {
      await turnAway(system, id)
      await sql`update deliveries set state_since = now() - interval '1 day' where delivery_id = ${id}`.execute(
        box.rows.db,
      )
    }
    await post(system, `${forGood}/refuse`, { reason: 'Không phải nơi nhận' })
    await sql`update deliveries set recall_requested = true where delivery_id = ${back}`.execute(box.rows.db)
    await sql`update deliveries set state_since = now() - interval '31 days' where delivery_id = ${old}`.execute(
      box.rows.db,
    )

    expect(await reoffer(system)).toMatchObject({ status: 200, body: { offered: 0, reopened: 1 } })

    expect(await listed(system)).toEqual([often])
    const items = await box.rows.db
      .selectFrom('report_items')
      .select('item_id')
      .where('delivery_id', '=', often)
      .execute()
    expect(items).toEqual([])
  })

  it('knows no system of that name', async () => {
    expect(await reoffer('QLVB-KHONG-CO')).toMatchObject({ status: 404, body: { code: 'system_not_found' } })
  })
})
