// Claiming part of a mailbox for one of several threads.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withdrawDeliveries } from '../../src/delivery/withdraw.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { content, type MailboxApp, startMailbox } from './mailbox-app.ts'

let box: MailboxApp
beforeAll(async () => {
  box = await startMailbox()
})
afterAll(() => box?.close())

const lane = () => box.rows.lane({ channel: 'mailbox' })
const put = (systemId: string, fixture = {}) => box.rows.delivery(systemId, { state: 'available', ...fixture })
const post = (systemId: string, path: string, body?: unknown) =>
  box.call('POST', `/api/v1/mailbox/${path}`, { basic: systemId.includes(':') ? systemId : `${systemId}:`, body })
const list = async (systemId: string, query = '') =>
  (await box.call('GET', `/api/v1/mailbox${query}`, { basic: `${systemId}:` })).body.items
const claim = async (systemId: string, body: object = {}) => {
  const answer = await post(systemId, 'claim', { limit: 10, ...body })
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 })
  expectSchema('mailbox-claim', answer.body)
  return answer.body.items
}
const ids = (items: { deliveryId: string }[]) => items.map((item) => item.deliveryId)
const letRunOut = (leaseId: string) =>
  sql`update deliveries set mailbox_lease_until = now() where mailbox_lease_id = ${leaseId}`.execute(box.rows.db)

describe('claiming', () => {
  it('gives urgent first, then never fetched, then oldest, under one lease', async () => {
    const system = await lane()
    const fetched = await put(system)
    const old = await put(system)
    const young = await put(system)
    const urgent = await put(system, { priority: 3 })
    await sql`update deliveries set fetched_at = now() where delivery_id = ${fetched}`.execute(box.rows.db)

    const items = await claim(system, { leaseSeconds: 60 })

    expect(ids(items)).toEqual([urgent, old, young, fetched])
    expect(new Set(items.map((item: { leaseId: string }) => item.leaseId)).size).toBe(1)
    const left = Date.parse(items[0].leaseUntil) - Date.now()
    expect(items[0].leaseUntil).toMatch(/\+07:00$/)
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
  })

  it('holds five minutes when nothing is said', async () => {
    const system = await lane()
    await put(system)

    const [item] = await claim(system)

    expect(Math.round((Date.parse(item.leaseUntil) - Date.now()) / 10_000)).toBe(30)
  })

  it('gives nothing twice to twelve threads at once', async () => {
    const system = await lane()
    const all = await Promise.all(Array.from({ length: 60 }, () => put(system)))

    const claims = await Promise.all(Array.from({ length: 12 }, () => claim(system, { limit: 5 })))

    const given = claims.flat().map((item) => item.deliveryId)
    expect([...new Set(given)].sort()).toEqual([...given].sort())
    // What two threads reached for at once was passed over by one of them; the next claim has it.
    expect([...given, ...ids(await claim(system, { limit: 60 }))].sort()).toEqual([...all].sort())
  })

  it('gives again what was not settled in time', async () => {
    const system = await lane()
    const id = await put(system)
    const [first] = await claim(system)
    expect(await claim(system)).toEqual([])

    await letRunOut(first.leaseId)
    const [second] = await claim(system)

    expect(second).toMatchObject({ deliveryId: id })
    expect(second.leaseId).not.toBe(first.leaseId)
  })

  it('makes nothing taken: a recall still wins', async () => {
    const system = await lane()
    const id = await put(system)
    const [item] = await claim(system)

    expect(await box.rows.row(id)).toMatchObject({ taken_at: null, fetched_at: null, state: 'available' })
    await withdrawDeliveries(box.rows.db, [id])

    expect(await post(system, `${id}/confirm`, { leaseId: item.leaseId })).toMatchObject({ status: 410 })
  })

  it('is limited like the list: by type, and to what the credential may see', async () => {
    const system = await lane()
    const [mine, other] = [await box.rows.agency(), await box.rows.agency()]
    const forMe = await put(system, { agencyId: mine })
    await put(system, { agencyId: other })
    const report = await put(system, { agencyId: mine })
    await sql`update deliveries set type = 'report' where delivery_id = ${report}`.execute(box.rows.db)
    await sql`update packages set type = 'report', kind = 'report', size = ${content.length}
      where package_id = (select package_id from deliveries where delivery_id = ${report})`.execute(box.rows.db)

    expect(ids(await claim(`${system}:${mine}`, { type: 'edoc' }))).toEqual([forMe])
    expect(await claim(`${system}:${mine}`, { type: 'status' })).toEqual([])
    const [item] = await claim(`${system}:${mine}`, { type: 'report' })
    expect(item).toMatchObject({ deliveryId: report, type: 'report', kind: 'report' })

    const bytes = await box.call('GET', `/api/v1/mailbox/${report}/package`, { basic: `${system}:${mine}` })
    expect(bytes.headers.get('content-type')).toBe('application/json')
    expect(bytes.bytes).toEqual(content)
    expect(ids(await list(system, '?type=report'))).toEqual([report])
  })

  it('waits for something to claim', async () => {
    const system = await lane()
    const waiting = claim(system, { wait: 20 })

    const id = await put(system)
    box.signals.announce([system])

    expect(ids(await waiting)).toEqual([id])
  })

  it.each([
    { limit: 0 },
    { limit: 5, leaseSeconds: 9 },
    { limit: 5, leaseSeconds: 3_601 },
    { limit: 5, type: 'letter' },
    { limit: 5, leaseTime: 60 },
    {},
  ])('refuses %j and leases nothing', async (body) => {
    const system = await lane()
    const id = await put(system)

    expect(await post(system, 'claim', body)).toMatchObject({ status: 400, body: { code: 'bad_request' } })

    expect(await box.rows.row(id)).toMatchObject({ mailbox_lease_id: null })
  })
})

describe('the list', () => {
  it('shows what a thread holds, with its end and without its lease', async () => {
    const system = await lane()
    const [held, free] = [await put(system), await put(system)]
    const [item] = await claim(system, { limit: 1 })

    const items = await list(system)

    expect(items).toMatchObject([
      { deliveryId: held, leaseUntil: item.leaseUntil },
      { deliveryId: free, leaseUntil: null },
    ])
    expect(items[0].leaseId).toBeUndefined()
    await letRunOut(item.leaseId)
    expect((await list(system))[0]).toMatchObject({ deliveryId: held, leaseUntil: null })
  })
})

describe('a held delivery', () => {
  const settle = [
    ['confirmed', 'confirm', {}, 'delivered'],
    ['refused', 'refuse', { reason: 'Sai địa chỉ' }, 'refused'],
    ['turned away', 'refuse', { reason: 'Hết chỗ', retryable: true }, 'available'],
  ] as const

  it.each(settle)('is %s with its lease only', async (_how, path, body, state) => {
    const system = await lane()
    const id = await put(system)
    const [item] = await claim(system)

    for (const leaseId of [undefined, randomUUID()]) {
      const answer = await post(system, `${id}/${path}`, { ...body, leaseId })
      expect(answer).toMatchObject({ status: 409, body: { code: 'leased', leaseUntil: item.leaseUntil } })
      expect(answer.body.detail).toContain(item.leaseUntil)
    }
    expect(await box.rows.row(id)).toMatchObject({ state: 'available', turned_away: 0 })

    const answer = await post(system, `${id}/${path}`, { ...body, leaseId: item.leaseId })
    expect(answer).toMatchObject({ status: 200, body: { deliveryId: id, state } })
    expectSchema('delivery-outcome', answer.body)
    expect(await box.rows.row(id)).toMatchObject({ mailbox_lease_id: null, mailbox_lease_until: null })
  })

  it.each(settle)('is %s by anybody once the lease is over', async (_how, path, body, state) => {
    const system = await lane()
    const id = await put(system)
    const [item] = await claim(system)
    await letRunOut(item.leaseId)

    expect(await post(system, `${id}/${path}`, { ...body })).toMatchObject({ status: 200, body: { state } })
  })

  it('is not settled with the lease of a thread that lost it', async () => {
    const system = await lane()
    const id = await put(system)
    const [first] = await claim(system)
    await letRunOut(first.leaseId)
    const [second] = await claim(system)

    expect(await post(system, `${id}/confirm`, { leaseId: first.leaseId })).toMatchObject({ status: 409 })
    expect(await post(system, `${id}/confirm`, { leaseId: second.leaseId })).toMatchObject({ status: 200 })
    // Said again, by whoever: it has it.
    expect(await post(system, `${id}/confirm`, { leaseId: first.leaseId })).toMatchObject({ status: 200 })
    expect(await post(system, `${id}/confirm`)).toMatchObject({ status: 200 })
  })

  it('may be fetched by another thread, which is the same system', async () => {
    const system = await lane()
    const id = await put(system)
    await sql`update packages set size = ${content.length}
      where package_id = (select package_id from deliveries where delivery_id = ${id})`.execute(box.rows.db)
    await claim(system)

    expect(await box.call('GET', `/api/v1/mailbox/${id}/package`, { basic: `${system}:` })).toMatchObject({
      status: 200,
    })
    expect(await box.rows.row(id)).toMatchObject({ fetch_count: 1 })
  })

  it('is named in the answer to many, beside what the lease confirmed', async () => {
    const system = await lane()
    const [mine, others, free] = [await put(system), await put(system), await put(system)]
    const [a] = await claim(system, { limit: 1 })
    const [b] = await claim(system, { limit: 1 })

    const answer = await post(system, 'confirm', { deliveryIds: [mine, others, free], leaseId: a.leaseId })

    expect(answer).toMatchObject({ status: 200 })
    expectSchema('confirm-many-result', answer.body)
    expect(answer.body.results).toEqual([
      { deliveryId: mine, state: 'delivered' },
      { deliveryId: others, state: 'available', code: 'leased', leaseUntil: b.leaseUntil },
      { deliveryId: free, state: 'delivered' },
    ])
  })
})

describe('extending', () => {
  it('gives all of the lease more time, or what is named, and says what it still holds', async () => {
    const system = await lane()
    const [one, two] = [await put(system), await put(system)]
    const [{ leaseId }] = await claim(system, { leaseSeconds: 10 })

    const all = await post(system, 'extend', { leaseId, leaseSeconds: 600 })
    expectSchema('mailbox-lease', all.body)
    expect(all.body).toMatchObject({ leaseId, deliveryIds: [one, two].sort() })
    expect(Date.parse(all.body.leaseUntil) - Date.now()).toBeGreaterThan(500_000)

    await post(system, `${one}/confirm`, { leaseId })
    expect((await post(system, 'extend', { leaseId, deliveryIds: [one, two] })).body.deliveryIds).toEqual([two])
  })

  it('goes on after the end while nobody else has claimed, and not after', async () => {
    const system = await lane()
    const id = await put(system)
    const [{ leaseId }] = await claim(system)
    await letRunOut(leaseId)

    expect((await post(system, 'extend', { leaseId })).body.deliveryIds).toEqual([id])
    await letRunOut(leaseId)
    await claim(system)

    expect(await post(system, 'extend', { leaseId })).toMatchObject({ status: 409, body: { code: 'lease_ended' } })
  })

  it('is not for another system, nor for a credential that does not see the delivery', async () => {
    const [system, stranger] = [await lane(), await lane()]
    await put(system)
    const [{ leaseId }] = await claim(system)

    for (const caller of [stranger, `${system}:${await box.rows.agency()}`]) {
      expect(await post(caller, 'extend', { leaseId })).toMatchObject({ status: 409, body: { code: 'lease_ended' } })
      expect((await post(caller, 'release', { leaseId })).body.deliveryIds).toEqual([])
    }
    expect(await claim(system)).toEqual([])
  })
})

describe('releasing', () => {
  it('lets the next claim have it, and may be said again', async () => {
    const system = await lane()
    const [one, two] = [await put(system), await put(system)]
    const [{ leaseId }] = await claim(system)

    const first = await post(system, 'release', { leaseId, deliveryIds: [one] })
    expectSchema('mailbox-lease', first.body)
    expect(first.body).toEqual({ leaseId, leaseUntil: null, deliveryIds: [one] })
    expect(ids(await claim(system))).toEqual([one])
    expect((await post(system, 'release', { leaseId })).body.deliveryIds).toEqual([two])
    expect(await post(system, 'release', { leaseId })).toMatchObject({ status: 200, body: { deliveryIds: [] } })
  })

  it('wakes a thread that waits', async () => {
    const system = await lane()
    const id = await put(system)
    const [{ leaseId }] = await claim(system)
    const waiting = claim(system, { wait: 20 })

    await post(system, 'release', { leaseId })

    expect(ids(await waiting)).toEqual([id])
  })
})
