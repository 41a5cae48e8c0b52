// Large packages in pieces: memory that does not grow with them, and a process that is killed in the middle.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codes, documentTo, expectStatus } from '../support/gateway-under-test-province.ts'
import { afterDeath } from '../support/scratch.ts'
import { startUploads, type UploadsApp } from './uploads-app.ts'

let app: UploadsApp
beforeAll(async () => {
  app = await startUploads()
})
afterAll(async () => await app.close())

const mib = 1024 ** 2
const pieceType = 'application/offset+octet-stream'
const tus = { 'tus-resumable': '1.0.0' }

/** A package with that much base64, as a function from a range to its bytes: the whole of it is never in memory. */
function packageOf(contentBytes: number): { length: number; bytes(from: number, to: number): Buffer } {
  const { xml } = documentTo([codes.stc], {
    files: [{ id: 'a1', name: 'phu-luc.bin', type: 'application/octet-stream', content: 'MARK' }],
  })
  const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = xml.split('MARK').map((part) => Buffer.from(part))
  const length = head.length + contentBytes + tail.length
  return {
    length,
    bytes(from, to) {
      const piece = Buffer.allocUnsafe(to - from)
      // Wherever the piece begins, its content is made of whole groups of the same letters.
      for (let at = 0; at < 4; at++) piece[at] = 'QUJD'.charCodeAt((((from + at - head.length) % 4) + 4) % 4)
      for (let at = 4; at < piece.length; at *= 2) piece.copyWithin(at, 0, Math.min(at, piece.length - at))
      if (from < head.length) head.copy(piece, 0, from)
      const tailAt = head.length + contentBytes
      if (to > tailAt) tail.copy(piece, Math.max(0, tailAt - from), Math.max(0, from - tailAt))
      return piece
    },
  }
}

function sha256Of({ length, bytes }: ReturnType<typeof packageOf>): string {
  const hash = createHash('sha256')
  for (let at = 0; at < length; at += mib) hash.update(bytes(at, Math.min(at + mib, length)))
  return hash.digest('hex')
}

async function begin(url: string, length: number): Promise<string> {
  const headers = { ...tus, authorization: authorization(), 'upload-length': String(length) }
  const answer = await fetch(`${url}/api/v1/uploads`, { method: 'POST', headers })
  expect(answer.status).toBe(201)
  return answer.headers.get('location') ?? ''
}

const authorization = () => `Basic ${Buffer.from(app.sender).toString('base64')}`
const put = (path: string, offset: number, piece: Buffer) =>
  app.call('PATCH', path, {
    basic: app.sender,
    type: pieceType,
    body: piece,
    headers: { ...tus, 'upload-offset': String(offset) },
  })
const offsetOf = async (path: string) =>
  Number((await app.call('HEAD', path, { basic: app.sender, headers: tus })).headers.get('upload-offset'))
const accept = (path: string) =>
  app.call('POST', '/api/v1/packages', { basic: app.sender, body: { uploadId: path.slice(-36) } })

test('200 MB in pieces, and their acceptance, cost no memory worth the name', { timeout: 120_000 }, async () => {
  const document = packageOf(200 * mib)
  const path = await begin(app.url, document.length)
  const hash = createHash('sha256')
  const before = process.memoryUsage().rss
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before)
  }, 20)

  for (let at = 0; at < document.length; at += 4 * mib) {
    const piece = document.bytes(at, Math.min(at + 4 * mib, document.length))
    hash.update(piece)
    expectStatus(await put(path, at, piece), 204)
  }
  const answer = await accept(path)
  clearInterval(watch)

  expectStatus(answer, 202)
  expect(answer.body).toMatchObject({ size: document.length, sha256: hash.digest('hex') })
  // The client and its pieces are in this process as well.
  expect(most).toBeLessThan(120 * mib)
})

test('a process that is killed in the middle of a piece costs the last megabytes of it', {
  timeout: 60_000,
}, async () => {
  const document = packageOf(60 * mib)
  const [systemId = ''] = app.sender.split(':')
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(new URL('run-uploads.ts', import.meta.url)),
      app.registry.url,
      app.uploadFolder,
      systemId,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const guard = afterDeath(`kill -KILL ${child.pid}`)
  const url = await firstLine(child)
  const path = await begin(url, document.length)

  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: ${pieceType}\r\nContent-Length: ${document.length}\r\n\r\n`,
  )
  socket.write(document.bytes(0, 40 * mib))
  await vi.waitFor(async () => expect(await offsetOf(path)).toBeGreaterThanOrEqual(32 * mib), { timeout: 30_000 })
  child.kill('SIGKILL')
  await once(child, 'exit')
  guard.disarm()
  socket.destroy()

  // Another process goes on with the same folder.
  const kept = await offsetOf(path)
  expect(kept).toBeLessThan(40 * mib + 1)
  for (let at = kept; at < document.length; at += 8 * mib) {
    expectStatus(await put(path, at, document.bytes(at, Math.min(at + 8 * mib, document.length))), 204)
  }
  const answer = await accept(path)
  expectStatus(answer, 202)
  expect(answer.body.sha256).toBe(sha256Of(document))
})

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the process has no output')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error('the process said nothing')
}

test('an upload whose bytes lie on another disk is told so, and nothing of it is mixed up', {
  timeout: 60_000,
}, async () => {
  const document = packageOf(mib)
  const path = await begin(app.url, document.length)
  expectStatus(await put(path, 0, document.bytes(0, 1_000)), 204)
  const other = await startUploads()
  try {
    // The same row, as another server with a folder of its own would see it.
    await other.registry.open.db
      .insertInto('uploads')
      .values({
        upload_id: path.slice(-36),
        system_id: 'QLVB-SNV',
        length: document.length,
        received: 1_000,
        expires_at: new Date(Date.now() + 60_000),
      })
      .execute()

    const answer = await other.call('PATCH', path, {
      basic: other.sender,
      type: pieceType,
      body: document.bytes(1_000, 2_000),
      headers: { ...tus, 'upload-offset': '1000' },
    })

    expectStatus(answer, 503)
    expect(answer.body.code).toBe('upload_not_here')
    expect(await offsetOf(path)).toBe(1_000)
  } finally {
    await other.close()
  }
})
