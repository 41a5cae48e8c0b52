// Closing an agency in favour of others, and taking it to another system: what happens to what is on its way.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markFetched, reroutableDeliveries, rerouteDelivery } from '../../src/delivery/transitions.ts'
import { vietnamDay } from '../../src/domain/vietnam-time.ts'
import { actsOf } from '../../src/registry/act-store.ts'
import { actResult, actView } from '../../src/registry/act-views.ts'
import { type ActAnswer, type ActRequest, orderAct, rehearseAct, takeBackAct } from '../../src/registry/order-act.ts'
import { rerouteOpenDeliveries } from '../../src/routing/reroute.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { askBack, type DocumentFixture, deliveryRow, documentTo } from './open-deliveries.ts'
import { type RegistryApp, startRegistry } from './registry-app.ts'

let registry: RegistryApp
const sender = 'H35.1'
beforeAll(async () => {
  registry = await startRegistry()
  await agency(sender)
  await system('SENDER', [sender])
})
afterAll(async () => await registry.close())

const agencies = '/api/v1/admin/agencies'
let number = 100
const newCode = () => `H35.${++number}`
const newSystem = () => `SYS-${++number}`

async function agency(code: string, more: object = {}): Promise<string> {
  const body = { name: `Cơ quan ${code}`, codes: [{ code }], ...more }
  const answer = await registry.call('POST', agencies, { body })
  expect(answer.status).toBe(201)
  return answer.body.agencyId
}

async function system(systemId: string, codes: readonly string[], more: object = {}): Promise<string> {
  const body = { systemId, name: systemId, agencies: codes, channel: 'mailbox', ...more }
  const answer = await registry.call('POST', '/api/v1/admin/systems', { body })
  expect(answer.status).toBe(201)
  return `${systemId}:${answer.body.secret}`
}

/** An agency of its own with a system of its own. */
async function served(more: object = {}) {
  const [code, systemId] = [newCode(), newSystem()]
  const agencyId = await agency(code)
  const basic = await system(systemId, [code], more)
  return { code, systemId, agencyId, basic }
}

const push = { channel: 'push', pushUrl: 'https://qlvb.example/tram' }
const send = async (to: string, fixture: DocumentFixture = {}) =>
  await documentTo(registry, { from: sender, to }, fixture)
const row = async (deliveryId: string) => await deliveryRow(registry, deliveryId)
const succeed = async (code: string, body: object) =>
  await registry.call('POST', `${agencies}/${code}/succession`, { body })
const move = async (code: string, body: object) => await registry.call('POST', `${agencies}/${code}/move`, { body })
const undo = async (code: string, actId: string) =>
  await registry.call('POST', `${agencies}/${code}/acts/${actId}/undo`)
const acts = async (code: string) => (await registry.call('GET', `${agencies}/${code}/acts`)).body.items
const directory = async () => await registry.cache.refresh()
const hours = (n: number) => n * 3_600_000

async function auditOf(agencyId: string): Promise<string[]> {
  const rows = await registry.open.db
    .selectFrom('audit')
    .select('action')
    .where('object', '=', `agency:${agencyId}`)
    .orderBy('at')
    .orderBy('audit_id')
    .execute()
  return rows.map((one) => one.action)
}

/** As the job does it that every change of the directory rings for. */
async function reroute(): Promise<number> {
  return await rerouteOpenDeliveries({
    ...{ db: registry.open.db, directory: registry.cache, reroutable: reroutableDeliveries, reroute: rerouteDelivery },
    ...{ afterCommit: () => undefined, day: () => '2026-11-20' },
  })
}

async function at<T>(moment: Date, act: () => Promise<T>): Promise<T> {
  registry.clock.set(moment)
  try {
    return await act()
  } finally {
    registry.clock.set(undefined)
  }
}

describe('the dry run of a succession', () => {
  test('counts what is on its way, says where each would go, and changes nothing', async () => {
    const [old, heir] = [await served(push), await served()]
    const waiting = await send(old.code)
    await send(old.code)
    const attempted = await send(old.code, { isTaken: true })
    const inFlight = await send(old.code, { state: 'in_flight', isTaken: true })
    await send(old.code, { state: 'delivered', isTaken: true, recallRequested: true })
    await send(old.code, { heldReason: 'quarantined' })
    const version = (await directory()).version

    const { status, body } = await succeed(old.code, { successors: [heir.code], dryRun: true })

    expect({ status, body }).toMatchObject({ status: 200, body: { dryRun: true, act: { state: 'planned' } } })
    const counts = { waiting: 3, unfetched: 0, fetched: 0, inFlight: 1, held: 1, openRecalls: 1 }
    expect(body).toMatchObject({ ...counts, agencies: [{ code: old.code, ...counts }] })
    expect(body.moves).toEqual([{ agencyCode: heir.code, systemId: heir.systemId, count: 2 }])
    expect(body.becomesHeld).toEqual([])
    expect(body.staysWithOldSystem.count).toBe(2)
    expect(body.staysWithOldSystem.deliveries).toMatchObject([
      { deliveryId: attempted, reason: 'attempted', state: 'waiting', systemId: old.systemId },
      { deliveryId: inFlight, reason: 'in_flight' },
    ])
    expect((await directory()).version).toBe(version)
    expect(await row(waiting)).toMatchObject({ system_id: old.systemId, state: 'waiting' })
    expect(await acts(old.code)).toEqual([])
  })

  test('tells fetched documents of a mailbox from those that nobody has looked at', async () => {
    const [old, heir] = [await served(), await served()]
    await send(old.code)
    const fetched = await send(old.code, { isTaken: true })

    const { body } = await succeed(old.code, { successors: [heir.code], dryRun: true })

    expect(body).toMatchObject({ unfetched: 1, fetched: 1, waiting: 0 })
    expect(body.staysWithOldSystem.deliveries).toMatchObject([{ deliveryId: fetched, reason: 'fetched' }])
  })

  test('counts also those for whom the agency receives', async () => {
    const [old, heir] = [await served(), await served()]
    const guest = newCode()
    await agency(guest, { receiver: old.code })
    const forGuest = await send(guest)

    const { body } = await succeed(old.code, { successors: [heir.code], dryRun: true })

    expect(body.agencies.map((one: { code: string }) => one.code).sort()).toEqual([old.code, guest].sort())
    expect(body.moves).toEqual([{ agencyCode: guest, systemId: heir.systemId, count: 1 }])
    await succeed(old.code, { successors: [heir.code] })
    expect(await row(forGuest)).toMatchObject({ system_id: heir.systemId, agency_code: guest, state: 'available' })
  })

  test('refuses what the act itself would be refused for', async () => {
    const old = await served()

    expect(await succeed(old.code, { successors: [old.code], dryRun: true })).toMatchObject({
      status: 422,
      body: { code: 'succession_to_itself' },
    })
  })
})

describe('a succession', () => {
  test('takes what nobody has taken to the only successor, and tells its system', async () => {
    const [old, heir] = [await served(push), await served()]
    const waiting = await send(old.code)
    const told = registry.told.length

    const { status, body } = await succeed(old.code, { successors: [heir.code] })

    expect({ status, state: body.act?.state }).toEqual({ status: 200, state: 'done' })
    expect(body.act).toMatchObject({ moved: 1, held: 0, stayed: 0, redirect: true, orderedBy: 'ADMIN_TOKEN' })
    expect(await row(waiting)).toMatchObject({
      ...{
        recipient_agency_id: heir.agencyId,
        agency_code: heir.code,
        organ_id: old.code,
        recipient_key: heir.agencyId,
      },
      ...{ state: 'available', system_id: heir.systemId, channel: 'mailbox', next_attempt_at: null },
    })
    expect(registry.told.slice(told)).toEqual([new Set([heir.systemId])])
    expect(await auditOf(old.agencyId)).toEqual(['agency.created', 'agency.succession'])
    const { body: shown } = await registry.call('GET', `${agencies}/${old.code}`)
    expect(shown).toMatchObject({ successors: [heir.code], redirect: true, closedAt: expect.any(String) })
  })

  test('leaves what somebody has, or may have, where it is, whoever looks for the way again', async () => {
    const [old, heir] = [await served(push), await served()]
    const attempted = await send(old.code, { isTaken: true })
    const running = await send(old.code, { state: 'in_flight', isTaken: true })
    const recalled = await send(old.code, { state: 'delivered', isTaken: true, recallRequested: true })

    const { body } = await succeed(old.code, { successors: [heir.code] })
    await reroute()

    expect(body.act).toMatchObject({ moved: 0, stayed: 2 })
    const stays = { system_id: old.systemId, recipient_agency_id: old.agencyId }
    expect(await row(attempted)).toMatchObject({ ...stays, state: 'waiting' })
    expect(await row(running)).toMatchObject({ ...stays, state: 'in_flight' })
    expect(await row(recalled)).toMatchObject({ ...stays, recall_requested: true })
  })

  test('leaves a recall that nobody has fetched yet where the document is, and takes other recalls along', async () => {
    const [old, heir] = [await served(), await served()]
    const had = await send(old.code, { state: 'delivered', isTaken: true, recallRequested: true })
    const waits = await send(old.code)
    const [recall, other] = [await send(old.code), await send(old.code)]
    await askBack(registry, recall, had)
    await askBack(registry, other, waits)

    const { body } = await succeed(old.code, { successors: [heir.code] })
    await reroute()

    expect(body.staysWithOldSystem).toMatchObject({ count: 1, deliveries: [{ deliveryId: recall, reason: 'recall' }] })
    expect(await row(recall)).toMatchObject({ system_id: old.systemId, recipient_agency_id: old.agencyId })
    for (const deliveryId of [waits, other]) expect(await row(deliveryId)).toMatchObject({ system_id: heir.systemId })
  })

  test('lets follow what turned out never to have been sent', async () => {
    const [old, heir] = [await served(push), await served()]
    const running = await send(old.code, { state: 'in_flight', isTaken: true })
    await succeed(old.code, { successors: [heir.code] })

    await registry.open.db
      .updateTable('deliveries')
      .set({ state: 'waiting', lease_token: null, lease_until: null, taken_at: null, next_attempt_at: new Date() })
      .where('delivery_id', '=', running)
      .execute()
    await reroute()

    expect(await row(running)).toMatchObject({ system_id: heir.systemId, recipient_agency_id: heir.agencyId })
  })

  test('without redirect holds documents, new ones too, and names the successor', async () => {
    const [old, heir] = [await served(), await served()]
    const before = await send(old.code)

    const { body } = await succeed(old.code, { successors: [heir.code], redirect: false })
    const after = await send(old.code)

    expect(body).toMatchObject({ act: { redirect: false, held: 1, moved: 0 }, moves: [] })
    expect(body.becomesHeld).toEqual([{ agencyCode: old.code, reason: 'closed', count: 1 }])
    for (const deliveryId of [before, after]) {
      expect(await row(deliveryId)).toMatchObject({
        ...{ state: 'held', held_reason: 'closed', recipient_agency_id: old.agencyId, system_id: null },
      })
    }
  })

  test('with several successors is a split: documents are held, and each of them stands for it', async () => {
    const [old, one, two] = [await served(), await served(), await served()]
    const before = await send(old.code)

    const { body } = await succeed(old.code, { successors: [one.code, two.code], redirect: true })

    expect(body.act).toMatchObject({ redirect: false, successors: [{ code: one.code }, { code: two.code }] })
    expect(await row(before)).toMatchObject({ state: 'held', held_reason: 'closed' })
    const now = await directory()
    for (const heir of [one, two]) expect([...now.standsFor(heir.agencyId)]).toEqual([heir.agencyId, old.agencyId])
  })

  test('without any successor closes it, and holds what comes', async () => {
    const old = await served()
    const before = await send(old.code)

    expect((await succeed(old.code, { successors: [] })).status).toBe(200)

    expect(await row(before)).toMatchObject({ state: 'held', held_reason: 'closed' })
  })

  test('leads on through a chain, and merges several into one', async () => {
    const [a, b, c, d] = [await served(), await served(), await served(), await served()]
    const first = await send(a.code)
    await succeed(a.code, { successors: [b.code] })
    await succeed(d.code, { successors: [c.code] })
    await succeed(b.code, { successors: [c.code] })
    const later = await send(a.code)

    for (const deliveryId of [first, later]) {
      expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: c.agencyId, system_id: c.systemId })
    }
    const known = [...(await directory()).standsFor(c.agencyId)].sort()
    expect(known).toEqual([a.agencyId, b.agencyId, c.agencyId, d.agencyId].sort())
  })

  test('does not give the successor the same document twice', async () => {
    const [old, other, heir] = [await served(), await served(), await served()]
    const documentId = 'H35.1-2026.77'
    const mine = await send(old.code, { documentId })
    await send(heir.code, { documentId })
    const [left, right] = [
      await send(old.code, { documentId: 'H35.1-2026.78' }),
      await send(other.code, { documentId: 'H35.1-2026.78' }),
    ]

    const { body: told } = await succeed(old.code, { successors: [heir.code], dryRun: true })
    const { body } = await succeed(old.code, { successors: [heir.code] })
    await succeed(other.code, { successors: [heir.code] })

    for (const answer of [told, body]) expect(answer).toMatchObject({ alreadyWithSuccessor: 1 })
    expect(await row(mine)).toMatchObject({ system_id: old.systemId, recipient_agency_id: old.agencyId })
    expect(await row(left)).toMatchObject({ recipient_agency_id: heir.agencyId })
    expect(await row(right)).toMatchObject({ recipient_agency_id: other.agencyId })
  })

  test('of the office hands its part on to the office that takes over', async () => {
    const [province, office, heir] = [newCode(), await served(), await served()]
    const provinceId = await agency(province)
    await registry.call('PUT', `${agencies}/${office.code}`, {
      body: { name: 'Văn phòng', codes: [{ code: office.code }], parent: province, isOffice: true },
    })
    const before = await send(province)

    await succeed(office.code, { successors: [heir.code] })
    const after = await send(province)

    for (const deliveryId of [before, after]) {
      expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: provinceId, system_id: heir.systemId })
    }
  })

  test('lets the system of the successor speak for the closed agency and confirm its documents', async () => {
    const [old, heir] = [await served(), await served()]

    await succeed(old.code, { successors: [heir.code] })

    await directory()
    const caller = await registry.authentication.authenticate(`Basic ${Buffer.from(heir.basic).toString('base64')}`)
    expect(caller.agencyIds.has(old.agencyId)).toBe(true)
  })
})

describe('a succession is refused', () => {
  test.each([
    ['to an unknown agency', () => ({ successors: ['H35.9999'] }), 422, 'agency_code_unknown'],
    [
      'at a moment that no calendar has',
      (heir: string) => ({ successors: [heir], effectiveAt: '2026-02-30T25:00:00Z' }),
      422,
      'schema_violation',
    ],
    ['without a list of successors', () => ({}), 422, 'schema_violation'],
  ])('%s', async (_what, body, status, code) => {
    const [old, heir] = [await served(), await served()]

    expect(await succeed(old.code, body(heir.code))).toMatchObject({ status, body: { code } })
    expect((await directory()).agencies.get(old.agencyId)?.closedAt).toBeUndefined()
  })

  test('for an agency nobody knows', async () => {
    expect(await succeed('H35.9998', { successors: [] })).toMatchObject({
      status: 404,
      body: { code: 'agency_not_found' },
    })
  })

  test('without an operator', async () => {
    const answer = await registry.call('POST', `${agencies}/${sender}/succession`, {
      ...{ as: 'nobody', body: { successors: [] } },
    })

    expect(answer.status).toBe(401)
  })

  test('to a closed agency', async () => {
    const [old, gone, heir] = [await served(), await served(), await served()]
    await succeed(gone.code, { successors: [heir.code] })

    const { status, body } = await succeed(old.code, { successors: [heir.code, gone.code] })

    expect({ status, code: body.code }).toEqual({ status: 422, code: 'successor_closed' })
    expect(body.violations).toMatchObject([{ path: '/successors/1', found: expect.stringContaining(gone.code) }])
  })

  test('in a circle, be it with successions that wait for their time', async () => {
    const [a, b, c] = [await served(), await served(), await served()]
    const effectiveAt = '2100-01-01T00:00:00+07:00'
    await succeed(b.code, { successors: [c.code], effectiveAt })
    await succeed(c.code, { successors: [a.code], effectiveAt })

    expect(await succeed(a.code, { successors: [b.code] })).toMatchObject({
      status: 422,
      body: { code: 'succession_circle' },
    })
  })

  test('for a closed agency, unless it is the same act again', async () => {
    const [old, heir, other] = [await served(), await served(), await served()]
    const { body: first } = await succeed(old.code, { successors: [heir.code] })

    const again = await succeed(old.code, { successors: [heir.agencyId] })

    expect(again).toMatchObject({ status: 200, body: { act: { actId: first.act.actId, state: 'done' } } })
    expect(await auditOf(old.agencyId)).toEqual(['agency.created', 'agency.succession'])
    for (const body of [{ successors: [other.code] }, { successors: [heir.code], redirect: false }]) {
      expect(await succeed(old.code, body)).toMatchObject({ status: 409, body: { code: 'agency_closed' } })
    }
  })

  test('while another act waits, unless it is the same act again', async () => {
    const [old, heir] = [await served(), await served()]
    const order = { successors: [heir.code], effectiveAt: '2100-01-01T00:00:00+07:00' }
    const { body: first } = await succeed(old.code, order)

    expect(await succeed(old.code, order)).toMatchObject({ status: 202, body: { act: { actId: first.act.actId } } })
    expect(await succeed(old.code, { ...order, effectiveAt: '2099-01-01T00:00:00+07:00' })).toMatchObject({
      ...{ status: 409, body: { code: 'agency_act_open', actId: first.act.actId } },
    })
    expect(await move(old.code, { toSystemId: heir.systemId })).toMatchObject({ status: 409 })
    expect(await acts(old.code)).toHaveLength(1)
  })
})

describe('a move', () => {
  test('carries along what nobody has taken; what was taken and what is under way stay', async () => {
    const old = await served(push)
    const to = newSystem()
    await system(to, [])
    const waiting = await send(old.code)
    const attempted = await send(old.code, { isTaken: true })
    const running = await send(old.code, { state: 'in_flight', isTaken: true })

    const rehearsed = await move(old.code, { toSystemId: to, dryRun: true })
    const { status, body } = await move(old.code, { toSystemId: to })
    await reroute()

    for (const answer of [rehearsed.body, body]) {
      expect(answer.staysWithOldSystem).toMatchObject({ count: 2 })
      expect(answer.moves).toEqual([{ agencyCode: old.code, systemId: to, count: 1 }])
    }
    expect({ status, act: body.act }).toMatchObject({
      ...{ status: 200, act: { state: 'done', fromSystemId: old.systemId, toSystemId: to, moved: 1, stayed: 2 } },
    })
    expect(await row(waiting)).toMatchObject({ system_id: to, state: 'available', recipient_agency_id: old.agencyId })
    expect(await row(attempted)).toMatchObject({ system_id: old.systemId, state: 'waiting' })
    expect(await row(running)).toMatchObject({ system_id: old.systemId, state: 'in_flight' })
    const now = await directory()
    expect(now.receiverOf(old.agencyId)?.systemId).toBe(to)
    expect(now.systems.get(old.systemId)).toMatchObject({ receivesFor: [], sendsFor: [old.agencyId] })
  })

  test('gives a system to an agency that had none, with what was held for it', async () => {
    const [code, to] = [newCode(), newSystem()]
    await agency(code)
    await system(to, [])
    const held = await send(code)

    const { body } = await move(code, { toSystemId: to })

    expect(body.act).not.toHaveProperty('fromSystemId')
    expect(await row(held)).toMatchObject({ state: 'available', system_id: to, held_reason: null })
  })

  test('is answered with the same act when it is ordered again', async () => {
    const old = await served()
    const to = newSystem()
    await system(to, [])
    const { body: first } = await move(old.code, { toSystemId: to })

    expect(await move(old.code, { toSystemId: to })).toMatchObject({
      status: 200,
      body: { act: { actId: first.act.actId } },
    })
  })

  test('can be ordered anew after somebody changed the systems by hand', async () => {
    const old = await served()
    const to = newSystem()
    await system(to, [])
    await move(old.code, { toSystemId: to })
    const put = async (systemId: string, codes: string[]) =>
      await registry.call('PUT', `/api/v1/admin/systems/${systemId}`, {
        body: { name: systemId, agencies: codes, channel: 'mailbox' },
      })
    await put(to, [])
    await put(old.systemId, [old.code])

    expect((await move(old.code, { toSystemId: to })).status).toBe(200)
    expect((await directory()).receiverOf(old.agencyId)?.systemId).toBe(to)
    expect(await acts(old.code)).toHaveLength(2)
  })

  test('is refused to a system nobody knows, to the one it is with, and for a closed agency', async () => {
    const [old, heir, gone] = [await served(), await served(), await served()]
    await succeed(gone.code, { successors: [heir.code] })

    expect(await move(old.code, { toSystemId: 'NOBODY' })).toMatchObject({
      status: 422,
      body: { code: 'move_system_unknown' },
    })
    expect(await move(old.code, { toSystemId: old.systemId })).toMatchObject({
      status: 409,
      body: { code: 'move_to_same_system' },
    })
    expect(await move(gone.code, { toSystemId: old.systemId })).toMatchObject({
      status: 409,
      body: { code: 'agency_closed' },
    })
    expect(await move(old.code, { toSystemId: heir.systemId, effectiveAt: '2026-13-01T00:00:00Z' })).toMatchObject({
      status: 422,
    })
  })
})

describe('a dated act', () => {
  const effectiveAt = `${vietnamDay(new Date(Date.now() + hours(240)))}T00:00:00.000+07:00`
  const midnight = new Date(effectiveAt)
  const before = new Date(midnight.getTime() - 1)

  test('waits for its time and is then carried out once, with what has come meanwhile', async () => {
    const [old, heir] = [await served(), await served()]
    const { status, body } = await succeed(old.code, { successors: [heir.code], effectiveAt })
    const deliveryId = await send(old.code)

    expect(await at(before, registry.carryOutDueActs)).toBe(0)
    expect(await row(deliveryId)).toMatchObject({ system_id: old.systemId })
    expect(await at(midnight, registry.carryOutDueActs)).toBe(1)
    expect(await at(midnight, registry.carryOutDueActs)).toBe(0)

    expect({ status, state: body.act.state }).toEqual({ status: 202, state: 'pending' })
    expect(await row(deliveryId)).toMatchObject({ system_id: heir.systemId, recipient_agency_id: heir.agencyId })
    expect(await acts(old.code)).toMatchObject([{ state: 'done', moved: 1, effectiveAt }])
    expect((await directory()).agencies.get(old.agencyId)?.closedAt).toEqual(midnight)
    expect(await auditOf(old.agencyId)).toEqual(['agency.created', 'agency.succession_ordered', 'agency.succession'])
  })

  test('can be cancelled before its time, and never happens', async () => {
    const [old, heir] = [await served(), await served()]
    const { body } = await move(old.code, { toSystemId: heir.systemId, effectiveAt })

    const cancelled = await undo(old.code, body.act.actId)
    const again = await undo(old.code, body.act.actId)

    for (const answer of [cancelled, again])
      expect(answer).toMatchObject({ status: 200, body: { act: { state: 'cancelled' } } })
    expect(await at(midnight, registry.carryOutDueActs)).toBe(0)
    expect((await directory()).receiverOf(old.agencyId)?.systemId).toBe(old.systemId)
    expect(await auditOf(old.agencyId)).toEqual(['agency.created', 'agency.move_ordered', 'agency.act_cancelled'])
  })

  test('of a chain that closes in one night leads on, whatever comes first', async () => {
    const [a, b, c] = [await served(), await served(), await served()]
    await succeed(b.code, { successors: [c.code], effectiveAt })
    await succeed(a.code, { successors: [b.code], effectiveAt })
    const deliveryId = await send(a.code)

    expect(await at(midnight, registry.carryOutDueActs)).toBe(2)

    expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: c.agencyId, system_id: c.systemId })
  })

  test('that cannot be carried out any more fails by itself, is kept with its reason, and stops nothing else', async () => {
    const [closed, next, heir] = [await served(), await served(), await served()]
    await succeed(closed.code, { successors: [heir.code], effectiveAt })
    await succeed(next.code, { successors: [heir.code], effectiveAt })
    await registry.call('PUT', `${agencies}/${closed.code}`, {
      body: { name: 'Đóng tay', codes: [{ code: closed.code }], closedAt: '2026-01-01T00:00:00+07:00' },
    })

    expect(await at(midnight, registry.carryOutDueActs)).toBe(2)

    const [failed] = await acts(closed.code)
    expect(failed).toMatchObject({ state: 'failed', failureCode: 'agency_closed', endedBy: 'schedule' })
    expect(await acts(next.code)).toMatchObject([{ state: 'done' }])
    expect(await undo(closed.code, failed.actId)).toMatchObject({ status: 409, body: { code: 'act_not_undoable' } })
  })

  test('that meets a fault is tried again, and keeps no other from its time', async () => {
    const [broken, next, heir] = [await served(), await served(), await served()]
    await succeed(broken.code, { successors: [heir.code], effectiveAt })
    await succeed(next.code, { successors: [heir.code], effectiveAt })
    const { retargeting } = registry.deps
    const { carryOut } = retargeting
    let faults = 1
    Object.assign(retargeting, {
      carryOut: async (...args: Parameters<typeof carryOut>) => {
        if (faults-- > 0) throw new Error('disk full')
        return await carryOut(...args)
      },
    })

    await expect(at(midnight, registry.carryOutDueActs)).rejects.toThrow('disk full')
    expect(await acts(next.code)).toMatchObject([{ state: 'done' }])
    expect(await acts(broken.code)).toMatchObject([{ state: 'pending' }])
    Object.assign(retargeting, { carryOut })
    expect(await at(midnight, registry.carryOutDueActs)).toBe(1)
    expect(await acts(broken.code)).toMatchObject([{ state: 'done' }])
  })
})

describe('an undo', () => {
  test('of a succession gives the agency back its code, and what nobody has taken', async () => {
    const [old, heir] = [await served(), await served()]
    const [moved, taken, own] = [await send(old.code), await send(old.code), await send(heir.code)]
    const { body } = await succeed(old.code, { successors: [heir.code] })
    await markFetched(registry.open.db, taken)
    const meanwhile = await send(old.code)
    const told = registry.told.length

    const undone = await undo(old.code, body.act.actId)
    const again = await undo(old.code, body.act.actId)
    await reroute()

    for (const answer of [undone, again])
      expect(answer).toMatchObject({ status: 200, body: { act: { state: 'undone' } } })
    for (const deliveryId of [moved, meanwhile]) {
      expect(await row(deliveryId)).toMatchObject({
        ...{ recipient_agency_id: old.agencyId, agency_code: old.code, system_id: old.systemId, state: 'available' },
      })
    }
    for (const deliveryId of [taken, own]) expect(await row(deliveryId)).toMatchObject({ system_id: heir.systemId })
    const known = (await directory()).agencies.get(old.agencyId)
    expect(known).toMatchObject({ successorIds: [], redirects: true })
    expect(known?.closedAt).toBeUndefined()
    expect(registry.told.slice(told)).toEqual([new Set([old.systemId])])
    expect(await auditOf(old.agencyId)).toEqual(['agency.created', 'agency.succession', 'agency.act_undone'])
  })

  test('works where both agencies are served by one system', async () => {
    const [code, heir, systemId] = [newCode(), newCode(), newSystem()]
    const ids = [await agency(code), await agency(heir)]
    await system(systemId, [code, heir])
    const deliveryId = await send(code)
    const { body } = await succeed(code, { successors: [heir] })
    expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: ids[1] })

    await undo(code, body.act.actId)

    expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: ids[0], system_id: systemId })
  })

  test('of a split lets go what was held', async () => {
    const [old, one, two] = [await served(), await served(), await served()]
    const deliveryId = await send(old.code)
    const { body } = await succeed(old.code, { successors: [one.code, two.code] })
    expect(await row(deliveryId)).toMatchObject({ state: 'held' })

    await undo(old.code, body.act.actId)

    expect(await row(deliveryId)).toMatchObject({ state: 'available', system_id: old.systemId })
  })

  test('of a middle link takes back what the chain has led on', async () => {
    const [a, b, c] = [await served(), await served(), await served()]
    const deliveryId = await send(a.code)
    const { body } = await succeed(a.code, { successors: [b.code] })
    await succeed(b.code, { successors: [c.code] })

    expect((await undo(a.code, body.act.actId)).status).toBe(200)

    expect(await row(deliveryId)).toMatchObject({ recipient_agency_id: a.agencyId, system_id: a.systemId })
  })

  test('of a move takes back what nobody has taken, and leaves the rest with the new system', async () => {
    const old = await served()
    const to = newSystem()
    await system(to, [], push)
    const [moved, attempted] = [await send(old.code), await send(old.code)]
    const { body } = await move(old.code, { toSystemId: to })
    await registry.open.db
      .updateTable('deliveries')
      .set({ taken_at: new Date() })
      .where('delivery_id', '=', attempted)
      .execute()

    await undo(old.code, body.act.actId)
    await reroute()

    expect(await row(moved)).toMatchObject({ system_id: old.systemId, state: 'available' })
    expect(await row(attempted)).toMatchObject({ system_id: to, state: 'waiting' })
    const now = await directory()
    expect(now.systems.get(to)).toMatchObject({ receivesFor: [], sendsFor: [] })
    expect(now.systems.get(old.systemId)).toMatchObject({ receivesFor: [old.agencyId] })
  })

  test('of a move lets a system that could send before go on sending, and no more', async () => {
    const old = await served()
    const to = newSystem()
    await system(to, [], { sendsFor: [old.code] })
    const { body } = await move(old.code, { toSystemId: to })

    await undo(old.code, body.act.actId)

    expect((await directory()).systems.get(to)).toMatchObject({ receivesFor: [], sendsFor: [old.agencyId] })
  })

  test('is possible for 72 hours', async () => {
    const [old, heir] = [await served(), await served()]
    const { body } = await succeed(old.code, { successors: [heir.code] })
    const carriedOut = new Date(body.act.carriedOutAt).getTime()

    const late = await at(new Date(carriedOut + hours(72)), async () => await undo(old.code, body.act.actId))
    expect(late).toMatchObject({ status: 409, body: { code: 'act_undo_over' } })
    expect(new Date(body.act.undoUntil).getTime()).toBe(carriedOut + hours(72))

    const inTime = await at(new Date(carriedOut + hours(72) - 1), async () => await undo(old.code, body.act.actId))
    expect(inTime.status).toBe(200)
  })

  test('is refused where the directory was changed since', async () => {
    const [old, heir, other] = [await served(), await served(), await served()]
    const { body } = await succeed(old.code, { successors: [heir.code] })
    await registry.call('PUT', `${agencies}/${old.code}`, {
      ...{
        body: { name: 'x', codes: [{ code: old.code }], closedAt: '2026-01-01T00:00:00Z', successors: [other.code] },
      },
    })

    expect(await undo(old.code, body.act.actId)).toMatchObject({ status: 409, body: { code: 'act_overtaken' } })
  })

  test('is refused while a later act stands, and of acts that are not there', async () => {
    const [old, heir] = [await served(), await served()]
    const { body: first } = await move(old.code, { toSystemId: heir.systemId })
    const { body: second } = await succeed(old.code, { successors: [heir.code] })

    expect(await undo(old.code, first.act.actId)).toMatchObject({ status: 409, body: { code: 'act_overtaken' } })
    expect((await undo(old.code, second.act.actId)).status).toBe(200)
    expect((await undo(old.code, first.act.actId)).status).toBe(200)
    expect((await directory()).receiverOf(old.agencyId)?.systemId).toBe(old.systemId)
    for (const actId of ['nonsense', first.act.actId.replace(/.$/, 'z')])
      expect(await undo(old.code, actId)).toMatchObject({ status: 404, body: { code: 'act_not_found' } })
    expect(await undo(heir.code, first.act.actId)).toMatchObject({ status: 404 })
  })
})

describe('what is answered', () => {
  const answered = (done: ActAnswer, dryRun: boolean) => actResult(done, dryRun, '2026-11-20')

  test('is as published, in every state of an act', async () => {
    const [old, heir] = [await served(push), await served()]
    await send(old.code)
    await send(old.code, { isTaken: true })
    const to = newSystem()
    await system(to, [])
    const move = (effectiveAt: Date): ActRequest => ({
      ...{ reference: old.code, isTimeGiven: true },
      orderFor: (agencyId) => ({ kind: 'move', agencyId, toSystemId: to, effectiveAt }),
    })
    const succession: ActRequest = {
      ...{ reference: old.code, isTimeGiven: false },
      orderFor: (agencyId, _directory, now) => ({
        ...{ kind: 'succession', agencyId, successorIds: [heir.agencyId], redirects: false, effectiveAt: now },
      }),
    }
    const by = { name: 'test' }
    const takeBack = async ({ act }: ActAnswer) =>
      await takeBackAct(registry.deps, by, { reference: old.code, actId: act?.actId ?? '' })

    const rehearsed = await rehearseAct(registry.deps, succession)
    const pending = await orderAct(registry.deps, by, move(new Date(Date.now() + hours(1))))
    const cancelled = await takeBack(pending)
    const moved = await orderAct(registry.deps, by, move(new Date()))
    const closed = await orderAct(registry.deps, by, succession)
    const undone = await takeBack(closed)

    expectSchema('agency-act-result', answered(rehearsed, true))
    for (const done of [pending, cancelled, moved, closed, undone])
      expectSchema('agency-act-result', answered(done, false))
    const states = [pending, cancelled, moved, closed, undone].map(({ act }) => act?.state)
    expect(states).toEqual(['pending', 'cancelled', 'done', 'done', 'undone'])
    const ground = { directory: undone.directory, day: '2026-11-20' }
    const listed = (await actsOf(registry.open.db, old.agencyId)).map((act) => actView(act, ground))
    expectSchema('agency-act-list', { items: listed })
    expect(listed.map((act) => act.state)).toEqual(['undone', 'done', 'cancelled'])
  })
})
