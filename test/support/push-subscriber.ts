// A QLVB-ĐH system's receiving end: a real HTTP server that keeps what it was sent, byte for byte, and answers as told.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'

export interface Push {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Names as they stood on the wire, to see what was sent twice. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** The sending side's port, by which its process can be found. */
  readonly remotePort: number
}

export type PushAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  /** Takes the whole request and never answers. */
  | 'hang'
  /** Closes the connection before reading the body. */
  | 'cut before the body'
  /** Takes the whole request, then closes the connection. */
  | 'cut after the body'
  /** Answers 200 and closes the connection in the middle of the answer. */
  | 'cut inside the answer'
  /** Answers 200 and stops in the middle of the body, with the connection open. */
  | 'stalling answer'
  /** Answers 200 with a body that does not end. */
  | 'endless answer'
  /** Reads and forgets, answering 204: for packages too large to keep. */
  | 'count only'

export interface PushSubscriber {
  readonly url: string
  readonly received: readonly Push[]
  /** Bytes of request bodies that came in, also of those not kept. */
  bytesReceived(): number
  /** How the next requests are answered: 204 until told otherwise. */
  answer(how: PushAnswer | ((push: Push) => PushAnswer | Promise<PushAnswer>)): void
  /** Pushes of one delivery. */
  of(deliveryId: string): Push[]
  /** Resolves with the push at that position once it is there. */
  push(position: number, timeoutMs?: number): Promise<Push>
  close(): Promise<void>
}

export async function startPushSubscriber(): Promise<PushSubscriber> {
  const received: Push[] = []
  let bytes = 0
  let how: PushAnswer | ((push: Push) => PushAnswer | Promise<PushAnswer>) = { status: 204 }

  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void take(request, response)
  })

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (how === 'cut before the body') {
      received.push(pushOf(request, []))
      request.socket.destroy()
      return
    }
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) {
        bytes += chunk.length
        if (how !== 'count only') chunks.push(chunk)
      }
    } catch {
      // The gateway hung up: what came of it is no push.
      return
    }
    const push = pushOf(request, chunks)
    // Decided before it counts as received, so that a test that waits for it may change the answer for the next one.
    const answer = typeof how === 'function' ? how(push) : how
    received.push(push)
    give(response, await answer)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const of = (deliveryId: string) => received.filter((push) => push.headers['webhook-id'] === deliveryId)
  return {
    url: `http://127.0.0.1:${port}/edxml`,
    received,
    of,
    bytesReceived: () => bytes,
    answer(next) {
      how = next
    },
    push: (position, timeoutMs = 10_000) =>
      vi.waitFor(
        () => {
          const push = received[position]
          if (push === undefined) throw new Error(`${received.length} pushes so far`)
          return push
        },
        { timeout: timeoutMs, interval: 10 },
      ),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pushOf(request: IncomingMessage, chunks: readonly Buffer[]): Push {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: Buffer.concat(chunks),
    remotePort: request.socket.remotePort ?? 0,
  }
}

function give(response: ServerResponse, answer: PushAnswer): void {
  switch (answer) {
    case 'hang':
      return
    case 'cut before the body':
    case 'cut after the body':
      response.socket?.destroy()
      return
    case 'cut inside the answer':
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
      response.write('taken, but ', () => response.socket?.destroy())
      return
    case 'stalling answer':
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
      response.write('taken, but ')
      return
    case 'endless answer': {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const pour = () => {
        while (!response.destroyed && response.write('more and more '));
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
      return
    }
    case 'count only':
      response.writeHead(204).end()
      return
    default:
      response.writeHead(answer.status, answer.headers).end(answer.body)
  }
}
