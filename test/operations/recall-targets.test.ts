// Which document a recall, an update or a status 13 means (edxml.md §2.1a): the first of the ids that names a document
// of the same sender; two different ones mean that nobody can know; somebody else's is nobody's business.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  idElement,
  type Province,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import { business, type Desk, deskIn, lists, replacing, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

const responseTo = (...ids: string[]) =>
  ids
    .map((id) => `<e:ResponseFor><e:OrganId>${codes.snv}</e:OrganId><e:DocumentId>${id}</e:DocumentId></e:ResponseFor>`)
    .join('')
const byBusiness = (id: string, type: 1 | 2 = 1) => ({ traces: business(type, `<e:DocumentId>${id}</e:DocumentId>`) })
const unnamed = (type: 1 | 2 | 3 = 1) => ({ traces: business(type, '') })

let number = 0
function next(): number {
  number += 1
  return number
}
const freshId = (issuer: string = codes.snv) => `${issuer},2026/11/20,T${next()}/VP`

async function recallOf(
  id: string,
  fixture: Parameters<typeof documentTo>[1],
  to: readonly string[] = [codes.stc, codes.district],
) {
  return await desk.submitted(documentTo(to, { id, ...fixture }))
}

const stateAt = async (document: Sent, code = codes.stc as string) => (await desk.row(document.to(code))).state
const codesOf = ({ answer }: Sent) =>
  answer.body.findings.map((f: { code: string }) => f.code).filter((code: string) => code.startsWith('operation_'))

describe('the document meant is named by', () => {
  test.each([
    ['Bussiness/DocumentId', (id: string) => ({ id: freshId(), ...byBusiness(id) })],
    ['ResponseFor', (id: string) => ({ id: freshId(), more: responseTo(id), ...unnamed() })],
    ['the second ResponseFor', (id: string) => ({ id: freshId(), more: responseTo(freshId(), id), ...unnamed() })],
    ['the id of the recall itself', (id: string) => ({ id, ...unnamed() })],
    ['all three', (id: string) => ({ id, more: responseTo(id), ...byBusiness(id) })],
    [
      'one that is known, beside two that are not',
      (id: string) => ({ id: freshId(), more: responseTo(freshId()), ...byBusiness(id) }),
    ],
    [
      'ResponseFor, beside a business block that names nothing known',
      (id: string) => ({ id: freshId(), more: responseTo(id), ...byBusiness(freshId()) }),
    ],
    [
      'an id in decomposed letters with spaces around it',
      (id: string) => ({ id: freshId(), ...byBusiness(`  ${id.normalize('NFD')} `) }),
    ],
    [
      'an id with dashes in its date',
      (id: string) => ({ id: freshId(), ...byBusiness(id.replaceAll('2026/11/20', '2026-11-20')) }),
    ],
  ])('%s', async (_where, naming) => {
    const document = await desk.send([codes.stc], { id: `${freshId()}-Đề nghị` })
    const { id, ...fixture } = naming(document.documentId)

    const recall = await recallOf(id, fixture, [codes.stc])

    expect(lists(recall.answer)).toEqual({ withdrawn: [codes.stc], requested: [], undeliverable: [] })
    expect(codesOf(recall)).toEqual([])
    expect(await stateAt(document)).toBe('recalled')
    const { lineage } = await desk.view(recall.packageId)
    expect(lineage).toMatchObject([{}, { actsOn: [{ packageId: document.packageId, relation: 'recalls' }] }])
  })

  test('the one that was written with dashes, where both spellings are known', async () => {
    const slashed = await desk.send([codes.stc], { id: freshId() })
    const dashed = await desk.send([codes.stc], { id: slashed.documentId.replaceAll('2026/11/20', '2026-11-20') })

    await recallOf(freshId(), byBusiness(dashed.documentId), [codes.stc])

    expect([await stateAt(slashed), await stateAt(dashed)]).toEqual(['available', 'recalled'])
  })

  test('a code of another scheme of the same sender', async () => {
    const document = await desk.send([codes.stc])
    const from = `<e:From><e:OrganId>${codes.snvNew}</e:OrganId></e:From>`

    const recall = await recallOf(freshId(), { ...byBusiness(document.documentId), from }, [codes.stcNew])

    expect(lists(recall.answer).withdrawn).toEqual([codes.stcNew])
    expect(await stateAt(document)).toBe('recalled')
  })

  test.each(['update', 'supplement'] as const)('the id of its %s', async (kind) => {
    const document = await desk.send([codes.stc])
    const other =
      kind === 'update'
        ? await desk.update(document, [codes.stc])
        : await desk.send([codes.district], { id: document.documentId })

    const recall = await recallOf(freshId(), byBusiness(other.documentId))

    expect(lists(recall.answer).withdrawn).toContain(codes.stc)
    expect(await stateAt(document)).toBe('recalled')
    if (kind === 'update') expect(await stateAt(other)).toBe('recalled')
  })
})

describe('where nothing is known', () => {
  test.each([
    ['a recall', 1, 'recall'],
    ['an update', 2, 'update'],
    ['a replacement', 3, 'replace'],
  ] as const)('%s goes out as it is, with a finding', async (_what, type, kind) => {
    const id = freshId()
    const traces = type === 3 ? replacing([freshId()]) : business(type, `<e:DocumentId>${freshId()}</e:DocumentId>`)

    const sent = await desk.submitted(documentTo([codes.stc], { id, traces }))

    expect(sent.answer.body).toMatchObject({ kind, deliveries: [{ state: 'available' }] })
    expect(codesOf(sent)).toEqual(['operation_target_unknown'])
    expect(await desk.waiting({ documentId: id })).toEqual([`${kind} → ${codes.stc}`])
    if (type === 1) expect(lists(sent.answer)).toEqual({ withdrawn: [], requested: [], undeliverable: [] })
  })

  test('a replacement that names no document at all is told so, without an empty list of codes', async () => {
    const sent = await desk.submitted(documentTo([codes.stc], { id: freshId(), ...unnamed(3) }))

    const [finding] = sent.answer.body.findings.filter((f: { code: string }) => f.code.startsWith('operation_target'))
    expect(finding).toMatchObject({ code: 'operation_target_unnamed', message: expect.stringMatching(/không ghi mã/) })
    expect(JSON.stringify(finding)).not.toMatch(/[:{]\s*\.|\{\w+\}/)
  })

  test('a replacement that knows some of what it replaces acts on those', async () => {
    const document = await desk.send([codes.stc])
    const strange = freshId()

    const sent = await desk.submitted(
      documentTo([codes.stc], { id: freshId(), traces: replacing([document.documentId, strange]) }),
    )

    const findings = sent.answer.body.findings.filter((f: { code: string }) => f.code === 'operation_target_unknown')
    expect(findings).toMatchObject([{ message: expect.stringContaining(strange) }])
    expect(await desk.requests(document.to(codes.stc))).toEqual(['replace requested'])
  })

  test('status 13 is passed on and says that it is unknown', async () => {
    const id = freshId()

    const answer = await desk.recallByStatus({ documentId: id }, codes.stc)

    expect(answer).toMatchObject({ status: 202, body: { effect: 'unknown_document' } })
    expect(lists(answer)).toEqual({ withdrawn: [], requested: [], undeliverable: [] })
  })

  test('status 13 to one who never got the document is quarantined', async () => {
    const document = await desk.send([codes.stc])

    const answer = await desk.recallByStatus(document, codes.ward)

    expect(answer.body).toMatchObject({
      effect: 'not_addressed',
      deliveries: [{ state: 'held' }],
      undeliverable: [{ organId: codes.ward, reason: 'not_addressed' }],
    })
    expect(await stateAt(document)).toBe('available')
  })
})

test('an update of a document that nobody here knew is recalled as a document of its own', async () => {
  for (const way of ['package', 'status', 'call'] as const) {
    const traces = business(2, `<e:DocumentId>${freshId()}</e:DocumentId>`)
    const update = await desk.submitted(documentTo([codes.stc], { id: freshId(), traces }))

    const answer =
      way === 'package'
        ? (await recallOf(freshId(), byBusiness(update.documentId), [codes.stc])).answer
        : way === 'status'
          ? await desk.recallByStatus(update, codes.stc)
          : await desk.recallByCall(update.packageId)

    expect(lists(answer).withdrawn).toEqual([codes.stc])
    expect(await stateAt(update)).toBe('recalled')
  }
})

describe('where two different documents are named', () => {
  test.each([
    ['Bussiness and ResponseFor', (a: string, b: string) => ({ id: freshId(), more: responseTo(b), ...byBusiness(a) })],
    ['Bussiness and its own id', (a: string, b: string) => ({ id: b, ...byBusiness(a) })],
    ['two ResponseFor', (a: string, b: string) => ({ id: freshId(), more: responseTo(a, b), ...unnamed() })],
  ])('by %s, none is acted on and an operator is told', async (_where, naming) => {
    const [first, second] = [await desk.send([codes.stc]), await desk.send([codes.stc])]
    const { id, ...fixture } = naming(first.documentId, second.documentId)

    const recall = await recallOf(id, fixture, [codes.stc])

    expect(codesOf(recall)).toEqual(['operation_target_ambiguous'])
    expect(lists(recall.answer)).toEqual({ withdrawn: [], requested: [], undeliverable: [] })
    expect([await stateAt(first), await stateAt(second)]).toEqual(['available', 'available'])
    const alert = await province.db
      .selectFrom('alerts')
      .select(['data', 'closed_at'])
      .where('cause', '=', 'operation_target_ambiguous')
      .where('subject', '=', recall.packageId)
      .executeTakeFirstOrThrow()
    expect(alert).toMatchObject({ closed_at: null, data: { packageId: recall.packageId } })
    const { documents } = alert.data as { documents: { documentId: string }[] }
    expect(documents.map((d) => d.documentId).sort()).toEqual([first.documentId, second.documentId].sort())
  })

  test('two ids of one document and its update are one', async () => {
    const document = await desk.send([codes.stc])
    const update = await desk.update(document, [codes.stc])

    const recall = await recallOf(update.documentId, byBusiness(document.documentId), [codes.stc])

    expect(codesOf(recall)).toEqual([])
    expect(await stateAt(document)).toBe('recalled')
  })
})

describe("somebody else's document", () => {
  const asStc = { from: `<e:From><e:OrganId>${codes.stc}</e:OrganId></e:From>` }

  test.each([
    ['a recall', (id: string) => byBusiness(id)],
    ['a recall by ResponseFor', (id: string) => ({ more: responseTo(id), ...unnamed() })],
    ['an update', (id: string) => byBusiness(id, 2)],
    ['a replacement', (id: string) => ({ traces: replacing([id]) })],
  ])('is not acted on by %s', async (_what, naming) => {
    const document = await desk.send([codes.stc, codes.ward])
    const before = await stored(province)
    const made = documentTo([codes.district], {
      id: freshId(codes.stc),
      ...asStc,
      ...naming(document.documentId),
    })

    const answer = await province.submit(province.shared.basic, made.xml)

    expect(answer).toMatchObject({ status: 403, body: { code: 'not_the_issuer' } })
    expect(answer.body.detail).toContain(document.documentId)
    expect(await stored(province)).toEqual(before)
    expect(await stateAt(document)).toBe('available')
  })

  test('is not recalled by status 13', async () => {
    const document = await desk.send([codes.stc, codes.ward])

    const xml = statusOf({ from: codes.stc, to: codes.ward, documentId: document.documentId, code: '13' })
    const answer = await desk.status(province.shared, xml)

    expect(answer).toMatchObject({ status: 403, body: { code: 'not_the_issuer' } })
    expect(await stateAt(document, codes.ward)).toBe('available')
  })

  test('may bear the same id as one of the sender', async () => {
    const theirs = await desk.send([codes.stc])
    const ours = documentTo([codes.district], { id: theirs.documentId, ...asStc })
    const sent = await desk.submitted(ours, province.shared)

    const recall = documentTo([codes.district], {
      id: freshId(codes.stc),
      ...asStc,
      ...byBusiness(theirs.documentId),
    })
    await desk.submitted(recall, province.shared)

    expect(await stateAt(sent, codes.district)).toBe('recalled')
    expect(await stateAt(theirs)).toBe('available')
  })

  test('may be answered by a recall of an own document', async () => {
    const theirs = await desk.send([codes.stc])
    const own = await desk.submitted(
      documentTo([codes.district], { id: freshId(codes.stc), ...asStc }),
      province.shared,
    )
    const recall = documentTo([codes.district], {
      ...{ id: freshId(codes.stc), ...asStc, more: responseTo(theirs.documentId) },
      ...byBusiness(own.documentId),
    })

    await desk.submitted(recall, province.shared)

    expect(await stateAt(own, codes.district)).toBe('recalled')
    expect(await stateAt(theirs)).toBe('available')
  })
})

describe('a status 13', () => {
  test('that names an update recalls the document', async () => {
    const document = await desk.send([codes.stc])
    const update = await desk.update(document, [codes.stc])

    const answer = await desk.recallByStatus(update, codes.stc)

    expect(lists(answer).withdrawn).toEqual([codes.stc])
    expect(await stateAt(document)).toBe('recalled')
    expect(await stateAt(update)).toBe('recalled')
    expect(await desk.waiting(document)).toEqual([])
  })

  test('by number finds the document without an id', async () => {
    const code = `<e:Code><e:CodeNumber>9${next()}</e:CodeNumber><e:CodeNotation>SNV-TH</e:CodeNotation></e:Code>`
    const document = await desk.send([codes.stc], { more: code })

    const xml = statusOf({ from: codes.snv, to: codes.stc, number: `9${number}/SNV-TH`, code: '13' })
    expectStatus(await desk.status(province.snv, xml), 202)

    expect(await stateAt(document)).toBe('recalled')
  })
})

test('an id that markup needs to escape is found', async () => {
  const document = await desk.submitted(
    documentTo([codes.stc], { documentId: idElement(`${freshId()} &amp; CP &lt;1&gt;`) }),
  )
  const { documentId } = document.answer.body

  const answer = await desk.recallByCall(document.packageId)

  expect(documentId).toContain('& CP <1>')
  expect(answer.body).toMatchObject({ documentId, withdrawn: [{ organId: codes.stc }] })
})
