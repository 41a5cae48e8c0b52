// The moves of a recall, an update or a replacement on deliveries, called inside the transaction that accepts it. Who
// wins between a recipient that takes a document and a sender that takes it back is decided here, by compare-and-set on
// `taken_at` under the row's lock (design §3, "Taken").
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { TargetDelivery } from '../domain/operation.ts'
import type { Db } from '../platform/database.ts'

interface TargetRow {
  delivery_id: string
  package_id: string
  repeat_key: string
  recipient_agency_id: string | null
  organ_id: string
  state: DeliveryState
  is_taken: boolean
  recall_requested: boolean
  recall_agreed: boolean
  is_returned: boolean
}

export interface DeliveriesToLock {
  readonly repeatKeys: readonly string[]
  /** Further packages that belong to the documents. */
  readonly packageIds: readonly string[]
  /** Only those to these agencies. */
  readonly recipientAgencyIds?: readonly string[]
}

/**
 * Every recipient's delivery of documents and of what belongs to them, locked until the caller's commit: all at once, in
 * the order in which everybody locks several of them. What waits for any of these is locked with them, because a
 * withdrawal may end it, and is not answered.
 */
export async function lockDeliveriesOf(db: Db, which: DeliveriesToLock): Promise<TargetDelivery[]> {
  const { repeatKeys, packageIds, recipientAgencyIds: to } = which
  const toThem = to === undefined ? sql`true` : sql`recipient_agency_id = any(${[...to]}::uuid[])`
  const { rows } = await sql<TargetRow & { is_meant: boolean }>`
    with meant as (
      select delivery_id from deliveries where repeat_key = any(${[...repeatKeys]}::uuid[]) and ${toThem}
      union
      select delivery_id from deliveries where package_id = any(${[...packageIds]}::uuid[]) and ${toThem}
    )
    select delivery_id, package_id, repeat_key, recipient_agency_id, organ_id, state, taken_at is not null as is_taken,
      recall_requested, recall_agreed, business_code is not distinct from '02' as is_returned,
      delivery_id in (select delivery_id from meant) as is_meant
    from deliveries
    where delivery_id in (
      select delivery_id from meant
      union
      select w.delivery_id from meant join delivery_waits w on w.after_delivery_id = meant.delivery_id)
    order by delivery_id for update`.execute(db)
  const meant = rows.filter((row) => row.is_meant)
  return meant.map((row) => ({
    deliveryId: row.delivery_id,
    packageId: row.package_id,
    repeatKey: row.repeat_key,
    recipientAgencyId: row.recipient_agency_id ?? undefined,
    organId: row.organ_id,
    state: row.state,
    isTaken: row.is_taken || row.state === 'delivered',
    recallRequested: row.recall_requested,
    recallAgreed: row.recall_agreed,
    isReturned: row.is_returned,
  }))
}

/** Whoever changes what was asked of a recipient takes the delivery first: so nobody waits for the other in a circle. */
export async function lockDeliveries(db: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`
    select from deliveries where delivery_id = any(${[...deliveryIds]}::uuid[])
    order by delivery_id for update`.execute(db)
}

/**
 * Takes deliveries back that nobody has taken; they are never served again. Answers which: one that somebody took
 * meanwhile is left as it is.
 */
export async function withdrawDeliveries(db: Db, deliveryIds: readonly string[]): Promise<Set<string>> {
  if (deliveryIds.length === 0) return new Set()
  const { rows } = await sql<{ delivery_id: string }>`
    with withdrawn as (
      update deliveries set ${recalled('withdrawn')}
      where delivery_id = any(${[...deliveryIds]}::uuid[]) and taken_at is null
        and state not in ('in_flight', 'delivered', 'recalled')
      returning delivery_id, package_id, system_id
    ), told as (${toldRecalled('withdrawn')})
    select delivery_id from withdrawn`.execute(db)
  return new Set(rows.map((row) => row.delivery_id))
}

/** The recipient has the document and is asked to give it back. */
export async function markRecallRequested(db: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`update deliveries set recall_requested = true where delivery_id = any(${[...deliveryIds]}::uuid[])`.execute(
    db,
  )
}

/** A newer form of the document is on its way; the recipient answers whether it takes it. */
export async function markUpdateRequested(db: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`update deliveries set update_requested = true where delivery_id = any(${[...deliveryIds]}::uuid[])`.execute(
    db,
  )
}

export interface Wait {
  readonly deliveryId: string
  readonly afterDeliveryId: string
  /** It makes no sense without the other one. */
  readonly needsIt: boolean
}

/** Keeps deliveries from being offered until others are settled with the same recipient. */
export async function letWait(db: Db, waits: readonly Wait[]): Promise<void> {
  if (waits.length === 0) return
  const rows = waits.map((w) => ({
    delivery_id: w.deliveryId,
    after_delivery_id: w.afterDeliveryId,
    needs_it: w.needsIt,
  }))
  await sql`
    with added as (
      insert into delivery_waits (delivery_id, after_delivery_id, needs_it)
      select delivery_id, after_delivery_id, needs_it
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, after_delivery_id uuid, needs_it boolean)
      on conflict do nothing
      returning delivery_id
    )
    update deliveries d set waits = true from added where d.delivery_id = added.delivery_id`.execute(db)
}

/**
 * Ends what waits for a document that was withdrawn unseen: nobody is asked to give back what he never got. With each
 * withdrawal it is called for what waits for those deliveries, and by the sweeper for all, because an attempt under way
 * may turn out to have sent nothing. The sweeper comes again and waits for nobody.
 */
export async function endPointless(db: Db, afterDeliveryIds?: readonly string[]): Promise<number> {
  const isSweep = afterDeliveryIds === undefined
  const concerned = isSweep
    ? sql`true`
    : sql`d.delivery_id in (
        select w.delivery_id from delivery_waits w where w.after_delivery_id = any(${[...afterDeliveryIds]}::uuid[]))`
  const { rows } = await sql`
    with pointless as (
      select d.delivery_id from deliveries d
      where d.waits and d.state in ('held', 'waiting', 'available') and d.taken_at is null and ${concerned}
        and delivery_is_pointless(d.delivery_id)
      order by d.delivery_id limit 10000 for update ${isSweep ? sql`skip locked` : sql``}
    ), withdrawn as (
      update deliveries d set ${recalled('withdrawn_unseen')}
      from pointless where d.delivery_id = pointless.delivery_id
      returning d.delivery_id, d.package_id, d.system_id
    ), told as (${toldRecalled('withdrawn_unseen')})
    select delivery_id from withdrawn`.execute(db)
  return rows.length
}

function recalled(reason: string) {
  return sql`state = 'recalled', state_since = now(), held_reason = null, next_attempt_at = null, lease_token = null,
    lease_until = null, mailbox_lease_id = null, mailbox_lease_until = null, recall_requested = false, reason_code = ${sql.lit(reason)}, reason_text = null`
}

function toldRecalled(reason: string) {
  return sql`
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select gen_random_uuid(), now(), 'delivery.recalled', package_id, delivery_id, system_id,
      jsonb_build_object('reason', ${sql.lit(reason)}) from withdrawn`
}

/** Nobody waits for the answer to an update of these any more. */
export async function clearUpdateRequested(db: Db, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`update deliveries set update_requested = false where delivery_id = any(${[...deliveryIds]}::uuid[])`.execute(
    db,
  )
}

/** An operator closed the requests towards this recipient without an answer; what it reports goes on being judged. */
export async function clearRequests(db: Db, deliveryId: string): Promise<void> {
  await sql`
    update deliveries set recall_requested = false, update_requested = false where delivery_id = ${deliveryId}`.execute(
    db,
  )
}
