// Packages brought in pieces (tus 1.0): what is promised stays, what was cut off is sent again from where it broke.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { blobFilesIn, codes, documentTo, expectStatus } from '../support/gateway-under-test-province.ts'
import type { Answer, CallOptions, Method } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { startUploads, type UploadsApp } from './uploads-app.ts'

let app: UploadsApp
beforeAll(async () => {
  app = await startUploads()
})
afterAll(async () => await app.close())

const pieceType = 'application/offset+octet-stream'
const tus = { 'tus-resumable': '1.0.0' }

interface TusOptions extends Omit<CallOptions, 'headers'> {
  readonly headers?: Record<string, string>
}

const call = (method: Method, path: string, { headers = {}, ...options }: TusOptions = {}) =>
  app.call(method, path, { basic: app.sender, ...options, headers: { ...tus, ...headers } })

async function begin(length: number, headers: Record<string, string> = {}): Promise<string> {
  const answer = await call('POST', '/api/v1/uploads', { headers: { 'upload-length': String(length), ...headers } })
  expectStatus(answer, 201)
  return answer.headers.get('location') ?? ''
}

const put = (path: string, offset: number, piece: Uint8Array, headers: Record<string, string> = {}) =>
  call('PATCH', path, { type: pieceType, body: piece, headers: { 'upload-offset': String(offset), ...headers } })

const offsetOf = async (path: string) => Number((await call('HEAD', path)).headers.get('upload-offset'))

const accept = (path: string, more: TusOptions = {}) =>
  app.call('POST', `/api/v1/packages${more.type ?? ''}`, {
    basic: more.basic ?? app.sender,
    body: { uploadId: path.slice(-36) },
    ...(more.headers === undefined ? {} : { headers: more.headers }),
  })

function expectProblem(answer: Answer, status: number, code: string): void {
  expectStatus(answer, status)
  expectSchema('problem', answer.body)
  expect(answer.body.code).toBe(code)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
}

const filesOf = (path: string) => readdirSync(`${app.uploadFolder}/${path.slice(-36)}`)
const exists = (path: string) => readdirSync(app.uploadFolder).includes(path.slice(-36))

/** A document with about so many bytes of attachment. */
function documentOf(bytes: number): { xml: Buffer; documentId: string } {
  const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(bytes)]).toString('base64')
  const { xml, documentId } = documentTo([codes.stc], {
    files: [{ id: 'a1', name: 'van-ban.pdf', type: 'application/pdf', content }],
  })
  return { xml: Buffer.from(xml), documentId }
}

describe('an upload', () => {
  test('says what it can do to whoever asks', async () => {
    const answer = await app.call('POST', '/api/v1/uploads', { headers: { 'x-unused': '1' } })
    expectStatus(answer, 401)

    const abilities = await fetch(`${app.url}/api/v1/uploads`, { method: 'OPTIONS' })
    expect(abilities.status).toBe(204)
    expect(Object.fromEntries(abilities.headers)).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': 'creation,creation-with-upload,termination,checksum,expiration',
      'tus-checksum-algorithm': 'sha256,sha1,md5',
      'tus-max-size': '500000000',
    })
  })

  test('in three pieces is accepted exactly as if it had been posted, and is gone afterwards', async () => {
    const { xml, documentId } = documentOf(50_000)
    const metadata = `filename ${Buffer.from('văn bản.edxml').toString('base64')},is_confidential`
    const path = await begin(xml.length, { 'upload-metadata': metadata })
    const told = await call('HEAD', path)
    expect(Object.fromEntries(told.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'upload-length': String(xml.length),
      'upload-metadata': metadata,
      'cache-control': 'no-store',
    })
    const hours = (Date.parse(told.headers.get('upload-expires') ?? '') - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)

    for (const [from, to] of [
      [0, 10_000],
      [10_000, 10_001],
      [10_001, xml.length],
    ] as const) {
      const answer = await put(path, from, xml.subarray(from, to))
      expectStatus(answer, 204)
      expect(answer.headers.get('upload-offset')).toBe(String(to))
    }
    expect(filesOf(path)).toHaveLength(3)
    const answer = await accept(path, { headers: { 'idempotency-key': 'khoa-1' } })

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    expect(answer.body).toMatchObject({
      documentId,
      size: xml.length,
      sha256: createHash('sha256').update(xml).digest('hex'),
    })
    expect(blobFilesIn(app.blobFolder).map((file) => file.slice(-36))).toContain(answer.body.packageId)
    expect(exists(path)).toBe(false)
    expectStatus(await call('HEAD', path), 410)
    expectProblem(await put(path, xml.length, Buffer.from('x')), 410, 'upload_accepted')

    // Whoever did not hear the answer asks again, in either way.
    const again = await accept(path)
    expectStatus(again, 200)
    expect(again.body).toEqual(answer.body)
    const posted = await app.call('POST', '/api/v1/packages', { basic: app.sender, type: 'application/xml', body: xml })
    expectStatus(posted, 200)
    expect(posted.body.receipt).toBe(answer.body.receipt)
    const other = documentOf(10).xml
    const reused = { 'idempotency-key': 'khoa-1' }
    const refused = await app.call('POST', '/api/v1/packages', {
      basic: app.sender,
      type: 'application/xml',
      body: other,
      headers: reused,
    })
    expectProblem(refused, 409, 'idempotency_key_reused')
  })

  test('may bring its first bytes along, and be rehearsed before it is accepted', async () => {
    const { xml } = documentOf(500)
    const headers = { 'upload-length': String(xml.length) }
    const created = await call('POST', '/api/v1/uploads', { headers, type: pieceType, body: xml })
    expectStatus(created, 201)
    expect(created.headers.get('upload-offset')).toBe(String(xml.length))
    const path = created.headers.get('location') ?? ''

    const rehearsed = await accept(path, { type: '?dryRun=true' })

    expectStatus(rehearsed, 200)
    expect(rehearsed.body).toMatchObject({ dryRun: true, would: 'accept' })
    expectStatus(await accept(path), 202)
  })

  test('is refused like any package when it is none, and stays to be ended', async () => {
    const path = await begin(9)
    await put(path, 0, Buffer.from('not a xml'))

    expectProblem(await accept(path), 422, 'not_xml')

    expect(await offsetOf(path)).toBe(9)
    expectStatus(await call('DELETE', path), 204)
    expectStatus(await call('HEAD', path), 404)
    expect(exists(path)).toBe(false)
    expectProblem(await accept(path), 404, 'upload_not_found')
  })

  test('may be brought and ended by POST, where nothing else gets through', async () => {
    const path = await begin(4)
    const override = (method: string, more: TusOptions = {}) =>
      call('POST', path, { ...more, headers: { 'x-http-method-override': method, ...more.headers } })

    const piece = { type: pieceType, body: Buffer.from('abcd'), headers: { 'upload-offset': '0' } }
    expectStatus(await override('PATCH', piece), 204)
    expect(await offsetOf(path)).toBe(4)
    expectProblem(await override('PUT'), 404, 'route_not_found')
    expectStatus(await override('DELETE'), 204)
    expectStatus(await call('HEAD', path), 404)
  })

  test('is seen by its system only', async () => {
    const path = await begin(100)
    const foreign = { basic: app.stranger }

    expectStatus(await call('HEAD', path, foreign), 404)
    for (const answer of [
      await call('DELETE', path, foreign),
      await call('PATCH', path, {
        ...foreign,
        type: pieceType,
        body: Buffer.from('x'),
        headers: { 'upload-offset': '0' },
      }),
      await accept(path, foreign),
    ])
      expectProblem(answer, 404, 'upload_not_found')
    expect(await offsetOf(path)).toBe(0)
  })

  test.each<[string, number, string, () => Promise<Answer>]>([
    [
      'without its version',
      412,
      'tus_version_unknown',
      () => app.call('POST', '/api/v1/uploads', { basic: app.sender, headers: { 'upload-length': '5' } }),
    ],
    [
      'of another version',
      412,
      'tus_version_unknown',
      () => call('POST', '/api/v1/uploads', { headers: { 'tus-resumable': '0.2.2', 'upload-length': '5' } }),
    ],
    ['without a length', 400, 'upload_header_wrong', () => call('POST', '/api/v1/uploads')],
    [
      'of a length that is none',
      400,
      'upload_header_wrong',
      () => call('POST', '/api/v1/uploads', { headers: { 'upload-length': '-5' } }),
    ],
    [
      'with a length to follow',
      400,
      'upload_header_wrong',
      () => call('POST', '/api/v1/uploads', { headers: { 'upload-defer-length': '1' } }),
    ],
    ['of nothing', 422, 'empty_body', () => call('POST', '/api/v1/uploads', { headers: { 'upload-length': '0' } })],
    [
      'larger than a package',
      413,
      'package_too_large',
      () => call('POST', '/api/v1/uploads', { headers: { 'upload-length': '500000001' } }),
    ],
    [
      'with metadata that are none',
      400,
      'upload_header_wrong',
      () => call('POST', '/api/v1/uploads', { headers: { 'upload-length': '5', 'upload-metadata': 'a b c' } }),
    ],
  ])('%s is refused with %d %s', async (_name, status, code, attempt) => {
    expectProblem(await attempt(), status, code)
  })

  test('of which a system has a hundred open waits for one of them to end', async () => {
    const answers: Answer[] = []
    const paths: string[] = []
    for (let i = 0; i < 101; i++) {
      const answer = await call('POST', '/api/v1/uploads', { basic: app.stranger, headers: { 'upload-length': '5' } })
      answers.push(answer)
      paths.push(answer.headers.get('location') ?? '')
    }

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(100)
    expectProblem(answers[100] as Answer, 429, 'uploads_too_many')
    expectStatus(await call('DELETE', paths[0] ?? '', { basic: app.stranger }), 204)
    expectStatus(await call('POST', '/api/v1/uploads', { basic: app.stranger, headers: { 'upload-length': '5' } }), 201)
  })
})

describe('a piece', () => {
  test('at the wrong place changes nothing and hears the right one', async () => {
    const path = await begin(100)
    expectStatus(await put(path, 0, Buffer.alloc(40)), 204)

    for (const offset of [0, 39, 41, 100]) {
      const answer = await put(path, offset, Buffer.alloc(10))
      expectProblem(answer, 409, 'upload_offset_wrong')
      expect(answer.body).toMatchObject({ offset: 40 })
    }

    expect(await offsetOf(path)).toBe(40)
    expect(filesOf(path)).toHaveLength(1)
  })

  test.each(['sha256', 'sha1', 'md5'])('with the right %s is kept, with a wrong one not', async (algorithm) => {
    const piece = randomBytes(3_000)
    const digest = (bytes: Buffer) => createHash(algorithm).update(bytes).digest('base64')
    const path = await begin(3_000)

    const wrong = await put(path, 0, piece, { 'upload-checksum': `${algorithm} ${digest(Buffer.from('x'))}` })

    expectProblem(wrong, 460, 'upload_checksum_wrong')
    expect([await offsetOf(path), filesOf(path)]).toEqual([0, []])
    expectStatus(await put(path, 0, piece, { 'upload-checksum': `${algorithm} ${digest(piece)}` }), 204)
    expect(await offsetOf(path)).toBe(3_000)
  })

  test.each<[string, number, string, Record<string, string>, string]>([
    ['without its place', 400, 'upload_header_wrong', { 'upload-offset': 'x' }, pieceType],
    ['of another type', 415, 'unsupported_media_type', {}, 'application/octet-stream'],
    ['with a checksum nobody knows', 400, 'upload_checksum_unknown', { 'upload-checksum': 'crc32 AAAA' }, pieceType],
    ['with a checksum cut short', 400, 'upload_header_wrong', { 'upload-checksum': 'sha1 AAAA' }, pieceType],
  ])('%s is refused with %d %s', async (_name, status, code, headers, type) => {
    const path = await begin(100)

    const answer = await call('PATCH', path, {
      type,
      body: Buffer.alloc(10),
      headers: { 'upload-offset': '0', ...headers },
    })

    expectProblem(answer, status, code)
    expect(await offsetOf(path)).toBe(0)
  })

  test('longer than the rest is refused, announced or not', async () => {
    const path = await begin(100)

    expectProblem(await put(path, 0, Buffer.alloc(101)), 413, 'upload_overrun')
    const chunks = (async function* () {
      yield Buffer.alloc(60)
      yield Buffer.alloc(60)
    })()
    expectProblem(
      await call('PATCH', path, { type: pieceType, body: chunks, headers: { 'upload-offset': '0' } }),
      413,
      'upload_overrun',
    )

    // What came before the excess is good.
    expect(await offsetOf(path)).toBeLessThanOrEqual(100)
  })

  test('that meets another one at the same place: one of them counts, whole', async () => {
    const { xml } = documentOf(20_000)
    const path = await begin(xml.length)

    const answers = await Promise.all(Array.from({ length: 6 }, () => put(path, 0, xml)))

    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5)
    expect(filesOf(path)).toHaveLength(1)
    const accepted = await accept(path)
    expectStatus(accepted, 202)
    expect(accepted.body.sha256).toBe(createHash('sha256').update(xml).digest('hex'))
  })

  test('that is cut off is kept as far as it came, and the rest goes on from there', async () => {
    const { xml } = documentOf(300_000)
    const path = await begin(xml.length)

    await sendAndCut(path, xml, 200_000)
    await vi.waitFor(async () => expect(await offsetOf(path)).toBe(200_000))

    expectProblem(await accept(path), 409, 'upload_incomplete')
    expectStatus(await put(path, 200_000, xml.subarray(200_000)), 204)
    const answer = await accept(path)
    expectStatus(answer, 202)
    expect(answer.body.sha256).toBe(createHash('sha256').update(xml).digest('hex'))
  })

  test('that is cut off and has a checksum is not kept: nobody knows whether it is whole', async () => {
    const { xml } = documentOf(300_000)
    const path = await begin(xml.length)
    const checksum = `sha1 ${createHash('sha1').update(xml).digest('base64')}`

    await sendAndCut(path, xml, 200_000, `Upload-Checksum: ${checksum}\r\n`)

    await vi.waitFor(() => expect([filesOf(path), app.budget.inFlight().small.count]).toEqual([[], 0]))
    expect(await offsetOf(path)).toBe(0)
  })
})

/** Announces all of it, sends `bytes`, and hangs up once the gateway has begun to store them. */
async function sendAndCut(path: string, xml: Buffer, bytes: number, more = ''): Promise<void> {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  const authorization = `Basic ${Buffer.from(app.sender).toString('base64')}`
  socket.write(
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n${more}Content-Type: ${pieceType}\r\nContent-Length: ${xml.length}\r\n\r\n`,
  )
  socket.write(xml.subarray(0, bytes))
  await vi.waitFor(() => expect(filesOf(path)).toHaveLength(1))
  await new Promise<void>((resolve) => socket.end(resolve))
}

describe('an abandoned upload', () => {
  test('is told to be over after its day, and leaves nothing on the disk', async () => {
    const [old, young] = [await begin(100), await begin(100)]
    for (const path of [old, young]) expectStatus(await put(path, 0, Buffer.alloc(50)), 204)
    const { db } = app.registry.open
    await db
      .updateTable('uploads')
      .set({ expires_at: sql<Date>`now() - interval '1 second'` })
      .where('upload_id', '=', old.slice(-36))
      .execute()

    expectStatus(await call('HEAD', old), 410)
    expectProblem(await put(old, 50, Buffer.alloc(50)), 410, 'upload_expired')
    expectProblem(await accept(old), 410, 'upload_expired')
    await app.sweep()

    expect([exists(old), exists(young)]).toEqual([false, true])
    expectStatus(await call('HEAD', old), 404)
    expect(await offsetOf(young)).toBe(50)
  })
})

describe('when something is short', () => {
  const gib = 1024 ** 3
  const disk = (percent: number) => ({ freeBytes: percent * 10 * gib, totalBytes: 1000 * gib })

  test('room on the disk: no upload is begun or goes on that a package would be refused for', async () => {
    const path = await begin(2_000_000)
    app.setSpace(disk(9))
    try {
      const headers = { 'upload-length': '2000000' }
      expectProblem(await call('POST', '/api/v1/uploads', { headers }), 503, 'storage_low')
      const answer = await put(path, 0, Buffer.alloc(1_000))
      expectProblem(answer, 503, 'storage_low')
      expect(answer.headers.get('retry-after')).toBe('300')
      await begin(1_000)
    } finally {
      app.setSpace(undefined)
    }
    expectStatus(await put(path, 0, Buffer.alloc(1_000)), 204)
  })

  test('the quota of the day: an upload that would exceed it is not begun', async () => {
    app.setQuota(1_000)
    try {
      const answer = await call('POST', '/api/v1/uploads', { headers: { 'upload-length': '1000000' } })
      expectProblem(answer, 429, 'quota_used')
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
    } finally {
      app.setQuota(undefined)
    }
  })
})
