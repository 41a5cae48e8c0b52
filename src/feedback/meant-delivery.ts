// What a status about a delivery is really about. Who recalls an update takes the document back; who answers (15, 16) may
// name the document, or the package that asked about it (edxml.md §2.1a).
import { sql } from 'kysely'
import type { Question } from '../domain/feedback.ts'
import type { Db } from '../platform/database.ts'

export interface Named {
  readonly packageId: string
  readonly deliveryId: string
}

export interface Meant extends Named {
  /** What is answered, where the package that asked is named. */
  readonly question?: Question
  /** The delivery of that package: only what it asked is answered. */
  readonly carrierDeliveryId?: string
}

export interface MeantDeliveries extends Meant {
  /** Further deliveries that one package asked about together with this one. */
  readonly together?: readonly string[]
}

export async function meantBy(
  db: Db,
  named: Named,
  code: string,
  { recipients }: { readonly recipients: readonly string[] },
): Promise<MeantDeliveries> {
  if (code === '13') return (await documentOfUpdate(db, named, recipients)) ?? named
  if (code !== '15' && code !== '16') return named
  const asked = await askedAbout(db, named.deliveryId)
  return asked.length > 0 ? sameDocument(named, asked) : ((await askedBy(db, named.deliveryId)) ?? named)
}

async function documentOfUpdate(db: Db, named: Named, recipients: readonly string[]): Promise<Named | undefined> {
  const { rows } = await sql<{ package_id: string; delivery_id: string }>`
    select d.package_id, d.delivery_id
    from package_targets t join packages root on root.package_id = t.target_package_id
    join deliveries d on d.repeat_key = root.repeat_key and d.recipient_agency_id = any(${[...recipients]}::uuid[])
    where t.package_id = ${named.packageId} and t.relation = 'updates'
    order by d.delivery_id limit 1`.execute(db)
  const [row] = rows
  return row === undefined ? undefined : { packageId: row.package_id, deliveryId: row.delivery_id }
}

interface Asked {
  package_id: string
  delivery_id: string
  repeat_key: string
  question: Question
  /** Asked about the delivery that was named. */
  is_named: boolean
}

const columns = sql`d.package_id, d.delivery_id, d.repeat_key,
  case when r.kind = 'recall' then 'recall' else 'update' end as question`

/** What is open towards the delivery, and towards others by the same packages; the recall first. */
async function askedAbout(db: Db, deliveryId: string): Promise<Asked[]> {
  const { rows } = await sql<Asked>`
    select distinct on (d.delivery_id, question) ${columns}, d.delivery_id = ${deliveryId}::uuid as is_named
    from operation_requests own
    join operation_requests r on r.request_id = own.request_id or r.carrier_delivery_id = own.carrier_delivery_id
    join deliveries d on d.delivery_id = r.target_delivery_id
    where own.target_delivery_id = ${deliveryId} and own.outcome = 'requested' and r.outcome = 'requested'
    order by d.delivery_id, question`.execute(db)
  return rows
}

/** An agency that took others over may have the document several times; it answers for all of them. */
function sameDocument(named: Named, asked: readonly Asked[]): MeantDeliveries {
  const own = asked.filter((a) => a.is_named)
  const question = own.some((a) => a.question === 'recall') ? 'recall' : 'update'
  const repeatKey = own[0]?.repeat_key
  const others = asked.filter((a) => !a.is_named && a.question === question && a.repeat_key === repeatKey)
  return { ...named, question, together: others.map((a) => a.delivery_id) }
}

/** Named is the package that asked: the answer is for all that it asked about. */
async function askedBy(db: Db, carrierDeliveryId: string): Promise<MeantDeliveries | undefined> {
  const { rows } = await sql<Omit<Asked, 'is_named'>>`
    select distinct on (d.delivery_id) ${columns}
    from operation_requests r join deliveries d on d.delivery_id = r.target_delivery_id
    where r.carrier_delivery_id = ${carrierDeliveryId} and r.outcome = 'requested'
    order by d.delivery_id, question`.execute(db)
  const [first, ...others] = rows
  if (first === undefined) return undefined
  const { package_id: packageId, delivery_id: deliveryId, question } = first
  return { packageId, deliveryId, question, carrierDeliveryId, together: others.map((a) => a.delivery_id) }
}
