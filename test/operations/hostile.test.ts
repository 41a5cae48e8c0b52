// What a careless or hostile vendor may do with recall, update and replace: odd words, the same thing many times at once,
// and packages that contradict themselves. Every one gets a clear answer, and nothing goes astray.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { business, changing, type Desk, deskIn, lists, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

describe('a reason', () => {
  test.each([
    ['with markup in it', '<b>&amp;]]></b> "x" \'y\''],
    ['of letters beyond the first plane', '𝒯𝓇𝒶̣𝓂 🏛️'.repeat(20)],
    ['over several lines', 'một\r\nhai\tba\u00a0bốn'],
    ['as long as it may be', 'ă'.repeat(500)],
  ])('%s reaches the recipient as it is', async (_what, reason) => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))

    const answer = await desk.recallByCall(document.packageId, { reason })

    expectStatus(answer, 200)
    expect(lists(answer)).toEqual({ withdrawn: [codes.district], requested: [codes.stc], undeliverable: [] })
    const { deliveries } = await desk.view(document.packageId)
    // White space is what XML makes of it.
    const words = (text: string) => text.split(/\s+/)
    for (const { requests } of deliveries) expect(words(requests[0].reason)).toEqual(words(reason))
  })

  test.each([
    ['a NUL', 'a\u0000b'],
    ['a control character', 'a\u0001b'],
    ['half a surrogate pair', 'a\ud800b'],
    ['a non-character', 'a\uffffb'],
  ])('with %s is refused before anything is recalled', async (_what, reason) => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))

    const answer = await desk.recallByCall(document.packageId, { reason })

    expect(answer).toMatchObject({ status: 400, body: { code: expect.any(String) } })
    expect(await desk.row(document.to(codes.district))).toMatchObject({ state: 'available' })
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ recall_requested: false })
  })
})

describe('at the same moment', () => {
  test('many calls ask everybody once', async () => {
    const document = await desk.send([codes.stc, codes.district, codes.ward])
    await desk.take(document.to(codes.stc))
    await desk.take(document.to(codes.district))

    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => desk.recallByCall(document.packageId, { reason: `Lần ${i}` })),
    )

    for (const answer of answers) {
      expectStatus(answer, 200)
      expect(lists(answer)).toEqual({
        ...{ withdrawn: [codes.ward], requested: [codes.stc, codes.district].sort(), undeliverable: [] },
      })
    }
    for (const code of [codes.stc, codes.district])
      expect(await desk.requests(document.to(code))).toEqual(['recall requested'])
    expect(await desk.requests(document.to(codes.ward))).toEqual(['recall withdrawn'])
    expect(await desk.waiting(document)).toHaveLength(2)
  })

  test('many statuses 13 to different recipients do not stand in each others way', async () => {
    const to = [codes.stc, codes.district, codes.ward]
    const document = await desk.send(to)
    for (const code of to) await desk.take(document.to(code))

    const answers = await Promise.all([...to, ...to, ...to].map((code) => desk.recallByStatus(document, code)))

    for (const answer of answers) expectStatus(answer, 202)
    expect(answers.map(({ body }) => body.effect).filter((effect) => effect === 'moved')).toHaveLength(3)
  })

  test('the same package many times is one', async () => {
    const document = await desk.send([codes.stc, codes.district])
    const made = desk.operation(2, document.documentId, [codes.stc], {
      traces: changing(document.documentId, { removed: [codes.district], added: [codes.ward] }),
      ...{ files: [], manifest: '<e:edXMLManifest version="1.0"></e:edXMLManifest>' },
    })

    const answers = await Promise.all(Array.from({ length: 8 }, () => province.submit(province.snv.basic, made.xml)))

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 202])
    expect(new Set(answers.map(({ body }) => body.packageId)).size).toBe(1)
    expect(await desk.requests(document.to(codes.district))).toEqual(['recall withdrawn'])
  })

  test('an update that adds somebody and a supplement for the same one bring the document once', async () => {
    for (let round = 0; round < 5; round++) {
      const document = await desk.send([codes.stc])
      const update = desk.operation(2, document.documentId, [codes.stc], {
        traces: changing(document.documentId, { added: [codes.ward] }),
        ...{ files: [], manifest: '<e:edXMLManifest version="1.0"></e:edXMLManifest>' },
      })
      const supplement = documentTo([codes.stc, codes.ward], { id: document.documentId })

      const answers = await Promise.all([update, supplement].map(({ xml }) => province.submit(province.snv.basic, xml)))

      for (const { status } of answers) expect([200, 202]).toContain(status)
      expect((await desk.waiting(document)).filter((item) => item === `new → ${codes.ward}`)).toHaveLength(1)
      for (const { body } of answers) {
        for (const { deliveryId } of body.deliveries) expect(await desk.row(deliveryId)).toBeDefined()
      }
    }
  })
})

describe('what contradicts itself', () => {
  test('a recall is not recalled by status 13', async () => {
    const document = await desk.send([codes.stc])
    await desk.take(document.to(codes.stc))
    const recall = await desk.recallByPackage(document, [codes.stc])

    const edxml = statusOf({ from: codes.snv, to: codes.stc, documentId: recall.documentId, code: '13' })
    const json = { deliveryId: recall.to(codes.stc), code: '13', description: 'Thôi không thu hồi nữa' }

    for (const said of [edxml, json]) {
      const answer = await desk.status(province.snv, said)
      expect(answer).toMatchObject({ status: 202, body: { effect: 'unknown_document' } })
    }
    expect(await desk.row(recall.to(codes.stc))).toMatchObject({ state: 'available' })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall requested'])
  })

  test.each([1, 2, 3] as const)('a package of type %i that names nothing goes out with a finding', async (type) => {
    const id = `${codes.snv},2026/11/20,H${type}/SNV`

    const sent = await desk.submitted(documentTo([codes.stc], { id, traces: business(type, '') }))

    expect(sent.answer.body.findings.map((f: { code: string }) => f.code)).toContain(
      // A recall or an update may mean its own id; a replacement means the ids in its list only.
      type === 3 ? 'operation_target_unnamed' : 'operation_target_unknown',
    )
    expect(await desk.waiting({ documentId: id })).toHaveLength(1)
  })

  test('a replacement of itself is a document like any other', async () => {
    const document = await desk.send([codes.stc])
    const made = desk.operation(3, document.documentId, [codes.stc], { id: `${document.documentId}-x` })
    const sent = await desk.submitted({
      ...made,
      xml: made.xml.replaceAll(document.documentId, `${document.documentId}-x`).replaceAll('-x-x', '-x'),
    })

    expect(sent.answer.body.findings.map((f: { code: string }) => f.code)).toContain('operation_target_unknown')
  })

  test('a receiver both removed and added is removed where it has the document, and added where not', async () => {
    const document = await desk.send([codes.stc, codes.district])

    const both = [codes.district, codes.ward]
    const update = await desk.update(document, [codes.stc], {
      traces: changing(document.documentId, { removed: both, added: both }),
    })

    expect(lists(update.answer)).toMatchObject({ withdrawn: [codes.district], requested: [] })
    expect(update.answer.body.deliveries.map((d: { organId: string }) => d.organId)).toEqual([codes.stc, codes.ward])
  })

  test('an unknown receiver that an update adds is reported like one in To', async () => {
    const document = await desk.send([codes.stc])

    await desk.update(document, [codes.stc], { traces: changing(document.documentId, { added: ['H35.7777'] }) })

    const alert = await province.db
      .selectFrom('alerts')
      .select('cause')
      .where('subject', '=', 'H35.7777')
      .executeTakeFirst()
    expect(alert).toEqual({ cause: 'unknown_recipient' })
  })

  test('a document to its own sender is recalled like any other', async () => {
    const document = await desk.send([codes.snv, codes.stc])
    await desk.take(document.to(codes.snv), province.snv)

    expect(lists(await desk.recallByStatus(document, codes.snv))).toMatchObject({ requested: [codes.snv] })
    expect(lists(await desk.recallByCall(document.packageId))).toEqual({
      ...{ withdrawn: [codes.stc], requested: [codes.snv], undeliverable: [] },
    })
  })

  test('an answer from one who was never asked is kept from the sender', async () => {
    const document = await desk.send([codes.stc])
    await desk.take(document.to(codes.stc))
    await desk.recallByCall(document.packageId)

    const xml = statusOf({ from: codes.ward, to: codes.snv, documentId: document.documentId, code: '15' })

    expect((await desk.status(province.shared, xml)).body).toMatchObject({
      ...{ effect: 'not_addressed', deliveries: [{ state: 'held' }] },
    })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall requested'])
  })
})

describe('ids', () => {
  test.each(['khong-phai-uuid', '00000000-0000-0000-0000-00000000000g', '%00', '..%2f..%2fadmin'])(
    '%s are no packages',
    async (id) => {
      const answer = await desk.recallByCall(id)

      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    },
  )

  test('in capitals are the same package', async () => {
    const document = await desk.send([codes.stc])

    expect(lists(await desk.recallByCall(document.packageId.toUpperCase())).withdrawn).toEqual([codes.stc])
  })
})
