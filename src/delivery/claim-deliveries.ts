// Taking work from a lane. Caps, rate, breaker and order are decided in the database under the lane's row lock, so a
// second worker, a lost ring or a repeated job can change nothing (design D3); see migrations/0011.
import { sql } from 'kysely'
import type { ClaimedDelivery, DeliverablePackage } from '../domain/delivery.ts'
import type { Priority } from '../domain/document-package.ts'
import type { Db } from '../platform/database.ts'

export interface Claim {
  readonly delivery: ClaimedDelivery
  readonly package: DeliverablePackage
  /** Nobody had taken it before this claim. */
  readonly firstTaking: boolean
  /** The document waits in the mailbox; only a notice about it goes out. */
  readonly announcesOnly: boolean
  /** Of a lane with a rate. */
  readonly ratePerSecond?: number
}

interface ClaimRow {
  delivery_id: string
  system_id: string
  package_id: string
  lease_token: string
  attempt: number
  organ_id: string
  agency_code: string | null
  first_taking: boolean
  announces_only: boolean
  rate_per_second: number | null
  type: DeliverablePackage['type']
  kind: DeliverablePackage['kind']
  document_id: string
  sha256: Buffer
  size: number
  priority: Priority
  from_code: string
  code: string | null
  subject: string | null
  accepted_at: Date
}

/** Claims up to the lane's free slots, urgent first, then by due time, each under a lease of its own. */
export async function claimDeliveries(
  db: Db,
  systemId: string,
  max: number,
  leaseMs: number,
  /** What has been due for so long is no longer passed over for more urgent documents. */
  agesAfterSeconds: number,
): Promise<Claim[]> {
  const { rows } = await sql<ClaimRow>`
    select * from claim_work(${systemId}, ${max}, make_interval(secs => ${leaseMs / 1000}::double precision),
      make_interval(secs => ${agesAfterSeconds}::double precision))`.execute(db)
  return rows.map(toClaim)
}

function toClaim(row: ClaimRow): Claim {
  return {
    delivery: {
      deliveryId: row.delivery_id,
      systemId: row.system_id,
      packageId: row.package_id,
      leaseToken: row.lease_token,
      attempt: row.attempt,
      organId: row.organ_id,
      agencyCode: row.agency_code ?? row.organ_id,
    },
    package: {
      packageId: row.package_id,
      type: row.type,
      kind: row.kind,
      documentId: row.document_id,
      sha256: row.sha256.toString('hex'),
      size: row.size,
      priority: row.priority,
      from: row.from_code,
      ...(row.code === null ? {} : { code: row.code }),
      ...(row.subject === null ? {} : { subject: row.subject }),
      acceptedAt: row.accepted_at,
    },
    firstTaking: row.first_taking,
    announcesOnly: row.announces_only,
    ...(row.rate_per_second === null ? {} : { ratePerSecond: row.rate_per_second }),
  }
}

/**
 * Keeps the leases of attempts that are still running. A lease already lost is not given back. Waits for nobody: a row
 * that is being changed just now gets its time with the next call, long before its lease ends.
 */
export async function extendLeases(db: Db, held: readonly ClaimedDelivery[], leaseMs: number): Promise<void> {
  if (held.length === 0) return
  const rows = held.map((d) => ({ delivery_id: d.deliveryId, lease_token: d.leaseToken }))
  await sql`
    with own as (
      select d.delivery_id
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, lease_token uuid)
      join deliveries d on d.delivery_id = r.delivery_id and d.lease_token = r.lease_token
      for no key update of d skip locked
    )
    update deliveries d
    set lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000}::double precision)
    from own where d.delivery_id = own.delivery_id`.execute(db)
}
