// Replacement (type 3): a new document in the place of others. It follows what it replaces at each recipient, is a
// document of its own everywhere else, and is answered for by 15 or 16 (edxml.md §2.1, §2.4).
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codes, expectStatus, type Province, startProvince } from '../support/gateway-under-test-province.ts'
import { type Desk, deskIn, lists, replacing, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

const answer = async (documentId: string, code: '15' | '16') =>
  await desk.status(province.shared, statusOf({ from: codes.stc, to: codes.snv, documentId, code }))

async function delivered(): Promise<Sent> {
  const document = await desk.send([codes.stc])
  await desk.take(document.to(codes.stc))
  return document
}

describe('a replacement', () => {
  test('follows the old document where that is still waiting, and comes at once where it is not', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.district))

    const replacement = await desk.replace([document], [codes.stc, codes.district, codes.ward])

    expect(await desk.waiting(document)).toEqual([
      ...[`new → ${codes.stc}`, `replace → ${codes.district}`, `replace → ${codes.ward}`],
    ])
    await desk.take(document.to(codes.stc))
    expect(await desk.waiting(document)).toContain(`replace → ${codes.stc}`)
    expect(replacement.answer.body).not.toHaveProperty('withdrawn')
    expect(await desk.requests(document.to(codes.stc))).toEqual(['replace requested'])
    expect(await desk.requests(document.to(codes.district))).toEqual(['replace requested'])
  })

  test('comes also to one from whom the old document was withdrawn', async () => {
    const document = await desk.send([codes.stc])
    await desk.recallByPackage(document, [codes.stc])

    const replacement = await desk.replace([document], [codes.stc])

    expect(await desk.waiting(document)).toEqual([`replace → ${codes.stc}`])
    await desk.take(replacement.to(codes.stc))
    expect(await desk.requests(document.to(codes.stc))).toEqual(['recall withdrawn'])
  })

  test('comes once the old document is withdrawn while it waits, and nobody is asked about it any more', async () => {
    const document = await desk.send([codes.stc])
    const replacement = await desk.replace([document], [codes.stc])
    expect(await desk.waiting(document)).toEqual([`new → ${codes.stc}`])

    await desk.recallByCall(document.packageId)

    expect(await desk.waiting(document)).toEqual([`replace → ${codes.stc}`])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['replace withdrawn', 'recall withdrawn'])
    expectStatus(await desk.fetchBytes(replacement.to(codes.stc)), 200)
  })

  test('takes the place of several documents, and waits for each of them', async () => {
    const [first, second] = [await desk.send([codes.stc]), await desk.send([codes.stc])]

    const replacement = await desk.replace([first, second], [codes.stc])

    const isOffered = async () => (await desk.fetchBytes(replacement.to(codes.stc))).status === 200
    expect(await isOffered()).toBe(false)
    await desk.take(second.to(codes.stc))
    expect(await isOffered()).toBe(false)
    await desk.take(first.to(codes.stc))
    expect(await isOffered()).toBe(true)
    const { lineage } = await desk.view(replacement.packageId)
    expect(lineage.at(-1)).toMatchObject({ packageId: replacement.packageId, version: 3 })
    expect(lineage.at(-1).actsOn).toHaveLength(2)
  })

  test.each([
    ['agreed', '15'],
    ['declined', '16'],
  ] as const)('named in the answer is %s for everything that it replaces', async (outcome, code) => {
    const [first, second] = [await delivered(), await delivered()]
    const replacement = await desk.replace([first, second], [codes.stc])

    expect((await answer(replacement.documentId, code)).body.effect).toBe('moved')

    for (const document of [first, second]) {
      expect(await desk.requests(document.to(codes.stc))).toEqual([`replace ${outcome}`])
      expect(await desk.row(document.to(codes.stc))).toMatchObject({ update_requested: false, recall_agreed: false })
      expect((await desk.view(document.packageId)).state).toBe('completed')
    }
    expect((await answer(first.documentId, '15')).body.effect).toBe('illegal')
  })

  test('is answered as JSON about its own delivery for everything that it replaces', async () => {
    const [first, second] = [await delivered(), await delivered()]
    const replacement = await desk.replace([first, second], [codes.stc])

    const said = await desk.status(province.shared, { deliveryId: replacement.to(codes.stc), code: '15' })

    expect(said.body.effect).toBe('moved')
    for (const document of [first, second])
      expect(await desk.requests(document.to(codes.stc))).toEqual(['replace agreed'])
  })

  test('is answered document by document where the answer names the document', async () => {
    const [first, second] = [await delivered(), await delivered()]
    await desk.replace([first, second], [codes.stc])

    await answer(second.documentId, '16')

    expect(await desk.requests(first.to(codes.stc))).toEqual(['replace requested'])
    expect(await desk.requests(second.to(codes.stc))).toEqual(['replace declined'])
    expect((await answer(first.documentId, '15')).body.effect).toBe('moved')
  })

  test('is handled like any document: accepted, recalled by itself, and the old one stays', async () => {
    const document = await delivered()
    const replacement = await desk.replace([document], [codes.stc])
    await desk.take(replacement.to(codes.stc))
    const accepted = statusOf({ from: codes.stc, to: codes.snv, documentId: replacement.documentId, code: '03' })
    expect((await desk.status(province.shared, accepted)).body.effect).toBe('moved')

    expect(lists(await desk.recallByCall(replacement.packageId)).requested).toEqual([codes.stc])

    expect(await desk.row(document.to(codes.stc))).toMatchObject({ recall_requested: false })
    await answer(replacement.documentId, '15')
    expect((await desk.view(replacement.packageId)).state).toBe('recalled')
    expect((await desk.view(document.packageId)).state).toBe('completed')
  })

  test('withdrawn unseen leaves nobody to answer for it', async () => {
    const document = await delivered()
    const replacement = await desk.replace([document], [codes.stc])

    await desk.recallByCall(replacement.packageId)

    expect(await desk.waiting(document)).toEqual([])
    await expect.poll(() => desk.requests(document.to(codes.stc)), { timeout: 10_000 }).toEqual(['replace withdrawn'])
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ update_requested: false })
    expect((await answer(document.documentId, '15')).body.effect).toBe('illegal')
  })
})

describe('a chain of replacements', () => {
  test('comes in order, whatever the priority, and is told as v1, v2, v3', async () => {
    const v1 = await desk.send([codes.stc])
    const urgent = '<e:OtherInfo><e:Priority>4</e:Priority></e:OtherInfo>'
    const v2 = await desk.replace([v1], [codes.stc], { id: `${v1.documentId}-v2` })
    const v3 = await desk.replace([v2], [codes.stc], { id: `${v1.documentId}-v3`, more: urgent })

    const offered: string[] = []
    for (let i = 0; i < 3; i++) {
      const items = await desk.mailboxItems(v1)
      expect(items).toHaveLength(1)
      offered.push(items[0]?.documentId ?? '')
      await desk.take(items[0]?.deliveryId ?? '')
    }

    expect(offered).toEqual([v1, v2, v3].map((v) => v.documentId))
    for (const one of [v1, v2, v3]) {
      const { lineage } = await desk.view(one.packageId)
      expect(lineage.map((l: { version: number; packageId: string }) => [l.version, l.packageId])).toEqual([
        ...[
          [1, v1.packageId],
          [2, v2.packageId],
          [3, v3.packageId],
        ],
      ])
    }
    const own = await desk.view(v3.packageId, province.shared)
    expect(own.lineage).toHaveLength(3)
  })

  test('waits for an update of what it replaces', async () => {
    const document = await delivered()
    const update = await desk.update(document, [codes.stc])

    await desk.replace([document], [codes.stc])

    expect(await desk.waiting(document)).toEqual([`update → ${codes.stc}`])
    await desk.take(update.to(codes.stc))
    expect(await desk.waiting(document)).toEqual([`replace → ${codes.stc}`])
  })

  test('shows a recipient only what it holds a delivery of', async () => {
    const document = await desk.send([codes.stc])
    const replacement = await desk.replace([document], [codes.snv, codes.stc])
    const other = await desk.replace([document], [codes.snv])

    expect((await desk.view(document.packageId)).lineage).toHaveLength(3)
    await desk.take(document.to(codes.stc))
    const { lineage } = await desk.view(replacement.packageId, province.shared)
    expect(lineage.map((l: { packageId: string }) => l.packageId)).toEqual([document.packageId, replacement.packageId])
    expect((await desk.viewAnswer(other.packageId, province.shared)).status).toBe(404)
  })
})

test('a replacement under an id that is taken is refused', async () => {
  const document = await desk.send([codes.stc])
  const made = desk.operation(3, document.documentId, [codes.stc], {
    ...{ id: document.documentId, traces: replacing([document.documentId]), subject: '<e:Subject>Khác</e:Subject>' },
  })

  expect(await province.submit(province.snv.basic, made.xml)).toMatchObject({
    ...{ status: 409, body: { code: 'document_id_reused' } },
  })
})
