// The incoming side of a virtual system that pulls: it waits at its mailbox, fetches, checks the digest, and confirms
// or refuses each delivery.
import { GatewayError } from '../domain/errors.ts'
import { type MailboxItem, mailboxItem, senderReport } from '../platform/gateway-answers.ts'
import { type GatewayClient, GatewayRefusal } from '../platform/gateway-client.ts'
import { anything, list, record } from '../platform/json-decode.ts'
import { type Reception, refusalReasons } from './virtual-qlvb-behaviour.ts'
import type { TakenDelivery } from './virtual-qlvb-inbox.ts'
import { keepGoing, pause, type VirtualLog } from './virtual-qlvb-pace.ts'
import { PackageArrival, registerEntry } from './virtual-qlvb-reading.ts'

export interface MailboxPulling {
  readonly client: GatewayClient
  readonly systemId: string
  readonly decide: (type: 'edoc' | 'status') => Reception
  /** Enters the delivery in the register and plans what is reported about it. */
  readonly take: (taken: TakenDelivery, reception: Reception) => void
  readonly signal: AbortSignal
  readonly log: VirtualLog
}

// Long enough that an idle mailbox costs two calls a minute, short enough for proxies that cut silent connections.
const waitSeconds = 25
const unsettledPauseMs = 1000
const mailboxPage = record({ items: list(mailboxItem) })

export async function pullMailbox(pulling: MailboxPulling): Promise<void> {
  const { client, signal, log } = pulling
  const listing = { query: { limit: 50 }, waitSeconds, signal }
  await keepGoing({ name: `mailbox ${pulling.systemId}`, signal, log }, async () => {
    const page = await client.call('GET', '/api/v1/mailbox', mailboxPage, listing)
    let settled = 0
    for (const item of page.items) {
      if (signal.aborted) return
      if (await handle(pulling, item)) settled++
    }
    // What cannot be settled is offered again at once; without a pause this would be a storm of calls.
    if (page.items.length > 0 && settled === 0) await pause(unsettledPauseMs, signal)
  })
}

/** Whether the delivery is off the mailbox now. */
async function handle(pulling: MailboxPulling, item: MailboxItem): Promise<boolean> {
  const { client, systemId, signal, log } = pulling
  const path = `/api/v1/mailbox/${item.deliveryId}`
  const facts = { systemId, deliveryId: item.deliveryId, code: item.code, organId: item.recipient?.organId }
  const reception = pulling.decide(item.type === 'status' ? 'status' : 'edoc')
  try {
    if (item.type === 'report') return await hear(pulling, item, path)
    if (reception === 'refuse') {
      await client.call('POST', `${path}/refuse`, anything, { json: { reason: refusalReasons[0] }, signal })
      log('refused', facts)
      return true
    }
    const arrived = await fetchPackage(client, path, signal)
    if (arrived.sha256 !== item.sha256) {
      // Left unconfirmed: it is offered again, and the bytes may be whole the next time.
      log('damaged', { ...facts, sha256: arrived.sha256, expected: item.sha256 })
      return false
    }
    await client.call('POST', `${path}/confirm`, anything, { signal })
    const agencyCode = item.recipient?.agencyCode ?? item.recipient?.organId ?? ''
    pulling.take(registerEntry(arrived, item.deliveryId, agencyCode), reception)
    log('taken', { ...facts, type: item.type, kind: item.kind, bytes: arrived.size })
    return true
  } catch (error) {
    if (error instanceof GatewayError) {
      await client.call('POST', `${path}/refuse`, anything, {
        json: { reason: `không đọc được: ${error.code}` },
        signal,
      })
      log('unreadable', { ...facts, problem: error.code })
      return true
    }
    // Recalled meanwhile, or settled by somebody else: nothing is left to do about it.
    if (!(error instanceof GatewayRefusal) || !settledStatuses.includes(error.status)) throw error
    log('gone', { ...facts, problem: error.problem.code })
    return false
  }
}

/** What the axis has to say about documents sent from here: read by people, so it is only put on record. */
async function hear({ client, systemId, signal, log }: MailboxPulling, item: MailboxItem, path: string) {
  const { what } = await client.call('GET', `${path}/package`, senderReport, { signal })
  await client.call('POST', `${path}/confirm`, anything, { signal })
  log('told', { systemId, deliveryId: item.deliveryId, what })
  return true
}

const settledStatuses: readonly number[] = [404, 409, 410]

async function fetchPackage(client: GatewayClient, path: string, signal: AbortSignal) {
  const answer = await client.raw('GET', `${path}/package`, { signal })
  const arrival = new PackageArrival()
  for await (const chunk of answer.body) arrival.write(chunk)
  return arrival.finish()
}
