// Holds of documents as rows, and the moves of the deliveries that they stop. A document is one key, whichever package
// brought it to whom: a supplement for further recipients is stopped with it.
import { sql } from 'kysely'
import type { DeliveryState, HeldReason } from '../domain/delivery.ts'
import type { Db, Trx } from '../platform/database.ts'

export interface OpenHold {
  readonly holdId: string
  readonly packageId: string
  readonly documentId: string
  readonly requestedBy: string
  readonly heldBy: string
  readonly heldAt: Date
}

/** The document of a package, kept from other holds and releases until our commit. */
export async function lockDocument(trx: Trx, packageId: string): Promise<{ readonly repeatKey: string } | undefined> {
  const row = await trx
    .selectFrom('packages')
    .select('repeat_key')
    .where('package_id', '=', packageId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  // Not a lock of the row: a recall locks deliveries before it refers to packages, and we go the other way.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`hold ${row.repeat_key}`}, 0))`.execute(trx)
  return { repeatKey: row.repeat_key }
}

export async function openHoldOf(db: Db, repeatKey: string): Promise<OpenHold | undefined> {
  const row = await holdRows(db)
    .where('p.repeat_key', '=', repeatKey)
    .where('h.released_at', 'is', null)
    .executeTakeFirst()
  return row && toHold(row)
}

export async function insertHold(
  trx: Trx,
  hold: {
    readonly holdId: string
    readonly packageId: string
    readonly reason: string
    readonly requestedBy: string
    readonly heldBy: string
  },
): Promise<OpenHold> {
  await trx
    .insertInto('package_holds')
    .values({
      hold_id: hold.holdId,
      package_id: hold.packageId,
      reason: hold.reason,
      requested_by: hold.requestedBy,
      held_by: hold.heldBy,
    })
    .execute()
  const row = await holdRows(trx).where('h.hold_id', '=', hold.holdId).executeTakeFirstOrThrow()
  return toHold(row)
}

function holdRows(db: Db) {
  return db
    .selectFrom('package_holds as h')
    .innerJoin('packages as p', 'p.package_id', 'h.package_id')
    .select(['h.hold_id', 'h.package_id', 'p.document_id', 'h.requested_by', 'h.held_by', 'h.held_at'])
}

function toHold(row: {
  hold_id: string
  package_id: string
  document_id: string
  requested_by: string
  held_by: string
  held_at: Date
}): OpenHold {
  return {
    holdId: row.hold_id,
    packageId: row.package_id,
    documentId: row.document_id,
    requestedBy: row.requested_by,
    heldBy: row.held_by,
    heldAt: row.held_at,
  }
}

/**
 * Stops what nobody has taken of a document, or of all stopped documents. It belongs to no system while it is stopped,
 * so that nobody can fetch it. Answers which.
 */
export async function holdUntaken(db: Db, repeatKey?: string): Promise<string[]> {
  const which =
    repeatKey === undefined ? sql`select h.repeat_key from held_documents h` : sql`select ${repeatKey}::uuid`
  const { rows } = await sql<{ delivery_id: string }>`
    with untaken as (
      select d.delivery_id from deliveries d
      where d.repeat_key in (${which}) and d.state in ('held', 'waiting', 'available') and d.taken_at is null
        and (d.held_reason is null or d.held_reason not in ('quarantined', 'by_operator'))
      order by d.delivery_id for update
    ), stopped as (
      update deliveries d set state = 'held', held_reason = 'by_operator', state_since = now(), system_id = null,
        channel = null, next_attempt_at = null, lease_token = null, lease_until = null, mailbox_lease_id = null,
        mailbox_lease_until = null, clock_at = 'infinity', reason_code = null, reason_text = null
      from untaken u where d.delivery_id = u.delivery_id
      returning d.delivery_id, d.package_id
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, data)
      select gen_random_uuid(), now(), 'delivery.held', package_id, delivery_id,
        jsonb_build_object('reason', 'by_operator')
      from stopped
    )
    select delivery_id from stopped order by delivery_id`.execute(db)
  return rows.map((row) => row.delivery_id)
}

export interface StoppedDelivery {
  readonly deliveryId: string
  readonly organId: string
  readonly since: Date
}

/** What a hold keeps from its way, locked. */
export async function stoppedDeliveries(trx: Trx, repeatKey: string): Promise<StoppedDelivery[]> {
  const { rows } = await sql<{ delivery_id: string; organ_id: string; state_since: Date }>`
    select delivery_id, organ_id, state_since from deliveries
    where repeat_key = ${repeatKey} and state = 'held' and held_reason = 'by_operator'
    order by delivery_id for update`.execute(trx)
  return rows.map((row) => ({ deliveryId: row.delivery_id, organId: row.organ_id, since: row.state_since }))
}

/** Deliveries that stay held after a release, for a reason of their own. */
export async function settleHeld(trx: Trx, deliveryIds: readonly string[], reason: HeldReason): Promise<void> {
  if (deliveryIds.length === 0) return
  await sql`
    update deliveries set held_reason = ${reason}, state_since = now()
    where delivery_id = any(${[...deliveryIds]}::uuid[]) and state = 'held' and held_reason = 'by_operator'`.execute(
    trx,
  )
}

export async function markReleased(
  trx: Trx,
  holdId: string,
  { releasedBy, reason }: { readonly releasedBy: string; readonly reason: string },
): Promise<Date> {
  const row = await trx
    .updateTable('package_holds')
    .set({ released_at: sql<Date>`now()`, released_by: releasedBy, release_reason: reason })
    .where('hold_id', '=', holdId)
    .where('released_at', 'is', null)
    .returning('released_at')
    .executeTakeFirstOrThrow()
  return row.released_at ?? new Date(Number.NaN)
}

export async function tellPackage(
  trx: Trx,
  packageId: string,
  type: 'package.held' | 'package.released',
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await sql`
    insert into events (event_id, at, type, package_id, data)
    values (gen_random_uuid(), now(), ${type}, ${packageId}, ${JSON.stringify(data)}::jsonb)`.execute(trx)
}

export interface HeldRecipient {
  readonly deliveryId: string
  readonly organId: string
  readonly agencyCode: string | null
  readonly state: DeliveryState
  readonly outcome: 'stopped' | 'in_flight' | 'taken' | 'ended' | 'quarantined'
  readonly takenAt: Date | null
}

/** How a hold found the deliveries of its document. */
export async function recipientsOf(db: Db, repeatKey: string): Promise<HeldRecipient[]> {
  const rows = await db
    .selectFrom('deliveries')
    .select(['delivery_id', 'organ_id', 'agency_code', 'state', 'held_reason', 'taken_at'])
    .where('repeat_key', '=', repeatKey)
    .orderBy('delivery_id')
    .execute()
  return rows.map((row) => {
    const state = row.state as DeliveryState
    const isTaken = row.taken_at !== null || state === 'delivered'
    return {
      deliveryId: row.delivery_id,
      organId: row.organ_id,
      agencyCode: row.agency_code,
      state,
      outcome: heldOutcome(state, row.held_reason, isTaken),
      takenAt: row.taken_at,
    }
  })
}

function heldOutcome(state: DeliveryState, heldReason: string | null, isTaken: boolean): HeldRecipient['outcome'] {
  if (state === 'held') return heldReason === 'quarantined' ? 'quarantined' : 'stopped'
  if (state === 'in_flight') return 'in_flight'
  return isTaken ? 'taken' : 'ended'
}

export interface ListedHold extends OpenHold {
  readonly subject: string | null
  readonly from: string
  readonly reason: string
  readonly releasedAt: Date | null
  readonly releasedBy: string | null
  readonly releaseReason: string | null
  readonly waiting: number
}

export interface HoldQuery {
  readonly isOpen?: boolean
  readonly before?: string
  readonly limit: number
}

/** Newest first. */
export async function holdPage(db: Db, { isOpen, before, limit }: HoldQuery): Promise<ListedHold[]> {
  let query = holdRows(db)
    .select(['p.subject', 'p.from_code', 'h.reason', 'h.released_at', 'h.released_by', 'h.release_reason'])
    .select(
      sql<number>`(select count(*)::int from deliveries d where d.repeat_key = p.repeat_key and d.state = 'held'
        and d.held_reason = 'by_operator' and h.released_at is null)`.as('waiting'),
    )
    .orderBy('h.hold_id', 'desc')
    .limit(limit)
  if (isOpen !== undefined) query = query.where('h.released_at', isOpen ? 'is' : 'is not', null)
  if (before !== undefined) query = query.where('h.hold_id', '<', before)
  return (await query.execute()).map((row) => ({
    ...toHold(row),
    subject: row.subject,
    from: row.from_code,
    reason: row.reason,
    releasedAt: row.released_at,
    releasedBy: row.released_by,
    releaseReason: row.release_reason,
    waiting: row.waiting,
  }))
}

/**
 * What was stopped at the very moment of the release, by somebody who did not see it yet: it finds its way like all that
 * is held, with the next re-routing.
 */
export async function freeOrphans(db: Db): Promise<void> {
  await sql`
    update deliveries d set state_since = now(), clock_at = null,
      held_reason = case when recipient_agency_id is null then 'unknown_agency' else 'no_system' end
    where d.state = 'held' and d.held_reason = 'by_operator'
      and not exists (select from held_documents h where h.repeat_key = d.repeat_key)`.execute(db)
}
