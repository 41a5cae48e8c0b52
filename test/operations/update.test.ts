// Update (type 2): the document's newer form, or other receivers, or both (edxml.md §2.1). Who is taken out is recalled
// from, who is added gets the document, and everybody else is asked whether the newer form may stand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import { type Acting, type Changes, changing, type Desk, deskIn, lists, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

const noFile = { files: [], manifest: '<e:edXMLManifest version="1.0"></e:edXMLManifest>' }
const updating = (document: Sent, to: readonly string[], changes: Changes, more: Acting = {}) =>
  desk.update(document, to, { traces: changing(document.documentId, changes), ...more })

const deliveriesOf = ({ answer }: Sent): string[] =>
  answer.body.deliveries.map((d: { organId: string; state: string }) => `${d.organId} ${d.state}`)

const answered = async (document: Sent, code: '15' | '16', from: string = codes.stc) =>
  await desk.status(province.shared, statusOf({ from, to: codes.snv, documentId: document.documentId, code }))

describe('an update with a file', () => {
  test('follows the document, and is asked about', async () => {
    const document = await desk.send([codes.stc])

    const update = await desk.update(document, [codes.stc])

    expect(update.answer.body).toMatchObject({ kind: 'update' })
    expect(update.answer.body).not.toHaveProperty('withdrawn')
    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`])
    expect((await desk.fetchBytes(update.to(codes.stc))).status).toBe(404)
    expect((await desk.confirm(update.to(codes.stc))).status).toBe(404)
    await desk.take(document.to(codes.stc))
    expect(await desk.waiting(document)).toEqual([`update → ${codes.stc}`])
    await desk.take(update.to(codes.stc))
    expect(await desk.requests(document.to(codes.stc))).toEqual(['update requested'])
    const { lineage } = await desk.view(update.packageId)
    expect(lineage.map((l: { version: number; kind: string }) => `v${l.version} ${l.kind}`)).toEqual([
      'v1 new',
      'v2 update',
    ])
  })

  test.each([
    ['15', 'agreed'],
    ['16', 'declined'],
  ] as const)('is answered by %s', async (code, outcome) => {
    const document = await desk.send([codes.stc])
    await desk.take(document.to(codes.stc))
    const update = await desk.update(document, [codes.stc])

    const answer = await answered(document, code)

    expect(answer.body.effect).toBe('moved')
    expect(await desk.requests(document.to(codes.stc))).toEqual([`update ${outcome}`])
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ update_requested: false, recall_agreed: false })
    const view = await desk.view(document.packageId)
    expect(view.deliveries[0].requests).toMatchObject([{ kind: 'update', outcome, byPackageId: update.packageId }])
    expect(view.timeline.map((e: { type: string }) => e.type)).toContain(`update.${outcome}`)
    expect((await answered(document, '15')).body.effect).toBe('illegal')
  })

  test('is offered after the one before it', async () => {
    const document = await desk.send([codes.stc])
    const first = await desk.update(document, [codes.stc], { subject: '<e:Subject>Lần một</e:Subject>' })
    const second = await desk.update(document, [codes.stc], {
      subject: '<e:Subject>Lần hai</e:Subject>',
      more: priority(3),
    })

    const offered: string[] = []
    for (let i = 0; i < 3; i++) {
      const items = await desk.mailboxItems(document)
      offered.push(...items.map((item) => item.deliveryId))
      expect(items).toHaveLength(1)
      await desk.take(items[0]?.deliveryId ?? '')
    }

    expect(offered).toEqual([document, first, second].map((sent) => sent.to(codes.stc)))
  })

  test('goes to nobody from whom the document was withdrawn', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.recallByPackage(document, [codes.stc])

    const update = await desk.update(document, [codes.stc, codes.district])

    expect(deliveriesOf(update)).toEqual([`${codes.stc} recalled`, `${codes.district} available`])
    expect(await desk.row(update.to(codes.stc))).toMatchObject({ state: 'recalled', reason_code: 'withdrawn_unseen' })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall withdrawn'])
  })

  test('of a document that was given back asks nobody', async () => {
    const document = await desk.send([codes.stc])
    await desk.take(document.to(codes.stc))
    await desk.recallByCall(document.packageId)
    await answered(document, '15')

    await desk.update(document, [codes.stc])

    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall agreed'])
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ update_requested: false })
  })

  test('sent again is answered with the first receipt', async () => {
    const document = await desk.send([codes.stc])
    const made = desk.operation(2, document.documentId, [codes.stc])
    const first = await desk.submitted(made)
    const before = await stored(province)

    const again = await province.submit(province.snv.basic, made.xml)

    expect(again).toMatchObject({ status: 200, body: first.answer.body })
    expect(await stored(province)).toEqual(before)
  })
})

function priority(level: number): string {
  return `<e:OtherInfo><e:Priority>${level}</e:Priority></e:OtherInfo>`
}

describe('who is taken out of the receivers', () => {
  test.each([
    ['beside To', [codes.district]],
    ['in To as well', [codes.district, codes.stc]],
  ])('%s and has not taken the document, never gets it, nor the update', async (_how, to) => {
    const document = await desk.send([codes.stc, codes.district])

    const update = await updating(document, to, { removed: [codes.stcNew] })

    expect(lists(update.answer)).toMatchObject({ requested: [], undeliverable: [] })
    expect(update.answer.body.withdrawn).toMatchObject([{ deliveryId: document.to(codes.stc) }])
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'recalled' })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall withdrawn'])
    expect(await desk.waiting(document)).toEqual([`new → ${codes.district}`])
    await desk.take(document.to(codes.district))
    expect(await desk.waiting(document)).toEqual([`update → ${codes.district}`])
  })

  test.each([
    ['beside To', [codes.district]],
    ['in To as well', [codes.district, codes.stc]],
  ])('%s and has the document, gets the update as a request to give it back', async (_how, to) => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))

    const update = await updating(document, to, { removed: [codes.stc] })

    expect(lists(update.answer)).toEqual({ withdrawn: [], requested: [codes.stc], undeliverable: [] })
    expect(deliveriesOf(update).sort()).toEqual([`${codes.district} available`, `${codes.stc} available`].sort())
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall requested'])
    expect(await desk.waiting(document)).toContain(`update → ${codes.stc}`)
    expect((await answered(document, '15')).body.effect).toBe('moved')
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall agreed'])
  })

  test('is asked by the update, whatever is said again by one call', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))
    const update = await updating(document, [codes.district], { removed: [codes.stc] })

    const answer = await desk.recallByCall(document.packageId, { organIds: [codes.stc] })

    expect(lists(answer).requested).toEqual([codes.stc])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall requested'])
    expect(await desk.row(update.to(codes.stc))).toMatchObject({ state: 'available' })
  })

  test('has earlier updates taken back, too', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.stc))
    const first = await desk.update(document, [codes.stc, codes.district])

    await updating(document, [codes.district], { removed: [codes.stc] })

    expect(await desk.row(first.to(codes.stc))).toMatchObject({ state: 'recalled' })
    expect(await desk.requests(document.to(codes.stc))).toEqual(['update withdrawn', 'recall requested'])
    expect(await desk.waiting(document)).toEqual([`new → ${codes.district}`, `update → ${codes.stc}`])
  })

  test('and never had the document is passed over', async () => {
    const document = await desk.send([codes.stc])

    const update = await updating(document, [codes.stc], { removed: [codes.ward, 'H35.404'] })

    expect(update.answer.body).not.toHaveProperty('withdrawn')
    expect(deliveriesOf(update)).toEqual([`${codes.stc} available`])
  })
})

describe('who is added to the receivers', () => {
  test('gets the update itself where it brings a file', async () => {
    const document = await desk.send([codes.stc])

    const update = await updating(document, [codes.stc], { added: [codes.ward] })

    expect(deliveriesOf(update)).toEqual([`${codes.stc} available`, `${codes.ward} available`])
    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`, `update → ${codes.ward}`])
  })

  test('gets the document where the update brings none', async () => {
    const document = await desk.send([codes.stc])

    const update = await updating(document, [codes.stc], { added: [codes.ward] }, noFile)

    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`, `new → ${codes.ward}`])
    const view = await desk.view(document.packageId)
    expect(view.deliveries.map((d: { organId: string }) => d.organId)).toEqual([codes.stc, codes.ward])
    await desk.take(update.to(codes.ward))
    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`])
    // From now on it is a recipient like the others.
    expect(lists(await desk.recallByCall(document.packageId))).toMatchObject({ requested: [codes.ward] })
  })

  test('and stands in To gets the document before the update', async () => {
    const document = await desk.send([codes.stc])

    const update = await updating(document, [codes.stc, codes.ward], { added: [codes.ward] }, noFile)

    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`, `new → ${codes.ward}`])
    const [handedOn] = (await desk.mailboxItems(document)).filter((i) => i.to === codes.ward)
    await desk.take(handedOn?.deliveryId ?? '')
    expect(await desk.waiting(document)).toContain(`update → ${codes.ward}`)
    expect(update.answer.body.recipients).toHaveLength(2)
  })

  test.each([
    ['cannot be reached', codes.alone, 'no_system'],
    ['is unknown', 'H35.9998', 'unknown_agency'],
  ])('and %s is held', async (_why, code, reason) => {
    const document = await desk.send([codes.stc])

    const update = await updating(document, [codes.stc], { added: [code] }, noFile)

    expect(await desk.row(update.to(code))).toMatchObject({ state: 'held', held_reason: reason })
  })

  test('after the document was withdrawn from it gets the update where that brings a file', async () => {
    const document = await desk.send([codes.stc, codes.ward])
    expect(lists(await desk.recallByCall(document.packageId, { organIds: [codes.ward] }))).toMatchObject({
      withdrawn: [codes.ward],
    })

    const bare = await updating(document, [codes.stc], { added: [codes.ward] }, noFile)
    const withFile = await updating(document, [codes.stc], { added: [codes.ward] })

    expect(bare.answer.body.findings).toMatchObject([{ code: 'operation_receiver_withdrawn' }])
    expect(deliveriesOf(bare)).toEqual([`${codes.stc} available`])
    expect(deliveriesOf(withFile)).toEqual([`${codes.stc} available`, `${codes.ward} available`])
    expect(await desk.waiting(document)).toContain(`update → ${codes.ward}`)
  })

  test('and has the document already is no addition', async () => {
    const document = await desk.send([codes.stc, codes.ward])

    const update = await updating(document, [codes.stc], { added: [codes.ward] }, noFile)

    expect(deliveriesOf(update)).toEqual([`${codes.stc} available`])
    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`, `new → ${codes.ward}`])
  })
})

describe('the same update for further recipients', () => {
  test('does again nothing that the first has done', async () => {
    const document = await desk.send([codes.stc, codes.district, codes.ward])
    await desk.take(document.to(codes.stc))
    const traces = changing(document.documentId, { removed: [codes.stc], added: [codes.alone] })
    const id = `${document.documentId}-bs`
    const first = await desk.submitted(documentTo([codes.district], { id, traces }))

    const second = await desk.submitted(documentTo([codes.district, codes.ward], { id, traces }))

    expect(second.answer.body.supplementOf).toBe(first.packageId)
    expect(deliveriesOf(second)).toEqual([`${codes.ward} available`])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall requested'])
    expect(await desk.requests(document.to(codes.ward))).toEqual(['update requested'])
  })
})

test('a recall takes what nobody has taken of the updates along', async () => {
  const document = await desk.send([codes.stc, codes.district])
  await desk.take(document.to(codes.stc))
  const update = await desk.update(document, [codes.stc, codes.district])

  const recall = await desk.recallByPackage(document, [codes.stc, codes.district])

  expect(lists(recall.answer)).toEqual({ withdrawn: [codes.district], requested: [codes.stc], undeliverable: [] })
  for (const code of [codes.stc, codes.district])
    expect(await desk.row(update.to(code))).toMatchObject({ state: 'recalled' })
  expect(await desk.waiting(document)).toEqual([`recall → ${codes.stc}`])
  expect((await desk.fetchBytes(update.to(codes.stc))).status).toBe(410)
})

test('a recall comes after an update that its recipient is still taking', async () => {
  const document = await desk.send([codes.stc])
  await desk.take(document.to(codes.stc))
  const update = await desk.update(document, [codes.stc])
  await desk.fetchBytes(update.to(codes.stc))

  await desk.recallByPackage(document, [codes.stc], { more: priority(4) })

  expect(await desk.waiting(document)).toEqual([`update → ${codes.stc}`])
  expectStatus(await desk.confirm(update.to(codes.stc)), 200)
  expect(await desk.waiting(document)).toEqual([`recall → ${codes.stc}`])
})

test('an update stays with who has fetched it, whatever becomes of the document', async () => {
  const document = await desk.send([codes.stc])
  await desk.fetchBytes(document.to(codes.stc))
  await desk.refuse(document.to(codes.stc))
  const update = await desk.update(document, [codes.stc])
  await desk.fetchBytes(update.to(codes.stc))

  await province.admin('POST', `deliveries/${document.to(codes.stc)}/retry`)

  expect(await desk.waiting(document)).toContain(`update → ${codes.stc}`)
  expectStatus(await desk.confirm(update.to(codes.stc)), 200)
})
