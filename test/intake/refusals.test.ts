// What is turned away: the right status, code and place in both languages, a reference that finds the row again, and
// nothing else left behind.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { edxml, type FileFixture, oneFile, placeOf, statusXml } from '../support/edxml-fixtures.ts'
import {
  blobIds,
  codes,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  startProvince,
  stored,
  toElement,
} from '../support/gateway-under-test-province.ts'
import type { Answer, CallOptions } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

const packageBytesMax = 1_000_000

let province: Province
beforeAll(async () => {
  province = await startProvince({ env: { PACKAGE_BYTES_MAX: String(packageBytesMax) } })
})
afterAll(async () => await province.close())

/** Stands in every document, and must stand in no row of a refusal. */
const secretWord = 'NOIDUNGVANBAN'
const subject = `<e:Subject>V/v ${secretWord}</e:Subject>`
const base = { subject, to: toElement(codes.stc) }
const fixture = (more: Parameters<typeof edxml>[0] = {}) => edxml({ ...base, ...more })

const path = '/api/v1/packages'
const send = (body: unknown, more: CallOptions = {}): Promise<Answer> =>
  province.call('POST', path, { basic: province.snv.basic, type: 'application/xml', ...more, body })

async function refusalRow(ref: string) {
  return await province.db.selectFrom('refusals').selectAll().where('ref', '=', ref).executeTakeFirstOrThrow()
}

interface Refused {
  readonly name: string
  readonly body: unknown
  readonly status: number
  readonly code: string
  /** Path of the first violation. */
  readonly at?: string
  readonly line?: number
  readonly more?: Pick<CallOptions, 'type' | 'headers'>
  /** Instead of the sender's own credentials; empty for none. */
  readonly basic?: string
}

const lineOf = (xml: string, part: string) => placeOf(xml, part).line
const missingFile: FileFixture = { id: 'b2', name: 'phu-luc.pdf', type: 'application/pdf', block: '' }
const mismatched = fixture().replace('</e:From>', '</e:Form>')
const withDoctype = fixture({ declaration: '<?xml version="1.0"?>\n<!DOCTYPE edXML [<!ENTITY a "b">]>\n' })
const withEntity = fixture({ subject: `<e:Subject>${secretWord} &a;</e:Subject>` })
const withoutTo = fixture({ to: '' })
const withoutFrom = fixture({ from: '' })
const withoutFile = fixture({ files: [missingFile] })
const notBase64 = fixture({ files: [{ ...oneFile, content: 'QUJD\n!!!!' }] })
const foreign = fixture({ from: fromElement(codes.ward) })
const onlyUnknown = fixture({ to: `${toElement('H35.98')}\n${toElement('H35.99')}` })
const truncated = fixture().slice(0, -40)
const big = fixture({ files: [{ ...oneFile, content: 'QUJD'.repeat(packageBytesMax / 4) }] })

const cases: readonly Refused[] = [
  { name: 'text that is no XML', body: `${secretWord} là văn bản`, status: 422, code: 'not_xml', at: '', line: 1 },
  { name: 'an empty body', body: '', status: 422, code: 'empty_body' },
  { name: 'white space', body: ' \n ', status: 422, code: 'package_empty' },
  { name: 'a package that breaks off', body: truncated, status: 422, code: 'xml_truncated' },
  {
    name: 'a closing tag of another element',
    body: mismatched,
    status: 422,
    code: 'xml_malformed',
    line: lineOf(mismatched, '</e:Form>'),
  },
  { name: 'a DTD', body: withDoctype, status: 422, code: 'doctype_forbidden', line: 2 },
  {
    name: 'an entity',
    body: withEntity,
    status: 422,
    code: 'xml_malformed',
    line: lineOf(withEntity, '&a;'),
  },
  { name: 'another root', body: '<message><x/></message>', status: 422, code: 'not_edxml', line: 1 },
  {
    name: 'no From',
    body: withoutFrom,
    status: 422,
    code: 'sender_missing',
    at: 'edXMLHeader/MessageHeader/From/OrganId',
    line: lineOf(withoutFrom, '<e:MessageHeader>'),
  },
  {
    name: 'no To',
    body: withoutTo,
    status: 422,
    code: 'recipient_missing',
    at: 'edXMLHeader/MessageHeader/To/OrganId',
    line: lineOf(withoutTo, '<e:MessageHeader>'),
  },
  {
    name: 'recipients of which none is known',
    body: onlyUnknown,
    status: 422,
    code: 'no_known_recipient',
    at: 'edXMLHeader/MessageHeader/To[1]/OrganId',
  },
  {
    name: 'a From of somebody else',
    body: foreign,
    status: 403,
    code: 'foreign_from',
    at: 'edXMLHeader/MessageHeader/From/OrganId',
  },
  {
    name: 'a From that nobody has',
    body: fixture({ from: fromElement('H99.99') }),
    status: 403,
    code: 'foreign_from',
    at: 'edXMLHeader/MessageHeader/From/OrganId',
  },
  {
    name: 'the only file that is promised, missing',
    body: withoutFile,
    status: 422,
    code: 'attachment_missing',
    at: 'edXMLBody/edXMLManifest/Reference[1]',
    line: lineOf(withoutFile, 'phu-luc.pdf'),
  },
  {
    name: 'broken base64',
    body: notBase64,
    status: 422,
    code: 'attachment_not_base64',
    at: 'AttachmentEncoded/Attachment[1]/ContentTransferEncoded',
    line: lineOf(notBase64, '!!!!'),
  },
  { name: 'more bytes than allowed', body: big, status: 413, code: 'package_too_large' },
  {
    name: 'more bytes than allowed, in chunks',
    body: inChunks(big),
    status: 413,
    code: 'package_too_large',
  },
  { name: 'more bytes than allowed, in a form', body: formOf(big), status: 413, code: 'package_too_large' },
  {
    name: 'another content type',
    body: fixture(),
    status: 415,
    code: 'unsupported_media_type',
    more: { type: 'application/pdf' },
  },
  {
    name: 'plain text',
    body: fixture(),
    status: 415,
    code: 'unsupported_media_type',
    more: { type: 'text/plain' },
  },
  {
    name: 'JSON that names no upload',
    body: { document: secretWord },
    status: 400,
    code: 'bad_request',
    more: { type: 'application/json' },
  },
  {
    name: 'broken JSON',
    body: `{"a": ${secretWord}`,
    status: 400,
    code: 'bad_request',
    more: { type: 'application/json' },
  },
  { name: 'a form without the field', body: formOf(fixture(), 'goi'), status: 400, code: 'form_without_package' },
  { name: 'a form with nothing in the field', body: formOf(''), status: 422, code: 'empty_body' },
  {
    name: 'a form without its boundary',
    body: fixture(),
    status: 400,
    code: 'bad_request',
    more: { type: 'multipart/form-data' },
  },
  {
    name: 'a form that breaks off',
    body: `--x\r\nContent-Disposition: form-data; name="package"; filename="a"\r\n\r\n${fixture()}`,
    status: 400,
    code: 'bad_request',
    more: { type: 'multipart/form-data; boundary=x' },
  },
  {
    name: 'no credentials',
    body: fixture(),
    status: 401,
    code: 'unauthenticated',
    basic: '',
  },
  {
    name: 'an unknown system',
    body: fixture(),
    status: 401,
    code: 'unauthenticated',
    basic: 'NOBODY:secret',
  },
  {
    name: 'a wrong secret',
    body: fixture(),
    status: 401,
    code: 'unauthenticated',
    basic: 'QLVB-SNV:wrong',
  },
  {
    name: 'an Idempotency-Key that is too long',
    body: fixture(),
    status: 400,
    code: 'bad_request',
    more: { headers: { 'idempotency-key': 'k'.repeat(256) } },
  },
]

async function* inChunksOf(text: string) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384)
}
/** A stream can be sent once, and each case is sent twice. */
function inChunks(text: string): () => AsyncIterable<Uint8Array> {
  return () => inChunksOf(text)
}
function formOf(xml: string, field = 'package'): FormData {
  const form = new FormData()
  form.append(field, new Blob([xml]), 'goi.edxml')
  return form
}
const credentials = ({ basic }: Refused): CallOptions => {
  if (basic === '') return {}
  return { basic: basic ?? province.snv.basic }
}

describe('refuses', () => {
  test.each(cases)('$name: $status $code', async (refused) => {
    const before = await stored(province)
    const call = (language: string) =>
      province.call('POST', path, {
        ...credentials(refused),
        ...(refused.body instanceof FormData ? {} : { type: 'application/xml', ...refused.more }),
        headers: { ...refused.more?.headers, 'accept-language': language },
        body: typeof refused.body === 'function' ? refused.body() : refused.body,
      })

    const [vi, en] = [await call('vi'), await call('en')]

    for (const { status, body, headers } of [vi, en]) {
      expectStatus({ status, bytes: Buffer.from(JSON.stringify(body)) }, refused.status)
      expect(headers.get('content-type')).toContain('application/problem+json')
      expectSchema('problem', body)
      expect(body).toMatchObject({ status: refused.status, code: refused.code })
      expect(body.ref).toMatch(/^TC-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}$/)
      expect(`${body.title}${body.detail}${body.next}`).not.toMatch(/\{\w+\}/)
      const [violation] = body.violations ?? []
      if (refused.at !== undefined) expect(violation?.path).toBe(refused.at)
      if (refused.line !== undefined) expect(violation?.line).toBe(refused.line)
    }
    for (const member of ['title', 'next'] as const) {
      expect(vi.body[member]).not.toBe('')
      expect(vi.body[member]).not.toBe(en.body[member])
    }
    expect(vi.body.ref).not.toBe(en.body.ref)
    await untilNothingIsLeft(before)
    const row = await refusalRow(vi.body.ref)
    expect(row).toMatchObject({ http_status: refused.status, problem_code: refused.code, face: 'rest', path })
    expect(row.violations).toEqual((vi.body.violations ?? []).map(withoutMessage))
    expect(JSON.stringify(row)).not.toContain(secretWord)
  })
})

/** Sentences are made when they are read, in the reader's language. */
function withoutMessage({ message: _message, ...violation }: { readonly message?: string }) {
  return violation
}

/** What was written on the way is removed a moment after the answer at the latest. */
async function untilNothingIsLeft(before: Awaited<ReturnType<typeof stored>>): Promise<void> {
  await vi.waitFor(async () => expect(await stored(province)).toEqual(before))
}

describe('the row of a refusal', () => {
  test('names the system, the agency, the document and the bytes as far as they were understood', async () => {
    const made = documentTo(['H35.99'])

    const { body } = await send(made.xml)

    expect(await refusalRow(body.ref)).toMatchObject({
      system_id: 'QLVB-SNV',
      is_authenticated: true,
      organ_id: codes.snv,
      document_id: made.documentId,
      size: Buffer.byteLength(made.xml),
      sha256: expect.any(Buffer),
      violations: [{ rule: 'unknown_agency', found: 'H35.99' }],
    })
  })

  test('names the system that a wrong secret was given for', async () => {
    const { body } = await send(fixture(), { basic: 'QLVB-SNV:wrong' })

    expect(await refusalRow(body.ref)).toMatchObject({ system_id: 'QLVB-SNV', is_authenticated: false })
  })

  test('is not written for what nobody wanted to hand over', async () => {
    const { body } = await province.call('GET', '/api/v1/packages', {})

    const rows = await province.db.selectFrom('refusals').select('ref').where('ref', '=', body.ref).execute()
    expect(rows).toEqual([])
  })
})

test('names every unknown recipient with its nearest code when none is known', async () => {
  const { body } = await send(fixture({ to: `${toElement('H35.2O')}\n${toElement('KHONGCO')}` }))

  expect(body.violations).toMatchObject([
    { path: 'edXMLHeader/MessageHeader/To[1]/OrganId', found: 'H35.2O', expected: codes.district },
    { path: 'edXMLHeader/MessageHeader/To[2]/OrganId', found: 'KHONGCO' },
  ])
  expect(body.recipients).toMatchObject([
    { organId: 'H35.2O', outcome: 'held', reason: 'unknown_agency' },
    { organId: 'KHONGCO', suggestions: [] },
  ])
})

test('tells the wrong secret from nothing else: unknown systems and wrong secrets sound the same', async () => {
  const [unknown, wrong] = [
    await send(fixture(), { basic: 'NOBODY:x' }),
    await send(fixture(), { basic: 'QLVB-SNV:x' }),
  ]

  expect({ ...unknown.body, ref: '' }).toEqual({ ...wrong.body, ref: '' })
  expect(unknown.headers.get('www-authenticate')).toBe(wrong.headers.get('www-authenticate'))
})

test('refuses a document at the status door', async () => {
  const answer = await province.call('POST', '/api/v1/status', {
    basic: province.snv.basic,
    type: 'application/xml',
    body: fixture(),
  })

  expectStatus(answer, 422)
  expect(answer.body.code).toBe('not_a_status')
})

test('refuses a status whose addressee nobody knows, at either door', async () => {
  const said = statusXml({
    from: fromElement(codes.snv),
    responseFor: '<e:ResponseFor><e:OrganId>H35.99</e:OrganId><e:DocumentId>X</e:DocumentId></e:ResponseFor>',
  })

  for (const door of ['/api/v1/status', '/api/v1/packages']) {
    const answer = await province.call('POST', door, { basic: province.snv.basic, type: 'application/xml', body: said })
    expect(answer).toMatchObject({ status: 422, body: { code: 'no_known_recipient' } })
  }
})

test('accepts right after a refusal on the same connection', async () => {
  for (let i = 0; i < 3; i++) {
    expectStatus(await send(onlyUnknown), 422)
    expectStatus(await send(documentTo([codes.stc]).xml), 202)
  }
})

describe('a sender that hangs up', () => {
  // More than a writer keeps in memory, so that there is a file that could be left behind.
  const begun = fixture({ files: [{ ...oneFile, content: 'QUJD'.repeat(packageBytesMax / 4) }] }).slice(0, 700_000)
  const formStart = '--x\r\nContent-Disposition: form-data; name="package"; filename="a"\r\n\r\n'

  test.each([
    ['an announced body', 'Content-Type: application/xml\r\nContent-Length: 900000', begun],
    [
      'a chunked body',
      'Content-Type: application/xml\r\nTransfer-Encoding: chunked',
      `${Buffer.byteLength(begun).toString(16)}\r\n${begun}\r\n`,
    ],
    ['a form', 'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 900000', formStart + begun],
  ])('in the middle of %s leaves neither bytes nor rows', async (_what, headers, body) => {
    const before = await stored(province)
    const refusals = await refusalCount()
    const socket = connect(Number(new URL(province.url).port), '127.0.0.1')
    await once(socket, 'connect')
    const basic = Buffer.from(province.snv.basic).toString('base64')
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${basic}\r\n${headers}\r\n\r\n${body}`)
    await vi.waitFor(() => expect(blobIds(province)).toHaveLength(before.blobs.length + 1))

    socket.destroy()

    await vi.waitFor(async () => expect(await stored(province)).toEqual(before))
    expect(await refusalCount()).toBe(refusals)
  })
})

async function refusalCount(): Promise<number> {
  return (await province.db.selectFrom('refusals').select('ref').execute()).length
}

test('has left no bytes that no package names', async () => {
  const rows = await province.db.selectFrom('packages').select('package_id').orderBy('package_id').execute()

  expect(blobIds(province)).toEqual(rows.map((row) => row.package_id))
})
