// The incoming side of a virtual system that is pushed to: an HTTP listener which checks the signature of every push
// and answers as the contract says, from 204 to the bad days.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { GatewayError } from '../domain/errors.ts'
import { type Reception, refusalReasons } from './virtual-qlvb-behaviour.ts'
import type { Inbox, TakenDelivery } from './virtual-qlvb-inbox.ts'
import type { VirtualLog } from './virtual-qlvb-pace.ts'
import { PackageArrival, registerEntry } from './virtual-qlvb-reading.ts'
import { checkSignature } from './virtual-qlvb-signature.ts'

export interface PushedSystem {
  readonly systemId: string
  readonly webhookSecrets: readonly string[]
  readonly inbox: Inbox
  readonly decide: (type: 'edoc' | 'status') => Reception
  readonly take: (taken: TakenDelivery, reception: Reception) => void
}

export interface PushListening {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly systems: readonly PushedSystem[]
  readonly now: () => Date
  readonly log: VirtualLog
}

export interface PushListener {
  readonly port: number
  /** The address at which a system takes its pushes. */
  urlOf(systemId: string): string
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body?: object
}

const pathOf = (systemId: string) => `/qlvb/${encodeURIComponent(systemId)}`
// What the largest installations allow; the bytes only stream through, so this bounds time and not memory.
const bodyBytesMax = 1024 * 1024 * 1024

export async function listenForPushes(listening: PushListening): Promise<PushListener> {
  const systems = new Map(listening.systems.map((system) => [pathOf(system.systemId), system]))
  const server = createServer((request, response) => {
    const system = systems.get(request.url ?? '')
    const answering = system === undefined ? Promise.resolve({ status: 404 }) : answerPush(system, request, listening)
    answering.then(
      (answer) => send(response, answer),
      // Most often the connection broke half-way. Whoever pushed gets no good answer and pushes again.
      (error: unknown) => {
        listening.log('push_broken', { because: error instanceof Error ? error.message : String(error) })
        send(response, { status: 500 })
      },
    )
  })
  server.listen(listening.port, listening.host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : listening.port
  return {
    port,
    urlOf: (systemId) => `http://${listening.host}:${port}${pathOf(systemId)}`,
    close: () => close(server),
  }
}

async function answerPush(system: PushedSystem, request: IncomingMessage, listening: PushListening): Promise<Answer> {
  if (request.method !== 'POST') return { status: 405 }
  const headers = request.headers
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((n) =>
    headerText(headers[n]),
  )
  if (id === undefined || timestamp === undefined || signature === undefined) return { status: 401 }
  const check = checkSignature({ id, timestamp, signature }, system.webhookSecrets)
  const arrival = new PackageArrival()
  let bytes = 0
  let unreadable: string | undefined
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return { status: 413 }
    check.update(chunk)
    unreadable ??= readable(() => arrival.write(chunk))
  }
  const facts = { systemId: system.systemId, deliveryId: id }
  const verdict = check.verdict(listening.now())
  if (verdict !== 'good') {
    listening.log('signature_refused', { ...facts, verdict })
    return { status: 401, body: { reason: `signature ${verdict}` } }
  }
  if (headers['tram-type'] === 'ping') return { status: 204 }
  // What the axis has to say about documents sent from here: JSON, for people to read.
  if (headers['tram-type'] === 'report') {
    listening.log('told', facts)
    return { status: 204 }
  }
  // Taken already, its answer was lost on the way: 409 says so, and the delivery ends (contract §3, push).
  if (system.inbox.find(id) !== undefined) return { status: 409, body: { reason: 'already taken' } }
  if (unreadable !== undefined) return { status: 422, body: { reason: unreadable } }
  return settle(system, arrival, { id, agencyCode: headerText(headers['tram-agency']) ?? '' }, listening.log)
}

function settle(
  system: PushedSystem,
  arrival: PackageArrival,
  push: { readonly id: string; readonly agencyCode: string },
  log: VirtualLog,
): Answer {
  const facts = { systemId: system.systemId, deliveryId: push.id, agency: push.agencyCode }
  let taken: TakenDelivery | undefined
  const unreadable = readable(() => {
    taken = registerEntry(arrival.finish(), push.id, push.agencyCode)
  })
  if (taken === undefined) return { status: 422, body: { reason: unreadable ?? 'unreadable' } }
  const reception = system.decide(taken.type)
  if (reception === 'fault') {
    log('fault', facts)
    return { status: 500, body: { reason: 'simulated fault' } }
  }
  if (reception === 'refuse') {
    log('refused', { ...facts, code: taken.code })
    return { status: 422, body: { reason: refusalReasons[0] } }
  }
  system.take(taken, reception)
  log('taken', { ...facts, type: taken.type, kind: taken.kind, code: taken.code, bytes: taken.size })
  return { status: 204 }
}

/** The reason why a package cannot be read, or undefined when it can. */
function readable(read: () => void): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return `package cannot be read: ${error.code}`
    throw error
  }
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(' ') : value
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (body === undefined) response.writeHead(status).end()
  else response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

async function close(server: Server): Promise<void> {
  server.close()
  // Kept-alive connections of the pusher would hold the server open; nothing is under way on an idle one.
  server.closeIdleConnections()
  const closed = once(server, 'close')
  const patience = setTimeout(() => server.closeAllConnections(), closeWithinMs)
  await closed
  clearTimeout(patience)
}

const closeWithinMs = 3000
