// Receiving ends of a round: push endpoints with manners good and bad, each writing down what it got and what it said.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Chance } from './chance.ts'
import type { Arrival, Ledger } from './ledger.ts'
import { mustHavePort } from './ports.ts'

export type Manner =
  | 'good'
  /** Takes the request and says nothing. */
  | 'hangs'
  /** Says that it has it at one byte a second. */
  | 'drips'
  | 'answers 500'
  /** Hangs up before, amid or after the body. */
  | 'closes'
  /** Says that it has it and keeps nothing, which is its own affair: by its word it counts as delivered. */
  | 'lies'
  /** Sends a second answer after the first one, at once or when the next request may be under way. */
  | 'answers twice'
  /** 422: refused for good. */
  | 'refuses'

export interface PushReceiver {
  readonly name: string
  readonly port: number
  /** A change hangs up on whoever waits: an endpoint that is put right was started anew. */
  behave(manner: Manner): void
  close(): Promise<void>
}

export async function createPushReceiver(name: string, ledger: Ledger, chance: Chance): Promise<PushReceiver> {
  let manner: Manner = 'good'
  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void receive(request, response)
  })

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const now = manner
    if (now === 'closes' && chance.next() < 0.5) return void request.socket.destroy()
    const sha256 = await hashOf(request)
    if (sha256 === undefined) return
    const arrival = ledger.arrive({
      deliveryId: String(request.headers['webhook-id']),
      receiver: name,
      sha256,
      at: performance.now(),
      isKept: false,
    })
    answer(response, arrival, now)
  }

  function answer(response: ServerResponse, arrival: Arrival, how: Manner): void {
    switch (how) {
      case 'hangs':
        break
      case 'closes':
        response.socket?.destroy()
        break
      case 'answers 500':
        response.writeHead(500).end('cannot just now')
        break
      case 'refuses':
        response.writeHead(422).end('không nhận loại văn bản này')
        break
      case 'drips':
        drip(response, () => say(arrival))
        break
      case 'answers twice':
        answerTwice(response, arrival)
        break
      case 'good':
      case 'lies':
        keep(response, arrival, keepingOf(arrival))
        break
      default:
        unknownManner(how)
    }
  }

  function keepingOf({ deliveryId }: Arrival): Keeping {
    const isKnown = ledger.arrivalsOf(deliveryId).some(({ isKept }) => isKept)
    return { isKnown, storingMs: chance.between(0, storingMsMax) }
  }

  /** The second word says yes whatever the first one said; who takes it for the answer to his next request is misled. */
  function answerTwice(response: ServerResponse, arrival: Arrival): void {
    const { socket } = response
    const laterMs = chance.oneOf([0, 0, 1, 5, 20, 50])
    const again = () => void setTimeout(() => socket?.write(plainAnswer), laterMs)
    if (chance.next() < 0.7) {
      keep(response, arrival, keepingOf(arrival), again)
      return
    }
    response.once('finish', again)
    response.writeHead(500).end('cannot just now')
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    name,
    port: mustHavePort(server),
    behave(next) {
      if (next === manner) return
      manner = next
      server.closeAllConnections()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** So that something is always under way when a fault strikes. */
const storingMsMax = 80
const plainAnswer = 'HTTP/1.1 204 No Content\r\n\r\n'

function unknownManner(manner: never): never {
  throw new Error(`no such manner: ${manner}`)
}

/**
 * Kept before it is said, as a good receiver does, and storing takes a moment; whether the word arrives is another
 * matter. What it has already, it says so (contract §3, push).
 */
function keep(response: ServerResponse, arrival: Arrival, { isKnown, storingMs }: Keeping, then = () => {}): void {
  arrival.isKept = true
  response.once('finish', () => {
    say(arrival)
    then()
  })
  setTimeout(() => response.writeHead(isKnown ? 409 : 204).end(), storingMs)
}

interface Keeping {
  readonly isKnown: boolean
  readonly storingMs: number
}

function say(arrival: Arrival): void {
  arrival.isKept = true
  arrival.saidAt = performance.now()
}

function drip(response: ServerResponse, done: () => void): void {
  const { socket } = response
  let at = 0
  const timer = setInterval(() => {
    if (socket === null || socket.destroyed) return clearInterval(timer)
    socket.write(plainAnswer[at] ?? '')
    at += 1
    if (at < plainAnswer.length) return
    clearInterval(timer)
    done()
  }, 1_000)
}

/** Undefined when it was cut on the way. */
export async function hashOf(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of bytes) hash.update(chunk)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
