// A merger as the offices of a province live through it, over HTTP: what waited reaches the heir, what was fetched is
// finished where it is, answers to older documents are taken from the heir, and a dated merger happens by itself.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { vietnamTime } from '../../src/domain/vietnam-time.ts'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

let number = 500

async function served() {
  const code = `H35.${++number}`
  const systemId = `QLVB-${number}`
  await province.register({ agencies: [{ name: `Sở ${number}`, codes: [code] }] })
  const { systems } = await province.register({ systems: [{ systemId, agencies: [code] }] })
  if (systems[0] === undefined) throw new Error('not registered')
  return { code, systemId, system: systems[0] }
}

async function send(code: string) {
  const { xml, documentId } = documentTo([code])
  const answer = await province.submit(province.snv.basic, xml)
  expectStatus(answer, 202)
  return { documentId, deliveryId: String(answer.body.deliveries[0]?.deliveryId), receipt: answer.body, xml }
}

const mailboxOf = async ({ basic }: RegisteredSystem): Promise<string[]> =>
  (await province.call('GET', '/api/v1/mailbox', { basic })).body.items.map((i: { deliveryId: string }) => i.deliveryId)
const fetched = async ({ basic }: RegisteredSystem, deliveryId: string) =>
  await province.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic })
const confirmed = async ({ basic }: RegisteredSystem, deliveryId: string) =>
  await province.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic })

describe('a merger', () => {
  test('takes along what nobody has fetched; what was fetched is confirmed by who has it', async () => {
    const [old, heir] = [await served(), await served()]
    const [waiting, taken] = [await send(old.code), await send(old.code)]
    expectStatus(await fetched(old.system, taken.deliveryId), 200)

    const rehearsed = await province.admin('POST', `agencies/${old.code}/succession`, {
      ...{ successors: [heir.code], dryRun: true },
    })
    const done = await province.admin('POST', `agencies/${old.code}/succession`, { successors: [heir.code] })

    for (const { body } of [rehearsed, done]) {
      expectSchema('agency-act-result', body)
      expect(body).toMatchObject({ unfetched: 1, fetched: 1, staysWithOldSystem: { count: 1 } })
    }
    expect(await mailboxOf(heir.system)).toEqual([waiting.deliveryId])
    expectStatus(await confirmed(heir.system, waiting.deliveryId), 200)
    expectStatus(await confirmed(old.system, taken.deliveryId), 200)
    expectStatus(await fetched(old.system, waiting.deliveryId), 404)
  })

  test('leads new documents to the heir, who answers older ones too', async () => {
    const [old, heir] = [await served(), await served()]
    const older = await send(old.code)
    expectStatus(await confirmed(old.system, older.deliveryId), 200)

    await province.admin('POST', `agencies/${old.code}/succession`, { successors: [heir.code] })
    const later = await send(old.code)
    const status = await province.call('POST', '/api/v1/status', {
      basic: heir.system.basic,
      body: { documentId: older.documentId, organId: codes.snv, from: heir.code, code: '03' },
    })

    expect(later.receipt.recipients).toMatchObject([{ outcome: 'redirected', agencyCode: heir.code }])
    expect(await mailboxOf(heir.system)).toEqual([later.deliveryId])
    expectStatus(status, 202)
    const row = await province.db
      .selectFrom('deliveries')
      .select('business_code')
      .where('delivery_id', '=', older.deliveryId)
      .executeTakeFirstOrThrow()
    expect(row.business_code).toBe('03')
  })

  test('without redirect tells the sender who took over', async () => {
    const [old, heir] = [await served(), await served()]

    await province.admin('POST', `agencies/${old.code}/succession`, { successors: [heir.code], redirect: false })
    const { receipt } = await send(old.code)

    expect(receipt.recipients).toMatchObject([
      { outcome: 'held', reason: 'closed', suggestions: [{ code: heir.code }] },
    ])
  })

  test('happens by itself when its time has come', async () => {
    const [old, heir] = [await served(), await served()]
    const waiting = await send(old.code)
    const effectiveAt = vietnamTime(new Date(Date.now() + 1_500))

    const ordered = await province.admin('POST', `agencies/${old.code}/succession`, {
      ...{ successors: [heir.code], effectiveAt },
    })

    expect(ordered).toMatchObject({ status: 202, body: { act: { state: 'pending' } } })
    await vi.waitFor(async () => expect(await mailboxOf(heir.system)).toEqual([waiting.deliveryId]), {
      timeout: 15_000,
    })
    const { body } = await province.admin('GET', `agencies/${old.code}/acts`)
    expect(body.items).toMatchObject([{ state: 'done', moved: 1, effectiveAt }])
  })

  test('that was undone leaves everything as it was, and a repeat is still the same document', async () => {
    const [old, heir] = [await served(), await served()]
    const waiting = await send(old.code)
    const { body } = await province.admin('POST', `agencies/${old.code}/succession`, { successors: [heir.code] })

    await province.admin('POST', `agencies/${old.code}/acts/${body.act.actId}/undo`)

    expect(await mailboxOf(heir.system)).toEqual([])
    expect(await mailboxOf(old.system)).toEqual([waiting.deliveryId])
    expect((await province.submit(province.snv.basic, waiting.xml)).status).toBe(200)
    const { body: shown } = await province.admin('GET', `agencies/${old.code}`)
    expect(shown).not.toHaveProperty('closedAt')
  })
})

test('a move takes along what waits, and lets the old system answer for what it has', async () => {
  const [old, to] = [await served(), await served()]
  const [waiting, taken] = [await send(old.code), await send(old.code)]
  expectStatus(await fetched(old.system, taken.deliveryId), 200)

  const { body } = await province.admin('POST', `agencies/${old.code}/move`, { toSystemId: to.systemId })

  expectSchema('agency-act-result', body)
  expect(await mailboxOf(to.system)).toEqual([waiting.deliveryId])
  expectStatus(await confirmed(old.system, taken.deliveryId), 200)
  const status = await province.call('POST', '/api/v1/status', {
    basic: old.system.basic,
    body: { deliveryId: taken.deliveryId, from: old.code, code: '03' },
  })
  expectStatus(status, 202)
})
