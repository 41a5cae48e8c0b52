// The lists and counts that systems and operators call for, each with the filters they use: also those that nothing
// fits, because a list that looks through everything to find nothing is the slowest.

import { mailboxPage } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { anything, list, maybe, record, text } from '../platform/json-decode.ts'

export interface Callers {
  readonly operator: GatewayClient
  readonly sender: GatewayClient
  readonly mailbox: GatewayClient
}

/** What there is to be found. */
export interface Known {
  readonly laneId: string
  readonly deepLaneId: string
  readonly mailboxId: string
  readonly mailboxCode: string
  readonly laneCode: string
  /** Of one of the sender's packages. */
  readonly packageId: string
  readonly deliveryId: string
  readonly documentId: string
  readonly code: string
  /** When the first of all was accepted, and soon after. */
  readonly since: Date
  readonly soonAfter: Date
}

export interface TimedCall {
  readonly name: string
  readonly run: () => Promise<unknown>
}

type Query = Readonly<Record<string, string | number | undefined>>

const page = record({ nextCursor: maybe(text) })
const packages = record({ items: list(record({ packageId: text })), nextCursor: maybe(text) })
const deliveriesPath = '/api/v1/admin/deliveries'
const packagesPath = '/api/v1/packages'
const mailboxPath = '/api/v1/mailbox'

/** The next pages are asked for with a cursor of the first, which is fetched here. */
export async function callsOf(callers: Callers, known: Known): Promise<TimedCall[]> {
  const { operator, sender, mailbox } = callers
  const get = (client: GatewayClient, path: string, query: Query = {}) => client.call('GET', path, anything, { query })
  const timed = (client: GatewayClient, path: string) => (name: string, query?: Query) => ({
    name,
    run: () => get(client, path, query),
  })
  const admin = timed(operator, deliveriesPath)
  const sent = timed(sender, packagesPath)
  const waits = timed(mailbox, mailboxPath)
  const cursors = {
    admin: (await operator.call('GET', deliveriesPath, page)).nextCursor,
    sent: (await sender.call('GET', packagesPath, packages)).nextCursor,
    waits: (await mailbox.call('GET', mailboxPath, mailboxPage)).nextCursor,
  }
  const period = { since: known.since.toISOString(), until: known.soonAfter.toISOString() }
  return [
    waits('mailbox'),
    waits('mailbox, next page', { cursor: cursors.waits }),
    waits('mailbox, organId', { organId: known.mailboxCode }),
    waits('mailbox, type=status (none)', { type: 'status' }),
    waits('mailbox, state=delivered (none)', { state: 'delivered' }),
    sent('packages'),
    sent('packages, next page', { cursor: cursors.sent }),
    sent('packages, state=accepted', { state: 'accepted' }),
    sent('packages, state=completed (none)', { state: 'completed' }),
    sent('packages, code', { code: known.code }),
    sent('packages, documentId', { documentId: known.documentId }),
    sent('packages, to', { to: known.laneCode }),
    sent('packages, since and until', period),
    { name: 'tracking of a package', run: () => get(sender, `${packagesPath}/${known.packageId}`) },
    admin('admin deliveries'),
    admin('admin deliveries, next page', { cursor: cursors.admin }),
    admin('admin deliveries, state=waiting', { state: 'waiting' }),
    admin('admin deliveries, state=available', { state: 'available' }),
    admin('admin deliveries, state=expired (none)', { state: 'expired' }),
    admin('admin deliveries, state=delivered (none)', { state: 'delivered' }),
    admin('admin deliveries, systemId', { systemId: known.laneId }),
    admin('admin deliveries, systemId and state', { systemId: known.deepLaneId, state: 'waiting' }),
    admin('admin deliveries, systemId and state (none)', { systemId: known.mailboxId, state: 'refused' }),
    admin('admin deliveries, organId', { organId: known.laneCode }),
    admin('admin deliveries, priority=4', { priority: 4 }),
    admin('admin deliveries, priority=3 (none)', { priority: 3 }),
    admin('admin deliveries, cause (none)', { cause: 'worker_lost' }),
    admin('admin deliveries, since and until', period),
    admin('admin deliveries, q=number', { q: known.code }),
    admin('admin deliveries, q=document id', { q: known.documentId }),
    admin('admin deliveries, q=delivery id', { q: known.deliveryId }),
    { name: 'admin queues', run: () => get(operator, '/api/v1/admin/queues') },
    { name: 'admin stats', run: () => get(operator, '/api/v1/admin/stats') },
  ]
}
