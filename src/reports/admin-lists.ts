// Deliveries, lanes and counts as operators see them (contract §5). Read only, exact, from the database.
import { type RawBuilder, sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { AdminDeliveryList } from '../generated/json/admin-delivery-list.ts'
import type { AdminQueues } from '../generated/json/admin-queues.ts'
import type { AdminStats } from '../generated/json/admin-stats.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'
import { type DeliveryCriteria, meetsCriteria } from '../platform/delivery-filter.ts'

export interface DeliveryQuery extends DeliveryCriteria {
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
    where ${meetsCriteria(query)} and ${beyond(query.cursor)}
    order by d.delivery_id desc limit ${query.limit + 1}`.execute(db)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(toItem),
    nextCursor: rows.length > query.limit && last !== undefined ? encodeCursor([last.delivery_id]) : null,
  }
}

function beyond(cursor: string | undefined) {
  return cursor === undefined ? sql`true` : sql`d.delivery_id < ${decodeCursor(cursor, 1)[0]}::uuid`
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
  is_broken: boolean
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
    select s.system_id, s.name, s.channel, coalesce(t.depth, 0) as depth, w.oldest_seconds,
      coalesce(t.in_flight, 0) as in_flight, r.rate_per_minute,
      l.faults_in_row, l.is_broken, l.open_until, coalesce(l.open_until > now(), false) as is_open, l.paused_reason,
      l.last_success_at, l.last_fault_at, l.last_fault
    from systems s join lanes l using (system_id)
    left join (
      select system_id, sum(n) filter (where state in ('waiting', 'in_flight', 'available'))::int as depth,
        sum(n) filter (where state = 'in_flight')::int as in_flight
      from delivery_tallies group by system_id
    ) t using (system_id)
    cross join lateral (
      select extract(epoch from now() - min(least(o.since, now())))::float8 as oldest_seconds
      from unnest(array['edoc', 'status', 'report']) as kinds(type) cross join lateral ${oldestOpen(sql`s.system_id`)} o
    ) w
    cross join lateral (
      select count(*)::float8 / 5 as rate_per_minute from deliveries d
      where d.system_id = s.system_id and d.state = 'delivered' and d.delivered_at > now() - interval '5 minutes'
        and d.delivery_id > uuid_at(now() - interval '30 minutes')
    ) r
    order by w.oldest_seconds desc nulls last, s.system_id`.execute(db)
  return { queues: rows.map(toQueue) }
}

/** Since when the oldest delivery of a lane and a type waits: one entry of an index. */
function oldestOpen(systemId: RawBuilder<unknown>) {
  return sql`(
    select coalesce(d.available_at, d.created_at) as since from deliveries d
    where d.system_id = ${systemId} and d.type = kinds.type and d.state in ('waiting', 'in_flight', 'available')
    order by coalesce(d.available_at, d.created_at) limit 1)`
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
    breaker: !row.is_broken ? 'closed' : row.is_open ? 'open' : 'half_open',
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
      (select coalesce(sum(n), 0)::int from package_tallies where type = 'edoc') as packages,
      (select coalesce(sum(n), 0)::int from package_tallies where type = 'status') as statuses,
      (select coalesce(json_object_agg(state, n), '{}') from (
        -- The axis' own reports are no traffic.
        select state, sum(n)::bigint as n from delivery_tallies where type <> 'report' group by state) s) as by_state,
      (select extract(epoch from now() - min(least(o.since, now())))::float8
        from lanes l cross join unnest(array['edoc', 'status']) as kinds(type)
        cross join lateral ${oldestOpen(sql`l.system_id`)} o) as oldest,
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
