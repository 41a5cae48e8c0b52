// What was turned away, as its sender and the operators read it: GET /api/v1/refusals and /api/v1/admin/refusals of the
// whole gateway.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { newRef } from '../../src/edge/problem.ts'
import { insertRefusal, type NewRefusal, type RefusedSender } from '../../src/intake/refusal-store.ts'
import { edxml, statusXml } from '../support/edxml-fixtures.ts'
import {
  codes,
  documentTo,
  expectStatus,
  fromElement,
  idElement,
  type Province,
  startProvince,
  toElement,
} from '../support/gateway-under-test-province.ts'
import type { Answer, CallOptions } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const packageBytesMax = 200_000

let province: Province
let wire: TcpProxy
beforeAll(async () => {
  province = await startProvince({
    env: { PACKAGE_BYTES_MAX: String(packageBytesMax) },
    async databaseVia(real) {
      await rowsOfOldAndNew(real)
      const url = new URL(real)
      wire = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
      url.port = String(wire.port)
      return url.href
    },
  })
})
afterAll(async () => {
  await province?.close()
  await wire?.close()
})

/** Stands in every document, and must stand in no list. */
const secretWord = 'NOIDUNGVANBAN'
const subject = `<e:Subject>V/v ${secretWord}</e:Subject>`
const unknownTo = { subject, to: toElement('H35.98') }

const send = (xml: unknown, more: CallOptions = {}): Promise<Answer> =>
  province.call('POST', '/api/v1/packages', { basic: province.snv.basic, type: 'application/xml', ...more, body: xml })

/** A document of Sở Nội vụ to nobody that is known, refused. */
async function refused(more: Parameters<typeof documentTo>[1] = {}) {
  const made = documentTo(['H35.98'], { subject, ...more })
  const { status, body } = await send(made.xml)
  expect({ status, code: body.code }).toEqual({ status: 422, code: 'no_known_recipient' })
  return { ...made, ref: body.ref as string }
}

async function list(query = '', options: CallOptions = { basic: province.snv.basic }) {
  const answer = await province.call('GET', `/api/v1/refusals?${query}`, options)
  expectStatus(answer, 200)
  expectSchema('refusal-list', answer.body)
  return answer.body
}

async function adminList(query = '', language = 'vi') {
  const answer = await province.call('GET', `/api/v1/admin/refusals?${query}`, {
    token: province.adminToken,
    headers: { 'accept-language': language },
  })
  expectStatus(answer, 200)
  expectSchema('refusal-list', answer.body)
  return answer.body
}

async function byRef(ref: string) {
  const { body } = await province.admin('GET', `refusals/${encodeURIComponent(ref)}`)
  expectSchema('refusal', body)
  return body
}
const refsOf = (page: { items: { ref: string }[] }) => page.items.map((item) => item.ref)

/** A row as the gateway writes it, at a time of the test's choice. */
async function row(more: Partial<NewRefusal> & { readonly sender: RefusedSender }): Promise<string> {
  const ref = newRef()
  await insertRefusal(province.db, {
    ...{ ref, at: new Date(), face: 'rest', path: '/api/v1/packages', submission: {}, httpStatus: 422 },
    ...{ problemCode: 'not_xml', params: {}, violations: [], ...more },
  })
  return ref
}
const snvSender = async (): Promise<RefusedSender> => {
  const { credential_id: credentialId } = await province.db
    .selectFrom('system_credentials')
    .select('credential_id')
    .where('system_id', '=', 'QLVB-SNV')
    .executeTakeFirstOrThrow()
  return { kind: 'authenticated', systemId: 'QLVB-SNV', credentialId }
}

describe('a refusal', () => {
  test('says to its sender what was wrong, why, who acts and how, with the document it concerns', async () => {
    const made = await refused()

    const [item] = (await list(`ref=${made.ref}`)).items

    expect(item).toEqual({
      ...{ ref: made.ref, face: 'rest', path: '/api/v1/packages', systemId: 'QLVB-SNV' },
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\+07:00$/),
      ...{ organId: codes.snv, documentId: made.documentId, size: Buffer.byteLength(made.xml) },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      ...{ httpStatus: 422, problemCode: 'no_known_recipient', whoActs: 'sender' },
      title: 'Không xác định được nơi nhận nào',
      detail: 'Không có cơ quan nào mang mã: H35.98',
      cause: expect.stringContaining('danh bạ'),
      next: expect.stringContaining('gửi lại'),
      violations: [
        {
          path: 'edXMLHeader/MessageHeader/To[1]/OrganId',
          ...{ rule: 'unknown_agency', found: 'H35.98', expected: expect.any(String) },
          message: 'Không cơ quan nào trong danh bạ mang mã này.',
        },
      ],
    })
  })

  test('speaks the language of its reader, not of its sender', async () => {
    const made = await refused()

    const [item] = (await list(`ref=${made.ref}`, { basic: province.snv.basic, headers: { 'accept-language': 'en' } }))
      .items

    expect(item).toMatchObject({ detail: 'No agency has the code: H35.98', title: 'No recipient is known' })
    expect(item.violations[0].message).toBe('No agency in the directory has this code.')
  })

  test('is to operators what it is to its sender, and says that the sender was authenticated', async () => {
    const made = await refused()

    const [item] = (await list(`ref=${made.ref}`)).items
    expect(await byRef(made.ref)).toEqual({ ...item, authenticated: true })
    expect((await adminList(`ref=${made.ref}`)).items).toEqual([{ ...item, authenticated: true }])
  })

  test('is found by its reference however it was written down', async () => {
    const { ref } = await refused()

    for (const written of [ref.toLowerCase(), ref.replaceAll('-', ' '), ref.replaceAll('-', '')]) {
      expect((await byRef(written)).ref).toBe(ref)
      expect(refsOf(await adminList(`ref=${encodeURIComponent(written)}`))).toEqual([ref])
    }
  })

  test('that is not there is 404', async () => {
    const answer = await province.call('GET', '/api/v1/admin/refusals/TC-0000-00', { token: province.adminToken })

    expectStatus(answer, 404)
    expectSchema('problem', answer.body)
    expect(answer.body).toMatchObject({ code: 'refusal_not_found', detail: expect.stringContaining('TC-0000-00') })
  })

  test('never holds anything of the document', async () => {
    await refused()
    await send(`${secretWord} là văn bản`)
    await send(edxml({ ...unknownTo, from: '' }))

    const rows = await province.db.selectFrom('refusals').selectAll().execute()

    expect(JSON.stringify([rows, await adminList('limit=200')])).not.toContain(secretWord)
  })
})

describe('every reason leaves one', () => {
  const good = () => documentTo([codes.stc]).xml
  const reasons: readonly [name: string, status: number, code: string, call: () => Promise<Answer>][] = [
    ['no credentials', 401, 'unauthenticated', () => call({ body: good() })],
    ['a wrong secret', 401, 'unauthenticated', () => send(good(), { basic: 'QLVB-SNV:x' })],
    ['a wrong token', 401, 'unauthenticated', () => call({ token: 'x', body: good() })],
    [
      'a From of others',
      403,
      'foreign_from',
      () => send(documentTo([codes.stc], { from: fromElement(codes.ward) }).xml),
    ],
    ['an announced size', 413, 'package_too_large', () => send('x'.repeat(packageBytesMax + 1))],
    ['another type', 415, 'unsupported_media_type', () => send(good(), { type: 'application/pdf' })],
    ['a query of its own', 400, 'bad_request', () => call(asSnv(good()), '?x=1')],
    ['a form that is none', 400, 'bad_request', () => send('x', { type: 'multipart/form-data' })],
    ['broken XML', 422, 'xml_truncated', () => send(good().slice(0, -30))],
    ['the same id again', 409, 'document_id_reused', () => otherContent()],
    ['a status of others', 403, 'foreign_from', () => status(statusXml())],
    ['a status without a secret', 401, 'unauthenticated', () => status(statusXml(), { basic: 'QLVB-SNV:x' })],
    ['a document at the door of statuses', 422, 'not_a_status', () => status(good())],
    ['JSON that is no status', 400, 'bad_request', () => status('{"code": 5}', { type: 'application/json' })],
  ]
  const asSnv = (body: string): CallOptions => ({ basic: province.snv.basic, body })
  const call = (options: CallOptions, query = '') =>
    province.call('POST', `/api/v1/packages${query}`, { type: 'application/xml', ...options })
  const status = (body: string, more: CallOptions = {}) =>
    province.call('POST', '/api/v1/status', { type: 'application/xml', ...asSnv(body), ...more })

  async function otherContent(): Promise<Answer> {
    const made = documentTo([codes.stc])
    expectStatus(await send(made.xml), 202)
    return send(documentTo([codes.stc], { id: made.documentId, subject: '<e:Subject>Khác</e:Subject>' }).xml)
  }

  test.each(reasons)('%s: %i %s', async (_name, httpStatus, problemCode, submit) => {
    const { status: answered, body } = await submit()

    expect({ answered, code: body.code }).toEqual({ answered: httpStatus, code: problemCode })
    const found = await byRef(body.ref)
    expect(found).toMatchObject({ httpStatus, problemCode, authenticated: httpStatus !== 401 })
    expect(`${found.title} ${found.detail} ${found.cause} ${found.next}`).not.toMatch(/\{\w+\}/)
    const sameWords = { title: body.title, detail: body.detail, next: body.next, whoActs: body.whoActs }
    expect(found).toMatchObject({ ...sameWords, violations: body.violations ?? [] })
  })

  test('a database that is away: the row is written once it is back', async () => {
    const made = documentTo([codes.stc])
    await wire.cut()
    const { status: answered, body } = await send(made.xml).finally(async () => await wire.mend())

    expect({ answered, code: body.code }).toEqual({ answered: 503, code: 'database_away' })
    await vi.waitFor(
      async () => expect(await byRef(body.ref)).toMatchObject({ httpStatus: 503, documentId: made.documentId }),
      { timeout: 15_000, interval: 250 },
    )
  })

  test.each(['dryRun=true', 'dryRun=true&x=1'])('but not a trial: %s', async (query) => {
    const answers = [
      await call(asSnv('<no/>'), `?${query}`),
      await call({ basic: 'QLVB-SNV:x', body: '<no/>' }, `?${query}`),
    ]

    const refs = answers.map(({ body }) => body.ref as string | undefined).filter((ref) => ref !== undefined)
    for (const ref of refs) expect((await adminList(`ref=${ref}`)).items).toEqual([])
    // What comes after it shows that a row would have been there.
    const { ref } = await refused()
    expect(refsOf(await adminList(`ref=${ref}`))).toEqual([ref])
  })
})

describe('a system sees', () => {
  test('only what it sent itself', async () => {
    const { ref } = await refused()
    const other = await province.call('POST', '/api/v1/packages', {
      ...{ basic: province.shared.basic, type: 'application/xml', body: '<no/>' },
    })

    expect(refsOf(await list(`ref=${ref}`, { basic: province.shared.basic }))).toEqual([])
    expect(refsOf(await list(`ref=${other.body.ref}`))).toEqual([])
    expect(refsOf(await list(`ref=${other.body.ref}`, { basic: province.shared.basic }))).toEqual([other.body.ref])
  })

  test('nothing of those who merely claimed to be it; operators see them as such', async () => {
    const { body } = await send(documentTo([codes.stc]).xml, { basic: 'QLVB-SNV:guess' })

    expect(refsOf(await list(`ref=${body.ref}`))).toEqual([])
    expect(refsOf(await list('code=unauthenticated'))).toEqual([])
    expect((await adminList(`ref=${body.ref}&systemId=QLVB-SNV`)).items).toMatchObject([
      { systemId: 'QLVB-SNV', authenticated: false, problemCode: 'unauthenticated' },
    ])
  })

  test('by a credential for one agency, what came by it or from that agency', async () => {
    const path = 'systems/QLVB-CHUNG/credentials'
    const { body } = await province.admin('POST', path, { label: 'xã', agencies: [codes.ward] })
    const part: CallOptions = { basic: `QLVB-CHUNG:${body.secret}` }
    const from = async (code: string, basic: string) => {
      const xml = documentTo(['H35.98'], { from: fromElement(code) }).xml
      return (await send(xml, { basic })).body.ref as string
    }

    const [ofDistrict, ofWard] = [
      await from(codes.district, province.shared.basic),
      await from(codes.ward, province.shared.basic),
    ]
    const broken = (await send('<no/>', { ...part })).body.ref as string
    const brokenOfOthers = (await send('<no/>', { basic: province.shared.basic })).body.ref as string

    const seen = refsOf(await list('limit=200', part))
    expect(seen).toEqual([broken, ofWard])
    expect(refsOf(await list('limit=200', { basic: province.shared.basic }))).toEqual(
      expect.arrayContaining([ofDistrict, ofWard, broken, brokenOfOthers]),
    )
  })

  test.each(['/api/v1/refusals', '/api/v1/admin/refusals', '/api/v1/admin/refusals/TC-2222-22'])(
    'nothing without showing who it is: %s',
    async (path) => {
      expectStatus(await province.call('GET', path), 401)
      const other = path.includes('admin') ? { basic: province.snv.basic } : { token: province.adminToken }
      expectStatus(await province.call('GET', path, other), 401)
    },
  )
})

describe('the list', () => {
  test('is newest first and goes on without a gap, also within one moment', async () => {
    const sender = { kind: 'claimed', systemId: 'PAGED' } as const
    const at = new Date('2026-10-01T00:00:00.123Z')
    const same: string[] = []
    for (let i = 0; i < 5; i++) same.push(await row({ sender, at }))
    const [newer, older] = [
      await row({ sender, at: new Date(at.getTime() + 1) }),
      await row({ sender, at: new Date(at.getTime() - 1) }),
    ]

    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const page = await adminList(`systemId=PAGED&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...refsOf(page))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }

    expect(seen).toEqual([newer, ...same.sort().reverse(), older])
    expect(refsOf(await adminList('systemId=PAGED'))).toEqual(seen)
  })

  test('is found by code, time, agency, document and system, at either face', async () => {
    const sender = await snvSender()
    const at = new Date('2026-09-01T08:00:00+07:00')
    const day = { since: '2026-08-31T00:00:00%2B07:00', until: '2026-09-02T00:00:00%2B07:00' }
    const window = `since=${day.since}&until=${day.until}`
    const documentId = '000.00.12.H35,2026/09/01,1/ĐA-UB'
    const wanted = await row({
      sender,
      at,
      problemCode: 'foreign_from',
      submission: { organId: ' h35.12 ', documentId },
    })
    await row({ sender, at, submission: { organId: codes.ward, documentId: 'other' } })

    for (const query of [
      'code=foreign_from',
      `organId=${codes.snv}`,
      `organId=${codes.snvNew}`,
      `documentId=${encodeURIComponent(documentId)}`,
      `documentId=${encodeURIComponent(` ${documentId.normalize('NFD')} `)}`,
      `documentId=${encodeURIComponent(documentId.replaceAll('2026/09/01', '2026-09-01'))}`,
    ]) {
      expect([query, refsOf(await list(`${window}&${query}`))]).toEqual([query, [wanted]])
      expect([query, refsOf(await adminList(`${window}&systemId=QLVB-SNV&${query}`))]).toEqual([query, [wanted]])
    }
    expect(refsOf(await list(window))).toHaveLength(2)
    expect(refsOf(await list(`since=${day.until}&until=${day.until}`))).toEqual([])
    expect(refsOf(await adminList(`${window}&systemId=QLVB-CHUNG`))).toEqual([])
    expect(refsOf(await list(`${window}&organId=H99.99`))).toEqual([])
    expect(refsOf(await list(`${window}&documentId=${encodeURIComponent("' or true --")}`))).toEqual([])
  })

  test.each([
    'limit=0',
    'limit=201',
    'since=yesterday',
    'until=2026-02-30',
    'cursor=xyz',
    `cursor=${Buffer.from('["x","y"]').toString('base64url')}`,
    `cursor=${Buffer.from('[1,2]').toString('base64url')}`,
    'colour=red',
    'code=%00',
    'organId=%00',
    'documentId=%00',
    'ref=%00',
  ])('refuses %s', async (query) => {
    for (const answer of [
      await province.call('GET', `/api/v1/refusals?${query}`, { basic: province.snv.basic }),
      await province.call('GET', `/api/v1/admin/refusals?${query}`, { token: province.adminToken }),
    ]) {
      expect([query, answer.status]).toEqual([query, 400])
      expectSchema('problem', answer.body)
    }
  })

  test('of a system cannot be asked for another one', async () => {
    expectStatus(await province.call('GET', '/api/v1/refusals?systemId=QLVB-CHUNG', { basic: province.snv.basic }), 400)
  })

  test('keeps to texts that fit, whatever was sent', async () => {
    const { body } = await send(documentTo(['H35.98'], { to: toElement('X'.repeat(3_000)) }).xml)
    const found = await byRef(body.ref)

    expect(found.detail.length).toBeLessThan(1_200)
  })
})

describe('accepted later', () => {
  test('is the same document with its mistake corrected', async () => {
    const made = await refused()
    expect(await byRef(made.ref)).not.toHaveProperty('laterAcceptedAs')

    const { body } = await send(documentTo([codes.stc], { id: made.documentId }).xml)

    const later = { laterAcceptedAs: body.packageId, laterAcceptedAt: body.acceptedAt }
    expect(await byRef(made.ref)).toMatchObject(later)
    expect((await list(`ref=${made.ref}`)).items).toMatchObject([later])
  })

  test('is the same document by another code of its agency and another spelling of its id', async () => {
    const documentId = `${codes.snv},2026/11/20,Đ-${randomBytes(3).toString('hex')}`
    const { ref } = await refused({ id: documentId.normalize('NFD') })

    const { body } = await send(documentTo([codes.stc], { id: documentId, from: fromElement(codes.snvNew) }).xml)

    expect((await byRef(ref)).laterAcceptedAs).toBe(body.packageId)
  })

  test('is the very same bytes, once there is nothing wrong with them any more', async () => {
    const code = `H35.7${randomBytes(2).toString('hex')}`.toUpperCase()
    const xml = edxml({ subject, documentId: '', to: toElement(code), more: `<e:Content>${code}</e:Content>` })
    const { body: problem } = await send(xml)
    await province.register({ agencies: [{ codes: [code] }] })

    const { body } = await send(xml)

    expect(await byRef(problem.ref)).toMatchObject({
      problemCode: 'no_known_recipient',
      laterAcceptedAs: body.packageId,
    })
  })

  test('is not what was accepted before, nor another document', async () => {
    const made = documentTo([codes.stc])
    expectStatus(await send(made.xml), 202)
    const { body } = await send(documentTo([codes.stc], { id: made.documentId, subject }).xml)
    expectStatus(await send(documentTo([codes.stc]).xml), 202)

    expect(body.code).toBe('document_id_reused')
    expect(await byRef(body.ref)).not.toHaveProperty('laterAcceptedAs')
  })

  test('is also what was accepted a moment before a fault of ours said no', async () => {
    const made = documentTo([codes.stc])
    const { body } = await send(made.xml)
    const ref = await row({
      ...{ sender: await snvSender(), httpStatus: 503, problemCode: 'database_away' },
      submission: { sha256: Buffer.from(body.sha256, 'hex') },
    })

    expect((await byRef(ref)).laterAcceptedAs).toBe(body.packageId)
  })

  test('tells nobody about the documents of an agency that is not its own', async () => {
    const documentId = `${codes.ward},2026/11/20,rieng-${randomBytes(3).toString('hex')}`
    const of = { id: documentId, from: fromElement(codes.ward) }
    const guess = await send(documentTo([codes.stc], of).xml)
    expectStatus(guess, 403)

    const { body } = await send(documentTo([codes.stc], of).xml, { basic: province.shared.basic })

    expect((await list(`ref=${guess.body.ref}`)).items[0]).not.toHaveProperty('laterAcceptedAs')
    expect((await byRef(guess.body.ref)).laterAcceptedAs).toBe(body.packageId)
  })

  test('does not take one status for another about the same document', async () => {
    const made = documentTo([codes.stc])
    expectStatus(await send(made.xml), 202)
    const about = `<e:ResponseFor><e:OrganId>${codes.snv}</e:OrganId>${idElement(made.documentId)}</e:ResponseFor>`
    const said = (code: string, from = codes.stc as string) =>
      statusXml({ from: fromElement(from), responseFor: about, code: `<e:StatusCode>${code}</e:StatusCode>` })
    const post = (body: string) =>
      province.call('POST', '/api/v1/status', { basic: province.shared.basic, type: 'application/xml', body })
    const { body } = await post(said('01', codes.snv))

    expectStatus(await post(said('03')), 202)

    expect(body.code).toBe('foreign_from')
    expect(await byRef(body.ref)).not.toHaveProperty('laterAcceptedAs')
  })
})

const [oldRef, youngRef] = ['TC-OLD2-22', 'TC-NEW2-22']
const dayMs = 24 * 3_600_000

/** There before the sweeper first looks. */
async function rowsOfOldAndNew(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const [ref, days] of [
    [oldRef, 90],
    [youngRef, 89],
  ] as const) {
    await client.query(
      "insert into refusals (ref, at, face, path, http_status, problem_code) values ($1, $2, 'rest', '/', 422, 'not_xml')",
      [ref, new Date(Date.now() - days * dayMs - 60_000)],
    )
  }
  await client.end()
}

test('is forgotten after 90 days, and not a day earlier', async () => {
  await vi.waitFor(async () => expect(refsOf(await adminList(`ref=${oldRef}`))).toEqual([]))

  expect(refsOf(await adminList(`ref=${youngRef}`))).toEqual([youngRef])
})
