// A document for several agencies of one system as one push; and a connection that the other side closed while it lay
// idle (contract §3, push).
import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPushChannel, type PushChannel, type PushSettings } from '../../src/delivery/push-channel.ts'
import { createPushTargets } from '../../src/delivery/push-target.ts'
import type { BlobStore } from '../../src/domain/ports.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { madeUpClaim } from './delivery-rows.ts'

const letter = Buffer.from('<edXML/>')

let subscriber: PushSubscriber
let channel: PushChannel | undefined
beforeEach(async () => {
  subscriber = await startPushSubscriber()
})
afterEach(async () => {
  await channel?.close()
  channel = undefined
  await subscriber.close()
})

const first = madeUpClaim('QLVB-1')
const deliveries = ['H35.21', 'H35.22', 'H35.23'].map((organId) => ({
  ...madeUpClaim('QLVB-1').delivery,
  organId,
  agencyCode: organId,
}))
const [one, two, three] = deliveries.map((d) => d.deliveryId) as [string, string, string]

function open(settings: Partial<PushSettings>): PushChannel {
  const blobs: Pick<BlobStore, 'read'> = { read: async () => Readable.from([letter]) }
  const base = { url: subscriber.url, style: 'package', bundle: true, webhookSecrets: ['whsec_AAAA'] } as const
  channel = createPushChannel({
    settingsOf: async () => ({ ...base, ...settings }),
    blobs: blobs as BlobStore,
    clock: { now: () => new Date() },
    targets: createPushTargets({ allowLoopback: true }),
    connectTimeoutMs: 1_000,
    answerTimeoutMs: 1_000,
  })
  return channel
}

const push = (settings: Partial<PushSettings> = {}, all = deliveries, type: 'edoc' | 'report' = 'edoc') =>
  (channel ?? open(settings)).deliver({
    package: { ...first.package, size: letter.length, type },
    deliveries: all,
    signal: new AbortController().signal,
  })

describe('a bundle', () => {
  it('is one push that names every delivery', async () => {
    const outcomes = await push()

    expect(subscriber.received).toHaveLength(1)
    const { headers, body } = await subscriber.push(0)
    expect(body).toEqual(letter)
    expect(JSON.parse(String(headers['tram-recipients']))).toEqual(
      deliveries.map(({ deliveryId, organId }) => ({ deliveryId, organId })),
    )
    expect(headers['webhook-id']).toBe(one)
    expect([...outcomes.values()].map((o) => o.kind)).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('settles all that the answer does not name as refused', async () => {
    subscriber.answer({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refused: [{ deliveryId: two, reason: 'Sai thẩm quyền' }, three.toUpperCase()] }),
    })

    const outcomes = await push()

    expect(outcomes.get(one)).toMatchObject({ kind: 'delivered' })
    expect(outcomes.get(two)).toEqual({ kind: 'refused', reason: 'Sai thẩm quyền' })
    expect(outcomes.get(three)).toMatchObject({ kind: 'refused' })
  })

  it.each([
    ['plain words', 'ok'],
    ['another JSON', '{"refused": "none"}'],
    ['null', 'null'],
  ])('is taken as a whole by a good answer with %s', async (_what, body) => {
    subscriber.answer({ status: 200, body })

    expect([...(await push()).values()].every((o) => o.kind === 'delivered')).toBe(true)
  })

  it('fails as a whole', async () => {
    subscriber.answer({ status: 500, body: '{"refused": []}' })

    expect([...(await push()).values()].map((o) => o.kind)).toEqual(['unreachable', 'unreachable', 'unreachable'])
  })

  it('is not made of notices, nor for a system that did not ask for it', async () => {
    await push({ style: 'notice' })
    await channel?.close()
    channel = undefined
    await push({ bundle: false })

    expect(subscriber.received).toHaveLength(6)
    expect(subscriber.received.some((p) => 'tram-recipients' in p.headers)).toBe(false)
  })
})

it('a report to a sender is JSON', async () => {
  await push({ bundle: false }, deliveries.slice(0, 1), 'report')

  expect((await subscriber.push(0)).headers).toMatchObject({
    'content-type': 'application/json',
    'tram-type': 'report',
  })
})

describe('a connection that the other side closed while it lay idle', () => {
  let server: Server
  let sockets: Socket[]
  let requests: number[]
  beforeEach(async () => {
    sockets = []
    requests = []
    server = createServer((socket) => {
      const position = sockets.push(socket) - 1
      requests.push(0)
      socket.on('error', () => undefined)
      socket.on('data', () => {
        requests[position] = (requests[position] ?? 0) + 1
        // The second request on the first connection meets its end.
        if (position === 0 && requests[0] === 2) socket.end()
        else socket.write('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it('costs no wait: the push goes out again at once on a new one', async () => {
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const settings = { url: `http://127.0.0.1:${port}/nhan`, bundle: false }

    const outcomes = [
      await push(settings, deliveries.slice(0, 1)),
      await push(settings, deliveries.slice(1, 2)),
      await push(settings, deliveries.slice(2, 3)),
    ]

    expect(outcomes.flatMap((o) => [...o.values()]).map((o) => o.kind)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(sockets.length).toBeGreaterThanOrEqual(2)
  })
})
