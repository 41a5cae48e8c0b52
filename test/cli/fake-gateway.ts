// A gateway of a few lines for tests of its clients: answers by method and path, and remembers what it was asked.
import { once } from 'node:events'
import { createServer } from 'node:http'

export interface FakeCall {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

export interface FakeAnswer {
  readonly status?: number
  readonly json?: unknown
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface FakeGateway {
  readonly url: string
  readonly calls: FakeCall[]
  callsTo(methodAndPath: string): FakeCall[]
  close(): Promise<void>
}

/** Keys are `GET /path`; a key that ends in `*` takes every path that begins so. */
export type FakeHandlers = Readonly<Record<string, (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>>>

export async function startFakeGateway(handlers: FakeHandlers): Promise<FakeGateway> {
  const calls: FakeCall[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    const url = new URL(request.url ?? '/', 'http://fake')
    const call = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(parts),
    }
    calls.push(call)
    const answer = (await handlerFor(handlers, `${call.method} ${call.path}`)?.(call)) ?? notFound
    const type = answer.json === undefined ? {} : { 'content-type': 'application/json' }
    response.writeHead(answer.status ?? 200, { ...type, ...answer.headers })
    response.end(answer.json === undefined ? answer.body : JSON.stringify(answer.json))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    calls,
    callsTo: (wanted) => calls.filter((call) => matches(wanted, `${call.method} ${call.path}`)),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function handlerFor(handlers: FakeHandlers, asked: string) {
  const key = Object.keys(handlers).find((candidate) => matches(candidate, asked))
  return key === undefined ? undefined : handlers[key]
}

function matches(key: string, asked: string): boolean {
  return key.endsWith('*') ? asked.startsWith(key.slice(0, -1)) : asked === key
}

const notFound: FakeAnswer = { status: 404, json: { title: 'nothing here', code: 'route_not_found' } }
