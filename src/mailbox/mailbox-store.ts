// What waits for a system, as rows. Read only: every move of a delivery is a named transition of delivery/.
import { sql } from 'kysely'
import type { DeliveryState, DeliveryType } from '../domain/delivery.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { MailboxItem } from '../generated/json/mailbox-item.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'

export interface MailboxQuery {
  readonly state: 'available' | 'delivered'
  readonly type?: DeliveryType
  /** Agencies to look at, already resolved from a code. */
  readonly agencyIds?: readonly string[]
  readonly since?: Date
  readonly limit: number
  readonly cursor?: string
}

export interface MailboxPage {
  readonly items: MailboxItem[]
  readonly nextCursor: string | null
}

interface ItemRow {
  delivery_id: string
  package_id: string
  type: DeliveryType
  kind: MailboxItem['kind']
  from_code: string
  organ_id: string
  agency_code: string | null
  document_id: string
  code: string | null
  subject: string | null
  priority: number
  sha256: Buffer
  size: number
  available_at: Date | null
  available_us: string | null
  fetched_at: Date | null
  leased_until: Date | null
}

const itemColumns = sql`d.delivery_id, d.package_id, d.type, p.kind, p.from_code, d.organ_id, d.agency_code, p.document_id,
  p.code, left(p.subject, 2000) as subject, d.priority, p.sha256, p.size, d.available_at,
  (extract(epoch from d.available_at) * 1000000)::bigint::text as available_us, d.fetched_at,
  case when d.state = 'available' and d.mailbox_lease_until > now() then d.mailbox_lease_until end as leased_until`

/** Urgent first, then never fetched, then oldest; confirmed ones newest first. */
export async function mailboxPage(db: Db, caller: Caller, query: MailboxQuery): Promise<MailboxPage> {
  const filters = [
    sql`d.system_id = ${caller.systemId}`,
    sql`d.state = ${sql.lit(query.state)}`,
    ...offeredTo(caller),
    ...(query.type === undefined ? [] : [sql`d.type = ${query.type}`]),
    ...(query.agencyIds === undefined ? [] : [sql`d.recipient_agency_id = any(${query.agencyIds}::uuid[])`]),
    ...(query.since === undefined ? [] : [sql`coalesce(d.available_at, d.created_at) >= ${query.since}`]),
  ]
  return query.state === 'available'
    ? waitingPage(db, [...filters, isOffered], query)
    : confirmedPage(db, filters, query)
}

type Filter = ReturnType<typeof sql>

/** What was turned away for now is not there until its time has come, nor while re-offers to the system are paused. */
const isOffered = sql`d.available_at <= now() and not exists (
  select from lanes l where l.system_id = d.system_id
    and ((d.turned_away > 0 and l.reoffers_paused_at is not null) or l.paused_reason in ('by_operator', 'draining')))`

async function waitingPage(db: Db, filters: Filter[], query: MailboxQuery): Promise<MailboxPage> {
  if (query.cursor !== undefined) {
    const [urgency, fetched, availableUs, deliveryId] = decodeCursor(query.cursor, 4)
    filters.push(sql`(-d.priority, d.fetched_at is not null, d.available_at, d.delivery_id) >
      (${urgency}::smallint, ${fetched}::boolean, timestamptz 'epoch' + ${availableUs}::bigint * interval '1 microsecond', ${deliveryId}::uuid)`)
  }
  const { rows } = await sql<ItemRow>`
    select ${itemColumns} from deliveries d join packages p using (package_id)
    where ${sql.join(filters, sql` and `)}
    order by -d.priority, d.fetched_at is not null, d.available_at, d.delivery_id
    limit ${query.limit + 1}`.execute(db)
  return pageOf(rows, query.limit, (row) => [-row.priority, row.fetched_at !== null, row.available_us, row.delivery_id])
}

/** What somebody has just claimed, in the order of the list. What was taken back meanwhile is not among it. */
export async function mailboxItems(db: Db, deliveryIds: readonly string[]): Promise<MailboxItem[]> {
  const { rows } = await sql<ItemRow>`
    select ${itemColumns} from deliveries d join packages p using (package_id)
    where d.delivery_id = any(${deliveryIds}::uuid[]) and d.state = 'available'
    order by -d.priority, d.fetched_at is not null, d.available_at, d.delivery_id`.execute(db)
  return rows.map(toItem)
}

async function confirmedPage(db: Db, filters: Filter[], query: MailboxQuery): Promise<MailboxPage> {
  if (query.cursor !== undefined) {
    const [deliveryId] = decodeCursor(query.cursor, 1)
    filters.push(sql`d.delivery_id < ${deliveryId}::uuid`)
  }
  const { rows } = await sql<ItemRow>`
    select ${itemColumns} from deliveries d join packages p using (package_id)
    where ${sql.join(filters, sql` and `)}
    order by d.delivery_id desc
    limit ${query.limit + 1}`.execute(db)
  return pageOf(rows, query.limit, (row) => [row.delivery_id])
}

function pageOf(
  rows: ItemRow[],
  limit: number,
  keyOf: (row: ItemRow) => Parameters<typeof encodeCursor>[0],
): MailboxPage {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const isMore = rows.length > limit && last !== undefined
  return { items: page.map(toItem), nextCursor: isMore ? encodeCursor(keyOf(last)) : null }
}

function toItem(row: ItemRow): MailboxItem {
  return {
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    type: row.type,
    kind: row.kind,
    from: row.from_code,
    to: row.organ_id,
    recipient: { organId: row.organ_id, agencyCode: row.agency_code },
    documentId: row.document_id,
    code: row.code,
    subject: row.subject,
    priority: row.priority,
    sha256: row.sha256.toString('hex'),
    size: row.size,
    availableAt: row.available_at === null ? null : vietnamTime(row.available_at),
    fetchedAt: row.fetched_at === null ? null : vietnamTime(row.fetched_at),
    leaseUntil: row.leased_until === null ? null : vietnamTime(row.leased_until),
  }
}

/** What waits for another delivery is not there yet for its recipient; what he has fetched stays with him. */
function offeredTo(caller: Caller): Filter[] {
  const isThere = sql`not (d.waits and d.state = 'available' and d.taken_at is null and delivery_is_blocked(d.delivery_id))`
  return [...visibleTo(caller), isThere]
}

/** A credential limited to part of the agencies sees their deliveries only. */
function visibleTo(caller: Caller): Filter[] {
  return caller.receivesFor === undefined ? [] : [sql`d.recipient_agency_id = any(${[...caller.receivesFor]}::uuid[])`]
}

export interface OwnDelivery {
  readonly item: MailboxItem
  readonly state: DeliveryState
  /** A thread of the system holds it. */
  readonly lease: { readonly until: Date } | undefined
  readonly document: unknown
  readonly findings: unknown
  /** When retention removed the bytes. */
  readonly contentRemovedAt: Date | null
}

interface OwnRow extends ItemRow {
  state: DeliveryState
  document: unknown
  findings: unknown
  content_removed_at: Date | null
}

/** One of the caller's own deliveries; undefined for anybody else's, as if it did not exist. */
export async function ownDelivery(db: Db, caller: Caller, deliveryId: string): Promise<OwnDelivery | undefined> {
  const { rows } = await sql<OwnRow>`
    select ${itemColumns}, d.state, p.document, p.findings, p.content_removed_at from deliveries d join packages p using (package_id)
    where ${sql.join([sql`d.delivery_id = ${deliveryId}::uuid`, sql`d.system_id = ${caller.systemId}`, ...offeredTo(caller)], sql` and `)}`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) return undefined
  const lease = row.leased_until === null ? undefined : { until: row.leased_until }
  return {
    item: toItem(row),
    state: row.state,
    lease,
    document: row.document,
    findings: row.findings,
    contentRemovedAt: row.content_removed_at,
  }
}

/** Which of the deliveries are the caller's own. */
export async function ownDeliveryIds(db: Db, caller: Caller, deliveryIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ delivery_id: string }>`
    select d.delivery_id from deliveries d
    where ${sql.join([sql`d.delivery_id = any(${deliveryIds}::uuid[])`, sql`d.system_id = ${caller.systemId}`, ...offeredTo(caller)], sql` and `)}`.execute(
    db,
  )
  return new Set(rows.map((row) => row.delivery_id))
}

/** An operator paused the system: nothing leaves for it, whichever way it would go. */
export async function isPaused(db: Db, systemId: string): Promise<boolean> {
  const { rows } = await sql`
    select from lanes where system_id = ${systemId} and paused_reason in ('by_operator', 'draining')`.execute(db)
  return rows.length > 0
}
