// Deliveries, lanes and counts as operators see them (contract §5). Read only, exact, from the database.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { AdminDeliveryList } from '../generated/json/admin-delivery-list.ts'
import type { AdminQueues } from '../generated/json/admin-queues.ts'
import type { AdminStats } from '../generated/json/admin-stats.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'

export interface DeliveryQuery {
  readonly state?: string
  readonly systemId?: string
  readonly agencyIds?: readonly string[]
  readonly priority?: number
  /** A held reason or a reason code. */
  readonly cause?: string
  readonly since?: Date
  readonly until?: Date
  /** A delivery or package id, a whole document id, or the beginning of a number with its notation. */
  readonly q?: string
  readonly cursor?: string
  readonly limit: number
}

type Item = AdminDeliveryList['items'][number]

interface Row {
  delivery_id: string
  package_id: string
  type: 'edoc' | 'status'
  kind: Item['kind']
  document_id: string
  code: string | null
  subject: string | null
  from_code: string
  organ_id: string
  agency_code: string | null
  system_id: string | null
  channel: string | null
  state: DeliveryState
  held_reason: string | null
  priority: number
  attempts: number
  next_attempt_at: Date | null
  created_at: Date
  state_since: Date
  reason_code: string | null
  reason_text: string | null
  business_code: string | null
}

export async function adminDeliveries(db: Db, query: DeliveryQuery): Promise<AdminDeliveryList> {
  const { rows } = await sql<Row>`
    select d.delivery_id, d.package_id, d.type, p.kind, p.document_id, p.code, left(p.subject, 2000) as subject, p.from_code, d.organ_id,
      d.agency_code, d.system_id, d.channel, d.state, d.held_reason, d.priority, d.attempts, d.next_attempt_at,
      d.created_at, d.state_since, d.reason_code, d.reason_text, d.business_code
    from deliveries d join packages p using (package_id)
    where ${sql.join(filtersOf(query), sql` and `)}
    order by d.delivery_id desc limit ${query.limit + 1}`.execute(db)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(toItem),
    nextCursor: rows.length > query.limit && last !== undefined ? encodeCursor([last.delivery_id]) : null,
  }
}

function filtersOf(query: DeliveryQuery) {
  const filters = [sql`true`]
  if (query.state !== undefined) filters.push(sql`d.state = ${sql.lit(query.state)}`)
  if (query.systemId !== undefined) filters.push(sql`d.system_id = ${query.systemId}`)
  if (query.agencyIds !== undefined) filters.push(sql`d.recipient_agency_id = any(${query.agencyIds}::uuid[])`)
  if (query.priority !== undefined) filters.push(sql`d.priority = ${query.priority}`)
  if (query.cause !== undefined) filters.push(sql`(d.held_reason = ${query.cause} or d.reason_code = ${query.cause})`)
  if (query.since !== undefined) filters.push(sql`d.created_at >= ${query.since}`)
  if (query.until !== undefined) filters.push(sql`d.created_at < ${query.until}`)
  if (query.cursor !== undefined) filters.push(sql`d.delivery_id < ${decodeCursor(query.cursor, 1)[0]}::uuid`)
  if (query.q !== undefined && query.q.trim() !== '') filters.push(searchFilter(query.q.normalize('NFC').trim()))
  return filters
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function searchFilter(q: string) {
  if (uuidPattern.test(q)) return sql`(d.delivery_id = ${q}::uuid or d.package_id = ${q}::uuid)`
  return sql`d.package_id in (
    select package_id from packages where code like ${`${q.replace(/[\\%_]/g, '\\$&')}%`}
    union all select package_id from packages where from_agency_id in (select agency_id from agencies) and document_key = ${q})`
}

function toItem(row: Row): Item {
  return {
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    type: row.type,
    kind: row.kind,
    documentId: row.document_id,
    code: row.code,
    subject: row.subject,
    from: row.from_code,
    organId: row.organ_id,
    agencyCode: row.agency_code,
    systemId: row.system_id,
    channel: row.channel,
    state: row.state,
    heldReason: row.held_reason,
    priority: row.priority,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at === null ? null : vietnamTime(row.next_attempt_at),
    createdAt: vietnamTime(row.created_at),
    stateSince: vietnamTime(row.state_since),
    reason: row.reason_code === null ? null : { code: row.reason_code, text: row.reason_text },
    businessStatus: row.business_code,
  }
}

interface QueueRow {
  system_id: string
  name: string
  channel: string
  depth: number
  oldest_seconds: number | null
  in_flight: number
  rate_per_minute: number
  faults_in_row: number
  open_until: Date | null
  is_open: boolean
  paused_reason: string | null
  last_success_at: Date | null
  last_fault_at: Date | null
  last_fault: string | null
}

/** Each system's lane: what waits, how long, and whether its endpoint answers. */
export async function adminQueues(db: Db): Promise<AdminQueues> {
  const { rows } = await sql<QueueRow>`
    select s.system_id, s.name, s.channel, w.depth, w.oldest_seconds, w.in_flight, r.rate_per_minute,
      l.faults_in_row, l.open_until, coalesce(l.open_until > now(), false) as is_open, l.paused_reason,
      l.last_success_at, l.last_fault_at, l.last_fault
    from systems s join lanes l using (system_id)
    cross join lateral (
      select count(*)::int as depth, extract(epoch from now() - min(coalesce(d.available_at, d.created_at)))::float8 as oldest_seconds,
        count(*) filter (where d.state = 'in_flight')::int as in_flight
      from deliveries d where d.system_id = s.system_id and d.state in ('waiting', 'in_flight', 'available')
    ) w
    cross join lateral (
      select count(*)::float8 / 5 as rate_per_minute from deliveries d
      where d.system_id = s.system_id and d.state = 'delivered' and d.delivered_at > now() - interval '5 minutes'
        and d.delivery_id > ${uuidAgo('30 minutes')}
    ) r
    order by w.oldest_seconds desc nulls last, s.system_id`.execute(db)
  return { queues: rows.map(toQueue) }
}

/** The smallest UUIDv7 of a moment ago: ids carry their time, so they bound a scan by age. */
function uuidAgo(age: string) {
  return sql`(lpad(to_hex((extract(epoch from now() - ${age}::interval) * 1000)::bigint), 12, '0') || '-7000-8000-000000000000')::uuid`
}

function toQueue(row: QueueRow): AdminQueues['queues'][number] {
  return {
    systemId: row.system_id,
    name: row.name,
    channel: row.channel,
    depth: row.depth,
    oldestAgeSeconds: row.oldest_seconds,
    inFlight: row.in_flight,
    ratePerMinute: row.rate_per_minute,
    breaker: row.faults_in_row < 3 ? 'closed' : row.is_open ? 'open' : 'half_open',
    pausedReason: row.paused_reason,
    lastSuccessAt: row.last_success_at === null ? null : vietnamTime(row.last_success_at),
    lastFaultAt: row.last_fault_at === null ? null : vietnamTime(row.last_fault_at),
    lastFault: row.last_fault,
  }
}

export async function adminStats(db: Db): Promise<AdminStats> {
  const { rows } = await sql<{
    packages: number
    statuses: number
    by_state: Record<string, number>
    oldest: number | null
    refusals: number
  }>`
    select
      (select count(*)::int from packages where type = 'edoc') as packages,
      (select count(*)::int from packages where type = 'status') as statuses,
      (select coalesce(json_object_agg(state, n), '{}') from (select state, count(*) n from deliveries group by state) s) as by_state,
      (select extract(epoch from now() - min(coalesce(available_at, created_at)))::float8 from deliveries
        where state in ('waiting', 'in_flight', 'available')) as oldest,
      (select count(*)::int from refusals where at > now() - interval '24 hours') as refusals`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('no row of counts')
  return {
    packages: row.packages,
    statuses: row.statuses,
    deliveries: { byState: { ...noDeliveries, ...row.by_state } },
    oldestWaitingSeconds: row.oldest,
    refusals24h: row.refusals,
  }
}

const noDeliveries: Record<DeliveryState, number> = {
  held: 0,
  waiting: 0,
  in_flight: 0,
  available: 0,
  delivered: 0,
  refused: 0,
  exhausted: 0,
  expired: 0,
  recalled: 0,
}
