// A delivery that could not be served finds its way by itself once the directory knows better (design D15).
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { reroutableDeliveries } from '../../src/delivery/transitions.ts'
import { buildDirectory, type Directory } from '../../src/domain/directory.ts'
import { type NewRoute, newRoute, type OpenRoute } from '../../src/domain/route.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { rerouteOpenDeliveries } from '../../src/routing/reroute.ts'
import { agency, closed, code, directory, system, today } from '../domain/directory-fixture.ts'
import {
  codes,
  deliveriesOf,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

const known = directory(
  [
    agency('a', [code('A'), code('OLD', undefined, '2026-11-19')]),
    agency('b', ['B']),
    agency('c', ['C']),
    agency('heir', [code('OLD', '2026-11-20')]),
    agency('merged', ['M'], closed(['a'])),
  ],
  [system('ONE', ['a', 'b']), system('TWO', ['heir'])],
)
const open = (deliveryId: string, organId: string, more: Partial<OpenRoute> = {}): OpenRoute => ({
  ...{ deliveryId, organId, recipientAgencyId: organId.toLowerCase(), state: 'held', heldReason: 'no_system' },
  ...{ systemId: null, channel: null },
  ...more,
})
const waiting = { state: 'available', heldReason: null, systemId: 'ONE', channel: 'mailbox' }
const unknown = { heldReason: 'unknown_agency', recipientAgencyId: null }
const toOne = { kind: 'lane', systemId: 'ONE', channel: 'mailbox' }

describe('the way of an open delivery', () => {
  const noticed = directory([agency('a', ['A'])], [system('P', ['a'], { channel: 'push', pushStyle: 'notice' })])
  const pushed = { heldReason: null, systemId: 'P', channel: 'push' }

  test.each([
    ['waits where it belongs', open('1', 'A', waiting)],
    [
      'waits where it belongs under a code that was handed on',
      open('1', 'OLD', { ...waiting, recipientAgencyId: 'a' }),
    ],
    ['is held for the same reason as before', open('1', 'C')],
    ['is still unknown', open('1', 'X', unknown)],
    ['was addressed to an agency that is gone', open('1', 'A', { recipientAgencyId: 'gone' })],
  ])('stays as it is when it %s', (_what, delivery) => {
    expect(newRoute(delivery, known, today)).toBeUndefined()
  })

  test('stays as it is when its notices go out already', () => {
    expect(newRoute(open('1', 'A', { ...pushed, state: 'available' }), noticed, today)).toBeUndefined()
  })

  test.each([
    ['was held for another reason', open('1', 'C', { heldReason: 'not_connected' })],
    ['lost its system', open('1', 'C', waiting)],
    ['was unknown and has no system', open('1', 'C', unknown)],
  ])('is held with the reason of today when it %s', (_what, delivery) => {
    expect(newRoute(delivery, known, today)).toMatchObject({
      recipientAgencyId: 'c',
      destination: { kind: 'held', reason: 'no_system' },
    })
  })

  test.each([
    ['another system', { ...waiting, systemId: 'BEFORE' }],
    ['another channel of the same system', { ...waiting, state: 'waiting', channel: 'push' }],
  ])('leads to the system that serves it today when it waits for %s', (_what, more) => {
    expect(newRoute(open('1', 'B', more), known, today)).toMatchObject({ agencyCode: 'B', destination: toOne })
  })

  test('leads to the mailbox when its system wants notices instead of packages', () => {
    expect(newRoute(open('1', 'A', { ...pushed, state: 'waiting' }), noticed, today)).toMatchObject({
      destination: { kind: 'lane', systemId: 'P', channel: 'push', pushStyle: 'notice' },
    })
  })

  test('is that of the agency it was addressed to, whoever has the written code today', () => {
    const delivery = open('1', 'OLD', { ...waiting, recipientAgencyId: 'a', systemId: 'BEFORE' })

    expect(newRoute(delivery, known, today)).toEqual({
      ...{ deliveryId: '1', recipientAgencyId: 'a', agencyCode: 'A' },
      destination: { ...toOne, pushStyle: 'package' },
    })
  })

  test('is that of the agency with the written code today while nobody answered to it before', () => {
    expect(newRoute(open('1', 'OLD', unknown), known, today)).toMatchObject({
      recipientAgencyId: 'heir',
      destination: { systemId: 'TWO' },
    })
  })

  test('leads on to the only successor of an agency that was closed', () => {
    const delivery = open('1', 'M', { ...waiting, recipientAgencyId: 'merged' })

    expect(newRoute(delivery, known, today)).toMatchObject({ recipientAgencyId: 'a', agencyCode: 'A' })
  })
})

describe('walking through open deliveries', () => {
  let fresh: FreshDatabase
  let database: OpenDatabase
  beforeAll(async () => {
    fresh = await freshDatabase()
    database = openDatabase({ url: fresh.url, connectionsMax: 2, onIdleError: () => undefined })
  })
  afterAll(async () => {
    await database.close()
    await fresh.drop()
  })

  const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
  const [raced, broken, taken] = [id(901), id(902), id(903)]

  /** `directories` are what the walk is given each time it asks; the database says that the last one is true. */
  async function run(pages: readonly (readonly OpenRoute[])[], directories: readonly Directory[] = [known]) {
    const routes: NewRoute[] = []
    const told: ReadonlySet<string>[] = []
    const asked: string[] = []
    const given = [...directories]
    await database.db
      .updateTable('directory_version')
      .set({ version: directories.at(-1)?.version ?? 0 })
      .execute()
    const moved = await rerouteOpenDeliveries({
      db: database.db,
      directory: { refresh: async () => given.shift() ?? known },
      reroutable: async (_db, after) => {
        asked.push(after)
        return [...(pages[asked.length - 1] ?? [])]
      },
      reroute: async (_db, route) => {
        if (route.deliveryId === raced) throw Object.assign(new Error('duplicate key'), { code: '23505' })
        if (route.deliveryId === broken) throw new Error('no such table')
        routes.push(route)
        return route.deliveryId !== taken
      },
      afterCommit: (systems) => void told.push(systems),
      day: () => today,
    })
    return { moved, routes, told, asked }
  }

  test('sends on what has a way now, and tells the systems', async () => {
    const { moved, routes, told } = await run([[open(id(1), 'A'), open(id(2), 'X', unknown)]])

    expect(moved).toBe(1)
    expect(routes).toMatchObject([{ deliveryId: id(1), recipientAgencyId: 'a', agencyCode: 'A' }])
    expect(told).toEqual([new Set(['ONE'])])
  })

  test('leaves alone what goes its way already', async () => {
    expect(await run([[open(id(1), 'A', waiting), open(id(2), 'C')]])).toMatchObject({ moved: 0, routes: [], told: [] })
  })

  test('tells nobody of what is held from now on', async () => {
    expect(await run([[open(id(1), 'C', waiting)]])).toMatchObject({ moved: 1, told: [] })
  })

  test('does not count or announce what somebody took meanwhile', async () => {
    expect(await run([[open(taken, 'A')]])).toMatchObject({ moved: 0, told: [] })
  })

  test('goes on past one that lost a race for its recipient, and past no other failure', async () => {
    expect(await run([[open(raced, 'A'), open(id(2), 'A')]])).toMatchObject({
      moved: 1,
      routes: [{ deliveryId: id(2) }],
    })
    await expect(run([[open(broken, 'A'), open(id(2), 'A')]])).rejects.toThrow('no such table')
  })

  test('goes on after the last key while pages are full', async () => {
    const full = Array.from({ length: 500 }, (_, i) => open(id(i), 'A'))

    const { asked, moved } = await run([full, [open(id(500), 'A')]])

    expect(asked).toEqual(['00000000-0000-0000-0000-000000000000', id(499)])
    expect(moved).toBe(501)
  })

  test('decides a page anew when the directory has changed since it was read', async () => {
    const now = buildDirectory(2, [...known.agencies.values()], [system('THREE', ['a'])])
    const page = [open(id(1), 'A')]

    const { moved, routes, asked, told } = await run([page, page], [known, now])

    expect(routes).toMatchObject([{ destination: { systemId: 'THREE' } }])
    expect({ moved, pages: asked.length, told }).toEqual({ moved: 1, pages: 2, told: [new Set(['THREE'])] })
  })
})

describe('in the running gateway', () => {
  let province: Province
  beforeAll(async () => {
    province = await startProvince()
  })
  afterAll(async () => await province.close())

  const send = async (to: readonly string[]) => {
    const made = documentTo(to)
    const answer = await province.submit(province.snv.basic, made.xml)
    expectStatus(answer, 202)
    return { ...made, receipt: answer.body }
  }
  const untilDeliveries = async (documentId: string, expected: readonly object[]) =>
    await vi.waitFor(async () => expect(await deliveriesOf(province, documentId)).toMatchObject(expected), {
      timeout: 10_000,
    })
  const systemFor = async (systemId: string, code: string) =>
    (await province.register({ systems: [{ systemId, agencies: [code] }] })).systems[0]?.basic ?? ''

  test('a recipient nobody knew is served once its agency is registered and has a system', async () => {
    const { documentId, xml, receipt } = await send(['H35.60', codes.stc])

    const { agencyIds } = await province.register({ agencies: [{ codes: ['H35.60'] }] })
    await untilDeliveries(documentId, [{ held_reason: 'no_system', recipient_agency_id: agencyIds.get('H35.60') }, {}])
    const basic = await systemFor('QLVB-60', 'H35.60')

    await untilDeliveries(documentId, [{ state: 'available', held_reason: null, system_id: 'QLVB-60' }, {}])
    const { body } = await province.call('GET', '/api/v1/mailbox', { basic })
    expect(body.items).toMatchObject([{ deliveryId: receipt.deliveries[0].deliveryId, documentId }])
    const again = await province.submit(province.snv.basic, xml)
    expect(again).toMatchObject({ status: 200, body: { packageId: receipt.packageId } })
    expect(await deliveriesOf(province, documentId)).toHaveLength(2)
  })

  test('one without a system is served once it has one, by the receiver its agency names', async () => {
    await province.register({ agencies: [{ codes: ['H35.61'] }] })
    const { documentId } = await send(['H35.61'])
    const { body: shown } = await province.admin('GET', 'agencies?q=H35.61')
    const agencyId = shown.items[0].agencyId

    await province.admin('PUT', `agencies/${agencyId}`, { name: 'x', codes: [{ code: 'H35.61' }], receiver: codes.stc })

    await untilDeliveries(documentId, [{ state: 'available', system_id: 'QLVB-CHUNG', recipient_agency_id: agencyId }])
  })

  test('one that was not connected is served once it is', async () => {
    const { documentId } = await send([codes.paper])
    const agencyId = province.agencyIds.get(codes.paper)
    await systemFor('QLVB-HOI', codes.paper)

    await province.admin('PUT', `agencies/${agencyId}`, {
      name: 'Hội',
      codes: [{ code: codes.paper }],
      connected: true,
    })

    await untilDeliveries(documentId, [{ state: 'available', system_id: 'QLVB-HOI' }])
  })

  test('a package that names one agency twice keeps one delivery once the second code is known as its own', async () => {
    const { documentId, xml } = await send([codes.ward, 'H35.62'])
    const later = await send([codes.alone, 'H35.62'])

    const codesOf = [codes.ward, 'H35.62'].map((code) => ({ code }))
    await province.admin('PUT', `agencies/${province.agencyIds.get(codes.ward)}`, { name: 'UBND xã', codes: codesOf })

    await untilDeliveries(later.documentId, [{ organ_id: codes.alone }, { organ_id: 'H35.62', state: 'available' }])
    expect(await deliveriesOf(province, documentId)).toMatchObject([
      { organ_id: codes.ward, state: 'available' },
      { organ_id: 'H35.62', state: 'held', held_reason: 'unknown_agency' },
    ])
    expect((await province.submit(province.snv.basic, xml)).status).toBe(200)
  })

  test('what somebody has fetched stays where it is when its agency moves', async () => {
    await province.register({ agencies: [{ codes: ['H35.63'] }] })
    const first = await systemFor('QLVB-63', 'H35.63')
    const fetched = await send(['H35.63'])
    const waiting = await send(['H35.63'])
    const deliveryId = fetched.receipt.deliveries[0].deliveryId
    expectStatus(await province.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: first }), 200)

    await province.admin('PUT', 'systems/QLVB-63', { name: 'x', agencies: [], channel: 'mailbox' })
    await systemFor('QLVB-63B', 'H35.63')

    await untilDeliveries(waiting.documentId, [{ state: 'available', system_id: 'QLVB-63B' }])
    expect(await deliveriesOf(province, fetched.documentId)).toMatchObject([{ system_id: 'QLVB-63' }])
  })

  test('pages of open deliveries come by key, without those that were taken, finished or quarantined', async () => {
    const all = await reroutableDeliveries(province.db, '00000000-0000-0000-0000-000000000000', 1000)
    const page = await reroutableDeliveries(province.db, all[0]?.deliveryId ?? '', 2)

    expect(page.map((open) => open.deliveryId)).toEqual(all.slice(1, 3).map((open) => open.deliveryId))
    const rows = await province.db
      .selectFrom('deliveries')
      .select('delivery_id')
      .where('state', 'in', ['held', 'waiting', 'available'])
      .where('taken_at', 'is', null)
      .orderBy('delivery_id')
      .execute()
    expect(all.map((open) => open.deliveryId)).toEqual(rows.map((row) => row.delivery_id))
  })
})
