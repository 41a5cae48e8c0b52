// The receiving system cannot take a document now, though it could later (`refuse` with `retryable`): it leaves the
// mailbox for a while and comes back by itself. How often, and what many at once mean, is domain/turning-away.ts.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import { incidentMinutes, type TurnedAway, turnedAway } from '../domain/turning-away.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { Database, Trx } from '../platform/database.ts'
import { storableText } from '../platform/storable-text.ts'
import { notesForSenders } from './notes-for-senders.ts'

export interface TurnAwayOptions {
  readonly db: Database
  /** The policy in force for a system. */
  readonly turnedAwayWaitsSeconds: (systemId: string) => readonly number[]
  /** Opens the incident of a system that turns everything away. */
  readonly raiseAlert: (trx: Trx, fact: TurnsAwayFact) => Promise<void>
}

export interface TurnsAwayFact {
  readonly cause: 'receiver_turns_away'
  readonly subject: string
  readonly data: { readonly reason: string; readonly documents: number }
}

export interface Refusal {
  readonly deliveryId: string
  /** Who turns it away: nobody else's delivery is touched. */
  readonly systemId: string
  readonly reason: string
  /** The mailbox lease of the thread that says so. */
  readonly leaseId?: string
}

export type TurnAway = (refusal: Refusal) => Promise<TurnAwayResult>

export type TurnAwayResult =
  /** No moment while re-offers to the system are paused. */
  | { readonly kind: 'offered_again'; readonly at: Date | undefined }
  | { readonly kind: 'refused' }
  | { readonly kind: 'leased'; readonly until: Date }
  | { readonly kind: 'not_in_mailbox' }

interface Row {
  package_id: string
  system_id: string
  state: DeliveryState
  turned_away: number
  available_at: Date
  is_hidden: boolean
  leased_until: Date | null
}

export function createTurnAway(options: TurnAwayOptions): TurnAway {
  return (refusal) => options.db.transaction().execute((trx) => turnAway(trx, refusal, options))
}

/** The delivery first and its lane after it, as whoever locks both does. */
async function turnAway(trx: Trx, refusal: Refusal, options: TurnAwayOptions): Promise<TurnAwayResult> {
  const row = await lockedDelivery(trx, refusal)
  if (row === undefined || row.state !== 'available') return { kind: 'not_in_mailbox' }
  if (row.leased_until !== null) return { kind: 'leased', until: row.leased_until }
  const wasPaused = await lockedLaneIsPaused(trx, row.system_id)
  // Said twice, because the first answer was lost: counted once.
  if (row.turned_away > 0 && (row.is_hidden || wasPaused))
    return { kind: 'offered_again', at: wasPaused ? undefined : row.available_at }

  const lately = (await turnedAwayLately(trx, row.system_id, refusal.deliveryId)) + 1
  const decided = turnedAway({
    timesBefore: row.turned_away,
    waitsSeconds: options.turnedAwayWaitsSeconds(row.system_id),
    lately,
    isPaused: wasPaused,
  })
  const reason = storableText(refusal.reason)
  const at = await save(
    trx,
    { deliveryId: refusal.deliveryId, packageId: row.package_id, systemId: row.system_id, reason },
    decided,
  )
  if (decided.kind === 'refused') return { kind: 'refused' }
  if (!decided.isPaused) return { kind: 'offered_again', at }
  if (!wasPaused) await pauseReoffers(trx, row.system_id)
  const data = { reason: reason.slice(0, 200), documents: lately }
  await options.raiseAlert(trx, { cause: 'receiver_turns_away', subject: row.system_id, data })
  return { kind: 'offered_again', at: undefined }
}

async function lockedDelivery(trx: Trx, { deliveryId, systemId, leaseId }: Refusal): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    select package_id, system_id, state, turned_away, available_at, coalesce(available_at > now(), false) as is_hidden,
      case when mailbox_lease_until > now() and mailbox_lease_id is distinct from ${leaseId ?? null}::uuid
        then mailbox_lease_until end as leased_until
    from deliveries where delivery_id = ${deliveryId}::uuid and system_id = ${systemId} for update`.execute(trx)
  return rows[0]
}

/** Of several threads that turn documents away at once, each sees what those before it did. */
async function lockedLaneIsPaused(trx: Trx, systemId: string): Promise<boolean> {
  const { rows } = await sql<{ is_paused: boolean }>`
    select reoffers_paused_at is not null as is_paused from lanes where system_id = ${systemId} for update`.execute(trx)
  return rows[0]?.is_paused ?? false
}

async function turnedAwayLately(trx: Trx, systemId: string, otherThan: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from deliveries
    where system_id = ${systemId} and turned_away > 0 and state in ('available', 'refused')
      and reason_code in ('turned_away', 'turned_away_finally') and delivery_id <> ${otherThan}::uuid
      and state_since > now() - make_interval(mins => ${incidentMinutes})`.execute(trx)
  return rows[0]?.n ?? 0
}

interface Subject {
  readonly deliveryId: string
  readonly packageId: string
  readonly systemId: string
  readonly reason: string
}

/** Answers when it is offered again. A notice is repeated then, and not before. */
async function save(
  trx: Trx,
  { deliveryId, packageId, systemId, reason }: Subject,
  to: TurnedAway,
): Promise<Date | undefined> {
  const isRefused = to.kind === 'refused'
  const { rows } = await sql<{ available_at: Date }>`
    update deliveries d set
      state = ${isRefused ? 'refused' : 'available'}, state_since = now(), turned_away = ${to.times},
      available_at = case when ${isRefused} then d.available_at
        else now() + make_interval(secs => ${isRefused ? 0 : to.afterSeconds}::double precision) end,
      next_attempt_at = case when ${isRefused || to.isPaused} or (d.next_attempt_at is null and d.lease_token is null) then null
        else now() + make_interval(secs => ${isRefused ? 0 : to.afterSeconds}::double precision) end,
      lease_token = null, lease_until = null, mailbox_lease_id = null, mailbox_lease_until = null,
      reason_code = ${isRefused ? 'turned_away_finally' : 'turned_away'}, reason_text = ${reason}
    where d.delivery_id = ${deliveryId}::uuid
    returning d.available_at`.execute(trx)
  const at = isRefused || to.isPaused ? undefined : rows[0]?.available_at
  const told = { reason, times: to.times, ...(at === undefined ? {} : { offeredAgainAt: vietnamTime(at) }) }
  await sql`
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select gen_random_uuid(), now(), type, ${packageId}::uuid, ${deliveryId}::uuid, ${systemId}, ${JSON.stringify(told)}::jsonb
    from unnest(${['delivery.turned_away', ...(isRefused ? ['delivery.refused'] : [])]}::text[]) type`.execute(trx)
  if (isRefused) await noteRefused(trx, { deliveryId, reason })
  return at
}

/** For the report to its sender; a report that is refused is never told by another report. */
async function noteRefused(trx: Trx, { deliveryId, reason }: Pick<Subject, 'deliveryId' | 'reason'>): Promise<void> {
  await notesForSenders(sql`
    select type, delivery_id, package_id, 'refused' as what, 'refused:' || system_id as incident,
      'turned_away_finally' as reason, ${reason}::text as detail
    from deliveries where delivery_id = ${deliveryId}::uuid`).execute(trx)
}

/** Nothing is offered to the system again until the incident is over, and no notice speaks of what is not offered. */
async function pauseReoffers(trx: Trx, systemId: string): Promise<void> {
  await sql`update lanes set reoffers_paused_at = now() where system_id = ${systemId}`.execute(trx)
  await sql`
    update deliveries set next_attempt_at = null
    where delivery_id in (
      select delivery_id from deliveries
      where system_id = ${systemId} and state = 'available' and turned_away > 0 and next_attempt_at is not null
        and lease_token is null
      for update skip locked)`.execute(trx)
}
