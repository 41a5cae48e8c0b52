// A receiver that says 200 and then never ends its answer has taken the document: its status line said all that
// matters. The delivery is delivered, once, and its slot in the lane is free again.
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Post, startPost } from '../mailbox/mailbox-cases.ts'

type Stall = (response: ServerResponse) => void

let post: Post
const servers: Server[] = []
beforeAll(async () => {
  post = await startPost()
})
afterAll(async () => {
  await post?.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** A receiving end that takes every document whole and then answers as told. */
async function startStalling(stall: Stall) {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    for await (const _ of request);
    received.push(String(request.headers['webhook-id']))
    stall(response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/edxml`, received }
}

let number = 80
async function join(pushUrl: string): Promise<string> {
  number += 1
  const code = `H35.${number}`
  await post.register({
    agencies: [{ codes: [code] }],
    systems: [{ systemId: `QLVB-${number}`, agencies: [code], channel: 'push', pushUrl, concurrency: 1 }],
  })
  return code
}

const untilDelivered = (deliveryId: string | undefined) =>
  vi.waitFor(
    async () => {
      const row = await post.db
        .selectFrom('deliveries')
        .select(['state', 'attempts', 'reason_code', 'next_attempt_at', 'lease_token'])
        .where('delivery_id', '=', deliveryId ?? '')
        .executeTakeFirstOrThrow()
      expect(row).toEqual({
        ...{ state: 'delivered', attempts: 1, reason_code: null, next_attempt_at: null, lease_token: null },
      })
    },
    { timeout: 10_000, interval: 20 },
  )

const plain = { 'content-type': 'text/plain' }

it.concurrent.each<[string, Stall]>([
  [
    'stops in the middle of its body',
    (response) => response.writeHead(200, { ...plain, 'content-length': '1000' }).write('da nhan'),
  ],
  [
    'ends its head and sends no body',
    (response) => response.writeHead(200, { ...plain, 'content-length': '5' }).flushHeaders(),
  ],
  ['never ends its chunks', (response) => response.writeHead(200, plain).write('da nhan')],
  [
    'drips its body byte by byte',
    (response) => {
      const drip = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(drip))
      response.writeHead(200, plain)
    },
  ],
])('a receiver that %s has the document, once, and the next one follows', async (_how, stall) => {
  const subscriber = await startStalling(stall)
  const code = await join(subscriber.url)
  const [first] = (await post.send({ to_: [code] })).deliveryIds

  await untilDelivered(first)
  const [second] = (await post.send({ to_: [code] })).deliveryIds
  await untilDelivered(second)

  expect(subscriber.received).toEqual([first, second])
})
