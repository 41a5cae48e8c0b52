// Somebody's upload stops half-way, and the operator restarts the gateway: it goes down in order within 15 s, the
// upload is cut, and nothing of it stays.
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  blobIds,
  codes,
  documentTo,
  type Province,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import { startProcess } from '../support/processes.ts'

let province: Province
const isClosed = false
const uploads: Socket[] = []
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => {
  for (const socket of uploads) socket.destroy()
  if (!isClosed) await province?.close()
})

interface Upload {
  /** Everything that was answered, once the connection is gone. */
  readonly ended: Promise<string>
}

/** Sends the head and half of the body, and then nothing more. Resolves when the gateway has begun to take it. */
async function halfAnUpload(url: string, type: string, body: string): Promise<Upload> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  uploads.push(socket)
  let answered = ''
  socket.on('data', (chunk) => {
    answered += chunk
  })
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(answered)))
  socket.write(
    [
      'POST /api/v1/packages HTTP/1.1',
      `Host: ${hostname}:${port}`,
      `Authorization: Basic ${Buffer.from(province.snv.basic).toString('base64')}`,
      `Content-Type: ${type}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Expect: 100-continue',
      '\r\n',
    ].join('\r\n'),
  )
  await vi.waitFor(() => expect(answered).toContain('100 Continue'), { interval: 10 })
  await new Promise<void>((resolve) => socket.write(body.slice(0, body.length / 2), () => resolve()))
  return { ended }
}

function form(xml: string): string {
  return `--x\r\nContent-Disposition: form-data; name="package"; filename="a.edxml"\r\n\r\n${xml}\r\n--x--\r\n`
}

async function bothUploads(url: string): Promise<Upload[]> {
  return [
    await halfAnUpload(url, 'application/edxml+xml', documentTo([codes.stc]).xml),
    await halfAnUpload(url, 'multipart/form-data; boundary=x', form(documentTo([codes.stc]).xml)),
  ]
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

const refusesConnections = (url: string) =>
  expect(fetch(new URL('/health/live', url))).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })

test('a process goes down in order within 15 s, and the upload is cut', async () => {
  const running = await startProcess(province.env)
  const before = await stored(province)
  const open = await bothUploads(running.url)

  let code: number | NodeJS.Signals | undefined
  const ms = await timed(async () => {
    running.kill('SIGTERM')
    code = await running.ended
  })

  expect({ code, log: running.log() }).toMatchObject({ code: 0 })
  expect(ms).toBeLessThan(15_000)
  for (const upload of open) expect(await upload.ended).not.toMatch(/ 20[02] /)
  await refusesConnections(running.url)
  expect(await stored(province)).toEqual(before)
}, 30_000)

test('the gateway of this process closes within 15 s, and with it everything that it had open', async () => {
  const before = await stored(province)
  const open = await bothUploads(province.url)

  const ms = await timed(() => province.gateway.close())

  expect(ms).toBeLessThan(15_000)
  for (const upload of open) expect(await upload.ended).not.toMatch(/ 20[02] /)
  await refusesConnections(province.url)
  await expect(province.gateway.db.selectFrom('packages').select('package_id').execute()).rejects.toThrow()
  expect(await stored(province)).toEqual(before)
  expect(blobIds(province)).toEqual([])
}, 30_000)
