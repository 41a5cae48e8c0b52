// A package over HTTP into the real database: what is answered, what is stored, who gets it.
import { createHash } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { edxml, type FileFixture, oneFile, pdfBytes, statusXml } from '../support/edxml-fixtures.ts'
import {
  blobBytes,
  businessOf,
  codes,
  deliveriesOf,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  packageRowsOf,
  startProvince,
  stored,
  toElement,
  traceOf,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province.close())

const strayFile: FileFixture = { id: 'a2', name: 'phu-luc.pdf', type: 'application/pdf', reference: '' }
const submit = (xml: string, more = {}) => province.submit(province.snv.basic, xml, more)

/** Checks the signature with the published key, as anybody could, and answers what was signed. */
async function verified(jws: string) {
  const row = await province.db.selectFrom('signing_keys').select(['kid', 'public_jwk']).executeTakeFirstOrThrow()
  const key = await importJWK(JSON.parse(JSON.stringify(row.public_jwk)), 'EdDSA')
  const { payload, protectedHeader } = await compactVerify(jws, key)
  expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: row.kid, typ: 'tram-receipt+jws' })
  return JSON.parse(Buffer.from(payload).toString('utf8'))
}

describe('the receipt of an accepted package', () => {
  test('says every member of the contract, obeys its schema, and is signed word for word', async () => {
    const { xml, documentId } = documentTo([codes.stc, codes.district])

    const answer = await submit(xml)

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    const { packageId, acceptedAt, receipt, recipients, deliveries } = answer.body
    const [first, second] = deliveries
    expect(answer.body).toEqual({
      packageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      documentId,
      kind: 'new',
      axis: '000.00.00.H35',
      sha256: createHash('sha256').update(xml).digest('hex'),
      size: Buffer.byteLength(xml),
      acceptedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+07:00$/),
      recipients: [
        { organId: codes.stc, outcome: 'queued', agencyCode: codes.stcNew, deliveryId: first.deliveryId },
        { organId: codes.district, outcome: 'queued', agencyCode: codes.district, deliveryId: second.deliveryId },
      ],
      deliveries: [
        { deliveryId: expect.any(String), organId: codes.stc, state: 'available' },
        { deliveryId: expect.any(String), organId: codes.district, state: 'available' },
      ],
      findings: [],
      receipt: expect.any(String),
    })
    expect(Math.abs(Date.now() - new Date(acceptedAt).getTime())).toBeLessThan(60_000)
    expect(await verified(receipt)).toEqual({ ...answer.body, receipt: undefined })
    expect(await packageRowsOf(province, documentId)).toMatchObject([{ package_id: packageId, kind: 'new' }])
    expect((await deliveriesOf(province, documentId)).map((d) => d.delivery_id)).toEqual(
      recipients.map((r: { deliveryId: string }) => r.deliveryId),
    )
  })

  test('lists findings in the language asked for, and signs them without any', async () => {
    const body = async (language: string) =>
      (
        await submit(documentTo([codes.stc], { files: [oneFile, strayFile] }).xml, {
          headers: { 'accept-language': language },
        })
      ).body

    const [vi, en] = [await body('vi'), await body('en-GB')]

    expect(vi.findings).toHaveLength(1)
    expect(vi.findings[0].code).toBe(en.findings[0].code)
    expect(vi.findings[0].message).not.toBe(en.findings[0].message)
    expect((await verified(vi.receipt)).findings[0]).not.toHaveProperty('message')
    expectSchema('package-receipt', vi)
  })
})

describe('what was sent', () => {
  test('is on disk byte for byte, byte order mark and line ends included', async () => {
    const sent = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(documentTo([codes.stc]).xml.replaceAll('\n', '\r\n')),
    ])

    const { body } = await province.submit(province.snv.basic, sent)

    expect(blobBytes(province, body.packageId).equals(sent)).toBe(true)
    const content = await province.call('GET', `/api/v1/packages/${body.packageId}/content`, {
      basic: province.shared.basic,
    })
    expect(content.bytes.equals(sent)).toBe(true)
  })

  test.each(['application/xml', 'text/xml', 'application/edxml+xml', 'application/octet-stream'])(
    'may be called %s',
    async (type) => {
      expectStatus(await submit(documentTo([codes.stc]).xml, { type }), 202)
      expectStatus(await submit(documentTo([codes.stc]).xml, { type: `${type}; charset=utf-8` }), 202)
    },
  )

  test('may come in the field `package` of a form', async () => {
    const { xml } = documentTo([codes.stc])
    const form = new FormData()
    form.append('note', 'an ordinary field before it')
    form.append('package', new Blob([xml], { type: 'application/xml' }), 'goi.edxml')

    const answer = await province.call('POST', '/api/v1/packages', { basic: province.snv.basic, body: form })

    expectStatus(answer, 202)
    expect(blobBytes(province, answer.body.packageId).toString('utf8')).toBe(xml)
  })

  test('may come in chunks of unknown total, cut anywhere', async () => {
    const { xml } = documentTo([codes.stc], { subject: '<e:Subject>Đắk Lắk – đề nghị</e:Subject>' })
    const bytes = Buffer.from(xml)
    const chunked = (async function* () {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
    })()

    const answer = await province.call('POST', '/api/v1/packages', {
      basic: province.snv.basic,
      type: 'application/xml',
      body: chunked,
    })

    expectStatus(answer, 202)
    expect(blobBytes(province, answer.body.packageId).equals(bytes)).toBe(true)
  })

  test('may be large: 8 MB of attachment come through whole', async () => {
    const content = Buffer.alloc(8 * 1024 * 1024, pdfBytes).toString('base64')
    const { xml } = documentTo([codes.stc], { files: [{ ...oneFile, content }] })

    const { body } = await submit(xml)

    expect(body).toMatchObject({ size: Buffer.byteLength(xml), findings: [] })
    expect(blobBytes(province, body.packageId).equals(Buffer.from(xml))).toBe(true)
  })
})

describe('recipients', () => {
  test('that are one agency under its old and its new code share one delivery', async () => {
    const { xml, documentId } = documentTo([codes.stc, codes.district, codes.stcNew])

    const { body } = await submit(xml)

    expect(body.recipients.map((r: { outcome: string }) => r.outcome)).toEqual(['queued', 'queued', 'duplicate_of'])
    expect(body.recipients[2]).toMatchObject({ organId: codes.stcNew, deliveryId: body.recipients[0].deliveryId })
    expect(body.deliveries).toHaveLength(2)
    expect(await deliveriesOf(province, documentId)).toHaveLength(2)
    expectSchema('package-receipt', body)
  })

  test.each([
    ['has no system', codes.alone, 'held', 'no_system'],
    ['is not connected', codes.paper, 'held', 'not_connected'],
    ['was split', codes.split, 'held', 'closed'],
    ['is known to nobody', 'H35.77', 'held', 'unknown_agency'],
  ])('of which one %s: it is held, and the others are served', async (_what, code, outcome, reason) => {
    const { xml, documentId } = documentTo([code, codes.district])

    const answer = await submit(xml)

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    expect(answer.body.recipients[0]).toMatchObject({ organId: code, outcome, reason })
    expect(answer.body.deliveries.map((d: { state: string }) => d.state)).toEqual(['held', 'available'])
    expect(await deliveriesOf(province, documentId)).toMatchObject([
      { organ_id: code, state: 'held', held_reason: reason, system_id: null },
      { organ_id: codes.district, state: 'available', system_id: 'QLVB-CHUNG' },
    ])
  })

  test('of which all are held for reasons that will pass are accepted all the same', async () => {
    const { body } = await submit(documentTo([codes.alone, codes.paper]).xml)

    expect(body.recipients.map((r: { outcome: string }) => r.outcome)).toEqual(['held', 'held'])
  })

  test('that were merged away are redirected to their only successor', async () => {
    const { body } = await submit(documentTo([codes.merged]).xml)

    expect(body.recipients).toMatchObject([
      { organId: codes.merged, outcome: 'redirected', agencyCode: codes.district },
    ])
    expect(body.deliveries).toMatchObject([{ organId: codes.merged, state: 'available' }])
  })

  test('that were split name whom to choose from', async () => {
    const { body } = await submit(documentTo([codes.split, codes.stc]).xml)

    expect(body.recipients[0].suggestions).toEqual([
      { code: codes.district, name: 'UBND huyện' },
      { code: codes.ward, name: 'UBND xã' },
    ])
  })

  test('nobody knows get the nearest codes and names, and an alert that counts', async () => {
    const unknown = 'H35.2O'

    const first = await submit(documentTo([unknown, codes.stc]).xml)
    await submit(documentTo([unknown.toLowerCase(), codes.stc]).xml)

    expect(first.body.recipients[0]).toMatchObject({ outcome: 'held', reason: 'unknown_agency' })
    expect(first.body.recipients[0].suggestions[0]).toEqual({ code: codes.district, name: 'UBND huyện' })
    const alerts = await province.db.selectFrom('alerts').selectAll().where('subject', '=', unknown).execute()
    expect(alerts).toMatchObject([{ cause: 'unknown_recipient', count: 2, closed_at: null }])
  })

  test('may be the sender itself', async () => {
    const { body } = await submit(documentTo([codes.snv]).xml)

    expect(body.deliveries).toMatchObject([{ organId: codes.snv, state: 'available' }])
  })
})

describe('the sender', () => {
  test('may write any code of its agency', async () => {
    expectStatus(
      await submit(documentTo([codes.stc], { from: fromElement(` ${codes.snvNew.toLowerCase()} `) }).xml),
      202,
    )
  })

  test('may be any of the agencies on a shared system', async () => {
    const { xml } = documentTo([codes.snv], { from: fromElement(codes.ward) })

    expectStatus(await province.submit(province.shared.basic, xml), 202)
  })
})

describe('a document without an id', () => {
  const numbered = (subject: string) =>
    edxml({
      documentId: '',
      to: toElement(codes.stc),
      subject: `<e:Subject>${subject}</e:Subject>`,
      more: '<e:Code><e:CodeNumber>9001</e:CodeNumber><e:CodeNotation>SNV-TTr</e:CodeNotation></e:Code><e:PromulgationInfo><e:PromulgationDate>2026/11/20</e:PromulgationDate></e:PromulgationInfo>',
    })

  test('gets the one that its number and date give it, so that it can be sent again', async () => {
    const first = await submit(numbered('một'))
    const again = await submit(numbered('một'))
    const other = await submit(numbered('hai'))

    expect(first.status).toBe(202)
    expect(first.body.documentId).toBe(`${codes.snv},2026/11/20,9001/SNV-TTr`)
    expect(first.body.findings.map((f: { code: string }) => f.code)).toContain('document_id_generated')
    expect(again).toMatchObject({ status: 200, body: { packageId: first.body.packageId } })
    expect(other).toMatchObject({ status: 409, body: { code: 'document_id_reused' } })
  })

  test('and without a number gets one made of its content', async () => {
    const bare = (subject: string) =>
      edxml({ documentId: '', to: toElement(codes.stc), subject: `<e:Subject>${subject}</e:Subject>` })

    const first = await submit(bare('ba'))
    const again = await submit(bare('ba'))
    const other = await submit(bare('bốn'))

    expect(first.body.documentId).toMatch(/^TRAM-[0-9a-f]{32}$/)
    expect(again).toMatchObject({ status: 200, body: { packageId: first.body.packageId } })
    expect(other.status).toBe(202)
    expect(other.body.documentId).not.toBe(first.body.documentId)
  })
})

describe('a package that acts on an earlier one', () => {
  test.each([
    // The document was not taken, so the recall withdraws it and is offered to nobody.
    [1, 'recall', 'recalled'],
    [2, 'update', 'available'],
  ] as const)(
    'of type %i goes out beside it as %s, and is answered alike when it is repeated',
    async (type, kind, state) => {
      const { xml, documentId } = documentTo([codes.stc])
      await submit(xml)
      const acting = documentTo([codes.stc], { id: documentId, traces: businessOf(type, documentId) })

      const first = await submit(acting.xml)
      const again = await submit(acting.xml)
      const forwarded = await submit(acting.xml.replace('</e:Bussiness>', `</e:Bussiness>${traceElement}`))

      expectStatus(first, 202)
      expectSchema('package-receipt', first.body)
      expect(first.body).toMatchObject({ kind, documentId, deliveries: [{ organId: codes.stc, state }] })
      expect(again).toMatchObject({ status: 200, body: first.body })
      expect(forwarded).toMatchObject({ status: 200, body: first.body })
      expect((await packageRowsOf(province, documentId)).map((row) => row.kind)).toEqual(['new', kind])
      expect(await deliveriesOf(province, documentId)).toHaveLength(2)
    },
  )

  const traceElement = traceOf('001.00.20.TT2').replaceAll(/<\/?e:TraceHeaderList>/g, '')

  test('that replaces it has an id of its own', async () => {
    const { documentId } = documentTo([codes.stc])
    const replacing = documentTo([codes.stc], { traces: businessOf(3, documentId) })

    const { body } = await submit(replacing.xml)

    expect(body).toMatchObject({ kind: 'replace', documentId: replacing.documentId })
  })
})

test('takes a status package that comes in by this door for what it is', async () => {
  const { xml, documentId } = documentTo([codes.stc])
  await submit(xml)
  const said = statusXml().replaceAll('000.00.12.H35,2026/11/20,743/SNV-VP', documentId)

  const first = await province.submit(province.shared.basic, said)
  const again = await province.submit(province.shared.basic, said)

  expectStatus(first, 202)
  expectSchema('status-receipt', first.body)
  expect(first.body).toMatchObject({ documentId, code: '03', effect: 'moved' })
  expect(again).toMatchObject({ status: 200, body: { statusId: first.body.statusId, receipt: first.body.receipt } })
  expect(await deliveriesOf(province, documentId)).toMatchObject([{ business_code: '03' }])
})

test('keeps one line in the timeline for each acceptance', async () => {
  const before = await stored(province)

  const { body } = await submit(documentTo([codes.stc, codes.stcNew, codes.district]).xml)

  const events = await province.db.selectFrom('events').selectAll().where('package_id', '=', body.packageId).execute()
  expect(events).toMatchObject([{ type: 'package.accepted', system_id: 'QLVB-SNV', data: { recipients: 2 } }])
  expect((await stored(province)).events).toBe(before.events + 1)
})
