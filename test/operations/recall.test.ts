// Recall by a package of type 1, by status 13 and by one call: withdrawn where nobody has taken the document, asked for
// where somebody has, and told apart in every answer (edxml.md §2, design §3).
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import { codes, expectStatus, type Province, startProvince, stored } from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { type Desk, deskIn, lists, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
/** Takes by push. */
let pushed: RegisteredSystem
let subscriber: PushSubscriber
const pushedCode = 'H35.60'
/** Has taken documents, and cannot be reached any more. */
let gone: RegisteredSystem
const goneCode = 'H35.61'

beforeAll(async () => {
  province = await startProvince({ env: { PUSH_ANSWER_TIMEOUT_MS: '1000' } })
  desk = deskIn(province)
  subscriber = await startPushSubscriber()
  const { systems } = await province.register({
    agencies: [
      { name: 'Sở Y tế', codes: [pushedCode] },
      { name: 'Sở Ngoại vụ', codes: [goneCode] },
    ],
    systems: [
      { systemId: 'QLVB-SYT', agencies: [pushedCode], channel: 'push', pushUrl: subscriber.url, concurrency: 1 },
      { systemId: 'QLVB-NGV', agencies: [goneCode] },
    ],
  })
  pushed = systems[0] as RegisteredSystem
  gone = systems[1] as RegisteredSystem
})
afterAll(async () => {
  await province?.close()
  await subscriber?.close()
})

type Way = 'package' | 'status' | 'json' | 'call'
const ways: readonly Way[] = ['package', 'status', 'json', 'call']

async function recallBy(way: Way, document: Sent, code: string): Promise<Answer> {
  switch (way) {
    case 'package':
      return (await desk.recallByPackage(document, [code])).answer
    case 'status':
      return await desk.recallByStatus(document, code)
    case 'json':
      return await desk.recallByJson(document, code)
    case 'call':
      return await desk.recallByCall(document.packageId, { organIds: [code] })
  }
}

const schemaOf: Readonly<Record<Way, string>> = {
  ...{ package: 'package-receipt', status: 'status-receipt', json: 'status-receipt', call: 'recall-result' },
}

async function expectRecalled(way: Way, document: Sent, code: string): Promise<void> {
  const answer = await recallBy(way, document, code)

  expectStatus(answer, way === 'call' ? 200 : 202)
  expectSchema(schemaOf[way], answer.body)
  expect(lists(answer)).toEqual({ withdrawn: [code], requested: [], undeliverable: [] })
  expect(answer.body.withdrawn[0].deliveryId).toBe(document.to(code))
  expect(await desk.row(document.to(code))).toMatchObject({ state: 'recalled', reason_code: 'withdrawn' })
  expect(await desk.requests(document.to(code))).toEqual(['recall withdrawn'])
}

async function expectAsked(way: Way, document: Sent, code: string): Promise<Answer> {
  const before = await desk.row(document.to(code))
  const answer = await recallBy(way, document, code)

  expectStatus(answer, way === 'call' ? 200 : 202)
  expectSchema(schemaOf[way], answer.body)
  expect(lists(answer)).toEqual({ withdrawn: [], requested: [code], undeliverable: [] })
  expect(await desk.row(document.to(code))).toMatchObject({ state: before.state, recall_requested: true })
  expect(await desk.requests(document.to(code))).toEqual(['recall requested'])
  return answer
}

describe.each(ways)('by %s, a document', (way) => {
  test.each([
    ['of an agency without a system', codes.alone],
    ['of an agency that is not connected', codes.paper],
    ['of a closed agency that nobody was chosen for', codes.split],
  ])('held because %s is withdrawn', async (_why, code) => {
    const document = await desk.send([codes.stc, code])

    await expectRecalled(way, document, code)

    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'available' })
  })

  test('in a mailbox that nobody fetched is withdrawn, and gone for its reader', async () => {
    const document = await desk.send([codes.stc])

    await expectRecalled(way, document, codes.stc)

    expect(await desk.waiting(document)).toEqual([])
    const fetched = await desk.fetchBytes(document.to(codes.stc))
    expect(fetched).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await desk.confirm(document.to(codes.stc))).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await desk.refuse(document.to(codes.stc))).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ fetch_count: 0, taken_at: null })
  })

  test('that was refused unread is withdrawn', async () => {
    const document = await desk.send([codes.stc])
    expectStatus(await desk.refuse(document.to(codes.stc)), 200)

    await expectRecalled(way, document, codes.stc)
  })

  test('that expired unread is withdrawn', async () => {
    const document = await desk.send([codes.stc, codes.alone])
    await sql`update deliveries set state = 'expired', held_reason = null where delivery_id = ${document.to(codes.alone)}`.execute(
      province.db,
    )

    await expectRecalled(way, document, codes.alone)
  })

  test('that was fetched is asked for, once it is settled there', async () => {
    const document = await desk.send([codes.stc])
    await desk.fetchBytes(document.to(codes.stc))

    await expectAsked(way, document, codes.stc)

    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`])
    expectStatus(await desk.confirm(document.to(codes.stc)), 200)
    expect(await desk.waiting(document)).toEqual([`${way === 'package' ? 'recall' : 'status'} → ${codes.stc}`])
  })

  test('that was fetched and then refused is asked for', async () => {
    const document = await desk.send([codes.stc])
    await desk.fetchBytes(document.to(codes.stc))
    await desk.refuse(document.to(codes.stc))

    await expectAsked(way, document, codes.stc)

    expect(await desk.waiting(document)).toHaveLength(1)
  })

  test('that was confirmed without a fetch is asked for at once', async () => {
    const document = await desk.send([codes.stc])
    await desk.confirm(document.to(codes.stc))

    await expectAsked(way, document, codes.stc)

    expect(await desk.waiting(document)).toHaveLength(1)
  })

  test('that expired after it was taken is asked for', async () => {
    const document = await desk.send([codes.stc])
    await desk.fetchBytes(document.to(codes.stc))
    await sql`update deliveries set state = 'expired' where delivery_id = ${document.to(codes.stc)}`.execute(
      province.db,
    )

    await expectAsked(way, document, codes.stc)

    expect(await desk.waiting(document)).toHaveLength(1)
  })

  test('that waits for its first push is withdrawn', async () => {
    await sql`update lanes set paused_reason = 'endpoint_gone' where system_id = ${pushed.systemId}`.execute(
      province.db,
    )
    const document = await desk.send([pushedCode])
    try {
      expect(await desk.row(document.to(pushedCode))).toMatchObject({ state: 'waiting' })

      await expectRecalled(way, document, pushedCode)
    } finally {
      await sql`update lanes set paused_reason = null where system_id = ${pushed.systemId}`.execute(province.db)
    }
    // A later one goes out, so this one would have gone out before it.
    const later = await desk.send([pushedCode])
    await desk.stateBecomes(later.to(pushedCode), { state: 'delivered' })
    expect(subscriber.of(document.to(pushedCode))).toEqual([])
  })

  test('that was pushed is asked for', async () => {
    const document = await desk.send([pushedCode])
    await desk.stateBecomes(document.to(pushedCode), { state: 'delivered' })

    await expectAsked(way, document, pushedCode)
  })

  test('taken by somebody who cannot be reached any more is undeliverable, and is asked for later', async () => {
    const document = await desk.send([goneCode])
    await desk.take(document.to(goneCode), gone)
    await connect(false)
    let answer: Answer
    try {
      answer = await recallBy(way, document, goneCode)
    } finally {
      await connect(true)
    }

    expectSchema(schemaOf[way], answer.body)
    expect(lists(answer)).toEqual({ withdrawn: [], requested: [], undeliverable: [`${goneCode} (not_connected)`] })
    expect(await desk.requests(document.to(goneCode))).toEqual(['recall requested'])
    await expect.poll(() => desk.waiting(document, gone), { timeout: 10_000 }).toHaveLength(1)
  })

  test('that its recipient returned by 02 is not asked for again', async () => {
    const document = await desk.send([codes.stc])
    await desk.take(document.to(codes.stc))
    const returned = statusOf({ from: codes.stc, to: codes.snv, documentId: document.documentId, code: '02' })
    expectStatus(await desk.status(province.shared, returned), 202)

    const answer = await recallBy(way, document, codes.stc)

    expectSchema(schemaOf[way], answer.body)
    expect(lists(answer)).toEqual({ withdrawn: [], requested: [], undeliverable: [`${codes.stc} (returned)`] })
    expect(await desk.requests(document.to(codes.stc))).toEqual([])
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ recall_requested: false, business_code: '02' })
  })
})

async function connect(connected: boolean): Promise<void> {
  await province.admin('PUT', `agencies/${goneCode}`, { name: 'Sở Ngoại vụ', codes: [{ code: goneCode }], connected })
}

describe('by one call', () => {
  test('an agency that nobody knows is withdrawn from too', async () => {
    const document = await desk.send([codes.stc, 'H35.9999'])

    const answer = await desk.recallByCall(document.packageId)

    expect(lists(answer)).toEqual({ withdrawn: [codes.stc, 'H35.9999'].sort(), requested: [], undeliverable: [] })
  })

  test('everybody is recalled from, each as it stands there', async () => {
    const document = await desk.send([codes.stc, codes.district, codes.alone])
    await desk.take(document.to(codes.district))

    const answer = await desk.recallByCall(document.packageId)

    expectStatus(answer, 200)
    expect(answer.body).toMatchObject({ packageId: document.packageId, documentId: document.documentId })
    expect(lists(answer)).toEqual({
      ...{ withdrawn: [codes.stc, codes.alone].sort(), requested: [codes.district], undeliverable: [] },
    })
    expect(await desk.mailboxItems(document)).toMatchObject([{ type: 'status', kind: 'status', to: codes.district }])
  })

  test('said again it answers the same and asks nobody twice', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.district))
    const first = await desk.recallByCall(document.packageId)
    const before = await stored(province)

    const again = await desk.recallByCall(document.packageId)

    expect(again).toMatchObject({ status: 200 })
    expect(lists(again)).toEqual(lists(first))
    expect(await stored(province)).toEqual(before)
    expect(await desk.requests(document.to(codes.district))).toEqual(['recall requested'])
  })

  test('finds the recipients by any of their codes', async () => {
    const document = await desk.send([codes.stc, codes.district])

    const answer = await desk.recallByCall(document.packageId, { organIds: [codes.stcNew.toLowerCase()] })

    expect(lists(answer)).toEqual({ withdrawn: [codes.stc], requested: [], undeliverable: [] })
    expect(await desk.row(document.to(codes.district))).toMatchObject({ state: 'available' })
  })

  test('naming one that never got it is refused, and nothing is recalled', async () => {
    const document = await desk.send([codes.stc])

    const answer = await desk.recallByCall(document.packageId, { organIds: [codes.stc, codes.ward, 'H35.404'] })

    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'recall_not_a_recipient',
        violations: [
          { path: '/organIds/1', found: codes.ward },
          { path: '/organIds/2', found: 'H35.404' },
        ],
      },
    })
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'available' })
  })

  test.each([
    ['without a reason', { reason: undefined }],
    ['with an empty reason', { reason: ' ' }],
    ['with an empty list', { organIds: [] }],
    ['with a member that it does not know', { organId: codes.stc }],
  ])('%s is refused', async (_what, body) => {
    const document = await desk.send([codes.stc])

    expect((await desk.recallByCall(document.packageId, body)).status).toBe(400)

    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'available' })
  })

  test('a recipient may not recall it, and a stranger does not learn that it exists', async () => {
    const document = await desk.send([codes.stc])

    const byRecipient = await desk.recallByCall(document.packageId, {}, province.shared)
    const byStranger = await desk.recallByCall(document.packageId, {}, gone)

    expect(byRecipient).toMatchObject({ status: 403, body: { code: 'not_the_issuer' } })
    expect(byStranger).toMatchObject({ status: 404, body: { code: 'package_not_found' } })
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'available' })
  })

  test('a recall and a status are no documents', async () => {
    const document = await desk.send([codes.stc])
    const recall = await desk.recallByPackage(document, [codes.stc])
    const status = await desk.recallByStatus(document, codes.stc)

    for (const packageId of [recall.packageId, status.body.statusId]) {
      expect(await desk.recallByCall(packageId)).toMatchObject({ status: 409, body: { code: 'not_recallable' } })
    }
  })

  test('a supplement stands for the whole document', async () => {
    const document = await desk.send([codes.stc])
    const supplement = await desk.send([codes.district], { id: document.documentId })
    expect(supplement.answer.body.supplementOf).toBe(document.packageId)

    const answer = await desk.recallByCall(supplement.packageId)

    expect(answer.body.packageId).toBe(document.packageId)
    expect(lists(answer)).toEqual({ withdrawn: [codes.stc, codes.district].sort(), requested: [], undeliverable: [] })
  })
})

describe('a recall by package', () => {
  test('repeated is answered with the first receipt, whatever happened since', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.district))
    const made = desk.operation(1, document.documentId, [codes.stc, codes.district])
    const first = await desk.submitted(made)
    const before = await stored(province)

    const again = await province.submit(province.snv.basic, made.xml)

    expect(again).toMatchObject({ status: 200, body: first.answer.body })
    expect(await stored(province)).toEqual(before)
  })

  test('of the same content for further recipients recalls it from those, too', async () => {
    const document = await desk.send([codes.stc, codes.district])
    const first = await desk.recallByPackage(document, [codes.stc], { id: `${document.documentId}-r` })
    expect(await desk.row(document.to(codes.district))).toMatchObject({ state: 'available' })

    const second = await desk.recallByPackage(document, [codes.stc, codes.district], { id: `${document.documentId}-r` })

    expect(second.answer.body).toMatchObject({ supplementOf: first.packageId, requested: [], undeliverable: [] })
    expect(lists(second.answer).withdrawn).toEqual([codes.district])
    expect(await desk.row(document.to(codes.district))).toMatchObject({ state: 'recalled' })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall withdrawn'])
  })

  test('reaches one who never got the document, with a finding', async () => {
    const document = await desk.send([codes.stc])

    const recall = await desk.recallByPackage(document, [codes.stc, codes.ward])

    expect(lists(recall.answer)).toEqual({
      ...{ withdrawn: [codes.stc], requested: [], undeliverable: [`${codes.ward} (not_addressed)`] },
    })
    expect(recall.answer.body.findings).toMatchObject([{ code: 'operation_recipient_not_addressed' }])
    expect(await desk.waiting(document)).toEqual([`recall → ${codes.ward}`])
  })

  test('leaves the others their document', async () => {
    const document = await desk.send([codes.stc, codes.district])

    await desk.recallByPackage(document, [codes.stc])

    expect(await desk.waiting(document)).toEqual([`new → ${codes.district}`])
  })
})

describe('everybody sees', () => {
  test('what was withdrawn: the sender all of it, the recipient its own', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.district))

    const recall = await desk.recallByPackage(document, [codes.stc, codes.district])

    const view = await desk.view(document.packageId)
    expect(view).toMatchObject({ state: 'completed', summary: { byState: { recalled: 1, delivered: 1 } } })
    const [toStc, toDistrict] = [codes.stc, codes.district].map((code) =>
      view.deliveries.find((d: { organId: string }) => d.organId === code),
    )
    expect(toStc).toMatchObject({
      ...{ state: 'recalled', reason: { code: 'withdrawn' }, nextAttemptAt: null, takenAt: null },
      requests: [{ kind: 'recall', outcome: 'withdrawn', reason: 'Sai sót', byPackageId: recall.packageId }],
    })
    expect(toDistrict).toMatchObject({
      state: 'delivered',
      requests: [{ kind: 'recall', outcome: 'requested', settledAt: null, answeredBy: null }],
    })
    const told = view.timeline.map((e: { type: string; deliveryId?: string }) => `${e.type} ${e.deliveryId ?? ''}`)
    expect(told).toContain(`recall.withdrawn ${document.to(codes.stc)}`)
    expect(told).toContain(`delivery.recalled ${document.to(codes.stc)}`)
    expect(told).toContain(`recall.requested ${document.to(codes.district)}`)
    expect(view.lineage).toMatchObject([
      { packageId: document.packageId, version: 1, actsOn: [] },
      { packageId: recall.packageId, version: null, actsOn: [{ packageId: document.packageId, relation: 'recalls' }] },
    ])

    const own = await desk.view(document.packageId, province.shared)
    expect(own.deliveries).toHaveLength(2)
    expect((await desk.view(recall.packageId)).state).toBe('in_progress')
  })

  test('the bytes while it has one delivery of them, and none once all are withdrawn', async () => {
    const document = await desk.send([codes.stc, codes.district])
    const content = () =>
      province.call('GET', `/api/v1/packages/${document.packageId}/content`, { basic: province.shared.basic })
    await desk.recallByPackage(document, [codes.stc])

    expect((await content()).status).toBe(200)
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'recalled', taken_at: null })
    expect(await desk.row(document.to(codes.district))).toMatchObject({ taken_at: expect.any(Date) })

    const withdrawn = await desk.send([codes.stc, codes.district])
    await desk.recallByCall(withdrawn.packageId)
    const gone = await province.call('GET', `/api/v1/packages/${withdrawn.packageId}/content`, {
      basic: province.shared.basic,
    })
    expect(gone).toMatchObject({ status: 410, body: { code: 'recalled' } })
  })

  test('a document that nobody has any more as recalled, and the package that did it as completed', async () => {
    const document = await desk.send([codes.stc, codes.alone])

    const recall = await desk.recallByPackage(document, [codes.stc, codes.alone])

    expect(await desk.view(document.packageId)).toMatchObject({ state: 'recalled' })
    expect(await desk.view(recall.packageId)).toMatchObject({ state: 'completed' })
    const listed = async (state: string) => {
      const query = `documentId=${encodeURIComponent(document.documentId)}&state=${state}`
      const { body } = await province.call('GET', `/api/v1/packages?${query}`, { basic: province.snv.basic })
      return body.items.map((item: { packageId: string }) => item.packageId)
    }
    expect(await listed('recalled')).toEqual([document.packageId])
    expect(await listed('completed')).toEqual([])
  })
})
