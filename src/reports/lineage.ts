// What belongs to a document: the packages that update, replace or recall it, the documents it replaced, and what came
// of each request at each recipient (design §5.2). The sender sees all of it, a recipient what it holds a delivery of.
import { sql } from 'kysely'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { DeliveryRequest } from '../generated/json/delivery-request.ts'
import type { LineageEntry } from '../generated/json/lineage-entry.ts'
import type { Db } from '../platform/database.ts'

/** A family of documents is followed so far; beyond that the oldest are left out. */
const familyMax = 200

interface FamilyRow {
  package_id: string
  document_id: string
  kind: LineageEntry['kind']
  code: string | null
  accepted_at: Date
  acts_on: { packageId: string; relation: 'recalls' | 'updates' | 'replaces' }[]
}

/** Oldest first, the package itself among them; empty when nothing acts on it and it acts on nothing. */
export async function lineageOf(db: Db, packageId: string, only: Caller | undefined): Promise<LineageEntry[]> {
  const visible =
    only === undefined
      ? sql`true`
      : sql`exists (select from all_deliveries d where d.package_id = p.package_id
          and (d.system_id = ${only.systemId} or d.recipient_agency_id = any(${[...only.agencyIds]}::uuid[]))
          and not (d.waits and delivery_is_blocked(d.delivery_id)))`
  const { rows } = await sql<FamilyRow>`
    with recursive family (package_id) as (
      select coalesce(p.supplement_of, p.package_id) from packages p where p.package_id = ${packageId}::uuid
      union
      select case when t.package_id = f.package_id then t.target_package_id else t.package_id end
      from family f join package_targets t on f.package_id in (t.package_id, t.target_package_id)
    )
    select p.package_id, p.document_id, p.kind, p.code, p.accepted_at, coalesce((
      select json_agg(json_build_object('packageId', t.target_package_id, 'relation', t.relation) order by t.target_package_id)
      from package_targets t where t.package_id = p.package_id), '[]') as acts_on
    from (select package_id from family limit ${familyMax}) f join packages p using (package_id)
    where p.type = 'edoc' and ${visible}
    order by p.accepted_at, p.package_id`.execute(db)
  return rows.length < 2 ? [] : numbered(rows)
}

/** Versions are counted over what brings content: v1 is the first document, v2 its update or replacement, and so on. */
function numbered(rows: readonly FamilyRow[]): LineageEntry[] {
  let version = 0
  return rows.map((row) => {
    const isVersion = row.kind !== 'recall'
    if (isVersion) version += 1
    return {
      packageId: row.package_id,
      documentId: row.document_id,
      code: row.code,
      kind: row.kind,
      version: isVersion ? version : null,
      acceptedAt: vietnamTime(row.accepted_at),
      actsOn: row.acts_on,
    }
  })
}

interface RequestRow {
  target_delivery_id: string
  kind: DeliveryRequest['kind']
  outcome: DeliveryRequest['outcome']
  reason: string | null
  asked_at: Date
  settled_at: Date | null
  settled_reason: string | null
  package_id: string | null
  answer_package_id: string | null
}

/** What was asked of each delivery's recipient, oldest first, by delivery. */
export async function requestsOf(db: Db, deliveryIds: readonly string[]): Promise<Map<string, DeliveryRequest[]>> {
  const { rows } = await sql<RequestRow>`
    select target_delivery_id, kind, outcome, reason, asked_at, settled_at, settled_reason, package_id, answer_package_id
    from operation_requests where target_delivery_id = any(${[...deliveryIds]}::uuid[])
    order by asked_at, request_id`.execute(db)
  const byDelivery = new Map<string, DeliveryRequest[]>()
  for (const row of rows) {
    const views = byDelivery.get(row.target_delivery_id) ?? []
    byDelivery.set(row.target_delivery_id, [...views, toView(row)])
  }
  return byDelivery
}

function toView(row: RequestRow): DeliveryRequest {
  return {
    kind: row.kind,
    outcome: row.outcome,
    reason: row.reason,
    askedAt: vietnamTime(row.asked_at),
    settledAt: row.settled_at === null ? null : vietnamTime(row.settled_at),
    settledReason: row.settled_reason,
    byPackageId: row.package_id,
    answeredBy: row.answer_package_id,
  }
}
