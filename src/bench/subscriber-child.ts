// The subscribers, a process of their own: every system is a path of one HTTP server, which answers 204 and remembers
// which deliveries it got and when.
import { createServer, type IncomingMessage } from 'node:http'
import { sentAtOf, subscriberOrder } from './bench-messages.ts'
import { answerMessages } from './child-process.ts'

// Only how soon the end is noticed: arrival times are taken as they happen.
const lookEveryMs = 20

let seen = new Set<string>()
let repeated = 0
let firstAt = 0
let lastAt = 0
let latenciesMs: number[] = []

const server = createServer((request, response) => {
  request.on('end', () => {
    remember(request)
    response.writeHead(204).end()
  })
  request.resume()
})
// A gateway keeps connections for long; the server must not be the one that closes them in the middle of a round.
server.keepAliveTimeout = 120_000

function remember({ headers }: IncomingMessage): void {
  const id = String(headers['webhook-id'])
  if (seen.has(id)) {
    repeated++
    return
  }
  lastAt = Date.now()
  if (seen.size === 0) firstAt = lastAt
  seen.add(id)
  const sentAt = sentAtOf(decodeURIComponent(String(headers['tram-document-id'])))
  if (sentAt !== undefined) latenciesMs.push(lastAt - sentAt)
}

async function listen(): Promise<{ port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0 }
}

async function untilArrived(deliveries: number, withinMs: number): Promise<object> {
  const until = Date.now() + withinMs
  while (seen.size < deliveries && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  return { distinct: seen.size, repeated, firstAt, lastAt, latenciesMs }
}

answerMessages(async (message) => {
  const { kind, deliveries = 0, withinMs = 0 } = subscriberOrder(message, 'order')
  if (kind === 'listen') return listen()
  if (kind === 'wait') return untilArrived(deliveries, withinMs)
  seen = new Set()
  repeated = 0
  latenciesMs = []
  return {}
})
