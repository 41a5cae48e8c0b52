// Takes open deliveries another way by the thousand, inside the transaction that changes the directory: an agency is
// closed in favour of another one, or moves to another system. Only what nobody has taken is touched.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { OpenDelivery } from '../domain/retargeting.ts'
import { initialState, type NewRoute } from '../domain/route.ts'
import type { Db, Trx } from '../platform/database.ts'

/**
 * Keeps whatever nobody has taken as it is until the caller's commit: a fetch, a confirm or a recall of it waits.
 * Attempts under way are passed over, so that their results need not wait, and are left where they are.
 */
export async function lockUntaken(trx: Trx, agencyIds: readonly string[]): Promise<void> {
  await sql`
    select from deliveries
    where recipient_agency_id = any(${[...agencyIds]}::uuid[]) and state in ('held', 'waiting', 'available')
      and taken_at is null and lease_token is null
    order by delivery_id for update`.execute(trx)
}

export async function openDeliveriesOf(db: Db, agencyIds: readonly string[]): Promise<OpenDelivery[]> {
  const { rows } = await sql<{
    delivery_id: string
    organ_id: string
    recipient_agency_id: string
    state: DeliveryState
    held_reason: string | null
    system_id: string | null
    channel: string | null
    document_id: string
    is_taken: boolean
    asks_back: boolean
  }>`
    select d.delivery_id, d.organ_id, d.recipient_agency_id, d.state, d.held_reason, d.system_id, d.channel,
      p.document_id, d.taken_at is not null as is_taken,
      exists (
        select from operation_requests r join deliveries t on t.delivery_id = r.target_delivery_id
        where r.carrier_delivery_id = d.delivery_id and r.kind = 'recall' and r.outcome = 'requested'
          and t.taken_at is not null and t.system_id = d.system_id) as asks_back
    from deliveries d join packages p using (package_id)
    where d.recipient_agency_id = any(${[...agencyIds]}::uuid[])
      and d.state in ('held', 'waiting', 'in_flight', 'available')
    order by d.delivery_id`.execute(db)
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    organId: row.organ_id,
    recipientAgencyId: row.recipient_agency_id,
    state: row.state,
    heldReason: row.held_reason,
    systemId: row.system_id,
    channel: row.channel,
    documentId: row.document_id,
    isTaken: row.is_taken,
    asksBack: row.asks_back,
  }))
}

/** How many recalls of their documents each of the agencies has not answered. */
export async function openRecallsOf(db: Db, agencyIds: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ agency_id: string; n: number }>`
    select recipient_agency_id as agency_id, count(*)::int as n from deliveries
    where recipient_agency_id = any(${[...agencyIds]}::uuid[]) and recall_requested and not recall_agreed
    group by recipient_agency_id`.execute(db)
  return new Map(rows.map((row) => [row.agency_id, row.n]))
}

/** Of these routes, the deliveries whose new recipient has the document already, under another delivery. */
export async function alreadyWithRecipient(db: Db, routes: readonly NewRoute[]): Promise<Set<string>> {
  if (routes.length === 0) return new Set()
  const { rows } = await sql<{ delivery_id: string }>`
    select d.delivery_id from ${routeRows(routes)} join deliveries d using (delivery_id)
    where ${otherHasIt}`.execute(db)
  return new Set(rows.map((row) => row.delivery_id))
}

export interface MovedDelivery {
  readonly deliveryId: string
  readonly systemId: string | null
  readonly state: DeliveryState
}

/** Answers those that went. One that was taken meanwhile, or whose new recipient has the document, stays as it is. */
export async function moveDeliveries(trx: Trx, routes: readonly NewRoute[], actId: string): Promise<MovedDelivery[]> {
  if (routes.length === 0) return []
  const { rows } = await sql<{ delivery_id: string; system_id: string | null; state: DeliveryState }>`
    with free as (
      -- Two predecessors may have had the same document: the successor gets it once.
      select distinct on (d.repeat_key, r.recipient) r.*
      from ${routeRows(routes)} join deliveries d using (delivery_id)
      where not ${otherHasIt}
      order by d.repeat_key, r.recipient, d.delivery_id
    ), moved as (
      update deliveries d set
        recipient_key = r.recipient, recipient_agency_id = r.recipient, agency_code = r.agency_code,
        system_id = r.system_id, channel = r.channel, state = r.state, held_reason = r.held_reason, state_since = now(),
        available_at = case when r.state = 'available' then now() end,
        next_attempt_at = case when r.channel = 'push' then now() end,
        reason_code = null, reason_text = null, mailbox_lease_id = null, mailbox_lease_until = null, turned_away = 0
      from free r
      where d.delivery_id = r.delivery_id and d.state in ('held', 'waiting', 'available') and d.taken_at is null
        and d.lease_token is null
      returning d.delivery_id, d.package_id, d.system_id, d.state
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.rerouted', package_id, delivery_id, system_id,
        jsonb_build_object('state', state, 'actId', ${actId}::text)
      from moved
    )
    select delivery_id, system_id, state from moved`.execute(trx)
  return rows.map((row) => ({ deliveryId: row.delivery_id, systemId: row.system_id, state: row.state }))
}

const otherHasIt = sql`exists (
  select from deliveries other
  where other.repeat_key = d.repeat_key and other.recipient_key = r.recipient and other.delivery_id <> d.delivery_id)`

/** The routes as a table `r` of the statement. */
function routeRows(routes: readonly NewRoute[]) {
  const rows = routes.map(({ deliveryId, recipientAgencyId, agencyCode, destination }) => ({
    delivery_id: deliveryId,
    recipient: recipientAgencyId,
    agency_code: agencyCode,
    system_id: destination.kind === 'lane' ? destination.systemId : null,
    channel: destination.kind === 'lane' ? destination.channel : null,
    state: initialState(destination),
    held_reason: destination.kind === 'held' ? destination.reason : null,
  }))
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, recipient uuid, agency_code text,
    system_id text, channel text, state text, held_reason text)`
}
