// Recall after agencies were closed: a successor counts as its predecessor, on either side of a document (contract §2),
// also where the old code has ended or belongs to somebody else by now.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import {
  businessOf,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { type Desk, deskIn, lists, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

let number = 70
const nextCode = () => {
  number += 1
  return `H35.${number}`
}

interface Office {
  readonly code: string
  readonly system: RegisteredSystem
}

async function office(): Promise<Office> {
  const code = nextCode()
  const { systems } = await province.register({
    agencies: [{ codes: [code] }],
    systems: [{ systemId: `QLVB-${code}`, agencies: [code] }],
  })
  return { code, system: systems[0] as RegisteredSystem }
}

const closedAt = '2026-01-01T00:00:00+07:00'

async function merge(old: Office, into: readonly Office[], codes: object[] = [{ code: old.code }]): Promise<void> {
  const successors = into.map((o) => o.code)
  await province.admin('PUT', `agencies/${old.code}`, { name: `Cũ ${old.code}`, codes, closedAt, successors })
}

/** The old code ends, and another agency gets it. */
async function handOn(old: Office, into: Office): Promise<Office> {
  await merge(old, [into], [{ code: old.code, validTo: '2025-12-31' }])
  const { systems } = await province.register({
    agencies: [{ name: `Mới ${old.code}`, codes: [{ code: old.code, validFrom: '2026-01-01' }] }],
  })
  expect(systems).toEqual([])
  return old
}

async function sentBy(sender: Office, to: readonly string[]): Promise<Sent> {
  number += 1
  const made = documentTo(to, { id: `${sender.code},2026/11/20,${number}/VP`, from: fromElement(sender.code) })
  return await desk.submitted(made, sender.system)
}

const recallPackage = (document: Sent, from: string, to: readonly string[]) =>
  documentTo(to, {
    ...{ id: `${document.documentId}-th`, from: fromElement(from), traces: businessOf(1, document.documentId) },
  })

describe('the successor recalls what its predecessor sent', () => {
  type Way = [string, (document: Sent, heir: Office, reader: Office) => Promise<unknown>]
  test.each<Way>([
    [
      'by package',
      async (document, heir, { code }) =>
        (await desk.submitted(recallPackage(document, heir.code, [code]), heir.system)).answer,
    ],
    ['by status 13', (document, heir, { code }) => desk.recallByStatus(document, code, heir.system, heir.code)],
    ['by JSON', (document, heir, { code }) => desk.recallByJson(document, code, heir.system)],
    ['by one call', (document, heir) => desk.recallByCall(document.packageId, {}, heir.system)],
  ])('%s', async (_how, recall) => {
    const [old, heir, reader] = [await office(), await office(), await office()]
    const [untaken, taken] = [await sentBy(old, [reader.code]), await sentBy(old, [reader.code])]
    await desk.take(taken.to(reader.code), reader.system)
    await merge(old, [heir])

    const first = (await recall(untaken, heir, reader)) as Parameters<typeof lists>[0]
    const second = (await recall(taken, heir, reader)) as Parameters<typeof lists>[0]

    expect(lists(first)).toEqual({ withdrawn: [reader.code], requested: [], undeliverable: [] })
    expect(lists(second)).toEqual({ withdrawn: [], requested: [reader.code], undeliverable: [] })
    expect(await desk.row(untaken.to(reader.code))).toMatchObject({ state: 'recalled' })
  })

  test('by one call, though the code that it was sent under belongs to somebody else now', async () => {
    const [old, heir, reader] = [await office(), await office(), await office()]
    const document = await sentBy(old, [reader.code])
    await desk.take(document.to(reader.code), reader.system)
    await handOn(old, heir)

    const answer = await desk.recallByCall(document.packageId, {}, heir.system)

    expectStatus(answer, 200)
    expect(lists(answer)).toEqual({ withdrawn: [], requested: [reader.code], undeliverable: [] })
    expect(await desk.mailboxItems(document, reader.system)).toMatchObject([{ type: 'status' }])
  })

  test('and nobody else does', async () => {
    const [old, heir, other, reader] = [await office(), await office(), await office(), await office()]
    const document = await sentBy(old, [reader.code])
    await merge(old, [heir])

    const made = recallPackage(document, other.code, [reader.code])

    expect(await province.submit(other.system.basic, made.xml)).toMatchObject({ status: 403 })
    expect((await desk.recallByCall(document.packageId, {}, other.system)).status).toBe(404)
    expect(await desk.row(document.to(reader.code))).toMatchObject({ state: 'available' })
  })
})

describe('the successor sends again what its predecessor sent', () => {
  const id = () => `${nextCode()},2026/11/20,7/VP`

  test('under its own code: no new document, but another content under a known id', async () => {
    const [old, heir, reader] = [await office(), await office(), await office()]
    const made = (from: string, documentId: string) =>
      documentTo([reader.code], { id: documentId, from: fromElement(from) }).xml
    const [documentId, other] = [id(), id()]
    const first = await province.submit(old.system.basic, made(old.code, documentId))
    await merge(old, [heir])

    const again = await province.submit(heir.system.basic, made(heir.code, documentId))

    expect(again).toMatchObject({
      status: 409,
      body: { code: 'document_id_reused', existing: { packageId: first.body.packageId } },
    })
    expect(again.body.existing.differs.every((path: string) => path.startsWith('from'))).toBe(true)
    expect((await province.submit(heir.system.basic, made(heir.code, other))).status).toBe(202)
  })

  test('an operation under its own code is judged against the predecessor’s, too', async () => {
    const [old, heir, reader] = [await office(), await office(), await office()]
    const document = await sentBy(old, [reader.code])
    const recall = recallPackage(document, old.code, [reader.code])
    const first = await desk.submitted(recall, old.system)
    await merge(old, [heir])

    const again = await province.submit(heir.system.basic, recall.xml)

    expect(again).toMatchObject({ status: 200, body: { packageId: first.packageId } })
  })
})

describe('the successor has what its predecessor received', () => {
  type Way = [string, (document: Sent, sender: Office, to: string) => Promise<unknown>]
  const ways: Way[] = [
    [
      'by package',
      async (document, sender, to) =>
        (await desk.submitted(recallPackage(document, sender.code, [to]), sender.system)).answer,
    ],
    ['by status 13', (document, sender, to) => desk.recallByStatus(document, to, sender.system, sender.code)],
    ['by one call', (document, sender, to) => desk.recallByCall(document.packageId, { organIds: [to] }, sender.system)],
  ]

  test.each(
    ways.flatMap(
      ([how, recall]) =>
        [
          [`${how} to the old code`, recall, 'old'],
          [`${how} to the new code`, recall, 'heir'],
        ] as const,
    ),
  )('%s, is asked for and answered by the successor', async (_how, recall, written) => {
    const [sender, old, heir] = [await office(), await office(), await office()]
    const document = await sentBy(sender, [old.code])
    await desk.take(document.to(old.code), old.system)
    await merge(old, [heir])

    const to = written === 'old' ? old.code : heir.code
    const answer = (await recall(document, sender, to)) as Parameters<typeof lists>[0]

    expect(lists(answer)).toMatchObject({ withdrawn: [], undeliverable: [] })
    expect(lists(answer).requested).toHaveLength(1)
    const [request] = await desk.mailboxItems(document, heir.system)
    const said = await desk.status(heir.system, { deliveryId: request?.deliveryId, from: heir.code, code: '15' })
    expect(said.body).toMatchObject({ effect: 'moved' })
    expect(await desk.requests(document.to(old.code))).toEqual(['recall agreed'])
  })

  test('twice, its own and the other one: a package asks once for both, and one answer settles both', async () => {
    const [sender, old, heir] = [await office(), await office(), await office()]
    const document = await sentBy(sender, [old.code, heir.code])
    await desk.take(document.to(old.code), old.system)
    await desk.take(document.to(heir.code), heir.system)
    await merge(old, [heir])

    const recall = await desk.submitted(recallPackage(document, sender.code, [heir.code, old.code]), sender.system)

    expect(recall.answer.body.requested).toHaveLength(2)
    expect(await desk.mailboxItems(document, heir.system)).toHaveLength(1)
    const xml = statusOf({ from: heir.code, to: sender.code, documentId: document.documentId, code: '15' })
    expect((await desk.status(heir.system, xml)).body.effect).toBe('moved')
    for (const code of [old.code, heir.code]) expect(await desk.requests(document.to(code))).toEqual(['recall agreed'])
    expect((await desk.view(document.packageId, sender.system)).state).toBe('recalled')
  })

  test('twice: one call asks for each of them, and each is answered', async () => {
    const [sender, old, heir] = [await office(), await office(), await office()]
    const document = await sentBy(sender, [old.code, heir.code])
    await desk.take(document.to(old.code), old.system)
    await desk.take(document.to(heir.code), heir.system)
    await merge(old, [heir])

    const answer = await desk.recallByCall(document.packageId, {}, sender.system)

    expect(answer.body.requested.map((r: { deliveryId: string }) => r.deliveryId).sort()).toEqual(
      [document.to(old.code), document.to(heir.code)].sort(),
    )
    for (let i = 0; i < 2; i++) {
      const xml = statusOf({ from: heir.code, to: sender.code, documentId: document.documentId, code: '15' })
      expect((await desk.status(heir.system, xml)).body.effect).toBe('moved')
    }
    for (const code of [old.code, heir.code]) expect(await desk.requests(document.to(code))).toEqual(['recall agreed'])
  })

  test('under a code that belongs to somebody else now, is asked for where it is', async () => {
    const [sender, old, heir] = [await office(), await office(), await office()]
    const document = await sentBy(sender, [old.code])
    await desk.take(document.to(old.code), old.system)
    await handOn(old, heir)

    const answer = await desk.recallByCall(document.packageId, {}, sender.system)

    expect(answer.body.requested).toMatchObject([{ deliveryId: document.to(old.code) }])
    expect(await desk.mailboxItems(document, heir.system)).toMatchObject([{ type: 'status' }])
  })
})

test.each(['package', 'call'] as const)(
  'a document held for an agency that nobody knew is withdrawn once it is known, by %s',
  async (way) => {
    const [sender, other] = [await office(), await office()]
    const code = nextCode()
    const document = await sentBy(sender, [other.code, code])
    await province.register({ agencies: [{ codes: [code] }] })
    // As in the moment before the way of open deliveries is looked for again.
    await province.db
      .updateTable('deliveries')
      .set({ held_reason: 'unknown_agency', recipient_agency_id: null })
      .where('delivery_id', '=', document.to(code))
      .execute()

    const answer =
      way === 'package'
        ? (await desk.submitted(recallPackage(document, sender.code, [code]), sender.system)).answer
        : await desk.recallByCall(document.packageId, { organIds: [code.toLowerCase()] }, sender.system)

    expect(lists(answer)).toEqual({ withdrawn: [code], requested: [], undeliverable: [] })
    expect(await desk.row(document.to(code))).toMatchObject({ state: 'recalled' })
  },
)
