// The push channel: the exact bytes of a package, or a small notice about it, posted to the system's own URL and
// signed as Standard Webhooks says (contract §3, push). What the other side answers is a value, never an exception.
import type { Readable } from 'node:stream'
import { Agent, type Dispatcher, errors } from 'undici'
import type { AttemptOutcome, ClaimedDelivery, DeliverablePackage } from '../domain/delivery.ts'
import type { BlobStore, Clock, DeliveryChannel } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import { judgeAnswer, judgeBundle, judgeFailure } from './push-answer.ts'
import { PushTargetRefused, type PushTargets } from './push-target.ts'
import { type SignedHeaders, signBody, signStream } from './webhook-signature.ts'

/** How one system wants to be pushed to. */
export interface PushSettings {
  readonly url: string
  readonly style: 'package' | 'notice'
  /** A header the receiving side asks for, e.g. Authorization. */
  readonly authHeader?: { readonly header: string; readonly value: string }
  /** Certificate authority of the receiving side, PEM. */
  readonly ca?: string
  /** A document for several agencies of the system is one push, answered for each. */
  readonly bundle: boolean
  /** New secret first. */
  readonly webhookSecrets: readonly string[]
}

export interface PushChannelOptions {
  /** Undefined for a system that has no address to push to. */
  readonly settingsOf: (systemId: string) => Promise<PushSettings | undefined>
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly targets: PushTargets
  readonly connectTimeoutMs: number
  /** From the last byte sent to the first byte of the answer. */
  readonly answerTimeoutMs: number
}

/** Up to this size a package is held in memory for the moment of sending; larger ones are streamed from the store. */
const inMemoryBytesMax = 1024 * 1024
/** An answer is read this far; what follows is thrown away. */
const answerBytesMax = 4_096
/** Of a bundle's answer, which may name each delivery that it refuses. */
const bundleAnswerBytesMax = 262_144
/** Idle connections are ours to close: most servers do so after 5 s, some of them just as the next push is on its way. */
const idleMs = 2_000
const answerBodyMsMax = 2_000
/** Sockets per receiving host; the lane's concurrency stays below it. */
const connectionsPerHost = 64

const noAddress: AttemptOutcome = { kind: 'unreachable', cause: 'no push URL is registered', nothingSent: true }

export interface PushChannel extends DeliveryChannel {
  close(): Promise<void>
}

export function createPushChannel(options: PushChannelOptions): PushChannel {
  const agents = new Map<string, Agent>()

  /** `fresh`: a connection of its own, that nobody has used before. */
  function agentFor(ca: string | undefined, connection: 'kept' | 'fresh'): Agent {
    const key = `${connection} ${ca ?? ''}`
    const existing = agents.get(key)
    if (existing !== undefined) return existing
    const agent = new Agent({
      connections: connectionsPerHost,
      // 0 closes each connection after its answer.
      pipelining: connection === 'kept' ? 1 : 0,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      connect: {
        timeout: options.connectTimeoutMs,
        lookup: options.targets.lookup,
        ...(ca === undefined ? {} : { ca }),
      },
      headersTimeout: options.answerTimeoutMs,
      bodyTimeout: options.answerTimeoutMs,
    })
    agents.set(key, agent)
    return agent
  }

  async function push(
    settings: PushSettings,
    pkg: DeliverablePackage,
    deliveries: readonly ClaimedDelivery[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, AttemptOutcome>> {
    const all = (outcome: AttemptOutcome) => new Map(deliveries.map((d) => [d.deliveryId, outcome]))
    const message = await compose(options, settings, pkg, deliveries)
    try {
      const { answer, text } = await exchange(settings, message, signal, 'kept').catch(async (error: unknown) => {
        // Closed by the other side while it lay idle: sent again at once, under the same delivery id, it costs nobody
        // the wait that a fault of the endpoint means.
        if (!wasClosedWhileIdle(error) || signal.aborted) throw error
        return await exchange(settings, await compose(options, settings, pkg, deliveries), signal, 'fresh')
      })
      const outcome = judgeAnswer(settings.style, answer.statusCode, answer.headers, text)
      return settings.bundle ? judgeBundle(deliveries, outcome, text) : all(outcome)
    } catch (error) {
      if (error instanceof PushTargetRefused) {
        return all({ kind: 'unreachable', cause: error.message, nothingSent: true })
      }
      return all(judgeFailure(error))
    }
  }

  async function exchange(settings: PushSettings, message: Message, signal: AbortSignal, connection: 'kept' | 'fresh') {
    const url = new URL(settings.url)
    options.targets.check(url)
    const answer = await agentFor(settings.ca, connection).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: message.headers,
      body: message.body,
      signal,
    })
    return { answer, text: await readAnswer(answer, settings.bundle ? bundleAnswerBytesMax : answerBytesMax) }
  }

  return {
    async deliver({ package: pkg, deliveries, signal }) {
      const [first] = deliveries
      if (first === undefined) return new Map()
      const settings = await options.settingsOf(first.systemId)
      if (settings === undefined) return new Map(deliveries.map((d) => [d.deliveryId, noAddress]))
      if (settings.bundle && settings.style === 'package') return await push(settings, pkg, deliveries, signal)
      const alone = { ...settings, bundle: false }
      const outcomes = await Promise.all(deliveries.map((delivery) => push(alone, pkg, [delivery], signal)))
      return new Map(outcomes.flatMap((outcome) => [...outcome]))
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

/** It had answered before on that connection, and closed it without a word about this push. */
function wasClosedWhileIdle(error: unknown): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0
}

interface Message {
  readonly headers: Record<string, string>
  readonly body: Buffer | Readable
}

async function compose(
  { blobs, clock }: PushChannelOptions,
  settings: PushSettings,
  pkg: DeliverablePackage,
  deliveries: readonly ClaimedDelivery[],
): Promise<Message> {
  const at = clock.now()
  const [delivery] = deliveries
  if (delivery === undefined) throw new Error('a push is about a delivery')
  if (settings.style === 'notice') {
    const body = Buffer.from(JSON.stringify(notice(pkg, delivery, at)))
    const signed = signBody(settings.webhookSecrets, delivery.deliveryId, at, body)
    return { headers: headersFor(settings, pkg, deliveries, 'application/json', body.length, signed), body }
  }
  const contentType = pkg.type === 'report' ? 'application/json' : 'application/edxml+xml'
  if (pkg.size <= inMemoryBytesMax) {
    const chunks: Buffer[] = []
    for await (const chunk of await blobs.read(pkg.packageId)) chunks.push(chunk)
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    const signed = signBody(settings.webhookSecrets, delivery.deliveryId, at, body)
    return { headers: headersFor(settings, pkg, deliveries, contentType, body.length, signed), body }
  }
  const signed = await signStream(settings.webhookSecrets, delivery.deliveryId, at, await blobs.read(pkg.packageId))
  const headers = headersFor(settings, pkg, deliveries, contentType, pkg.size, signed)
  return { headers, body: await blobs.read(pkg.packageId) }
}

function headersFor(
  settings: PushSettings,
  pkg: DeliverablePackage,
  deliveries: readonly ClaimedDelivery[],
  contentType: string,
  length: number,
  signed: SignedHeaders,
): Record<string, string> {
  const [delivery] = deliveries
  return {
    ...(settings.authHeader === undefined
      ? {}
      : { [settings.authHeader.header.toLowerCase()]: settings.authHeader.value }),
    ...signed,
    'content-type': contentType,
    'content-length': String(length),
    'tram-type': pkg.type,
    'tram-kind': pkg.kind,
    'tram-package-id': pkg.packageId,
    ...(delivery === undefined ? {} : recipientHeaders(delivery)),
    ...(settings.bundle ? { 'tram-recipients': asciiJson(deliveries.map(inBundle)) } : {}),
    'tram-document-id': encodeURIComponent(pkg.documentId),
    'user-agent': 'tram',
  }
}

function recipientHeaders(delivery: ClaimedDelivery) {
  return {
    'tram-recipient': headerText(delivery.organId),
    'tram-agency': headerText(delivery.agencyCode),
    link: `</api/v1/mailbox/${delivery.deliveryId}>; rel="describedby"`,
  }
}

function inBundle({ deliveryId, organId }: ClaimedDelivery) {
  return { deliveryId, organId }
}

/** Headers carry ASCII only. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Codes are ASCII by rule; whatever else somebody registered is percent-encoded, since headers carry ASCII only. */
function headerText(text: string): string {
  return /^[\x21-\x7e]*$/.test(text) ? text : encodeURIComponent(text)
}

function notice(pkg: DeliverablePackage, delivery: ClaimedDelivery, at: Date) {
  return {
    type: 'delivery.available',
    timestamp: vietnamTime(at),
    data: {
      deliveryId: delivery.deliveryId,
      packageId: pkg.packageId,
      type: pkg.type,
      kind: pkg.kind,
      from: pkg.from,
      recipient: { organId: delivery.organId, agencyCode: delivery.agencyCode },
      documentId: pkg.documentId,
      code: pkg.code,
      subject: pkg.subject,
      priority: pkg.priority,
      sha256: pkg.sha256,
      size: pkg.size,
    },
  }
}

/**
 * What can be read of an answer. Its status line has said all that matters, so a body that stalls is cut by us. One
 * that the other side cuts rises as the cut connection it is (contract §3).
 */
async function readAnswer(answer: Dispatcher.ResponseData, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    answer.body.destroy()
  }, answerBodyMsMax)
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk)
      length += chunk.length
      // Leaving the loop destroys the rest of the body: nobody may keep a lane busy with an endless answer.
      if (length >= bytesMax) break
    }
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(late)
  }
  return Buffer.concat(chunks).subarray(0, bytesMax).toString('utf8')
}
