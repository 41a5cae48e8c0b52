// The same document again: what is one, what is another, and what is answered when they come at the same moment.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { oneFile } from '../support/edxml-fixtures.ts'
import {
  blobIds,
  codes,
  deliveriesOf,
  documentTo,
  expectStatus,
  fromElement,
  type Made,
  type Province,
  packageRowsOf,
  startProvince,
  stored,
  traceOf,
} from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province.close())

const submit = (xml: string, headers: Record<string, string> = {}) =>
  province.submit(province.snv.basic, xml, { headers })
const accepted = async (made: Made) => {
  const answer = await submit(made.xml)
  expectStatus(answer, 202)
  return answer
}
const all = (times: number, call: (i: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: times }, (_, i) => call(i)))
const statuses = (answers: readonly Answer[]) => answers.map((answer) => answer.status).sort()

/** The losers' bytes go away a moment after their answer. */
async function untilBlobsMatchPackages(): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await province.db.selectFrom('packages').select('package_id').orderBy('package_id').execute()
    expect(blobIds(province)).toEqual(rows.map((row) => row.package_id))
  })
}

describe('a document that is sent again', () => {
  test('byte for byte keeps its first receipt, and nothing is added', async () => {
    const made = documentTo([codes.stc, codes.district])
    const first = await accepted(made)
    const before = await stored(province)

    const again = await submit(made.xml)

    expect(again).toMatchObject({ status: 200, body: first.body })
    expect(await stored(province)).toEqual(before)
  })

  test.each<[string, Parameters<typeof documentTo>[1]]>([
    ['with a trace more', { traces: traceOf('001.00.20.TT2') }],
    ['with other ids for its files', { files: [{ ...oneFile, id: 'rebuilt' }] }],
    [
      'with texts in decomposed Unicode',
      { subject: '<e:Subject>V/v báo cáo kết quả quý IV</e:Subject>'.normalize('NFD') },
    ],
    ['in another order and indentation', { declaration: '<?xml version="1.0"?>\n\n<!-- rebuilt -->\n' }],
    ['with fewer recipients', {}],
  ])('rebuilt %s keeps its first receipt', async (_how, change) => {
    const made = documentTo([codes.stc, codes.district])
    const first = await accepted(made)

    const again = await submit(documentTo([codes.stc], { id: made.documentId, ...change }).xml)

    expect(again).toMatchObject({ status: 200, body: first.body })
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
  })

  test('with its id trimmed or composed another way is the same', async () => {
    const made = documentTo([codes.stc], { id: 'Số 1/Sở Nội vụ' })
    const first = await accepted(made)

    const again = await submit(documentTo([codes.stc], { id: `  ${made.documentId.normalize('NFD')}\n` }).xml)

    expect(again).toMatchObject({ status: 200, body: first.body })
  })

  test('under the same id by another agency is another document', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)

    const other = documentTo([codes.snv], { id: made.documentId, from: fromElement(codes.ward) })

    expectStatus(await province.submit(province.shared.basic, other.xml), 202)
  })

  test('is answered in the language of the repeat, with the receipt of the first time', async () => {
    const made = documentTo([codes.stc], {
      files: [oneFile, { id: 'a2', name: 'x.pdf', type: 'application/pdf', reference: '' }],
    })
    const first = await accepted(made)

    const again = await submit(made.xml, { 'accept-language': 'en' })

    expect(again.body.receipt).toBe(first.body.receipt)
    expect(again.body.findings[0].message).not.toBe(first.body.findings[0].message)
  })
})

describe('other content under a known id', () => {
  test('is refused with what is there already and where the two differ', async () => {
    const made = documentTo([codes.stc])
    const first = await accepted(made)
    const before = await stored(province)

    const other = documentTo([codes.stc, codes.district], {
      id: made.documentId,
      subject: '<e:Subject>V/v khác hẳn</e:Subject>',
      files: [{ ...oneFile, content: Buffer.from('%PDF-1.4 khác').toString('base64') }],
    })
    const answer = await submit(other.xml)

    expectStatus(answer, 409)
    expectSchema('problem', answer.body)
    expect(answer.body).toMatchObject({
      code: 'document_id_reused',
      existing: {
        packageId: first.body.packageId,
        acceptedAt: first.body.acceptedAt,
        sha256: first.body.sha256,
        differs: ['attachments', 'subject'],
      },
    })
    expect(await stored(province)).toEqual(before)
  })

  test('is recognised although the sender writes another code of its agency', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)

    const answer = await submit(documentTo([codes.stc], { id: made.documentId, from: fromElement(codes.snvNew) }).xml)

    expect(answer).toMatchObject({ status: 409, body: { existing: { differs: ['from/organId'] } } })
  })
})

describe('a known document for further recipients', () => {
  test('is accepted as a supplement with deliveries only for those', async () => {
    const made = documentTo([codes.stc])
    const first = await accepted(made)

    const more = documentTo([codes.stcNew, codes.district, codes.ward], { id: made.documentId })
    const answer = await submit(more.xml)

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    expect(answer.body.supplementOf).toBe(first.body.packageId)
    expect(answer.body.packageId).not.toBe(first.body.packageId)
    const [known, ...others] = answer.body.recipients
    expect(known).toMatchObject({ outcome: 'duplicate_of', deliveryId: first.body.deliveries[0].deliveryId })
    expect(others.map((r: { outcome: string }) => r.outcome)).toEqual(['queued', 'queued'])
    expect(answer.body.deliveries.map((d: { organId: string }) => d.organId)).toEqual([codes.district, codes.ward])
    expect(await deliveriesOf(province, made.documentId)).toMatchObject([
      { organ_id: codes.stc, package_id: first.body.packageId },
      { organ_id: codes.district, package_id: answer.body.packageId },
      { organ_id: codes.ward, package_id: answer.body.packageId },
    ])
    expect(await packageRowsOf(province, made.documentId)).toMatchObject([
      { supplement_of: null },
      { supplement_of: first.body.packageId },
    ])
  })

  test('opens nothing more when the supplement is repeated', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)
    const more = documentTo([codes.district], { id: made.documentId })
    await submit(more.xml)

    const again = await submit(more.xml)

    expectStatus(again, 200)
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
  })

  test('takes one delivery although twenty ask for it at once', async () => {
    const made = documentTo([codes.stc])
    const first = await accepted(made)
    const more = documentTo([codes.stc, codes.ward], { id: made.documentId })

    const answers = await all(20, () => submit(more.xml))

    expect(statuses(answers)).toEqual([...Array(19).fill(200), 202])
    const winner = answers.find((answer) => answer.status === 202)
    expect(winner?.body.supplementOf).toBe(first.body.packageId)
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
    expect(await packageRowsOf(province, made.documentId)).toHaveLength(2)
    await untilBlobsMatchPackages()
  })

  test('takes one delivery each although different ones overlap at once', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)
    const lists = [
      [codes.district, codes.ward],
      [codes.ward, codes.snv],
      [codes.snv, codes.district],
      [codes.district, codes.ward, codes.snv],
    ]

    const answers = await all(16, (i) => submit(documentTo(lists[i % 4] ?? [], { id: made.documentId }).xml))

    expect(answers.every((answer) => answer.status === 200 || answer.status === 202)).toBe(true)
    const opened = answers.flatMap((a) => (a.status === 202 ? a.body.deliveries : [])).map((d) => d.organId)
    expect(opened.sort()).toEqual([codes.snv, codes.district, codes.ward].sort())
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(4)
    await untilBlobsMatchPackages()
  })
})

describe('an Idempotency-Key', () => {
  test('answers the same bytes with their first receipt', async () => {
    const made = documentTo([codes.stc])

    const first = await submit(made.xml, { 'idempotency-key': 'k-same' })
    const again = await submit(made.xml, { 'idempotency-key': 'k-same' })

    expectStatus(first, 202)
    expect(again).toMatchObject({ status: 200, body: first.body })
  })

  test('refuses other bytes, even of the same document', async () => {
    const made = documentTo([codes.stc])
    await submit(made.xml, { 'idempotency-key': 'k-other' })
    const before = await stored(province)

    const other = await submit(documentTo([codes.stc]).xml, { 'idempotency-key': 'k-other' })
    const rebuilt = await submit(`${made.xml}\n`, { 'idempotency-key': 'k-other' })

    for (const answer of [other, rebuilt]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } })
      expectSchema('problem', answer.body)
    }
    expect(await stored(province)).toEqual(before)
  })

  test('belongs to one system: another may use the same', async () => {
    await submit(documentTo([codes.stc]).xml, { 'idempotency-key': 'k-two' })

    const made = documentTo([codes.snv], { from: fromElement(codes.ward) })
    const answer = await province.submit(province.shared.basic, made.xml, { headers: { 'idempotency-key': 'k-two' } })

    expectStatus(answer, 202)
  })

  test('is not used up by a submission that was refused', async () => {
    await submit('<broken', { 'idempotency-key': 'k-refused' })

    expectStatus(await submit(documentTo([codes.stc]).xml, { 'idempotency-key': 'k-refused' }), 202)
  })

  test('is kept also when it came with a repeat', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)
    expectStatus(await submit(made.xml, { 'idempotency-key': 'k-repeat' }), 200)

    const other = await submit(documentTo([codes.stc]).xml, { 'idempotency-key': 'k-repeat' })

    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } })
  })

  test('sent with the same package twenty times at once makes one package', async () => {
    const made = documentTo([codes.stc])

    const answers = await all(20, () => submit(made.xml, { 'idempotency-key': 'k-race' }))

    expect(statuses(answers)).toEqual([...Array(19).fill(200), 202])
    expect(new Set(answers.map((answer) => answer.body.packageId)).size).toBe(1)
  })

  test('sent with twenty different packages at once takes one and refuses the others', async () => {
    const answers = await all(20, () => submit(documentTo([codes.stc]).xml, { 'idempotency-key': 'k-war' }))

    expect(statuses(answers)).toEqual([202, ...Array(19).fill(409)])
    await untilBlobsMatchPackages()
  })

  test('sent with the same supplement ten times at once takes it once', async () => {
    const made = documentTo([codes.stc])
    await accepted(made)
    const more = documentTo([codes.stc, codes.ward], { id: made.documentId })

    const answers = await all(10, () => submit(more.xml, { 'idempotency-key': 'k-supplement' }))

    expect(statuses(answers)).toEqual([...Array(9).fill(200), 202])
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
  })
})

describe('at the same moment', () => {
  test('forty submissions of one package make one package, and all hear of the same', async () => {
    const made = documentTo([codes.stc, codes.district])

    const answers = await all(40, () => submit(made.xml))

    expect(statuses(answers)).toEqual([...Array(39).fill(200), 202])
    const [first] = answers
    expect(new Set(answers.map((answer) => answer.body.receipt))).toEqual(new Set([first?.body.receipt]))
    expect(await packageRowsOf(province, made.documentId)).toHaveLength(1)
    expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
    await untilBlobsMatchPackages()
  })

  test('forty different packages are all accepted beside one that collides', async () => {
    const known = documentTo([codes.stc])
    await accepted(known)
    const colliding = documentTo([codes.stc], { id: known.documentId, subject: '<e:Subject>khác</e:Subject>' })
    const made = Array.from({ length: 40 }, () => documentTo([codes.stc, codes.district]))

    const answers = await Promise.all([...made, colliding].map(({ xml }) => submit(xml)))

    expect(statuses(answers)).toEqual([...Array(40).fill(202), 409])
    expect(answers.at(-1)).toMatchObject({ status: 409, body: { code: 'document_id_reused' } })
    for (const { documentId } of made) expect(await deliveriesOf(province, documentId)).toHaveLength(2)
    await untilBlobsMatchPackages()
  })

  test('two contents under one new id: one is accepted, the other is told what won', async () => {
    const id = `${codes.snv},2026/11/20,hai-noi-dung`
    const contents = ['một', 'hai'].map((s) => documentTo([codes.stc], { id, subject: `<e:Subject>${s}</e:Subject>` }))

    const answers = await Promise.all(contents.map(({ xml }) => submit(xml)))

    expect(statuses(answers)).toEqual([202, 409])
    const [winner, loser] = answers.toSorted((a, b) => a.status - b.status)
    expect(loser?.body.existing).toMatchObject({ packageId: winner?.body.packageId, differs: ['subject'] })
  })

  test('acceptances that raise alerts for the same codes in different orders do not block each other', async () => {
    const lists = [
      ['H35.81', 'H35.82'],
      ['H35.82', 'H35.81'],
    ]

    const answers = await all(30, (i) => submit(documentTo([...(lists[i % 2] ?? []), codes.stc]).xml))

    expect(statuses(answers)).toEqual(Array(30).fill(202))
    const alerts = await province.db
      .selectFrom('alerts')
      .select(['subject', 'count'])
      .where('subject', 'in', ['H35.81', 'H35.82'])
      .execute()
    expect(alerts).toHaveLength(2)
  })
})
