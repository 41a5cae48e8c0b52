import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { createEdge } from '../../src/edge/server.ts'
import { zipOf } from '../../src/edxml/zip-entry.ts'
import { documentRoutes } from '../../src/reports/document-routes.ts'
import { documentView, type StoredDocument } from '../../src/reports/document-view.ts'
import { type Post, type Sent, startPost } from '../mailbox/mailbox-cases.ts'
import { oneFile, statusXml } from '../support/edxml-fixtures.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

const root = join(import.meta.dirname, '../..')
let post: Post
let edge: FastifyInstance
beforeAll(async () => {
  post = await startPost()
  edge = await createEdge({
    routes: [documentRoutes({ db: post.db })],
    catalogue: loadCatalogue(join(root, 'schemas/errors')),
    schemasFolder: join(root, 'schemas/json'),
    consoleFolder: join(root, 'src/console'),
    authenticateSystem: post.gateway.registry.authenticateSystem,
    authenticateOperator: () => Promise.reject(new Error('no operator comes here')),
    recordRefusal: async () => {},
    logger: pino({ level: 'silent' }),
    version: 'test',
  })
  await edge.ready()
})
afterAll(async () => {
  await edge?.close()
  await post?.close()
})

async function view(packageId: string, basic: string | undefined = post.sender.basic) {
  const authorization = basic === '' ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
  const answer = await edge.inject({ url: `/api/v1/packages/${packageId}/document`, headers: authorization })
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
}

async function force(sent: Sent, state: string, at = 0): Promise<void> {
  await sql`update deliveries set state = ${state}, held_reason = ${state === 'held' ? 'quarantined' : null},
    next_attempt_at = null where delivery_id = ${sent.deliveryIds[at] ?? ''}`.execute(post.db)
}

const wrapped = zipOf('7f229065-682c-47b1-830c-3f0e4f4664f9.txt', Buffer.from('Danh sách\n'))
const everything = {
  more: [
    '<e:Code><e:CodeNumber>9</e:CodeNumber><e:CodeNotation>SNV-VP</e:CodeNotation></e:Code>',
    '<e:PromulgationInfo><e:Place>Lai Châu</e:Place><e:PromulgationDate>20/11/2026</e:PromulgationDate></e:PromulgationInfo>',
    '<e:DocumentType><e:Type>2</e:Type><e:TypeDetail>18</e:TypeDetail><e:TypeName>Công văn</e:TypeName></e:DocumentType>',
    '<e:Content>Tóm tắt</e:Content>',
    '<e:SignerInfo><e:Competence>KT.</e:Competence><e:Position>PHÓ GIÁM ĐỐC</e:Position><e:FullName>A</e:FullName></e:SignerInfo>',
    '<e:DueDate>cuối tháng</e:DueDate>',
    '<e:OtherInfo><e:Priority>2</e:Priority><e:Appendixes><e:Appendix>PL1</e:Appendix></e:Appendixes></e:OtherInfo>',
    '<e:ResponseFor><e:OrganId>H35.14</e:OrganId><e:DocumentId>d0</e:DocumentId></e:ResponseFor>',
    '<e:SteeringType>1</e:SteeringType><e:ToPlaces><e:Place>Như trên</e:Place></e:ToPlaces>',
    '<e:Novelty>mới</e:Novelty>',
  ].join(''),
  traces: `<e:TraceHeaderList><e:TraceHeader><e:OrganId>H35.12</e:OrganId><e:Timestamp>2026/11/20 08:00:00</e:Timestamp></e:TraceHeader>
<e:Bussiness><e:BussinessDocType>0</e:BussinessDocType><e:BussinessDocReason>Mới</e:BussinessDocReason><e:Paper>1</e:Paper>
<e:StaffInfo><e:Staff>Lò Thị Mai</e:Staff></e:StaffInfo></e:Bussiness></e:TraceHeaderList>`,
  headerRest: '<Signature><SignedInfo/></Signature>',
  files: [oneFile, { id: 'b', name: '../danh sách.txt', type: 'application/zip', content: wrapped.toString('base64') }],
}

describe('the view', () => {
  it('shows everything that stands in a document, as the schema says', async () => {
    const sent = await post.send(everything)

    const { status, headers, body } = await view(sent.packageId)

    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expectSchema('document-view', body)
    expect(body).toMatchObject({
      ...{ packageId: sent.packageId, type: 'edoc', kind: 'new', documentId: sent.documentId, size: sent.bytes.length },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      acceptedAt: expect.stringMatching(/\+07:00$/),
    })
    expect(body).not.toHaveProperty('status')
    expect(body.document).toEqual({
      from: { organId: 'H35.12', organName: 'Sở Nội vụ' },
      to: [{ organId: 'H35.14' }],
      documentId: sent.documentId,
      ...{ codeNumber: '9', codeNotation: 'SNV-VP', place: 'Lai Châu' },
      ...{ promulgationDateText: '20/11/2026', promulgationDate: '2026-11-20' },
      documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
      ...{ subject: 'V/v báo cáo kết quả quý IV', content: 'Tóm tắt', dueDateText: 'cuối tháng' },
      signer: { competence: 'KT.', position: 'PHÓ GIÁM ĐỐC', fullName: 'A' },
      priority: 2,
      otherInfo: { appendixes: ['PL1'] },
      responseFor: [{ organId: 'H35.14', documentId: 'd0' }],
      steeringType: '1',
      toPlaces: ['Như trên'],
      business: { reason: 'Mới', paper: '1', staff: { staff: 'Lò Thị Mai' }, receivers: [], replacements: [] },
      traces: [{ organId: 'H35.12', timestamp: '2026/11/20 08:00:00' }],
      signature: 'present_not_checked',
      attachments: [
        expect.objectContaining({ contentId: 'a1', name: 'cong-van.pdf', safeName: 'cong-van.pdf' }),
        {
          ...{ contentId: 'b', name: '../danh sách.txt', safeName: '.._danh sách.txt' },
          ...{ declaredType: 'application/zip', mediaType: 'application/zip', size: wrapped.length },
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          inner: {
            ...{ entryName: '7f229065-682c-47b1-830c-3f0e4f4664f9.txt', mediaType: 'text/plain', size: 11 },
            sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          },
        },
      ],
      unknown: [{ path: 'edXMLHeader/MessageHeader/Novelty', text: 'mới' }],
    })
  })

  it('shows a status', async () => {
    const sent = await post.send()
    const responseFor = `<e:ResponseFor><e:OrganId>H35.12</e:OrganId><e:DocumentId>${sent.documentId}</e:DocumentId></e:ResponseFor>`
    const from = '<e:From><e:OrganId>H35.14</e:OrganId></e:From>'
    const said = await post.call('POST', '/api/v1/status', {
      basic: post.receiver.basic,
      type: 'application/edxml+xml',
      body: statusXml({ from, responseFor, code: '<e:StatusCode>3</e:StatusCode>' }),
    })
    expect(said.status).toBe(202)
    const { rows } = await sql<{ package_id: string }>`
      select package_id from packages where type = 'status' order by package_id desc limit 1`.execute(post.db)
    const packageId = rows[0]?.package_id ?? ''

    const { body } = await view(packageId, post.receiver.basic)

    expectSchema('document-view', body)
    expect(body).toMatchObject({
      ...{ type: 'status', kind: 'status' },
      status: {
        ...{ from: { organId: 'H35.14' }, responseFor: { organId: 'H35.12', documentId: sent.documentId } },
        ...{ code: '03', codeText: '3', timestamp: '2026-11-20T09:15:00+07:00', unknown: [] },
      },
    })
    expect(body).not.toHaveProperty('document')
    expect((await view(packageId, post.sender.basic)).status).toBe(200)
  })

  it('shows a date that was stored before its text was kept beside it as what was written', () => {
    const stored: Omit<StoredDocument, 'document'> = {
      ...{ package_id: 'p', type: 'edoc', kind: 'new', document_id: 'd', sha256: Buffer.alloc(32), size: 1 },
      accepted_at: new Date('2026-11-20T01:00:00Z'),
    }
    const document = {
      ...{ type: 'edoc', kind: 'new', from: { organId: 'A' }, to: [], subject: 'x', priority: 0 },
      ...{ responseFor: [], toPlaces: [], traces: [], attachments: [], hasSignature: false },
    } satisfies DocumentPackage
    const shown = (dueDate: string) => documentView({ ...stored, document: { ...document, dueDate } }).document

    expect(shown('cuối tháng')).toMatchObject({ dueDateText: 'cuối tháng' })
    expect(shown('cuối tháng')).not.toHaveProperty('dueDate')
    expect(shown('2026-12-01')).toMatchObject({ dueDateText: '2026-12-01', dueDate: '2026-12-01', signature: 'absent' })
  })
})

describe('who sees it', () => {
  it('is the sender, and every system that holds a delivery', async () => {
    const sent = await post.send({ to_: ['H35.14'] })

    expect((await view(sent.packageId)).status).toBe(200)
    expect((await view(sent.packageId, post.receiver.basic)).status).toBe(200)
    for (const answer of [await view(sent.packageId, post.stranger.basic), await view(randomUUID())]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'package_not_found' } })
    }
    expect((await view(sent.packageId, '')).status).toBe(401)
    expect((await view('seven')).status).toBe(400)
  })

  it('and looking takes nothing', async () => {
    const sent = await post.send()

    await view(sent.packageId, post.receiver.basic)

    const { rows } = await sql`select taken_at, fetched_at, fetch_count from deliveries
      where delivery_id = ${sent.deliveryIds[0] ?? ''}`.execute(post.db)
    expect(rows).toEqual([{ taken_at: null, fetched_at: null, fetch_count: 0 }])
  })

  it('is nobody to whom it is held, and the sender all the same', async () => {
    const sent = await post.send()
    await force(sent, 'held')

    expect((await view(sent.packageId, post.receiver.basic)).status).toBe(404)
    expect((await view(sent.packageId)).status).toBe(200)
  })

  it('is no longer one from whom all of it was recalled, and still the sender', async () => {
    const sent = await post.send({ to_: ['H35.14', 'H35.20.5'] })
    await force(sent, 'recalled')
    expect((await view(sent.packageId, post.receiver.basic)).status).toBe(200)
    await force(sent, 'recalled', 1)

    expect(await view(sent.packageId, post.receiver.basic)).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect((await view(sent.packageId)).status).toBe(200)
  })

  it('is one whose only other delivery is held, as recalled', async () => {
    const sent = await post.send({ to_: ['H35.14', 'H35.20.5'] })
    await force(sent, 'recalled')
    await force(sent, 'held', 1)

    expect((await view(sent.packageId, post.receiver.basic)).status).toBe(410)
  })

  it('is limited to the agencies of a credential', async () => {
    const made = await post.admin('POST', 'systems/QLVB-CHUNG/credentials', {
      label: `xã ${randomUUID()}`,
      agencies: ['H35.20.5'],
    })
    const basic = `QLVB-CHUNG:${made.body.secret}`
    const [both, other] = [await post.send({ to_: ['H35.14', 'H35.20.5'] }), await post.send({ to_: ['H35.14'] })]

    expect((await view(both.packageId, basic)).status).toBe(200)
    expect((await view(other.packageId, basic)).status).toBe(404)
  })
})
