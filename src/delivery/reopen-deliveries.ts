// An operator's "try it again", for one delivery or a batch of a replay: what waits is due now, what was given up, turned
// away or exhausted is opened again. Called inside the operator's transaction.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import { type NotReopened, reopeningMove } from '../domain/reopening.ts'
import type { Db, Trx } from '../platform/database.ts'
import { type Standing, sendTheirWay, standingOf, type WayOptions } from './send-their-way.ts'

export interface ReopenOptions extends WayOptions {
  /** Both clocks begin anew for these (design §3). */
  readonly newClocks: (trx: Trx, deliveryIds: readonly string[]) => Promise<void>
}

export type Reopening =
  | { readonly outcome: 'opened' | 'made_due'; readonly deliveryId: string; readonly standing: Standing }
  | { readonly outcome: 'skipped'; readonly deliveryId: string; readonly because: NotReopened }

export interface ReopenOrder {
  readonly deliveryIds: readonly string[]
  /** The replay they belong to, for the timeline. */
  readonly replayId?: string
}

/** Answers for each of them, in the order of their ids. */
export async function reopenDeliveries(
  trx: Trx,
  order: ReopenOrder,
  directory: Directory,
  options: ReopenOptions,
): Promise<Reopening[]> {
  const deliveryIds = [...new Set(order.deliveryIds)].sort()
  const moves = await lockedMoves(trx, deliveryIds)
  const idsOf = (move: string) => deliveryIds.filter((id) => moves.get(id) === move)
  const due = await makeDue(trx, idsOf('make_due'), order.replayId)
  const opened = await open(trx, idsOf('open'), order.replayId)
  const { inVain } = await sendTheirWay(trx, opened, directory, options)
  await keepFromFormer(trx, inVain)
  await options.newClocks(trx, opened)
  const standing = await standingOf(trx, [...due, ...opened])
  return deliveryIds.map((deliveryId): Reopening => {
    const move = moves.get(deliveryId) ?? 'moved_out'
    const stands = standing.get(deliveryId)
    if (move !== 'open' && move !== 'make_due') return { outcome: 'skipped', deliveryId, because: move }
    // The bytes went between the look and the act: the table itself keeps it closed.
    if (stands === undefined) return { outcome: 'skipped', deliveryId, because: 'content_removed' }
    return { outcome: move === 'open' ? 'opened' : 'made_due', deliveryId, standing: stands }
  })
}

/** The agency that took over has the document already: it does not go to the former one's system instead. */
async function keepFromFormer(trx: Trx, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`
    update deliveries set state = 'held', held_reason = 'closed', state_since = now(), system_id = null, channel = null,
      next_attempt_at = null
    where delivery_id = any(${[...deliveryIds]}::uuid[]) and state in ('waiting', 'available', 'held')`.execute(trx)
}

interface ReopenableRow {
  delivery_id: string
  state: DeliveryState
  is_asked_back: boolean
  is_stopped: boolean
  is_content_removed: boolean
}

/** What decides about a delivery `d`; the same columns for one of them and for groups of many. */
export const reopenableColumns = {
  isAskedBack: sql<boolean>`(d.recall_requested or d.recall_agreed)`,
  isStopped: sql<boolean>`(d.held_reason is not distinct from 'by_operator'
    or exists (select from held_documents h where h.repeat_key = d.repeat_key))`,
  isContentRemoved: sql<boolean>`(d.state in ('refused', 'exhausted', 'expired') and exists (
    select from packages p where p.package_id = d.package_id and p.content_removed_at is not null))`,
}

async function lockedMoves(trx: Trx, deliveryIds: readonly string[]) {
  const { isAskedBack, isStopped, isContentRemoved } = reopenableColumns
  const { rows } = await sql<ReopenableRow>`
    select d.delivery_id, d.state, ${isAskedBack} as is_asked_back, ${isStopped} as is_stopped,
      ${isContentRemoved} as is_content_removed
    from deliveries d where d.delivery_id = any(${[...deliveryIds]}::uuid[])
    order by d.delivery_id for update of d`.execute(trx)
  return new Map(
    rows.map((row) => [
      row.delivery_id,
      reopeningMove({
        state: row.state,
        isAskedBack: row.is_asked_back,
        isStopped: row.is_stopped,
        isContentRemoved: row.is_content_removed,
      }),
    ]),
  )
}

async function makeDue(db: Db, deliveryIds: readonly string[], replayId: string | undefined): Promise<string[]> {
  return await retried(
    db,
    replayId,
    sql`update deliveries d set next_attempt_at = now()
      where d.delivery_id = any(${[...deliveryIds]}::uuid[]) and d.state = 'waiting'`,
  )
}

/**
 * Its tries are counted anew. A delivery that never had a lane is held as it was, until it has one; the others are where
 * their channel takes them from.
 */
async function open(db: Db, deliveryIds: readonly string[], replayId: string | undefined): Promise<string[]> {
  const state = sql`case when s.system_id is null then 'held'
    when d.channel = 'push' and s.push_style = 'package' then 'waiting' else 'available' end`
  return await retried(
    db,
    replayId,
    sql`update deliveries d set
        state = ${state}, state_since = now(),
        held_reason = case when s.system_id is not null then null
          when d.recipient_agency_id is null then 'unknown_agency'
          when d.reason_code in ('not_connected', 'no_system', 'closed') then d.reason_code else 'no_system' end,
        available_at = case when ${state} = 'available' then now() else d.available_at end,
        next_attempt_at = case when d.channel = 'push' and s.system_id is not null then now() end,
        attempts = 0, turned_away = 0, mailbox_lease_id = null, mailbox_lease_until = null
      from deliveries o left join systems s on s.system_id = o.system_id
      where d.delivery_id = any(${[...deliveryIds]}::uuid[]) and o.delivery_id = d.delivery_id
        and d.state in ('refused', 'exhausted', 'expired')`,
  )
}

async function retried(db: Db, replayId: string | undefined, change: ReturnType<typeof sql>): Promise<string[]> {
  const { rows } = await sql<{ delivery_id: string }>`
    with retried as (${change} returning d.delivery_id, d.package_id, d.system_id), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.retried', package_id, delivery_id, system_id,
        jsonb_strip_nulls(jsonb_build_object('replayId', ${replayId ?? null}::text))
      from retried
    )
    select delivery_id from retried order by delivery_id`.execute(db)
  return rows.map((row) => row.delivery_id)
}
