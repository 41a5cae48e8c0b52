// What the doors for packages and statuses do while the disk, the day's quota or the process itself runs short: refuse
// early and by name, leave nothing behind, and go on taking what the other side waits for.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { usualThresholds } from '../../src/domain/storage-reserve.ts'
import { createAdmission } from '../../src/intake/admit-submission.ts'
import { readSubmission } from '../../src/intake/read-submission.ts'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { createBodyBudget, usualBudgets } from '../../src/platform/body-budget.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type EdxmlFixture, statusXml } from '../support/edxml-fixtures.ts'
import { blobFilesIn, businessOf, codes, documentTo, expectStatus } from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { scratchFolder } from '../support/scratch.ts'
import { startUploads, type UploadsApp } from '../uploads/uploads-app.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
let app: UploadsApp
beforeAll(async () => {
  app = await startUploads({ budgets: { ...usualBudgets, large: { countMax: 2, bytesMax: gib } } })
})
afterAll(async () => await app.close())
afterEach(() => {
  app.setSpace(undefined)
  app.setQuota(undefined)
  app.setOverload(undefined)
})

/** As if so many percent of a terabyte were free. */
const freePercent = (percent: number) => app.setSpace({ freeBytes: percent * 10 * gib, totalBytes: 1000 * gib })
const post = (body: unknown, type = 'application/xml') =>
  app.call('POST', '/api/v1/packages', { basic: app.sender, type, body })
const postStatus = () =>
  app.call('POST', '/api/v1/status', { basic: app.stranger, type: 'application/xml', body: statusXml() })
/** What came in is judged elsewhere; here it only had to come in. */
const cameIn = (answer: Answer) => expect(answer.body).toMatchObject({ code: 'not_a_status' })

function document(bytes: number, priority = 0, fixture: EdxmlFixture = {}): string {
  const content = Buffer.alloc(bytes).toString('base64')
  const { xml } = documentTo([codes.stc], {
    files: [{ id: 'a1', name: 'phu-luc.bin', type: 'application/octet-stream', content }],
    ...fixture,
  })
  return xml.replace('<e:Priority>0<', `<e:Priority>${priority}<`)
}

async function* inChunks(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

function expectRefused(answer: Answer, status: number, code: string): void {
  expectStatus(answer, status)
  expect(answer.body.code).toBe(code)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
}

describe('under ten percent of free space', () => {
  test.each<[string, () => unknown, number]>([
    ['a small document', () => document(1_000), 202],
    ['a large one', () => document(mib), 503],
    ['a large one without a length', () => inChunks(document(mib)), 503],
    ['a large urgent one', () => document(mib, 2), 202],
    ['a large urgent one without a length', () => inChunks(document(mib, 2)), 202],
  ])('%s', async (_name, body, status) => {
    freePercent(9)
    const before = blobFilesIn(app.blobFolder).length

    const answer = await post(body())

    if (status === 202) expectStatus(answer, 202)
    else expectRefused(answer, 503, 'storage_low')
    expect(blobFilesIn(app.blobFolder)).toHaveLength(before + (status === 202 ? 1 : 0))
  })

  test('a large one is refused once its header was read, before anything is stored', async () => {
    const bytes = Buffer.from(document(3 * mib))
    let read = 0
    const body = (async function* () {
      for (; read < bytes.length; read += 65_536) yield bytes.subarray(read, read + 65_536)
    })()
    const folder = scratchFolder('header')
    const admit = createAdmission({
      disk: { space: async () => ({ freeBytes: 90 * gib, totalBytes: 1000 * gib }), take: () => undefined },
      thresholds: usualThresholds,
      budget: createBodyBudget(usualBudgets),
      quota: { reserve: expect.unreachable, usage: expect.unreachable, close: async () => undefined },
      refuseWhenShort: () => undefined,
    })
    const admission = await admit({ systemId: 'QLVB-SNV', declaredBytes: bytes.length })
    const limits = { packageBytesMax: gib, headerBytesMax: mib, attachmentsMax: 9 }

    const reading = readSubmission(body, uuidv7(), {}, { blobs: createFileBlobStore(folder.path), limits, admission })

    await expect(reading).rejects.toMatchObject({ code: 'storage_low' })
    expect([read, blobFilesIn(folder.path)]).toEqual([0, []])
    folder.remove()
  })

  test('a header that comes after the attachments decides nothing', async () => {
    freePercent(9)
    const xml = document(2 * mib, 3)
    const envelope = /<e:edXMLEnvelope.*<\/e:edXMLEnvelope>\n/s.exec(xml)?.[0] ?? ''
    const late = xml.replace(envelope, '').replace('</edXML>', `${envelope}</edXML>`)

    expectRefused(await post(late), 503, 'storage_low')

    app.setSpace(undefined)
    expectStatus(await post(late), 202)
  })
})

describe('under five percent', () => {
  test('only statuses, recalls and urgent documents of bounded size come in', async () => {
    freePercent(4)

    expectRefused(await post(document(1_000)), 503, 'storage_low')
    expectStatus(await post(document(1_000, 1)), 202)
    expectRefused(await post(document(8 * mib, 1)), 503, 'storage_low')
    expectStatus(await post(statusXml()), 202)
    cameIn(await postStatus())
    // It gets as far as being looked up, which is what has no place here.
    const recall = document(1_000, 0, { traces: businessOf(1, `${codes.snv},2026/11/20,1/SNV-VP`) })
    expect((await post(recall)).body.code).toBe('internal_error')
  })

  test('in the reserve nothing comes in, whatever it is', async () => {
    freePercent(1)

    expectRefused(await post(document(1_000, 4)), 503, 'storage_full')
    expectRefused(await post(statusXml()), 503, 'storage_full')
    expectRefused(await postStatus(), 503, 'storage_full')
  })

  test('what would eat into the reserve in its middle is stopped there, and leaves nothing', async () => {
    const before = blobFilesIn(app.blobFolder)
    app.setSpace({ freeBytes: 30 * gib, totalBytes: 100 * gib })
    const xml = document(3 * mib)
    const body = (async function* () {
      let sent = 0
      for await (const chunk of inChunks(xml)) {
        sent += chunk.length
        if (sent > mib) app.setSpace({ freeBytes: 2 * gib, totalBytes: 100 * gib })
        yield chunk
      }
    })()

    expectRefused(await post(body), 503, 'storage_full')

    expect(blobFilesIn(app.blobFolder)).toEqual(before)
    app.setSpace(undefined)
    expectStatus(await post(xml), 202)
  })
})

const isRoot = process.getuid?.() === 0 && process.platform === 'linux'

describe.skipIf(!isRoot)('a disk that is really full', () => {
  const folder = scratchFolder('small-disk')
  let small: UploadsApp
  beforeAll(async () => {
    mkdirSync(folder.path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tram-test', folder.path])
    // No reserve: the disk itself says no.
    small = await startUploads({ blobFolder: `${folder.path}/blobs`, reserveBytes: 0 })
    small.setSpace({ freeBytes: 500 * gib, totalBytes: 1000 * gib })
  })
  afterAll(async () => {
    await small.close()
    // The store keeps folders open for their next sync; the disk goes when the process does.
    execFileSync('umount', ['-l', folder.path])
    folder.remove()
  })

  test('answers by its name, leaves nothing behind, and goes on', async () => {
    const send = (xml: string) =>
      small.call('POST', '/api/v1/packages', { basic: small.sender, type: 'application/xml', body: xml })
    expectStatus(await send(document(6 * mib)), 202)
    const before = blobFilesIn(`${folder.path}/blobs`)

    expectRefused(await send(document(20 * mib)), 503, 'storage_full')

    expect(blobFilesIn(`${folder.path}/blobs`)).toEqual(before)
    expectStatus(await send(document(6 * mib)), 202)
  })
})

describe('the quota of the day', () => {
  test('stops documents at their header, and neither statuses nor what is refused counts', async () => {
    const xml = document(10_000)
    app.setQuota((await app.usedBytes()) + Buffer.byteLength(xml) + 1_000)

    expectStatus(await post('<no edXML/>'), 422)
    expectStatus(await post(xml), 202)
    const refused = await post(document(10_000))
    expectRefused(refused, 429, 'quota_used')
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
    expectRefused(await post(inChunks(document(10_000))), 429, 'quota_used')
    expectStatus(await post(statusXml()), 202)
  })
})

describe('a process that cannot keep up', () => {
  test('takes no new documents, and statuses all the same', async () => {
    app.setOverload(() => {
      throw new GatewayError('unavailable', 'overloaded', { params: { reason: 'x' }, retryAfterSeconds: 3 })
    })

    expectRefused(await post(document(10)), 503, 'overloaded')
    cameIn(await postStatus())
  })

  test('large packages over slow lines keep neither small ones nor statuses out', async () => {
    const lines = [await opened(), await opened()]
    for (const line of lines) line.write(head('/api/v1/packages', `Content-Length: ${50 * mib}`))
    await vi.waitFor(() => expect(app.budget.inFlight().large.count).toBe(2))

    expectRefused(await post(document(2 * mib)), 503, 'overloaded')
    expectRefused(await post(inChunks(document(2 * mib))), 503, 'overloaded')
    expectStatus(await post(document(10_000)), 202)
    cameIn(await postStatus())

    for (const line of lines) line.destroy()
    await vi.waitFor(() => expect(app.budget.inFlight().large).toEqual({ count: 0, bytes: 0 }))
    expectStatus(await post(document(2 * mib)), 202)
    expect(app.budget.inFlight().small.count + app.budget.inFlight().status.count).toBe(0)
  })
})

async function opened(): Promise<Socket> {
  const { hostname, port } = new URL(app.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

function head(path: string, more: string): string {
  const authorization = `Basic ${Buffer.from(app.sender).toString('base64')}`
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\nContent-Type: application/xml\r\n${more}\r\n\r\n`
}
