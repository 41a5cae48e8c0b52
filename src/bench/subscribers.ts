// Subscribers of a measurement: every system is a path of one HTTP server, which remembers which deliveries it got and
// when. They answer 204 at once unless told otherwise: after a while, or not at all.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sentAtOf } from './bench-messages.ts'

/** Never: it takes the document and is silent. */
export type AnswerAfter = number | 'never'

export interface Subscribers {
  listen(): Promise<{ port: number }>
  /** How one of them answers from now on. What it has left unanswered is answered when it no longer hangs. */
  answer(path: string, after: AnswerAfter): void
  /** Until so many different deliveries have arrived, or the time is over. */
  untilArrived(deliveries: number, withinMs: number): Promise<Arrivals>
  /** When a document arrived; undefined when it did not in time. */
  arrivalOf(documentId: string, withinMs: number): Promise<number | undefined>
  reset(): void
  close(): Promise<void>
}

export interface Arrivals {
  readonly distinct: number
  readonly repeated: number
  readonly firstAt: number
  readonly lastAt: number
  readonly latenciesMs: readonly number[]
}

// Only how soon the end is noticed: arrival times are taken as they happen.
const lookEveryMs = 5

export function createSubscribers(): Subscribers {
  const answers = new Map<string, AnswerAfter>()
  const unanswered = new Map<string, Set<ServerResponse>>()
  let memory = emptyMemory()

  const server = createServer((request, response) => {
    request.on('end', () => {
      remember(memory, request)
      respond(request.url ?? '', response)
    })
    request.resume()
  })
  // A gateway keeps connections for long; the server must not be the one that closes them in the middle of a round.
  server.keepAliveTimeout = 120_000

  function respond(path: string, response: ServerResponse): void {
    const after = answers.get(path) ?? 0
    if (after === 'never') {
      unanswered.set(path, (unanswered.get(path) ?? new Set()).add(response))
      response.once('close', () => unanswered.get(path)?.delete(response))
    } else if (after === 0) response.writeHead(204).end()
    else setTimeout(() => response.writeHead(204).end(), after)
  }

  return {
    listen: () => listen(server),
    answer(path, after) {
      answers.set(path, after)
      if (after === 'never') return
      for (const response of unanswered.get(path) ?? []) response.writeHead(204).end()
      unanswered.delete(path)
    },
    async untilArrived(deliveries, withinMs) {
      await until(() => memory.seen.size >= deliveries, withinMs)
      const { seen, repeated, firstAt, lastAt, latenciesMs } = memory
      return { distinct: seen.size, repeated, firstAt, lastAt, latenciesMs }
    },
    async arrivalOf(documentId, withinMs) {
      await until(() => memory.byDocument.has(documentId), withinMs)
      return memory.byDocument.get(documentId)
    },
    reset() {
      memory = emptyMemory()
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function emptyMemory() {
  return {
    seen: new Set<string>(),
    /** When the first delivery of a document came. */
    byDocument: new Map<string, number>(),
    repeated: 0,
    firstAt: 0,
    lastAt: 0,
    latenciesMs: [] as number[],
  }
}

function remember(memory: ReturnType<typeof emptyMemory>, { headers }: IncomingMessage): void {
  const id = String(headers['webhook-id'])
  if (memory.seen.has(id)) {
    memory.repeated++
    return
  }
  memory.lastAt = Date.now()
  if (memory.seen.size === 0) memory.firstAt = memory.lastAt
  memory.seen.add(id)
  const documentId = decodeURIComponent(String(headers['tram-document-id']))
  if (!memory.byDocument.has(documentId)) memory.byDocument.set(documentId, memory.lastAt)
  const sentAt = sentAtOf(documentId)
  if (sentAt !== undefined) memory.latenciesMs.push(memory.lastAt - sentAt)
}

async function listen(server: Server): Promise<{ port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0 }
}

async function until(isThere: () => boolean, withinMs: number): Promise<void> {
  const end = Date.now() + withinMs
  while (!isThere() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
}
