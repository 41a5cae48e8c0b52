// While the endpoint of a system is down, what waits for it is offered in its mailbox, if it has ever fetched from there
// and its operator allowed it. One document stays behind as the probe that notices when the endpoint is back; then what
// nobody has fetched goes to the push again.
import { sql } from 'kysely'
import type { DeliveryPolicy } from '../domain/delivery-policy.ts'
import type { Database, Db } from '../platform/database.ts'

export interface FallbackOptions {
  readonly db: Database
  readonly policyOf: (systemId: string) => DeliveryPolicy
  /** What goes another way gets the clocks of that way. */
  readonly fitClocks: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
}

const batch = 1_000
/** On record while it waits there; the alert about it stands as long. */
export const waitsInMailbox = 'waits_in_mailbox'

/** Answers how many deliveries went either way. */
export async function followEndpoints(options: FallbackOptions): Promise<number> {
  const { rows } = await sql<{ system_id: string; down_seconds: number | null }>`
    select l.system_id, extract(epoch from clock_timestamp() - l.broken_since)::float8 as down_seconds
    from lanes l join systems s using (system_id)
    where s.fallback = 'mailbox' and s.channel = 'push' and s.push_style = 'package' and s.first_fetched_at is not null
      and l.paused_reason is null`.execute(options.db)
  const moved = new Map<string, number>()
  for (const { system_id, down_seconds } of rows) {
    const isDown = down_seconds !== null && down_seconds >= options.policyOf(system_id).fallbackAfterSeconds
    const move = isDown ? intoMailbox : down_seconds === null ? backToPush : undefined
    if (move !== undefined) moved.set(system_id, await moveAll(system_id, move, options))
  }
  const systems = new Set([...moved].filter(([, count]) => count > 0).map(([systemId]) => systemId))
  if (systems.size > 0) options.afterCommit(systems)
  return [...moved.values()].reduce((sum, count) => sum + count, 0)
}

type Move = (db: Db, systemId: string) => Promise<string[]>

async function moveAll(systemId: string, move: Move, { db, fitClocks }: FallbackOptions): Promise<number> {
  for (let count = 0; ; ) {
    const moved = await db.transaction().execute(async (trx) => {
      const ids = await move(trx, systemId)
      await fitClocks(trx, ids)
      return ids.length
    })
    count += moved
    if (moved < batch) return count
  }
}

const intoMailbox: Move = async (db, systemId) => {
  const { rows } = await sql<{ delivery_id: string }>`
    with kept as (
      select delivery_id from deliveries where system_id = ${systemId} and state in ('waiting', 'in_flight')
        and not (waits and delivery_is_blocked(delivery_id))
      order by delivery_id limit 1
    ), waiting as (
      select delivery_id from deliveries
      where system_id = ${systemId} and state = 'waiting' and lease_token is null
        and delivery_id not in (select delivery_id from kept)
      order by delivery_id limit ${batch} for update skip locked
    ), moved as (
      update deliveries d set state = 'available', state_since = now(), available_at = now(), next_attempt_at = null,
        reason_code = ${waitsInMailbox}
      from waiting where d.delivery_id = waiting.delivery_id
      returning d.delivery_id, d.package_id, d.system_id
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.rerouted', package_id, delivery_id, system_id,
        jsonb_build_object('state', 'available', 'reason', ${waitsInMailbox}::text) from moved
    ) select delivery_id from moved`.execute(db)
  return rows.map((row) => row.delivery_id)
}

const backToPush: Move = async (db, systemId) => {
  const { rows } = await sql<{ delivery_id: string }>`
    with untouched as (
      select delivery_id from deliveries
      where system_id = ${systemId} and state = 'available' and reason_code = ${waitsInMailbox} and fetched_at is null
        and (mailbox_lease_until is null or mailbox_lease_until < clock_timestamp())
      order by delivery_id limit ${batch} for update skip locked
    ), moved as (
      update deliveries d set state = 'waiting', state_since = now(), next_attempt_at = now(), reason_code = null,
        mailbox_lease_id = null, mailbox_lease_until = null
      from untouched where d.delivery_id = untouched.delivery_id
      returning d.delivery_id, d.package_id, d.system_id
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.rerouted', package_id, delivery_id, system_id,
        jsonb_build_object('state', 'waiting') from moved
    ) select delivery_id from moved`.execute(db)
  return rows.map((row) => row.delivery_id)
}
