// The two clocks of deliveries as rows (design §3): late, nearly over, over. What is due is acted on once; where clocks
// stand still nothing is, and afterwards they go on with the working time they had left.
import { sql } from 'kysely'
import type { WorkingCalendar } from '../domain/calendar.ts'
import { clocksOf, type DeliveryClocks, type DeliveryPolicy, movedOn } from '../domain/delivery-policy.ts'
import type { Clock } from '../domain/ports.ts'
import type { Database, Db } from '../platform/database.ts'
import { notesForSenders } from './notes-for-senders.ts'
import { clockColumns, type StartClocks } from './open-deliveries.ts'

export interface ClockOptions {
  readonly clock: Clock
  readonly calendar: () => WorkingCalendar
  /** The policy in force for a system, or for what has none. */
  readonly policyOf: (systemId: string | undefined) => DeliveryPolicy
}

const batch = 1_000

/** Deliveries of one second share their clocks: a package has many recipients, and a busy second many packages. */
export function createStartClocks({ clock, calendar, policyOf }: ClockOptions): StartClocks {
  let second = 0
  let of: WorkingCalendar | undefined
  let known = new WeakMap<DeliveryPolicy, Map<string, ReturnType<typeof clocksOf>>>()
  return ({ type, priority, systemId, isInMailbox }) => {
    const thisSecond = Math.ceil(clock.now().getTime() / 1_000)
    const inForce = calendar()
    if (thisSecond !== second || inForce !== of) {
      second = thisSecond
      of = inForce
      known = new WeakMap()
    }
    const policy = policyOf(systemId)
    const byKind = known.get(policy) ?? new Map<string, ReturnType<typeof clocksOf>>()
    known.set(policy, byKind)
    const key = `${type} ${priority} ${isInMailbox}`
    const clocks =
      byKind.get(key) ?? clocksOf({ type, priority, isInMailbox }, new Date(second * 1_000), policy, inForce)
    byKind.set(key, clocks)
    return clocks
  }
}

/** What the clocks say is due: noted for the sender, and what is past its life ends as `expired`. Answers how many. */
export async function runClocks(db: Db): Promise<{ readonly noted: number; readonly expired: number }> {
  await parkStopped(db)
  const { rows } = await sql<{ noted: number; expired: number }>`
    with due as (
      select delivery_id, package_id, type, system_id, state as was, held_reason, reason_code, reason_text, priority,
        coalesce(give_up_at <= clock_timestamp(), false) and state in ('waiting', 'held') as is_over,
        coalesce(warn_at <= clock_timestamp() and (clock_at <= warn_at or clock_at is null), false) as is_nearly_over,
        coalesce(report_at <= clock_timestamp() and (clock_at <= report_at or clock_at is null), false) as is_late
      from deliveries
      where state in ('held', 'waiting', 'in_flight', 'available') and coalesce(clock_at, give_up_at) <= clock_timestamp()
        and ${clocksRun(sql`deliveries`)}
      order by coalesce(clock_at, give_up_at) limit ${batch} for update skip locked
    ), wound as (
      update deliveries d set
        state = case when due.is_over then 'expired' else d.state end,
        state_since = case when due.is_over then now() else d.state_since end,
        held_reason = case when due.is_over then null else d.held_reason end,
        next_attempt_at = case when due.is_over then null else d.next_attempt_at end,
        reason_code = case when due.is_over then coalesce(d.held_reason, d.reason_code, 'not_taken_in_time') else d.reason_code end,
        -- What is in flight when its life ends is looked at again when the attempt is over.
        clock_at = case when due.is_over then null else coalesce(
          (select min(t) from unnest(array[d.report_at, d.warn_at, d.give_up_at]) t where t > clock_timestamp()),
          case when d.state = 'in_flight' then clock_timestamp() + interval '30 seconds' else 'infinity' end) end
      from due where d.delivery_id = due.delivery_id
      returning d.delivery_id, d.state, d.reason_code
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.' || case when is_over then 'expired' when is_nearly_over then 'about_to_expire' else 'delayed' end,
        due.package_id, due.delivery_id, due.system_id, jsonb_strip_nulls(jsonb_build_object('reason', wound.reason_code))
      from due join wound using (delivery_id) where is_over or is_nearly_over or is_late
    ), noted as (
      ${notesForSenders(sql`
        select type, delivery_id, package_id, coalesce(held_reason, reason_code) as reason, reason_text as detail,
          case when is_over then 'undelivered' when is_nearly_over then 'about_to_expire' else 'delayed' end as what,
          case when is_over then 'expired:' when is_nearly_over then 'about_to_expire:' else 'delayed:' end
            || coalesce(system_id, held_reason) as incident
        from due where is_over or is_nearly_over or is_late`)}
      returning 1
    )
    select (select count(*)::int from noted) as noted, (select count(*)::int from due where is_over) as expired`.execute(
    db,
  )
  return rows[0] ?? { noted: 0, expired: 0 }
}

/** Not while an operator holds the document, nor while the clocks of its system, or of all, stand still. */
function clocksRun(d: ReturnType<typeof sql>) {
  return sql`${d}.held_reason is distinct from 'by_operator' and not exists (
    select from clock_stops s where s.moved_at is null and (s.system_id is null or s.system_id = ${d}.system_id))`
}

/** Due ones that stand still are put aside, so that no sweep walks over them again. */
async function parkStopped(db: Db): Promise<void> {
  await sql`
    with still as (
      select delivery_id from deliveries
      where state in ('held', 'waiting', 'in_flight', 'available') and coalesce(clock_at, give_up_at) <= clock_timestamp()
        and not (${clocksRun(sql`deliveries`)})
      limit 20000 for update skip locked
    )
    update deliveries d set clock_at = 'infinity' from still where d.delivery_id = still.delivery_id`.execute(db)
}

/** The clocks of a system's deliveries, or of all, stand still from now on. */
export async function stopClocks(db: Db, stopId: string, systemId: string | undefined, why: string): Promise<void> {
  await sql`
    insert into clock_stops (stop_id, system_id, why, started_at)
    values (${stopId}, ${systemId ?? null}, ${why}, clock_timestamp()) on conflict do nothing`.execute(db)
}

/** They go on; the sweeper moves each delivery on by the time it stood still. */
export async function letClocksRun(db: Db, systemId: string | undefined): Promise<void> {
  await sql`
    update clock_stops set ended_at = clock_timestamp()
    where ended_at is null and system_id is not distinct from ${systemId ?? null}::text`.execute(db)
}

/** Moves deliveries on whose clocks stood still, a batch at a time. Answers how many; 0 when nothing is left. */
export async function moveStoppedClocks(db: Db, { calendar }: Pick<ClockOptions, 'calendar'>): Promise<number> {
  const stop = await db
    .selectFrom('clock_stops')
    .selectAll()
    .where('ended_at', 'is not', null)
    .where('moved_at', 'is', null)
    .orderBy('started_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (stop === undefined || stop.ended_at === null) return 0
  const { stop_id, system_id, started_at, ended_at, moved_to } = stop
  const { rows } = await sql<ClockRow>`
    select delivery_id, created_at, report_at, warn_at, give_up_at from deliveries
    where delivery_id > ${moved_to} and created_at < ${ended_at}
      and state in ('held', 'waiting', 'in_flight', 'available')
      and ${system_id === null ? sql`true` : sql`system_id = ${system_id}`}
    order by delivery_id limit ${batch} for update`.execute(db)
  await writeMoved(db, rows, (row) => (row.created_at > started_at ? row.created_at : started_at), ended_at, calendar())
  const last = rows.at(-1)
  const done = rows.length < batch ? { moved_at: sql<Date>`now()` } : {}
  await db
    .updateTable('clock_stops')
    .set({ ...done, moved_to: last?.delivery_id ?? moved_to })
    .where('stop_id', '=', stop_id)
    .execute()
  return rows.length === 0 ? 1 : rows.length
}

export async function moveAllStoppedClocks(db: Database, options: Pick<ClockOptions, 'calendar'>): Promise<void> {
  while ((await db.transaction().execute((trx) => moveStoppedClocks(trx, options))) > 0);
}

/** For a few deliveries that an operator held and lets go. */
export async function moveClocks(
  db: Db,
  deliveryIds: readonly string[],
  stoppedAt: Date,
  { calendar, clock }: Pick<ClockOptions, 'calendar' | 'clock'>,
): Promise<void> {
  if (deliveryIds.length === 0) return
  const { rows } = await sql<ClockRow>`
    select delivery_id, created_at, report_at, warn_at, give_up_at from deliveries
    where delivery_id = any(${[...deliveryIds].sort()}::uuid[]) order by delivery_id for update`.execute(db)
  await writeMoved(
    db,
    rows,
    (row) => (row.created_at > stoppedAt ? row.created_at : stoppedAt),
    clock.now(),
    calendar(),
  )
}

/** Both clocks from the beginning, for what an operator opens again. */
export async function restartClocks(db: Db, deliveryIds: readonly string[], startClocks: StartClocks): Promise<void> {
  const rows = await openRows(db, deliveryIds)
  await writeClocks(
    db,
    rows.map((row) => {
      const clocks = startClocks(clocked(row))
      return { delivery_id: row.delivery_id, ...clockColumns(clocks), clock_at: nextOf(clocks) }
    }),
  )
}

/** What goes another way keeps its clocks: but in a mailbox nothing is given up, and outside of one everything is. */
export async function fitClocks(db: Db, deliveryIds: readonly string[], startClocks: StartClocks): Promise<void> {
  const rows = await openRows(db, deliveryIds)
  const fitted = rows.map((row) => {
    const fresh = startClocks(clocked(row))
    const clocks = { ...fresh, ...(row.report_at === null ? {} : { reportAt: row.report_at }) }
    const { reportAt, ...life } = { ...clocks, ...(fresh.giveUpAt === undefined ? {} : lifeOf(row)) }
    const isTold = row.report_at !== null && row.report_at <= row.now
    const pending = isTold ? life : { ...life, ...(reportAt === undefined ? {} : { reportAt }) }
    return {
      delivery_id: row.delivery_id,
      ...clockColumns({ ...life, ...(reportAt === undefined ? {} : { reportAt }) }),
      clock_at: nextOf(pending),
    }
  })
  await writeClocks(db, fitted)
}

function lifeOf({ warn_at, give_up_at }: OpenRow): DeliveryClocks {
  return give_up_at === null ? {} : { giveUpAt: give_up_at, ...(warn_at === null ? {} : { warnAt: warn_at }) }
}

/** When somebody has to look at it next; `infinity` where no clock runs. */
function nextOf(clocks: DeliveryClocks): Date | 'infinity' {
  const times = [clocks.reportAt, clocks.warnAt, clocks.giveUpAt].filter((at) => at !== undefined)
  return times.length === 0 ? 'infinity' : new Date(Math.min(...times.map(Number)))
}

async function openRows(db: Db, deliveryIds: readonly string[]): Promise<OpenRow[]> {
  if (deliveryIds.length === 0) return []
  const { rows } = await sql<OpenRow>`
    select delivery_id, type, priority, system_id, state, report_at, warn_at, give_up_at,
      clock_timestamp() as now from deliveries
    where delivery_id = any(${[...deliveryIds].sort()}::uuid[]) order by delivery_id for update`.execute(db)
  return rows
}

function clocked(row: OpenRow) {
  const { type, priority, system_id } = row
  return {
    type,
    priority,
    isInMailbox: row.state === 'available',
    ...(system_id === null ? {} : { systemId: system_id }),
  }
}

interface ClockRow {
  delivery_id: string
  created_at: Date
  report_at: Date | null
  warn_at: Date | null
  give_up_at: Date | null
}

interface OpenRow {
  delivery_id: string
  type: 'edoc' | 'status' | 'report'
  priority: 0 | 1 | 2 | 3 | 4
  system_id: string | null
  state: string
  report_at: Date | null
  warn_at: Date | null
  give_up_at: Date | null
  now: Date
}

async function writeMoved(
  db: Db,
  rows: readonly ClockRow[],
  stoppedAt: (row: ClockRow) => Date,
  now: Date,
  calendar: WorkingCalendar,
): Promise<void> {
  const moved = rows.map((row) => {
    const { report_at, warn_at, give_up_at } = row
    const clocks = {
      ...(report_at === null ? {} : { reportAt: report_at }),
      ...(warn_at === null ? {} : { warnAt: warn_at }),
      ...(give_up_at === null ? {} : { giveUpAt: give_up_at }),
    }
    const stopped = stoppedAt(row)
    const moved = movedOn(clocks, stopped, now, calendar)
    // What was due before they stopped has been acted on.
    const pending = Object.entries(clocks)
      .filter(([, at]) => at > stopped)
      .map(([name]) => name)
    const next = nextOf(Object.fromEntries(Object.entries(moved).filter(([name]) => pending.includes(name))))
    return { delivery_id: row.delivery_id, ...clockColumns(moved), clock_at: next }
  })
  await writeClocks(db, moved)
}

async function writeClocks(db: Db, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    update deliveries d set report_at = r.report_at, warn_at = r.warn_at, give_up_at = r.give_up_at,
      clock_at = r.clock_at
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as r(delivery_id uuid, report_at timestamptz, warn_at timestamptz, give_up_at timestamptz, clock_at timestamptz)
    where d.delivery_id = r.delivery_id`.execute(db)
}
