// Acts on agencies beside everything else that happens at the same moment: of two who want the same document exactly
// one gets it, and no act happens twice.
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { confirmDeliveries, markFetched } from '../../src/delivery/transitions.ts'
import { withdrawDeliveries } from '../../src/delivery/withdraw.ts'
import type { Trx } from '../../src/platform/database.ts'
import { deliveryRow, documentTo } from './open-deliveries.ts'
import { connectRegistry, type RegistryApp, startRegistry } from './registry-app.ts'

let registry: RegistryApp & { readonly url: string }
/** Another process on the same database. */
let second: RegistryApp
const sender = 'H35.1'
beforeAll(async () => {
  registry = await startRegistry()
  second = await connectRegistry(registry)
  await served(sender, 'SENDER')
})
afterAll(async () => {
  await second?.close()
  await registry?.close()
})

const agencies = '/api/v1/admin/agencies'
const push = { channel: 'push', pushUrl: 'https://qlvb.example/tram' }
let number = 100

async function served(code = `H35.${++number}`, systemId = `SYS-${++number}`, more: object = {}) {
  const made = await registry.call('POST', agencies, { body: { name: code, codes: [{ code }] } })
  const body = { systemId, name: systemId, agencies: [code], channel: 'mailbox', ...more }
  expect((await registry.call('POST', '/api/v1/admin/systems', { body })).status).toBe(201)
  return { code, systemId, agencyId: String(made.body.agencyId) }
}

const send = async (to: string) => await documentTo(registry, { from: sender, to })
const row = async (deliveryId: string) => await deliveryRow(registry, deliveryId)
const succeed = async (code: string, body: object, by: RegistryApp = registry) =>
  await by.call('POST', `${agencies}/${code}/succession`, { body })
const undo = async (code: string, actId: string, by: RegistryApp = registry) =>
  await by.call('POST', `${agencies}/${code}/acts/${actId}/undo`)

/** How many statements wait for a lock of somebody else's. */
async function waiting(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(second.open.db)
  return rows[0]?.n ?? 0
}

async function untilWaiting(count: number): Promise<void> {
  await expect.poll(waiting, { interval: 5, timeout: 10_000 }).toBe(count)
}

/** Holds a transaction open while `during` runs beside it. */
async function whileOpen<T>(inside: (trx: Trx) => Promise<unknown>, during: () => Promise<T>): Promise<Promise<T>> {
  let running: Promise<T> | undefined
  await registry.open.db.transaction().execute(async (trx) => {
    await inside(trx)
    running = during()
    await untilWaiting(1)
  })
  if (running === undefined) throw new Error('nothing ran')
  return running
}

describe('an act while a document is being taken', () => {
  test.each([
    ['fetched', async (trx: Trx, id: string) => await markFetched(trx, id), { state: 'available' }],
    ['confirmed', async (trx: Trx, id: string) => await confirmDeliveries(trx, [id]), { state: 'delivered' }],
    ['recalled', async (trx: Trx, id: string) => await withdrawDeliveries(trx, [id]), { state: 'recalled' }],
  ])('waits, and leaves it to whoever %s it', async (_what, take, expected) => {
    const [old, heir] = [await served(), await served()]
    const [taken, other] = [await send(old.code), await send(old.code)]

    const answer = await await whileOpen(
      async (trx) => await take(trx, taken),
      async () => await succeed(old.code, { successors: [heir.code] }, second),
    )

    expect({ status: answer.status, moved: answer.body.act?.moved }).toEqual({ status: 200, moved: 1 })
    expect(await row(taken)).toMatchObject({ ...expected, system_id: old.systemId, recipient_agency_id: old.agencyId })
    expect(await row(other)).toMatchObject({ system_id: heir.systemId, recipient_agency_id: heir.agencyId })
  })

  test('leaves to the old system a push that began first', async () => {
    const [old, heir] = [await served(undefined, undefined, push), await served()]
    const deliveryId = await send(old.code)

    const answer = await await whileOpen(
      async (trx) => expect(await claimDeliveries(trx, old.systemId, 10, 8_000, 300)).toHaveLength(1),
      async () => await succeed(old.code, { successors: [heir.code] }, second),
    )

    expect(await row(deliveryId)).toMatchObject({ state: 'in_flight', system_id: old.systemId })
    expect(answer.body.act).toMatchObject({ moved: 0, stayed: 1 })
  })

  test.each(Array.from({ length: 8 }, (_, n) => n))('gives each document one outcome, run %i', async () => {
    const [old, heir] = [await served(), await served()]
    const ids = await Promise.all(Array.from({ length: 6 }, () => send(old.code)))

    const [answer, ...fetched] = await Promise.all([
      succeed(old.code, { successors: [heir.code] }, second),
      ...ids.map(async (id) => ({ id, settled: await confirmDeliveries(registry.open.db, [id]) })),
    ])

    expect(answer.status).toBe(200)
    const rows = await Promise.all(ids.map(row))
    for (const one of rows) expect(one.state).toBe('delivered')
    const moved = rows.filter((one) => one.system_id === heir.systemId).length
    expect(answer.body.act.moved).toBe(moved)
    expect(fetched.every(({ settled }) => settled.length === 1)).toBe(true)
  })
})

describe('two processes', () => {
  const effectiveAt = new Date(Date.now() + 3_600_000)

  test('carry out a due act once', async () => {
    const [old, heir] = [await served(), await served()]
    await succeed(old.code, { successors: [heir.code], effectiveAt: effectiveAt.toISOString() })
    const deliveryId = await send(old.code)
    for (const one of [registry, second]) one.clock.set(effectiveAt)

    const done = await Promise.all([registry, second, registry, second].map((one) => one.carryOutDueActs()))
    for (const one of [registry, second]) one.clock.set(undefined)

    expect(done.reduce((sum, n) => sum + n, 0)).toBe(1)
    expect(await row(deliveryId)).toMatchObject({ system_id: heir.systemId })
    const audit = await registry.open.db
      .selectFrom('audit')
      .select(['action', 'actor'])
      .where('object', '=', `agency:${old.agencyId}`)
      .where('action', '=', 'agency.succession')
      .execute()
    expect(audit).toEqual([{ action: 'agency.succession', actor: 'schedule' }])
  })

  test('order the same succession at once, and it is one act', async () => {
    const [old, heir] = [await served(), await served()]

    const answers = await Promise.all(
      [registry, second].map((one) => succeed(old.code, { successors: [heir.code] }, one)),
    )

    expect(answers.map((one) => one.status)).toEqual([200, 200])
    expect(new Set(answers.map((one) => one.body.act.actId)).size).toBe(1)
  })

  test('order different successions at once, and one of them is refused', async () => {
    const [old, one, two] = [await served(), await served(), await served()]

    const answers = await Promise.all([
      succeed(old.code, { successors: [one.code] }, registry),
      succeed(old.code, { successors: [two.code] }, second),
    ])

    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409])
  })

  test('undo an act at once, and it is undone once', async () => {
    const [old, heir] = [await served(), await served()]
    const deliveryId = await send(old.code)
    const { body } = await succeed(old.code, { successors: [heir.code] })

    const answers = await Promise.all([registry, second].map((one) => undo(old.code, body.act.actId, one)))

    expect(answers.map((one) => one.body.act?.state)).toEqual(['undone', 'undone'])
    expect(await row(deliveryId)).toMatchObject({ system_id: old.systemId, recipient_agency_id: old.agencyId })
    const audit = await registry.open.db
      .selectFrom('audit')
      .select('action')
      .where('object', '=', `agency:${old.agencyId}`)
      .where('action', '=', 'agency.act_undone')
      .execute()
    expect(audit).toHaveLength(1)
  })

  test.each(Array.from({ length: 4 }, (_, n) => n))(
    'cancel an act at its very moment: it is done or it is not, run %i',
    async () => {
      const [old, heir] = [await served(), await served()]
      const ordered = await succeed(old.code, { successors: [heir.code], effectiveAt: effectiveAt.toISOString() })
      const { actId } = ordered.body.act
      second.clock.set(effectiveAt)

      const [cancelled, carriedOut] = await Promise.all([undo(old.code, actId), second.carryOutDueActs()])
      second.clock.set(undefined)

      const known = (await registry.cache.refresh()).agencies.get(old.agencyId)
      expect(known?.closedAt).toBeUndefined()
      // Whoever comes second finds it done, and undoes it.
      expect(cancelled.body.act.state).toBe(carriedOut === 0 ? 'cancelled' : 'undone')
    },
  )
})
