// The change feed as rows: what happened to a caller's documents, oldest first. Events are written by many transactions
// that commit in any order, so a place in the feed is a transaction and not a moment: pages end before the oldest
// transaction still running (event_horizon), and whatever is committed later lies behind them (migrations/0014).
import { sql } from 'kysely'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'

/** Where a reader is: behind this event; and no partition is looked into that ends before `fromUs`. */
export interface FeedPlace {
  readonly position: number
  readonly atUs: string
  readonly eventId: string
  readonly fromUs: string
}

export interface FeedRow {
  readonly event_id: string
  readonly at: Date
  readonly type: string
  readonly package_id: string
  readonly delivery_id: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly is_sender: boolean
  readonly document_id: string
  readonly organ_id: string | null
}

export interface FeedPage {
  readonly rows: readonly FeedRow[]
  readonly next: FeedPlace
  readonly hasMore: boolean
}

const nobody = '00000000-0000-0000-0000-000000000000'
/**
 * An event's moment may be older than its transaction's place: clocks of processes differ, and transactions take time. No
 * transaction of ours lasts, and no clock is wrong, by so much.
 */
const disorderUs = 86_400_000_000
/** A credential for some agencies of a large system looks through the others' events; so many at a time. */
const scannedAtOnce = 1_000

/** The place before everything that is kept, or before a moment. */
export function placeSince(since: Date | undefined): FeedPlace {
  return { position: 0, atUs: '0', eventId: nobody, fromUs: String((since?.getTime() ?? 0) * 1_000) }
}

export function encodePlace({ position, atUs, eventId, fromUs }: FeedPlace): string {
  return encodeCursor([position, atUs, eventId, fromUs])
}

export function decodePlace(cursor: string): FeedPlace {
  const [position, atUs, eventId, fromUs] = decodeCursor(cursor, 4)
  const isPlace =
    Number.isSafeInteger(position) && digits.test(`${atUs}`) && digits.test(`${fromUs}`) && uuid.test(`${eventId}`)
  if (!isPlace) throw new GatewayError('invalid', 'bad_cursor')
  return { position: Number(position), atUs: `${atUs}`, eventId: `${eventId}`, fromUs: `${fromUs}` }
}

const digits = /^\d{1,18}$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Refuses a place from which something is missing: older than what is kept, or of a database that went on differently
 * (a cluster that was set back to an earlier state).
 */
export async function refuseGone(db: Db, place: FeedPlace, isAsked: boolean): Promise<void> {
  const { rows } = await sql<{ kept_since: Date | null; is_ahead: boolean }>`
    select greatest(nullif(f.begins_at, '-infinity'), (
        select (max(m.month) + interval '1 month') at time zone 'UTC' from history_months m where m.parent = 'events')) as kept_since,
      event_position(pg_snapshot_xmax(pg_current_snapshot())) < ${place.position}::bigint as is_ahead
    from event_feed f`.execute(db)
  const [feed] = rows
  if (feed === undefined) throw new Error('the feed has no row')
  const from = new Date(Number(place.fromUs) / 1_000)
  // Who names no moment gets what there is.
  const isTooOld = isAsked && feed.kept_since !== null && from < feed.kept_since
  if (!feed.is_ahead && !isTooOld) return
  const since = feed.kept_since !== null && feed.kept_since > from ? feed.kept_since : from
  const keptSince = vietnamTime(since)
  throw new GatewayError('gone', 'events_gone', { params: { keptSince }, extra: { keptSince } })
}

interface Row extends FeedRow {
  readonly horizon: number
  readonly moment_us: string
  readonly position: number
  readonly at_us: string
  readonly is_seen: boolean
}

/** As sender all events of its agencies' packages; as receiver those of deliveries that lay with its system. */
export async function feedPage(db: Db, caller: Caller, place: FeedPlace, limit: number): Promise<FeedPage> {
  const scanned = caller.receivesFor === undefined ? limit : scannedAtOnce
  const { rows } = await sql<Row | { [member in keyof Row]: null }>`
    with place as materialized (
      select event_horizon() as horizon, (extract(epoch from now()) * 1000000)::bigint::text as moment_us
    ), candidates as (
      select distinct on (position, at, event_id) * from (
        (select e.*, true as is_sender from unnest(${[...caller.agencyIds]}::uuid[]) agency cross join lateral (
          ${eventsBehind(place, sql`e.sender_agency_id = agency`, scanned)}) e
        order by e.position, e.at, e.event_id limit ${scanned + 1})
        union all
        (select e.*, false as is_sender from (
          ${eventsBehind(place, sql`e.receiver_system_id = ${caller.systemId}`, scanned)}) e)
      ) both_sides
      -- What goes to another agency of the same system is told once, as its sender is told it.
      order by position, at, event_id, is_sender desc limit ${scanned + 1}
    )
    select place.horizon, place.moment_us, c.event_id, c.at, c.type, c.package_id, c.delivery_id, c.data, c.is_sender,
      c.position, (extract(epoch from c.at) * 1000000)::bigint::text as at_us, p.document_id, d.organ_id,
      (c.is_sender or (d.delivery_id is not null and ${seenByReceiver(caller)})) as is_seen
    from place left join (candidates c join packages p using (package_id)) on true
    left join all_deliveries d on d.delivery_id = c.delivery_id
    order by c.position, c.at, c.event_id`.execute(db)
  return pageOf(rows, { place, scanned, limit })
}

function eventsBehind({ position, atUs, eventId, fromUs }: FeedPlace, whose: ReturnType<typeof sql>, scanned: number) {
  const isStart = position === 0
  return sql`
    select e.event_id, e.at, e.type, e.package_id, e.delivery_id, e.data, e.position from events e
    where ${whose} and e.position < (select horizon from place)
      and (e.position, e.at, e.event_id) > (${position}::bigint, ${moment(atUs)}, ${eventId}::uuid)
      and e.at >= ${moment(String(Math.max(0, Number(fromUs) - (isStart ? 0 : disorderUs))))}
    order by e.position, e.at, e.event_id limit ${scanned + 1}`
}

function moment(us: string) {
  return sql`(timestamptz 'epoch' + ${us}::bigint * interval '1 microsecond')`
}

/** His agency's, and not one that is not there yet for him. */
function seenByReceiver({ receivesFor }: Caller) {
  const isHis = receivesFor === undefined ? sql`true` : sql`d.recipient_agency_id = any(${[...receivesFor]}::uuid[])`
  return sql`${isHis}
    and not (d.waits and d.state <> 'recalled' and d.taken_at is null and delivery_is_blocked(d.delivery_id))`
}

function pageOf(
  found: readonly (Row | { [member in keyof Row]: null })[],
  { place, scanned, limit }: { readonly place: FeedPlace; readonly scanned: number; readonly limit: number },
): FeedPage {
  const all = found.filter((row): row is Row => row.event_id !== null)
  const looked = all.slice(0, scanned)
  const seen = looked.filter((row) => row.is_seen)
  const rows = seen.slice(0, limit)
  // What was looked through and not to be seen need not be looked through again.
  const last = seen.length > limit ? rows.at(-1) : looked.at(-1)
  if ((seen.length > limit || all.length > scanned) && last !== undefined) {
    const next = { position: last.position, atUs: last.at_us, eventId: last.event_id, fromUs: last.at_us }
    return { rows, next, hasMore: true }
  }
  const { horizon, moment_us: fromUs } = found[0] ?? {}
  if (horizon == null || fromUs == null) throw new Error('the feed has no horizon')
  // Another database's transaction was known for one a moment ago, and is not now: what was told stays told.
  if (horizon <= place.position) return { rows, next: place, hasMore: false }
  return { rows, next: { position: horizon, atUs: '0', eventId: nobody, fromUs }, hasMore: false }
}
