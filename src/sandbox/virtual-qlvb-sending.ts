// The outgoing side of a virtual system: at its interval it writes a document to a few other agencies, and repeats it
// until the gateway has answered, as a real system's outbox does.
import { agency, receipt } from '../platform/gateway-answers.ts'
import { type GatewayClient, GatewayRefusal } from '../platform/gateway-client.ts'
import { list, maybe, record, text } from '../platform/json-decode.ts'
import type { Chance } from './virtual-qlvb-behaviour.ts'
import { type Correspondent, makeDocument } from './virtual-qlvb-documents.ts'
import { isPassing, keepGoing, keepTrying, pause, type VirtualLog } from './virtual-qlvb-pace.ts'

export interface Sending {
  readonly client: GatewayClient
  readonly systemId: string
  readonly agencies: readonly Correspondent[]
  readonly everyMs: number
  readonly now: () => Date
  readonly chance: Chance
  readonly signal: AbortSignal
  readonly log: VirtualLog
}

const recipientsMax = 3
// Whoever has just started a sandbox should see a document move before they look away.
const firstWaitMs = 4000
// The directory seldom changes; a newly connected agency gets its first document within this time.
const directoryAgeMaxMs = 5 * 60_000

export async function sendDocuments(sending: Sending): Promise<void> {
  const { signal, log } = sending
  const correspondents = rememberedDirectory(sending)
  let waitMs = Math.min(sending.everyMs, firstWaitMs)
  await keepGoing({ name: `send ${sending.systemId}`, signal, log }, async () => {
    // Anywhere around the interval, so that many systems do not all send in the same second.
    await pause(waitMs * (0.5 + sending.chance()), signal)
    waitMs = sending.everyMs
    if (!signal.aborted) await sendOne(sending, await correspondents())
  })
}

/** The same bytes until they are answered: what was written is a document with a number, and goes out once. */
async function sendOne(sending: Sending, known: readonly Correspondent[]): Promise<void> {
  const document = writeDocument(sending, known)
  if (document === undefined) return
  const loop = { name: `send ${document.code}`, signal: sending.signal, log: sending.log }
  await keepTrying(loop, () => post(sending, document))
}

function writeDocument(sending: Sending, known: readonly Correspondent[]) {
  const { chance } = sending
  const from = sending.agencies[Math.floor(chance() * sending.agencies.length)]
  const others = known.filter(({ code }) => code !== from?.code)
  if (from === undefined || others.length === 0) return undefined
  const to = new Set<Correspondent>()
  for (let wanted = 1 + Math.floor(chance() * recipientsMax); wanted > 0; wanted--) {
    to.add(others[Math.floor(chance() * others.length)] ?? from)
  }
  const now = sending.now()
  // Tenths of a second of the day: unique within a sender, and short enough for a document number.
  const number = Math.floor(now.getTime() / 100) % 864_000
  const made = makeDocument({ from, to: [...to], number, now }, chance)
  return { bytes: made.bytes, code: made.code, to: [...to].map(({ code }) => code).join(' ') }
}

async function post(sending: Sending, document: { bytes: Buffer; code: string; to: string }): Promise<void> {
  const { client, systemId, log, signal } = sending
  try {
    const answer = await client.call('POST', '/api/v1/packages', receipt, {
      body: document.bytes,
      contentType: 'application/edxml+xml',
      signal,
    })
    log('sent', { systemId, code: document.code, to: document.to, packageId: answer.packageId })
  } catch (error) {
    if (!(error instanceof GatewayRefusal) || isPassing(error.status)) throw error
    log('not_accepted', { systemId, code: document.code, problem: error.problem.code, ref: error.problem.ref })
  }
}

const directoryPage = record({ items: list(agency), nextCursor: maybe(text) })

function rememberedDirectory({ client, now, signal }: Sending): () => Promise<readonly Correspondent[]> {
  let known: readonly Correspondent[] = []
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (now().getTime() - readAt < directoryAgeMaxMs) return known
    const found: Correspondent[] = []
    let cursor: string | undefined
    do {
      const page = await client.call('GET', '/api/v1/agencies', directoryPage, { query: { cursor }, signal })
      for (const a of page.items) if (a.connected !== false) found.push({ code: a.code, name: a.name })
      cursor = page.nextCursor
      // A random few are written to; the first thousands of a very large directory are enough to choose from.
    } while (cursor !== undefined && found.length < 5000)
    known = found
    readAt = now().getTime()
    return known
  }
}
