// The named moves of a delivery that other slices call inside their own transactions. Each guards the state it leaves
// and answers whether it happened; nobody else writes the table.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { BusinessState } from '../domain/feedback.ts'
import { initialState, type NewRoute, type OpenRoute } from '../domain/route.ts'
import type { Db } from '../platform/database.ts'
import { storableText } from '../platform/storable-text.ts'
import { notesForSenders } from './notes-for-senders.ts'

/**
 * Marks that the first byte is about to be served: from here on a recall is only a request (design §3, "Taken").
 * False when it was recalled first.
 */
export async function markFetched(db: Db, deliveryId: string, systemId?: string): Promise<boolean> {
  const { rows } = await sql<{ first_of: string | null }>`
    update deliveries d set taken_at = coalesce(d.taken_at, now()), fetched_at = coalesce(d.fetched_at, now()),
      fetch_count = d.fetch_count + 1
    where d.delivery_id = ${deliveryId}::uuid and d.state not in ('recalled', 'held')
      -- Its agency may have moved to another system since the caller was found to own it.
      and ${isOf(systemId)}
      -- Between the look and the taking it may have been made to wait for the document that it acts on.
      and not (d.waits and d.taken_at is null and delivery_is_blocked(d.delivery_id))
    returning (select s.system_id from systems s
      where s.system_id = d.system_id and d.state = 'available' and s.first_fetched_at is null) as first_of`.execute(db)
  const [row] = rows
  if (row === undefined) return false
  if (row.first_of !== null) await noteFirstFetch(db, row.first_of)
  return true
}

/**
 * The system knows how to fetch from a mailbox, so its documents may wait there. Once, and by a statement of its own:
 * every change of `systems` makes all processes read the directory anew.
 */
async function noteFirstFetch(db: Db, systemId: string): Promise<void> {
  await sql`
    update systems set first_fetched_at = now() where system_id = ${systemId} and first_fetched_at is null`.execute(db)
}

function isOf(systemId: string | undefined) {
  return systemId === undefined ? sql`true` : sql`system_id = ${systemId}`
}

export interface SettledDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly systemId: string
  readonly state: DeliveryState
  readonly deliveredAt: Date | null
  /** Whether this very call changed it. */
  readonly changed: boolean
  /** Another thread of the system holds it until then, and so it was left as it is. */
  readonly leasedUntil: Date | null
}

/**
 * The system has the document safely. From the mailbox it becomes `delivered`; after `expired` or `refused` too, as a
 * late delivery; a second confirm changes nothing. Deliveries in other states, and those that a thread holds under a
 * mailbox lease other than this one, are answered as they are.
 */
export async function confirmDeliveries(
  db: Db,
  deliveryIds: readonly string[],
  leaseId?: string,
  systemId?: string,
): Promise<SettledDelivery[]> {
  const { rows } = await sql<SettledRow>`
    with wanted as (
      -- The locked rows as they are now: whoever confirmed a moment ago is seen here, not in the statement's snapshot.
      select delivery_id, package_id, system_id, state as was, delivered_at, ${leasedToOther(leaseId)} as leased_until
      from deliveries where delivery_id = any(${[...deliveryIds].sort()}::uuid[]) and ${isOf(systemId)}
      order by delivery_id for update
    ), confirmed as (
      update deliveries d set state = 'delivered', state_since = now(), delivered_at = now(),
        taken_at = coalesce(d.taken_at, now()), next_attempt_at = null, lease_token = null, lease_until = null,
        mailbox_lease_id = null, mailbox_lease_until = null, reason_code = null, reason_text = null
      from wanted w
      where d.delivery_id = w.delivery_id and w.was in ('available', 'expired', 'refused') and w.leased_until is null
      returning d.delivery_id, d.package_id, d.system_id, d.state, d.delivered_at, w.was
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.delivered', package_id, delivery_id, system_id,
        case when was = 'available' then '{}'::jsonb else jsonb_build_object('lateAfter', was) end
      from confirmed
    ), recovering as (
      -- A system that turned everything away takes documents again (reoffer.ts).
      update lanes l set last_success_at = now() from (select distinct system_id from confirmed) c
      where l.system_id = c.system_id and l.reoffers_paused_at is not null
    )
    select delivery_id, package_id, system_id, state, delivered_at, true as changed, null as leased_until from confirmed
    union all
    select delivery_id, package_id, system_id, was, delivered_at, false, leased_until
    from wanted where was not in ('available', 'expired', 'refused') or leased_until is not null`.execute(db)
  return rows.map(toSettled)
}

/** Until when another thread holds a delivery in the mailbox; null where nobody does, or only whoever asks. */
function leasedToOther(leaseId: string | undefined) {
  return sql`case when state = 'available' and mailbox_lease_until > now()
    and mailbox_lease_id is distinct from ${leaseId ?? null}::uuid then mailbox_lease_until end`
}

interface SettledRow {
  delivery_id: string
  package_id: string
  system_id: string
  state: DeliveryState
  delivered_at: Date | null
  changed: boolean
  leased_until: Date | null
}

function toSettled(row: SettledRow): SettledDelivery {
  return {
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    systemId: row.system_id,
    state: row.state,
    deliveredAt: row.delivered_at,
    changed: row.changed,
    leasedUntil: row.leased_until,
  }
}

/**
 * The system cannot take the document; from the mailbox only, and where a thread holds it under a mailbox lease only with
 * that one. Answers whether it happened.
 */
export async function refuseDelivery(
  db: Db,
  deliveryId: string,
  givenReason: string,
  leaseId?: string,
  systemId?: string,
): Promise<boolean> {
  const reason = storableText(givenReason)
  const { rows } = await sql`
    with refused as (
      update deliveries set state = 'refused', state_since = now(), next_attempt_at = null, lease_token = null,
        lease_until = null, mailbox_lease_id = null, mailbox_lease_until = null, reason_code = 'refused_by_receiver',
        reason_text = ${reason}
      where delivery_id = ${deliveryId} and ${isOf(systemId)} and state = 'available' and (${leasedToOther(leaseId)}) is null
      returning delivery_id, package_id, system_id, type
    ), noted as (
      ${notesForSenders(sql`
        select type, delivery_id, package_id, 'refused' as what, 'refused:' || system_id as incident,
          'refused_by_receiver' as reason, ${reason}::text as detail
        from refused`)}
    )
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select gen_random_uuid(), now(), 'delivery.refused', package_id, delivery_id, system_id,
      jsonb_build_object('reason', ${reason}::text)
    from refused returning event_id`.execute(db)
  return rows.length > 0
}

/** What the agencies reported about one recipient (design D9). */
export async function recordBusinessState(db: Db, deliveryId: string, state: BusinessState): Promise<void> {
  await db
    .updateTable('deliveries')
    .set({
      business_code: state.code ?? null,
      business_at: sql`now()`,
      recall_requested: state.recallRequested,
      recall_agreed: state.recalled,
      update_requested: state.updateRequested,
    })
    .where('delivery_id', '=', deliveryId)
    .execute()
}

/**
 * Deliveries whose way may have changed with the directory: held ones, pushes that are due, and what nobody has fetched
 * from a mailbox. A push that failed before is still open: its document must reach the agency wherever that is now. By
 * key, so that a job can walk through any number of them.
 */
export async function reroutableDeliveries(db: Db, after: string, limit: number): Promise<OpenRoute[]> {
  const { rows } = await sql<{
    delivery_id: string
    organ_id: string
    recipient_agency_id: string | null
    state: DeliveryState
    held_reason: string | null
    system_id: string | null
    channel: string | null
  }>`
    select delivery_id, organ_id, recipient_agency_id, state, held_reason, system_id, channel from deliveries
    where state in ('held', 'waiting', 'available') and delivery_id > ${after}::uuid
      and (held_reason is null or held_reason not in ('quarantined', 'by_operator'))
      and not exists (select from held_documents h where h.repeat_key = deliveries.repeat_key) and (state <> 'available' or taken_at is null)
    order by delivery_id limit ${limit}`.execute(db)
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    organId: row.organ_id,
    recipientAgencyId: row.recipient_agency_id,
    state: row.state,
    heldReason: row.held_reason,
    systemId: row.system_id,
    channel: row.channel,
  }))
}

/**
 * Sends a delivery another way, unless somebody took it or it changed meanwhile. False also when the new recipient
 * has the document already under another delivery: then this one stays as it is.
 */
export async function rerouteDelivery(db: Db, route: NewRoute): Promise<boolean> {
  const { destination } = route
  const state = initialState(destination)
  const lane = destination.kind === 'lane' ? destination : undefined
  const { rows } = await sql`
    with moved as (
      update deliveries d set
        recipient_key = ${route.recipientAgencyId}, recipient_agency_id = ${route.recipientAgencyId},
        agency_code = ${route.agencyCode}, system_id = ${lane?.systemId ?? null}, channel = ${lane?.channel ?? null},
        state = ${state}, held_reason = ${destination.kind === 'held' ? destination.reason : null}, state_since = now(),
        available_at = case when ${state} = 'available' then now() end,
        next_attempt_at = case when ${lane?.channel === 'push'} then now() end,
        lease_token = null, lease_until = null, reason_code = null, reason_text = null,
        mailbox_lease_id = null, mailbox_lease_until = null, turned_away = 0
      where d.delivery_id = ${route.deliveryId} and d.state in ('held', 'waiting', 'available')
        and (d.state <> 'available' or d.taken_at is null)
        -- What waits in the mailbox while its endpoint is down comes back by itself.
        and not (d.state = 'available' and d.reason_code = 'waits_in_mailbox' and d.system_id = ${lane?.systemId ?? null}
          and exists (select from systems s where s.system_id = d.system_id and s.fallback = 'mailbox'
            and s.channel = 'push' and s.push_style = 'package'))
        and not exists (
          select from deliveries other where other.repeat_key = d.repeat_key
            and other.recipient_key = ${route.recipientAgencyId} and other.delivery_id <> d.delivery_id)
      returning d.delivery_id, d.package_id, d.system_id, d.state
    )
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select gen_random_uuid(), now(), 'delivery.rerouted', package_id, delivery_id, system_id,
      jsonb_build_object('state', state)
    from moved returning event_id`.execute(db)
  return rows.length > 0
}
