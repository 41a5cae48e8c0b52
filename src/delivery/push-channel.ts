// The push channel: the exact bytes of a package, or a small notice about it, posted to the system's own URL and
// signed as Standard Webhooks says (contract §3, push). What the other side answers is a value, never an exception.
import type { Readable } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'
import type { AttemptOutcome, ClaimedDelivery, DeliverablePackage } from '../domain/delivery.ts'
import type { BlobStore, Clock, DeliveryChannel } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import { judgeAnswer, judgeFailure } from './push-answer.ts'
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
const answerBodyMsMax = 2_000
/** Sockets per receiving host; the lane's concurrency stays below it. */
const connectionsPerHost = 64

const noAddress: AttemptOutcome = { kind: 'unreachable', cause: 'no push URL is registered', nothingSent: true }

export interface PushChannel extends DeliveryChannel {
  close(): Promise<void>
}

export function createPushChannel(options: PushChannelOptions): PushChannel {
  const agents = new Map<string, Agent>()

  function agentFor(ca: string | undefined): Agent {
    const key = ca ?? ''
    const existing = agents.get(key)
    if (existing !== undefined) return existing
    const agent = new Agent({
      connections: connectionsPerHost,
      pipelining: 1,
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
    delivery: ClaimedDelivery,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const message = await compose(options, settings, pkg, delivery)
    try {
      const url = new URL(settings.url)
      options.targets.check(url)
      const answer = await agentFor(settings.ca).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: 'POST',
        headers: message.headers,
        body: message.body,
        signal,
      })
      const text = await readAnswer(answer)
      return judgeAnswer(settings.style, answer.statusCode, answer.headers, text)
    } catch (error) {
      if (error instanceof PushTargetRefused) return { kind: 'unreachable', cause: error.message, nothingSent: true }
      return judgeFailure(error)
    }
  }

  return {
    async deliver({ package: pkg, deliveries, signal }) {
      const outcomes = new Map<string, AttemptOutcome>()
      for (const delivery of deliveries) {
        const settings = await options.settingsOf(delivery.systemId)
        const outcome = settings === undefined ? noAddress : await push(settings, pkg, delivery, signal)
        outcomes.set(delivery.deliveryId, outcome)
      }
      return outcomes
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

interface Message {
  readonly headers: Record<string, string>
  readonly body: Buffer | Readable
}

async function compose(
  { blobs, clock }: PushChannelOptions,
  settings: PushSettings,
  pkg: DeliverablePackage,
  delivery: ClaimedDelivery,
): Promise<Message> {
  const at = clock.now()
  if (settings.style === 'notice') {
    const body = Buffer.from(JSON.stringify(notice(pkg, delivery, at)))
    const signed = signBody(settings.webhookSecrets, delivery.deliveryId, at, body)
    return { headers: headersFor(settings, pkg, delivery, 'application/json', body.length, signed), body }
  }
  if (pkg.size <= inMemoryBytesMax) {
    const chunks: Buffer[] = []
    for await (const chunk of await blobs.read(pkg.packageId)) chunks.push(chunk)
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    const signed = signBody(settings.webhookSecrets, delivery.deliveryId, at, body)
    return { headers: headersFor(settings, pkg, delivery, 'application/edxml+xml', body.length, signed), body }
  }
  const signed = await signStream(settings.webhookSecrets, delivery.deliveryId, at, await blobs.read(pkg.packageId))
  const headers = headersFor(settings, pkg, delivery, 'application/edxml+xml', pkg.size, signed)
  return { headers, body: await blobs.read(pkg.packageId) }
}

function headersFor(
  settings: PushSettings,
  pkg: DeliverablePackage,
  delivery: ClaimedDelivery,
  contentType: string,
  length: number,
  signed: SignedHeaders,
): Record<string, string> {
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
    'tram-recipient': headerText(delivery.organId),
    'tram-agency': headerText(delivery.agencyCode),
    'tram-document-id': encodeURIComponent(pkg.documentId),
    link: `</api/v1/mailbox/${delivery.deliveryId}>; rel="describedby"`,
    'user-agent': 'tram',
  }
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
async function readAnswer(answer: Dispatcher.ResponseData): Promise<string> {
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
      if (length >= answerBytesMax) break
    }
  } catch (error) {
    if (!isLate) throw error
  } finally {
    clearTimeout(late)
  }
  return Buffer.concat(chunks).subarray(0, answerBytesMax).toString('utf8')
}
