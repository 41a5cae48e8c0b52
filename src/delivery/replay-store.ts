// Replays as rows: which deliveries one means, how far it has come, and what it passed over.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import { type NotReopened, type ReopeningMove, reopeningMove } from '../domain/reopening.ts'
import type { DeliveryFilter } from '../generated/json/delivery-filter.ts'
import type { Db, Trx } from '../platform/database.ts'
import { type DeliveryCriteria, meetsCriteria } from '../platform/delivery-filter.ts'
import { type Reopening, reopenableColumns } from './reopen-deliveries.ts'

export interface Replay {
  readonly replayId: string
  readonly name: string
  readonly reason: string
  readonly filter: DeliveryFilter
  readonly state: 'running' | 'done' | 'aborted'
  readonly matched: number
  readonly opened: number
  readonly madeDue: number
  readonly skipped: number
  readonly orderedBy: string
  readonly orderedAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly abortedBy: string | null
  readonly abortReason: string | null
}

/** Deliveries of one system that stand alike. */
export interface MatchedGroup {
  readonly state: DeliveryState
  readonly systemId: string | null
  readonly move: ReopeningMove
  readonly count: number
}

export async function matchedGroups(db: Db, criteria: DeliveryCriteria): Promise<MatchedGroup[]> {
  const { isAskedBack, isStopped, isContentRemoved } = reopenableColumns
  const { rows } = await sql<{
    state: DeliveryState
    system_id: string | null
    is_asked_back: boolean
    is_stopped: boolean
    is_content_removed: boolean
    n: number
  }>`
    select d.state, d.system_id, ${isAskedBack} as is_asked_back, ${isStopped} as is_stopped,
      ${isContentRemoved} as is_content_removed, count(*)::int as n
    from deliveries d where ${meetsCriteria(criteria)}
    group by 1, 2, 3, 4, 5 order by 2, 1`.execute(db)
  return rows.map((row) => ({
    state: row.state,
    systemId: row.system_id,
    move: reopeningMove({
      state: row.state,
      isAskedBack: row.is_asked_back,
      isStopped: row.is_stopped,
      isContentRemoved: row.is_content_removed,
    }),
    count: row.n,
  }))
}

export type NewReplay = Pick<Replay, 'replayId' | 'name' | 'reason' | 'filter' | 'orderedBy'>

/** False when one of that name is running. */
export async function insertReplay(trx: Trx, replay: NewReplay): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('replays')
    .values({
      replay_id: replay.replayId,
      name: replay.name,
      reason: replay.reason,
      filter: JSON.stringify(replay.filter),
      matched: 0,
      ordered_by: replay.orderedBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Writes down what the replay means, once and for all. Answers how many; at most one more than `max`. */
export async function insertMatching(
  trx: Trx,
  replayId: string,
  criteria: DeliveryCriteria,
  max: number,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with meant as (
      insert into replay_deliveries (replay_id, delivery_id)
      select ${replayId}::uuid, d.delivery_id from deliveries d where ${meetsCriteria(criteria)} limit ${max + 1}
      returning 1
    ), counted as (select count(*)::int as n from meant)
    select n from counted`.execute(trx)
  const matched = rows[0]?.n ?? 0
  await trx.updateTable('replays').set({ matched }).where('replay_id', '=', replayId).execute()
  return matched
}

const columns = [
  ...(['replay_id', 'name', 'reason', 'filter', 'state', 'matched', 'opened', 'made_due', 'skipped'] as const),
  ...(['ordered_by', 'ordered_at', 'started_at', 'finished_at', 'aborted_by', 'abort_reason'] as const),
]

/** A running replay, locked: whoever works on it does so alone, and an abort waits for the batch under way. */
export async function lockRunningReplay(trx: Trx, replayId: string): Promise<Replay | undefined> {
  const row = await trx
    .selectFrom('replays')
    .select(columns)
    .where('replay_id', '=', replayId)
    .where('state', '=', 'running')
    .forUpdate()
    .executeTakeFirst()
  return row && toReplay(row)
}

/** The next of its deliveries that nothing was done about yet. */
export async function nextOfReplay(db: Db, replayId: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ delivery_id: string }>`
    select delivery_id from replay_deliveries
    where replay_id = ${replayId} and delivery_id > (select done_to from replays where replay_id = ${replayId})
    order by delivery_id limit ${limit}`.execute(db)
  return rows.map((row) => row.delivery_id)
}

export async function recordProgress(trx: Trx, replayId: string, results: readonly Reopening[]): Promise<void> {
  const skipped = results.flatMap((r) =>
    r.outcome === 'skipped' ? [{ delivery_id: r.deliveryId, skipped_because: r.because }] : [],
  )
  const count = (outcome: Reopening['outcome']) => results.filter((r) => r.outcome === outcome).length
  await sql`
    update replay_deliveries r set skipped_because = s.skipped_because
    from json_to_recordset(${JSON.stringify(skipped)}::json) as s(delivery_id uuid, skipped_because text)
    where r.replay_id = ${replayId} and r.delivery_id = s.delivery_id`.execute(trx)
  await sql`
    update replays set opened = opened + ${count('opened')}, made_due = made_due + ${count('made_due')},
      skipped = skipped + ${count('skipped')}, started_at = coalesce(started_at, now()), progressed_at = now(),
      done_to = coalesce(${results.at(-1)?.deliveryId ?? null}::uuid, done_to)
    where replay_id = ${replayId}`.execute(trx)
}

export async function finishReplay(
  trx: Trx,
  replayId: string,
  end: { readonly state: 'done' } | { readonly state: 'aborted'; readonly by: string; readonly reason: string | null },
): Promise<void> {
  await trx
    .updateTable('replays')
    .set({
      state: end.state,
      finished_at: sql<Date>`now()`,
      ...(end.state === 'aborted' ? { aborted_by: end.by, abort_reason: end.reason } : {}),
    })
    .where('replay_id', '=', replayId)
    .execute()
}

/** Running replays that nobody has worked on for so long: their job was lost. */
export async function standingReplays(db: Db, silentSeconds: number): Promise<string[]> {
  const { rows } = await sql<{ replay_id: string }>`
    select replay_id from replays
    where state = 'running' and progressed_at < now() - make_interval(secs => ${silentSeconds})
    order by replay_id`.execute(db)
  return rows.map((row) => row.replay_id)
}

export async function replayById(db: Db, replayId: string): Promise<Replay | undefined> {
  const row = await db.selectFrom('replays').select(columns).where('replay_id', '=', replayId).executeTakeFirst()
  return row && toReplay(row)
}

/** Newest first, from before an id on. */
export async function replayPage(db: Db, before: string | undefined, limit: number): Promise<Replay[]> {
  let query = db.selectFrom('replays').select(columns).orderBy('replay_id', 'desc').limit(limit)
  if (before !== undefined) query = query.where('replay_id', '<', before)
  return (await query.execute()).map(toReplay)
}

export interface Skipped {
  readonly deliveryId: string
  readonly because: NotReopened
}

export async function skippedPage(
  db: Db,
  replayId: string,
  after: string | undefined,
  limit: number,
): Promise<Skipped[]> {
  const { rows } = await sql<{ delivery_id: string; skipped_because: NotReopened }>`
    select delivery_id, skipped_because from replay_deliveries
    where replay_id = ${replayId} and skipped_because is not null
      and delivery_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid
    order by delivery_id limit ${limit}`.execute(db)
  return rows.map((row) => ({ deliveryId: row.delivery_id, because: row.skipped_because }))
}

/** The replay itself is kept; which deliveries it meant is forgotten in the end. Answers how many were. */
export async function forgetReplayDeliveries(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with old as (
      select r.replay_id, r.delivery_id from replay_deliveries r join replays o using (replay_id)
      where o.finished_at < now() - make_interval(days => ${days}) limit 10000
    ), gone as (
      delete from replay_deliveries r using old
      where r.replay_id = old.replay_id and r.delivery_id = old.delivery_id returning 1
    )
    select count(*)::int as n from gone`.execute(db)
  return rows[0]?.n ?? 0
}

interface ReplayRow {
  replay_id: string
  name: string
  reason: string
  filter: unknown
  state: string
  matched: number
  opened: number
  made_due: number
  skipped: number
  ordered_by: string
  ordered_at: Date
  started_at: Date | null
  finished_at: Date | null
  aborted_by: string | null
  abort_reason: string | null
}

function toReplay(row: ReplayRow): Replay {
  return {
    replayId: row.replay_id,
    name: row.name,
    reason: row.reason,
    // Checked against the schema when it was ordered, and written by nobody else.
    filter: row.filter as DeliveryFilter,
    state: row.state as Replay['state'],
    matched: row.matched,
    opened: row.opened,
    madeDue: row.made_due,
    skipped: row.skipped,
    orderedBy: row.ordered_by,
    orderedAt: row.ordered_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    abortedBy: row.aborted_by,
    abortReason: row.abort_reason,
  }
}
