// What waits for an agency follows the agency: not the code it was written with, which may be somebody else's today,
// and not the way it was first meant to go, which may have been changed.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { vietnamDay } from '../../src/domain/vietnam-time.ts'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let province: Province
const subscribers: PushSubscriber[] = []
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => {
  await province?.close()
  await Promise.all(subscribers.map((subscriber) => subscriber.close()))
})

const dayMs = 24 * 3_600_000
const today = vietnamDay(new Date())
const yesterday = vietnamDay(new Date(Date.now() - dayMs))

let number = 70
const newCode = () => `H35.${++number}`

async function agencyOf(code: string, more: object = {}): Promise<string> {
  const { agencyIds } = await province.register({ agencies: [{ name: `Cơ quan ${code}`, codes: [code], ...more }] })
  return agencyIds.get(code) ?? ''
}

async function systemFor(systemId: string, agency: string, more: object = {}): Promise<RegisteredSystem> {
  const { systems } = await province.register({ systems: [{ systemId, agencies: [agency], ...more }] })
  if (systems[0] === undefined) throw new Error('not registered')
  return systems[0]
}

const change = (systemId: string, more: object) =>
  province.admin('PUT', `systems/${systemId}`, { name: systemId, agencies: [], channel: 'mailbox', ...more })

async function subscriberOf(): Promise<PushSubscriber> {
  const subscriber = await startPushSubscriber()
  subscribers.push(subscriber)
  return subscriber
}

async function send(code: string) {
  const { xml } = documentTo([code])
  const answer = await province.submit(province.snv.basic, xml)
  expectStatus(answer, 202)
  return { xml, deliveryId: String(answer.body.deliveries[0].deliveryId) }
}

const rowOf = (deliveryId: string) =>
  province.db.selectFrom('deliveries').selectAll().where('delivery_id', '=', deliveryId).executeTakeFirstOrThrow()
const becomes = (deliveryId: string, expected: object) =>
  vi.waitFor(async () => expect(await rowOf(deliveryId)).toMatchObject(expected), { timeout: 10_000, interval: 20 })
const mailboxOf = async ({ basic }: RegisteredSystem) =>
  (await province.call('GET', '/api/v1/mailbox', { basic })).body.items.map((i: { deliveryId: string }) => i.deliveryId)
const fetched = ({ basic }: RegisteredSystem, deliveryId: string) =>
  province.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic })

async function expectToFetch(system: RegisteredSystem, sent: { xml: string; deliveryId: string }): Promise<void> {
  expect(await mailboxOf(system)).toEqual([sent.deliveryId])
  const answer = await fetched(system, sent.deliveryId)
  expect({ status: answer.status, text: answer.bytes.toString('utf8') }).toEqual({ status: 200, text: sent.xml })
  expectStatus(await province.call('POST', `/api/v1/mailbox/${sent.deliveryId}/confirm`, { basic: system.basic }), 200)
}

/** A document that a push endpoint answered with 500 once, and that waits for its next attempt. */
async function pushedOnceInVain(more: object = {}) {
  const code = newCode()
  const systemId = `QLVB-${number}`
  const subscriber = await subscriberOf()
  subscriber.answer({ status: 500 })
  await agencyOf(code)
  const push = { channel: 'push', pushUrl: subscriber.url, ...more }
  const system = await systemFor(systemId, code, push)
  const sent = await send(code)
  await becomes(sent.deliveryId, { state: 'waiting', attempts: 1, lease_token: null, taken_at: expect.any(Date) })
  subscriber.answer({ status: 204 })
  return { code, systemId, subscriber, system, sent, push }
}

/** Resolves when a walk through the open deliveries, begun after everything so far, has passed all of them. */
async function afterAWalk(): Promise<void> {
  const code = newCode()
  const { xml } = documentTo([codes.stc, code])
  const { body } = await province.submit(province.snv.basic, xml)
  const witness = body.deliveries[1].deliveryId
  // Walks go by key, so the youngest delivery is the last to be looked at.
  await agencyOf(code)
  await becomes(witness, { held_reason: 'no_system' })
}

describe('a code that is handed on', () => {
  test('takes no waiting document along: it stays with the agency it was addressed to', async () => {
    const [x1, xa] = [newCode(), newCode()]
    const agencyId = await agencyOf(x1)
    const before = await systemFor('QLVB-A', x1)
    const sent = await send(x1)

    await province.admin('PUT', `agencies/${agencyId}`, {
      ...{ name: 'Cơ quan A', codes: [{ code: x1, validTo: yesterday }, { code: xa }] },
    })
    const { agencyIds } = await province.register({
      agencies: [{ name: 'Cơ quan B', codes: [{ code: x1, validFrom: today }] }],
    })
    const heir = await systemFor('QLVB-B', agencyIds.get(x1) ?? '')
    await afterAWalk()

    expect(await rowOf(sent.deliveryId)).toMatchObject({
      ...{ state: 'available', system_id: 'QLVB-A', recipient_agency_id: agencyId, organ_id: x1 },
    })
    expect(await mailboxOf(heir)).toEqual([])
    expectStatus(await fetched(heir, sent.deliveryId), 404)
    await expectToFetch(before, sent)
    const next = await send(x1)
    expect(await rowOf(next.deliveryId)).toMatchObject({ recipient_agency_id: agencyIds.get(x1) })
    await expectToFetch(heir, next)
  })

  test('follows its agency to another system all the same', async () => {
    const [x1, xa] = [newCode(), newCode()]
    const agencyId = await agencyOf(x1)
    await systemFor('QLVB-C', x1)
    const sent = await send(x1)
    await province.admin('PUT', `agencies/${agencyId}`, {
      ...{ name: 'Cơ quan C', codes: [{ code: x1, validTo: yesterday }, { code: xa }] },
    })
    const { agencyIds } = await province.register({ agencies: [{ codes: [{ code: x1, validFrom: today }] }] })
    const heir = await systemFor('QLVB-D', agencyIds.get(x1) ?? '')

    await change('QLVB-C', {})
    const after = await systemFor('QLVB-C2', xa)

    await becomes(sent.deliveryId, { state: 'available', system_id: 'QLVB-C2', recipient_agency_id: agencyId })
    expect(await mailboxOf(heir)).toEqual([])
    await expectToFetch(after, sent)
  })
})

describe('a push that failed once', () => {
  test('waits in the mailbox once its system is served that way', async () => {
    const { code, systemId, system, sent, subscriber } = await pushedOnceInVain()

    await change(systemId, { agencies: [code] })

    await becomes(sent.deliveryId, {
      ...{ state: 'available', channel: 'mailbox', next_attempt_at: null, give_up_at: null, lease_token: null },
    })
    await expectToFetch(system, sent)
    expect(subscriber.of(sent.deliveryId)).toHaveLength(1)
  })

  test('goes to the mailbox of the system that its agency moved to', async () => {
    const { code, systemId, sent, push } = await pushedOnceInVain()

    await change(systemId, push)
    const after = await systemFor(`${systemId}-MOI`, code)

    await becomes(sent.deliveryId, { state: 'available', system_id: after.systemId, channel: 'mailbox' })
    await expectToFetch(after, sent)
  })

  test('is pushed to the system that its agency moved to, and no longer to the first', async () => {
    const { code, systemId, sent, push, subscriber } = await pushedOnceInVain()
    const other = await subscriberOf()

    await change(systemId, push)
    await systemFor(`${systemId}-MOI`, code, { channel: 'push', pushUrl: other.url })

    await becomes(sent.deliveryId, { state: 'delivered', system_id: `${systemId}-MOI` })
    expect(other.of(sent.deliveryId).map((one) => one.body.toString('utf8'))).toEqual([sent.xml])
    expect(subscriber.of(sent.deliveryId)).toHaveLength(1)
  })
})

describe('a system that wants notices instead of packages', () => {
  test('finds what waited in its mailbox, hears of it once, and no delivery goes round', async () => {
    const { code, systemId, system, sent, push, subscriber } = await pushedOnceInVain({ concurrency: 1 })

    await change(systemId, { ...push, agencies: [code], pushStyle: 'notice' })

    await becomes(sent.deliveryId, { state: 'available', channel: 'push', attempts: 2, lease_token: null })
    const [, notice] = subscriber.of(sent.deliveryId)
    expect(JSON.parse(notice?.body.toString('utf8') ?? '')).toMatchObject({ type: 'delivery.available' })
    // The next document goes the whole way in the meantime.
    const next = await send(code)
    await becomes(next.deliveryId, { state: 'available', attempts: 1, lease_token: null })
    expect(await rowOf(sent.deliveryId)).toMatchObject({ state: 'available', attempts: 2 })
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from next_attempt_at - now())::float8 as seconds from deliveries
      where delivery_id in (${sent.deliveryId}, ${next.deliveryId})`.execute(province.db)
    for (const { seconds } of rows) expect(seconds).toBeGreaterThan(600)
    await fetched(system, next.deliveryId)
    await province.call('POST', `/api/v1/mailbox/${next.deliveryId}/confirm`, { basic: system.basic })
    await expectToFetch(system, sent)
    expect(await rowOf(sent.deliveryId)).toMatchObject({ state: 'delivered', next_attempt_at: null })
    expect(subscriber.of(sent.deliveryId)).toHaveLength(2)
  })

  test('finds it also when the endpoint stays silent', async () => {
    const { code, systemId, system, sent, push, subscriber } = await pushedOnceInVain()
    subscriber.answer({ status: 500 })

    await change(systemId, { ...push, agencies: [code], pushStyle: 'notice' })

    await becomes(sent.deliveryId, { state: 'available', attempts: 2, lease_token: null })
    await expectToFetch(system, sent)
  })
})

describe('agencies in a circle', () => {
  async function members(count: number, more: object = {}) {
    const all = Array.from({ length: count }, newCode)
    const ids: string[] = []
    for (const code of all) ids.push(await agencyOf(code, more))
    return { all, ids }
  }
  const put = (agencyId: string | undefined, code: string | undefined, more: object) =>
    province.call('PUT', `/api/v1/admin/agencies/${agencyId}`, {
      ...{ token: province.adminToken, body: { name: 'x', codes: [{ code }], ...more } },
    })

  test.each([2, 3])('of %i that receive for one another are refused', async (count) => {
    const { all, ids } = await members(count)
    for (let n = 0; n < count - 1; n++) expectStatus(await put(ids[n], all[n], { receiver: all[n + 1] }), 200)

    const answer = await put(ids.at(-1), all.at(-1), { receiver: all[0] })

    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'agency_receiver_circle', violations: [{ path: '/receiver', rule: 'agency_receiver_circle' }] },
    })
    expectSchema('problem', answer.body)
    const { body } = await province.admin('GET', `agencies/${ids.at(-1)}`)
    expect(body.receiver ?? null).toBeNull()
  })

  test.each([2, 3])('of %i that succeed one another are refused', async (count) => {
    const closedAt = '2026-01-01T00:00:00+07:00'
    const { all, ids } = await members(count, { closedAt })
    for (let n = 0; n < count - 1; n++) {
      expectStatus(await put(ids[n], all[n], { closedAt, successors: [all[n + 1]] }), 200)
    }

    const answer = await put(ids.at(-1), all.at(-1), { closedAt, successors: [codes.stc, all[0]] })

    expect(answer).toMatchObject({ status: 422, body: { code: 'agency_successor_circle' } })
    expectSchema('problem', answer.body)
    const { body } = await province.admin('GET', `agencies/${ids.at(-1)}`)
    expect(body.successors ?? []).toEqual([])
  })
})
