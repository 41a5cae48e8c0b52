// The tables of the operations: lineage, and what was asked of each recipient with its answer. Nothing here is ever
// deleted: who asked whom for what, and what came of it, is the record of the recall (NĐ 30/2020 Phụ lục VI, 8.c).
import { sql } from 'kysely'
import type { OperationKind, RequestAnswer, RequestOutcome, TargetDocument } from '../domain/operation.ts'
import type { Db } from '../platform/database.ts'

export interface NewRequest {
  readonly requestId: string
  readonly kind: OperationKind
  readonly packageId: string | undefined
  readonly targetPackageId: string
  readonly targetDeliveryId: string
  readonly carrierDeliveryId: string | undefined
  readonly outcome: RequestOutcome
  readonly reason: string | undefined
  readonly askedBy: string
  readonly askedAt: Date
}

const relationOf = { recall: 'recalls', update: 'updates', replace: 'replaces' } as const

export async function insertTargets(
  db: Db,
  packageId: string,
  kind: OperationKind,
  targetPackageIds: readonly string[],
): Promise<void> {
  if (targetPackageIds.length === 0) return
  const rows = [...new Set(targetPackageIds)].map((target) => ({
    package_id: packageId,
    target_package_id: target,
    relation: relationOf[kind],
  }))
  await db
    .insertInto('package_targets')
    .values(rows)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function insertRequests(db: Db, requests: readonly NewRequest[]): Promise<void> {
  if (requests.length === 0) return
  await db
    .insertInto('operation_requests')
    .values(
      requests.map((r) => ({
        request_id: r.requestId,
        kind: r.kind,
        package_id: r.packageId ?? null,
        target_package_id: r.targetPackageId,
        target_delivery_id: r.targetDeliveryId,
        carrier_delivery_id: r.carrierDeliveryId ?? null,
        outcome: r.outcome,
        reason: r.reason ?? null,
        asked_by: r.askedBy,
        asked_at: r.askedAt,
        settled_at: r.outcome === 'requested' ? null : r.askedAt,
      })),
    )
    .execute()
}

/** A line in the timeline of the document for each recipient that something was asked of, or taken from. */
export async function tellRequests(db: Db, requests: readonly NewRequest[], newId: () => string): Promise<void> {
  if (requests.length === 0) return
  const lines = requests.map((r) => ({
    event_id: newId(),
    at: r.askedAt,
    type: `${r.kind}.${r.outcome}`,
    package_id: r.targetPackageId,
    delivery_id: r.targetDeliveryId,
    system_id: r.askedBy,
    data: {
      ...(r.packageId === undefined ? {} : { by: r.packageId }),
      ...(r.reason === undefined ? {} : { reason: r.reason }),
    },
  }))
  await sql`
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select r.event_id, r.at, r.type, d.package_id, r.delivery_id, r.system_id, r.data
    from json_to_recordset(${JSON.stringify(lines)}::json) as r(event_id uuid, at timestamptz, type text,
      package_id uuid, delivery_id uuid, system_id text, data jsonb)
    join deliveries d using (delivery_id)`.execute(db)
}

/** The recipient answered 15 or 16: what was asked is settled. Answers the deliveries that an update still asks about. */
export async function answerRequests(db: Db, answer: RequestAnswer): Promise<string[]> {
  const kinds: OperationKind[] = answer.question === 'recall' ? ['recall'] : ['update', 'replace']
  const targets = [...answer.targetDeliveryIds]
  // Who gives the document back has answered everybody who asked for it.
  const asked =
    answer.carrierDeliveryId === undefined || answer.question === 'recall'
      ? sql``
      : sql`and carrier_delivery_id = ${answer.carrierDeliveryId}::uuid`
  await sql`
    with answered as (
      update operation_requests set outcome = ${answer.outcome}, settled_at = ${answer.at},
        answer_package_id = ${answer.statusPackageId}
      where target_delivery_id = any(${targets}::uuid[]) and outcome = 'requested' and kind = any(${kinds}) ${asked}
      returning kind, target_delivery_id
    )
    insert into events (event_id, at, type, package_id, delivery_id, data)
    select gen_random_uuid(), ${answer.at}, a.kind || '.' || ${answer.outcome}::text, d.package_id, d.delivery_id,
      jsonb_build_object('by', ${answer.statusPackageId}::text)
    from (select distinct kind, target_delivery_id from answered) a join deliveries d on d.delivery_id = a.target_delivery_id`.execute(
    db,
  )
  const { rows } = await sql<{ target_delivery_id: string }>`
    select distinct target_delivery_id from operation_requests
    where target_delivery_id = any(${targets}::uuid[]) and outcome = 'requested' and kind <> 'recall'`.execute(db)
  return rows.map((row) => row.target_delivery_id)
}

/** How often something was asked of a delivery's recipient, and how often it was left with him all the same. */
export async function countRequests(db: Db, targetDeliveryId: string): Promise<{ asked: number; settled: number }> {
  const { rows } = await sql<{ asked: number; settled: number }>`
    select count(*)::int as asked, (count(*) filter (where outcome in ('declined', 'settled_otherwise')))::int as settled
    from operation_requests where target_delivery_id = ${targetDeliveryId} and outcome <> 'withdrawn'`.execute(db)
  return rows[0] ?? { asked: 0, settled: 0 }
}

/**
 * Requests towards these deliveries that nobody will answer are settled: the document was withdrawn or given back, or
 * what carried the request was withdrawn itself. Answers the deliveries whose update nobody is asked about any more.
 */
export async function settleWithdrawnRequests(db: Db, targetDeliveryIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ target_delivery_id: string }>`
    with settled as (
      update operation_requests r set outcome = 'withdrawn', settled_at = now(), carrier_delivery_id = null
      where r.outcome = 'requested' and r.target_delivery_id = any(${[...targetDeliveryIds]}::uuid[]) and ${isWithdrawn}
      returning r.request_id, r.kind, r.target_delivery_id
    )
    select distinct target_delivery_id from settled s
    where kind <> 'recall' and not exists (
      select from operation_requests other
      where other.target_delivery_id = s.target_delivery_id and other.outcome = 'requested' and other.kind <> 'recall'
        and other.request_id not in (select request_id from settled))`.execute(db)
  return rows.map((row) => row.target_delivery_id)
}

/** Deliveries with such requests: an attempt that was under way when the recall came had sent nothing after all. */
export async function withdrawnRequestTargets(db: Db): Promise<string[]> {
  const { rows } = await sql<{ target_delivery_id: string }>`
    select distinct r.target_delivery_id from operation_requests r
    where r.outcome = 'requested' and ${isWithdrawn} limit 1000`.execute(db)
  return rows.map((row) => row.target_delivery_id)
}

const isWithdrawn = sql`(
  exists (select from deliveries t where t.delivery_id = r.target_delivery_id
    and (t.state = 'recalled' or (t.recall_agreed and r.kind <> 'recall')))
  or exists (select from deliveries c where c.delivery_id = r.carrier_delivery_id and c.state = 'recalled'))`

/** The packages that update any of these documents. */
export async function updatesOf(db: Db, documents: readonly TargetDocument[]): Promise<string[]> {
  if (documents.length === 0) return []
  const rows = await db
    .selectFrom('package_targets')
    .select('package_id')
    .where('relation', '=', 'updates')
    .where(
      'target_package_id',
      'in',
      documents.map((d) => d.packageId),
    )
    .execute()
  return rows.map((row) => row.package_id)
}
