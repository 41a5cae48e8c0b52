import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPushChannel, type PushChannel, type PushSettings } from '../../src/delivery/push-channel.ts'
import { createPushTargets } from '../../src/delivery/push-target.ts'
import type { AttemptOutcome, ClaimedDelivery, DeliverablePackage } from '../../src/domain/delivery.ts'
import { BlobMissing, type BlobStore } from '../../src/domain/ports.ts'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { edxml } from '../support/edxml-fixtures.ts'
import { type Push, type PushAnswer, type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { madeUpClaim } from './delivery-rows.ts'

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const letter = Buffer.from(edxml())

let subscriber: PushSubscriber
let secret: string
let channel: PushChannel
const answerTimeoutMs = 300

beforeEach(async () => {
  subscriber = await startPushSubscriber()
  secret = newSecret()
})
afterEach(async () => {
  await channel?.close()
  await subscriber.close()
})

interface Fixture {
  readonly settings?: Partial<PushSettings>
  readonly delivery?: Partial<ClaimedDelivery>
  readonly package?: Partial<DeliverablePackage>
  readonly bytes?: Buffer | (() => Readable)
  readonly allowLoopback?: boolean
  readonly now?: Date
  readonly signal?: AbortSignal
  readonly answerTimeoutMs?: number
}

const sent = madeUpClaim('QLVB-1')

async function push(fixture: Fixture = {}): Promise<AttemptOutcome> {
  const bytes = fixture.bytes ?? letter
  const size = Buffer.isBuffer(bytes) ? bytes.length : (fixture.package?.size ?? 0)
  const settings: PushSettings = {
    url: subscriber.url,
    style: 'package',
    bundle: false,
    webhookSecrets: [secret],
    ...fixture.settings,
  }
  channel = createPushChannel({
    settingsOf: async () => settings,
    blobs: blobsOf(bytes),
    clock: { now: () => fixture.now ?? new Date() },
    targets: createPushTargets({ allowLoopback: fixture.allowLoopback ?? true }),
    connectTimeoutMs: 1_000,
    answerTimeoutMs: fixture.answerTimeoutMs ?? answerTimeoutMs,
  })
  const delivery = { ...sent.delivery, ...fixture.delivery }
  const outcomes = await channel.deliver({
    package: { ...sent.package, size, ...fixture.package },
    deliveries: [delivery],
    signal: fixture.signal ?? new AbortController().signal,
  })
  const outcome = outcomes.get(delivery.deliveryId)
  if (outcome === undefined) throw new Error('no outcome')
  return outcome
}

function blobsOf(bytes: Buffer | (() => Readable)): BlobStore {
  const none = () => {
    throw new Error('not needed')
  }
  return {
    read: async () => (Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes()),
    ...{ create: none, remove: none, idsOfHour: none, hours: none, removeUnfinished: none },
  }
}

/** The scheme worked out by hand, as a receiver without the library would. */
function signature(key: string, { headers, body }: Push): string {
  const hmac = createHmac('sha256', Buffer.from(key.replace('whsec_', ''), 'base64'))
  hmac.update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`).update(body)
  return `v1,${hmac.digest('base64')}`
}

describe('a pushed package', () => {
  it('is the exact bytes, signed, with everything about it in the headers', async () => {
    const now = new Date('2026-11-20T02:03:04.567Z')

    const outcome = await push({ now })

    expect(outcome).toEqual({ kind: 'delivered', httpStatus: 204 })
    const [push_] = subscriber.received
    if (push_ === undefined) throw new Error('nothing came')
    expect(push_.method).toBe('POST')
    expect(push_.path).toBe('/edxml')
    expect(push_.body.equals(letter)).toBe(true)
    const { deliveryId } = sent.delivery
    expect(push_.headers).toMatchObject({
      'content-type': 'application/edxml+xml',
      'content-length': String(letter.length),
      'webhook-id': deliveryId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': signature(secret, push_),
      'tram-type': 'edoc',
      'tram-kind': 'new',
      'tram-package-id': sent.package.packageId,
      'tram-recipient': 'H35.20',
      'tram-agency': 'H35.20',
      'tram-document-id': 'H35.12%2C2026%2F11%2F20%2C743%2FSNV-VP',
      link: `</api/v1/mailbox/${deliveryId}>; rel="describedby"`,
    })
    expect(push_.headers).not.toHaveProperty('transfer-encoding')
    const names = push_.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
  })

  it('carries two signatures while a secret is being rotated, new one first', async () => {
    const old = newSecret()

    await push({ settings: { webhookSecrets: [secret, old] } })

    const [push_] = subscriber.received
    if (push_ === undefined) throw new Error('nothing came')
    expect(push_.headers['webhook-signature']).toBe(`${signature(secret, push_)} ${signature(old, push_)}`)
  })

  it('writes a document id in Vietnamese into a header all the same', async () => {
    const documentId = 'H35.12,2026/11/20,743/QĐ-UBND của Sở'

    await push({ package: { documentId }, delivery: { organId: 'Sở 20', agencyCode: 'H35.20' } })

    const [push_] = subscriber.received
    expect(decodeURIComponent(String(push_?.headers['tram-document-id']))).toBe(documentId)
    expect(push_?.headers['tram-document-id']).toMatch(/^[\x21-\x7e]+$/)
    expect(push_?.headers['tram-recipient']).toBe(encodeURIComponent('Sở 20'))
  })

  it('cannot be made to carry a header of the sender’s choosing', async () => {
    const documentId = 'x\r\nwebhook-id: forged'

    await push({ package: { documentId }, delivery: { organId: 'H35\r\ntram-type: status', agencyCode: 'H35.20' } })

    const [push_] = subscriber.received
    expect(push_?.headers['webhook-id']).toBe(sent.delivery.deliveryId)
    expect(push_?.headers['tram-type']).toBe('edoc')
  })

  it('carries the header that the receiving side asks for', async () => {
    await push({ settings: { authHeader: { header: 'X-Api-Key', value: 'a secret of theirs' } } })

    expect(subscriber.received[0]?.headers['x-api-key']).toBe('a secret of theirs')
  })

  it('keeps the path and the query of the address', async () => {
    await push({ settings: { url: `${subscriber.url}/nhan?donvi=H35.20&x=%C3%A1` } })

    expect(subscriber.received[0]?.path).toBe('/edxml/nhan?donvi=H35.20&x=%C3%A1')
  })

  it('says what it is when it is a status', async () => {
    await push({ package: { type: 'status', kind: 'status' } })

    expect(subscriber.received[0]?.headers).toMatchObject({ 'tram-type': 'status', 'tram-kind': 'status' })
  })

  it('of 3 MB is streamed and signed over all of it', async () => {
    const bytes = randomBytes(3 * 1024 * 1024)

    expect(await push({ bytes })).toMatchObject({ kind: 'delivered' })

    const [push_] = subscriber.received
    if (push_ === undefined) throw new Error('nothing came')
    expect(push_.body.equals(bytes)).toBe(true)
    expect(push_.headers['webhook-signature']).toBe(signature(secret, push_))
    expect(push_.headers['content-length']).toBe(String(bytes.length))
  })

  it('of 30 MB is read from the store no faster than the other side takes it', async () => {
    const size = 30 * 1024 * 1024
    const chunk = randomBytes(256 * 1024)
    let readings = 0
    let furthestAhead = 0
    const bytes = () => {
      readings += 1
      const isSending = readings === 2
      return Readable.from(
        (async function* () {
          for (let at = 0; at < size; at += chunk.length) {
            if (isSending) furthestAhead = Math.max(furthestAhead, at - subscriber.bytesReceived())
            yield chunk
          }
        })(),
        { objectMode: false, highWaterMark: chunk.length },
      )
    }
    subscriber.answer('count only')

    expect(await push({ bytes, package: { size } })).toMatchObject({ kind: 'delivered' })

    // Once to sign and once to send. What lies between the two sides is what sockets hold, never the package.
    expect(readings).toBe(2)
    expect(subscriber.bytesReceived()).toBe(size)
    expect(furthestAhead).toBeLessThan(size / 3)
  })
})

describe('a notice', () => {
  it('is a small event that the official library verifies', async () => {
    const outcome = await push({
      settings: { style: 'notice' },
      package: { code: '743/SNV-VP', subject: 'V/v báo cáo' },
    })

    expect(outcome).toEqual({ kind: 'notified', httpStatus: 204 })
    const [push_] = subscriber.received
    if (push_ === undefined) throw new Error('nothing came')
    const headers = push_.headers as Record<string, string>
    const event = new Webhook(secret).verify(push_.body.toString('utf8'), headers)
    expect(event).toMatchObject({
      type: 'delivery.available',
      timestamp: expect.stringMatching(/\+07:00$/),
      data: {
        ...{ deliveryId: sent.delivery.deliveryId, packageId: sent.package.packageId, type: 'edoc', kind: 'new' },
        ...{ documentId: sent.package.documentId, code: '743/SNV-VP', subject: 'V/v báo cáo', from: 'H35.12' },
        recipient: { organId: 'H35.20', agencyCode: 'H35.20' },
      },
    })
    expect(push_.headers['content-type']).toBe('application/json')
    expect(push_.body.length).toBeLessThan(2_000)
    expect(() => new Webhook(newSecret()).verify(push_.body.toString('utf8'), headers)).toThrow()
  })

  it('is verified with either secret during a rotation', async () => {
    const old = newSecret()

    await push({ settings: { style: 'notice', webhookSecrets: [secret, old] } })

    const [push_] = subscriber.received
    if (push_ === undefined) throw new Error('nothing came')
    const headers = push_.headers as Record<string, string>
    for (const key of [secret, old]) new Webhook(key).verify(push_.body.toString('utf8'), headers)
  })
})

describe('what the other side does', () => {
  it.each<[string, PushAnswer, AttemptOutcome]>([
    ['200', { status: 200, body: 'ok' }, { kind: 'delivered', httpStatus: 200 }],
    [
      '202 with JSON',
      { status: 202, headers: { 'content-type': 'application/json' }, body: '{}' },
      { kind: 'delivered', httpStatus: 202 },
    ],
    ['409', { status: 409 }, { kind: 'delivered', httpStatus: 409 }],
    ['422', { status: 422, body: '{"reason":"Sai mã"}' }, { kind: 'refused', httpStatus: 422, reason: 'Sai mã' }],
    [
      '400 with tram-outcome',
      { status: 400, headers: { 'tram-outcome': 'refused' }, body: 'không nhận' },
      { kind: 'refused', httpStatus: 400, reason: 'không nhận' },
    ],
    [
      '429 with seconds',
      { status: 429, headers: { 'retry-after': '30' } },
      { kind: 'busy', httpStatus: 429, retryAfterSeconds: 30 },
    ],
    ['503', { status: 503 }, { kind: 'busy', httpStatus: 503 }],
    [
      'a login page',
      { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Đăng nhập</html>' },
      {
        ...{ kind: 'unreachable', httpStatus: 200, nothingSent: false, answer: '<html>Đăng nhập</html>' },
        cause: 'HTTP 200 with a web page instead of an answer',
      },
    ],
    [
      '400',
      { status: 400, body: 'x' },
      { kind: 'unreachable', httpStatus: 400, cause: 'HTTP 400', answer: 'x', nothingSent: false },
    ],
    [
      '410',
      { status: 410 },
      { kind: 'unreachable', httpStatus: 410, cause: 'HTTP 410', answer: '', nothingSent: false, endpointGone: true },
    ],
    [
      '500',
      { status: 500, body: 'lỗi' },
      { kind: 'unreachable', httpStatus: 500, cause: 'HTTP 500', answer: 'lỗi', nothingSent: false },
    ],
    ['a hang', 'hang', { kind: 'unclear', cause: 'UND_ERR_HEADERS_TIMEOUT' }],
    ['a cut after the body', 'cut after the body', { kind: 'unclear', cause: 'UND_ERR_SOCKET' }],
  ])('%s', async (_name, answer, expected) => {
    subscriber.answer(answer)

    expect(await push()).toEqual(expected)
  })

  it('a cut before the body or inside the answer leaves it open whether it was taken', async () => {
    subscriber.answer('cut before the body')
    const before = await push({ bytes: randomBytes(3_000_000) })
    await channel.close()
    subscriber.answer('cut inside the answer')
    const inside = await push()

    expect(before.kind).toBe('unclear')
    expect(inside.kind).toBe('unclear')
  })

  it('a Retry-After that is a date is honoured', async () => {
    subscriber.answer({ status: 503, headers: { 'retry-after': new Date(Date.now() + 90_000).toUTCString() } })

    const outcome = await push()

    if (outcome.kind !== 'busy') throw new Error(outcome.kind)
    expect(outcome.retryAfterSeconds).toBeGreaterThan(80)
    expect(outcome.retryAfterSeconds).toBeLessThanOrEqual(91)
  })

  it('a redirect is not followed', async () => {
    subscriber.answer((one) =>
      one.path === '/edxml' ? { status: 301, headers: { location: `${subscriber.url}/elsewhere` } } : { status: 204 },
    )

    expect(await push()).toMatchObject({ kind: 'unreachable', cause: 'HTTP 301', nothingSent: false })
    expect(subscriber.received.map((one) => one.path)).toEqual(['/edxml'])
  })

  it('an answer that does not end is read no further than needed', async () => {
    subscriber.answer('endless answer')

    expect(await push()).toEqual({ kind: 'delivered', httpStatus: 200 })
  })

  it('an answer that stalls after its status line has said what matters', async () => {
    subscriber.answer('stalling answer')

    expect(await push({ answerTimeoutMs: 30_000 })).toEqual({ kind: 'delivered', httpStatus: 200 })
  })

  it('an endless page of an error is cut too', async () => {
    subscriber.answer({ status: 500, body: 'x'.repeat(5_000_000) })

    const outcome = await push()

    if (outcome.kind !== 'unreachable') throw new Error(outcome.kind)
    expect(outcome.answer?.length).toBeLessThanOrEqual(4_096)
  })

  it('a refused connection sent nothing', async () => {
    const url = `http://127.0.0.1:${await freeLocalPort()}/`

    expect(await push({ settings: { url } })).toEqual({ kind: 'unreachable', cause: 'ECONNREFUSED', nothingSent: true })
  })

  it('a name nobody knows sent nothing', async () => {
    const outcome = await push({ settings: { url: 'http://no-such-host.invalid/' } })

    expect(outcome).toMatchObject({ kind: 'unreachable', nothingSent: true })
  })

  it('an endpoint that speaks something else is a fault of the endpoint', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')

    const outcome = await push({ settings: { url: `http://127.0.0.1:${address.port}/` } })
    server.close()

    expect(outcome.kind).toBe('unclear')
  })

  it('is over when the attempt is cut', async () => {
    subscriber.answer('hang')
    const cut = new AbortController()

    const outcome = push({ signal: cut.signal })
    await subscriber.push(0)
    cut.abort()

    expect(await outcome).toMatchObject({ kind: 'unclear' })
  })
})

describe('a target that may not be pushed to', () => {
  it.each(['http://127.0.0.1:9/', 'http://localhost:9/', 'http://2130706433:9/', 'http://[::ffff:127.0.0.1]:9/'])(
    'gets nothing: %s',
    async (address) => {
      const url = address.replace(':9/', `:${new URL(subscriber.url).port}/`)

      const outcome = await push({ settings: { url }, allowLoopback: false })

      expect(outcome).toMatchObject({
        kind: 'unreachable',
        nothingSent: true,
        cause: expect.stringContaining('PUSH_ALLOW'),
      })
      expect(subscriber.received).toEqual([])
    },
  )

  it.each(['http://169.254.169.254/latest/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/'])(
    'not even while embedded: %s',
    async (url) => {
      expect(await push({ settings: { url } })).toMatchObject({ kind: 'unreachable', nothingSent: true })
    },
  )
})

describe('what is missing on our side', () => {
  it('a system without an address is not reached', async () => {
    channel = createPushChannel({
      settingsOf: async () => undefined,
      blobs: blobsOf(letter),
      clock: { now: () => new Date() },
      targets: createPushTargets({ allowLoopback: true }),
      ...{ connectTimeoutMs: 1_000, answerTimeoutMs },
    })

    const outcomes = await channel.deliver({
      ...{ package: sent.package, deliveries: [sent.delivery], signal: new AbortController().signal },
    })

    expect(outcomes.get(sent.delivery.deliveryId)).toMatchObject({ kind: 'unreachable', nothingSent: true })
  })

  it('bytes that are gone are not called an answer', async () => {
    const bytes = () => {
      throw new BlobMissing('b')
    }

    await expect(push({ bytes, package: { size: 10 } })).rejects.toBeInstanceOf(BlobMissing)
    expect(subscriber.received).toEqual([])
  })
})
