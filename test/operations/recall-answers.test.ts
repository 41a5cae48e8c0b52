// What a recipient answers to a recall or an update (15, 16), whichever way it names what it answers; and what becomes of
// a request that nobody answers (edxml.md §2.3, §2.4; design §3, D9).
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { watchAlerts } from '../../src/alerts/watch-alerts.ts'
import { codes, expectStatus, type Province, startProvince } from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type Desk, deskIn, lists, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

/** A document that Sở Tài chính has. */
async function delivered(): Promise<Sent> {
  const document = await desk.send([codes.stc])
  await desk.take(document.to(codes.stc))
  return document
}

const edxmlAnswer = (documentId: string, code: '15' | '16') =>
  statusOf({ from: codes.stc, to: codes.snv, documentId, code })
const say = (body: unknown) => desk.status(province.shared, body)

async function said(body: unknown, effect = 'moved'): Promise<Answer> {
  const answer = await say(body)
  expectStatus(answer, 202)
  expectSchema('status-receipt', answer.body)
  expect(answer.body.effect).toBe(effect)
  return answer
}

const flags = async (document: Sent) => {
  const row = await desk.row(document.to(codes.stc))
  return { requested: row.recall_requested, agreed: row.recall_agreed, update: row.update_requested }
}

const timeline = async (document: Sent): Promise<string[]> =>
  (await desk.view(document.packageId)).timeline.map((e: { type: string }) => e.type)

describe('a recall by package is answered', () => {
  type Naming = (document: Sent, recall: Sent, code: '15' | '16') => unknown
  const namings: [string, Naming][] = [
    ['naming the document', ({ documentId }, _recall, code) => edxmlAnswer(documentId, code)],
    ['naming the recall', (_document, { documentId }, code) => edxmlAnswer(documentId, code)],
    ['as JSON, naming the document', ({ documentId }, _recall, code) => ({ documentId, code, description: 'x' })],
    ['as JSON, naming the recall', (_document, { documentId }, code) => ({ documentId, code, description: 'x' })],
    ['as JSON about the delivery', (d, _recall, code) => ({ deliveryId: d.to(codes.stc), code, description: 'x' })],
    ['as JSON about the request', (_d, recall, code) => ({ deliveryId: recall.to(codes.stc), code, description: 'x' })],
  ]

  test.each(namings)('15, %s', async (_how, naming) => {
    const document = await delivered()
    const recall = await desk.recallByPackage(document, [codes.stc])

    const answer = await said(naming(document, recall, '15'))

    expect(await flags(document)).toEqual({ requested: false, agreed: true, update: false })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall agreed'])
    expect(await timeline(document)).toContain('recall.agreed')
    const view = await desk.view(document.packageId)
    expect(view.state).toBe('recalled')
    expect(view.deliveries[0].requests).toMatchObject([
      { outcome: 'agreed', answeredBy: answer.body.statusId, settledAt: expect.any(String), settledReason: null },
    ])
    await said(edxmlAnswer(document.documentId, '15'), 'illegal')
  })

  test.each(namings)('16, %s, and is asked for again', async (_how, naming) => {
    const document = await delivered()
    const recall = await desk.recallByPackage(document, [codes.stc])

    await said(naming(document, recall, '16'))

    expect(await flags(document)).toEqual({ requested: false, agreed: false, update: false })
    expect((await desk.view(document.packageId)).state).toBe('completed')
    const again = await desk.recallByPackage(document, [codes.stc])
    expect(lists(again.answer).requested).toEqual([codes.stc])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall declined', 'recall requested'])
    expect(await flags(document)).toEqual({ requested: true, agreed: false, update: false })
  })
})

describe('a recall by status 13 is answered', () => {
  test.each([
    ['as edXML', (document: Sent) => edxmlAnswer(document.documentId, '15')],
    ['as JSON about the document', ({ documentId }: Sent) => ({ documentId, code: '15' })],
    ['as JSON about the request', (_document: Sent, deliveryId: string) => ({ deliveryId, code: '15' })],
  ])('%s', async (_how, naming) => {
    const document = await delivered()
    const asked = await desk.recallByStatus(document, codes.stc)

    await said(naming(document, asked.body.deliveries[0].deliveryId))

    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall agreed'])
    expect((await desk.view(document.packageId)).state).toBe('recalled')
  })

  test('once, however often and by whatever means it was asked', async () => {
    const document = await delivered()
    await desk.recallByStatus(document, codes.stc)
    await desk.recallByCall(document.packageId)
    await desk.recallByPackage(document, [codes.stc])

    await said(edxmlAnswer(document.documentId, '15'))

    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall agreed', 'recall agreed'])
    expect((await desk.recallByCall(document.packageId)).body.requested).toHaveLength(1)
    expect(await flags(document)).toEqual({ requested: false, agreed: true, update: false })
  })
})

describe('an answer', () => {
  test.each(['15', '16'] as const)('%s to nothing is illegal, and reaches the sender', async (code) => {
    const document = await delivered()

    await said(edxmlAnswer(document.documentId, code), 'illegal')

    expect(await flags(document)).toEqual({ requested: false, agreed: false, update: false })
    expect(await desk.waiting(document, province.snv)).toEqual([`status → ${codes.snv}`])
  })

  test('counts for its recipient only', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))
    await desk.take(document.to(codes.district))
    await desk.recallByCall(document.packageId)

    await said(edxmlAnswer(document.documentId, '15'))

    expect(await desk.requests(document.to(codes.district))).toEqual(['recall requested'])
    expect((await desk.view(document.packageId)).state).toBe('completed')
  })

  test('to a recall and an update of one document counts for the recall first', async () => {
    const document = await delivered()
    await desk.update(document, [codes.stc])
    await desk.recallByCall(document.packageId)
    // The update was not taken yet, so it is taken back with the document.
    expect(await desk.requests(document.to(codes.stc))).toEqual(['update withdrawn', 'recall requested'])

    await said(edxmlAnswer(document.documentId, '16'))

    expect(await desk.requests(document.to(codes.stc))).toEqual(['update withdrawn', 'recall declined'])
    await said(edxmlAnswer(document.documentId, '15'), 'illegal')
  })

  test.each(['edXML', 'JSON'])('that names a taken update answers the update alone, as %s', async (form) => {
    const document = await delivered()
    const update = await desk.update(document, [codes.stc])
    await desk.take(update.to(codes.stc))
    await desk.recallByCall(document.packageId)

    const naming =
      form === 'edXML'
        ? edxmlAnswer(update.documentId, '16')
        : { deliveryId: update.to(codes.stc), code: '16', description: 'x' }
    await said(naming)

    expect(await desk.requests(document.to(codes.stc))).toEqual(['update declined', 'recall requested'])
    expect(await flags(document)).toEqual({ requested: true, agreed: false, update: false })
  })

  test('that agrees to the recall leaves nothing of the update open', async () => {
    const document = await delivered()
    const update = await desk.update(document, [codes.stc])
    await desk.take(update.to(codes.stc))
    await desk.recallByCall(document.packageId)

    await said(edxmlAnswer(document.documentId, '15'))

    expect(await desk.requests(document.to(codes.stc))).toEqual(['update withdrawn', 'recall agreed'])
    expect(await flags(document)).toEqual({ requested: false, agreed: true, update: false })
    await said(edxmlAnswer(update.documentId, '15'), 'illegal')
  })

  test('that agrees makes later reports about the document illegal', async () => {
    const document = await delivered()
    await desk.recallByCall(document.packageId)
    await said(edxmlAnswer(document.documentId, '15'))

    await said(statusOf({ from: codes.stc, to: codes.snv, documentId: document.documentId, code: '06' }), 'illegal')
  })
})

describe('a request that nobody answers', () => {
  const settle = (deliveryId: string, reason = 'Đã trao đổi qua điện thoại') =>
    province.call('POST', `/api/v1/admin/deliveries/${deliveryId}/settle`, {
      token: province.adminToken,
      body: { reason },
    })

  test('is closed by an operator, on record and never as agreed', async () => {
    const document = await delivered()
    await desk.recallByPackage(document, [codes.stc])

    const answer = await settle(document.to(codes.stc))

    expectStatus(answer, 200)
    expectSchema('settle-request-result', answer.body)
    expect(answer.body).toEqual({ deliveryId: document.to(codes.stc), settled: 1, outcome: 'settled_otherwise' })
    expect(await flags(document)).toEqual({ requested: false, agreed: false, update: false })
    const view = await desk.view(document.packageId)
    expect(view.state).toBe('completed')
    expect(view.deliveries[0].requests).toMatchObject([
      { outcome: 'settled_otherwise', settledReason: 'Đã trao đổi qua điện thoại', answeredBy: null },
    ])
    expect(await timeline(document)).toContain('recall.settled_otherwise')
    const audit = await province.db
      .selectFrom('audit')
      .select(['action', 'data'])
      .where('object', '=', document.to(codes.stc))
      .execute()
    expect(audit).toMatchObject([{ action: 'request.settle', data: { settled: 1 } }])
  })

  test('closed, a late 15 is flagged, changes nothing, and reaches the sender', async () => {
    const document = await delivered()
    await desk.recallByPackage(document, [codes.stc])
    await settle(document.to(codes.stc))

    const late = await said(edxmlAnswer(document.documentId, '15'), 'illegal')

    expect(late.body.findings).toMatchObject([{ code: 'status_illegal' }])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall settled_otherwise'])
    expect((await desk.mailboxItems(document, province.snv)).map((i) => i.type)).toEqual(['status'])
    const again = await desk.recallByCall(document.packageId, { reason: 'Vẫn chưa thu hồi được' })
    expect(lists(again).requested).toEqual([codes.stc])
  })

  test('can be closed once, where one is open, and with a reason', async () => {
    const document = await delivered()
    expect(await settle(document.to(codes.stc))).toMatchObject({ status: 409, body: { code: 'no_open_request' } })
    await desk.recallByPackage(document, [codes.stc])
    expect((await settle(document.to(codes.stc), ' ')).status).toBe(400)
    expectStatus(await settle(document.to(codes.stc)), 200)
    expect(await settle(document.to(codes.stc))).toMatchObject({ status: 409, body: { code: 'no_open_request' } })
    const bySystem = await province.call('POST', `/api/v1/admin/deliveries/${document.to(codes.stc)}/settle`, {
      ...{ basic: province.snv.basic, body: { reason: 'x' } },
    })
    expect(bySystem.status).toBe(401)
  })

  test('stands as an alert until it is answered, closed, or withdrawn after all', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))
    await desk.take(document.to(codes.district))
    const alerts = async () => {
      await watchAlerts(province.gateway.db)
      return await province.db
        .selectFrom('alerts')
        .select(['data', 'closed_at'])
        .where('cause', '=', 'recall_unanswered')
        .where('subject', '=', document.packageId)
        .execute()
    }
    expect(await alerts()).toEqual([])
    await desk.recallByCall(document.packageId)

    const { documentId } = document
    expect(await alerts()).toMatchObject([
      { closed_at: null, data: { documentId, organIds: [codes.stc, codes.district].sort() } },
    ])
    await said(edxmlAnswer(documentId, '15'))
    expect(await alerts()).toMatchObject([{ closed_at: null, data: { organIds: [codes.district] } }])
    await settle(document.to(codes.district))
    expect(await alerts()).toMatchObject([{ closed_at: expect.any(Date) }])
    await desk.recallByCall(document.packageId, { reason: 'Vẫn chưa thu hồi được' })
    expect((await alerts()).map((a) => a.closed_at === null).sort()).toEqual([false, true])
  })
})

test('requests and their answers keep to what is possible', async () => {
  const impossible = await sql<{ request_id: string }>`
    select r.request_id from operation_requests r join deliveries d on d.delivery_id = r.target_delivery_id
    where (r.outcome = 'requested') <> (r.settled_at is null)
      or (r.outcome = 'requested' and r.kind = 'recall' and not d.recall_requested)
      or (r.outcome = 'requested' and r.kind <> 'recall' and not d.update_requested)
      or (r.outcome = 'agreed' and r.kind = 'recall' and not d.recall_agreed)`.execute(province.db)

  expect(impossible.rows).toEqual([])
})
