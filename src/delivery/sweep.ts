// What makes every lost ring, job, worker or process harmless (design D5): due lanes are rung again, expired leases
// re-opened. Every step may run in many processes at once.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

const batch = 1_000

/** Lanes with work due that no breaker, pause or rest holds back. */
export async function dueLanes(db: Db): Promise<string[]> {
  const { rows } = await sql<{ system_id: string }>`
    select l.system_id from lanes l
    where l.paused_reason is null and (l.open_until is null or l.open_until <= clock_timestamp())
      and lane_has_due(l.system_id)`.execute(db)
  return rows.map((row) => row.system_id)
}

/** Deliveries whose worker fell silent are due again at once. Answers how many. */
export async function reopenExpiredLeases(db: Db): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with lost as (
      select delivery_id from deliveries
      where lease_token is not null and lease_until < clock_timestamp()
      limit ${batch} for update skip locked
    ), reopened as (
      update deliveries d set
        state = case when state = 'in_flight' then 'waiting' else state end,
        state_since = case when state = 'in_flight' then now() else state_since end,
        next_attempt_at = now(), lease_token = null, lease_until = null,
        reason_code = 'worker_lost', reason_text = null
      from lost where d.delivery_id = lost.delivery_id
      returning 1
    ) select count(*)::int as n from reopened`.execute(db)
  return rows[0]?.n ?? 0
}

/** Age of the oldest delivery that is due and in nobody's hands; undefined when none is. */
export async function oldestDueSeconds(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ age: number | null }>`
    select extract(epoch from clock_timestamp() - min(due.next_attempt_at))::float8 as age
    from lanes l cross join generate_series(0, 4) as urgency
    cross join lateral waiting_senders(l.system_id, urgency::smallint, '00000000-0000-0000-0000-000000000000') w
    cross join lateral (
      select d.next_attempt_at from deliveries d
      where d.system_id = l.system_id and d.priority = urgency and d.sender_agency_id = w.sender
        and d.next_attempt_at <= clock_timestamp() and d.lease_token is null
        and not (d.waits and delivery_is_blocked(d.delivery_id))
      order by d.next_attempt_at limit 1
    ) due
    where w.due_at <= clock_timestamp()`.execute(db)
  return rows[0]?.age ?? undefined
}

/** Makes one row of each kind of the differences that changes have left. The sums stay what they are. */
export async function foldTallies(db: Db): Promise<void> {
  await sql`select fold_tallies()`.execute(db)
}
