// Which deliveries an operator means: the same words in the list, in a replay and in its rehearsal, so that what is
// looked at is what is acted on.
import { type RawBuilder, sql } from 'kysely'
import type { Directory } from '../domain/directory.ts'
import type { DeliveryFilter } from '../generated/json/delivery-filter.ts'
import { instantOf } from './http.ts'

export interface DeliveryCriteria {
  readonly state?: string
  readonly systemId?: string
  readonly agencyIds?: readonly string[]
  readonly priority?: number
  /** A held reason or a reason code. */
  readonly cause?: string
  readonly since?: Date
  readonly until?: Date
  /** A delivery or package id, a whole document id, or the beginning of a number with its notation. */
  readonly q?: string
}

/** A code that no agency has means no delivery. `day` is today in Vietnam, ISO. */
export function deliveryCriteria(filter: DeliveryFilter, directory: Directory, day: string): DeliveryCriteria {
  const { organId, since, until, ...rest } = filter
  const agency = organId === undefined ? undefined : directory.findByCode(organId, day)
  return {
    ...rest,
    ...(organId === undefined ? {} : { agencyIds: agency === undefined ? [] : [agency.agencyId] }),
    ...(since === undefined ? {} : { since: instantOf(since, 'since') }),
    ...(until === undefined ? {} : { until: instantOf(until, 'until') }),
  }
}

/** The criteria as a condition on `deliveries d`. */
export function meetsCriteria(criteria: DeliveryCriteria): RawBuilder<boolean> {
  const { state, systemId, agencyIds, priority, cause, since, until, q } = criteria
  const conditions = [sql`true`]
  if (state !== undefined) conditions.push(sql`d.state = ${sql.lit(state)}`)
  if (systemId !== undefined) conditions.push(sql`d.system_id = ${systemId}`)
  if (agencyIds !== undefined) conditions.push(isFor(agencyIds))
  if (priority !== undefined) conditions.push(sql`d.priority = ${priority}`)
  if (cause !== undefined) {
    conditions.push(sql`((d.state = 'held' and d.held_reason = ${cause}) or d.reason_code = ${cause})`)
  }
  if (since !== undefined) {
    conditions.push(sql`d.created_at >= ${since} and d.delivery_id >= uuid_at(${since}::timestamptz - ${idsAreOff})`)
  }
  if (until !== undefined) {
    conditions.push(sql`d.created_at < ${until} and d.delivery_id < uuid_at(${until}::timestamptz + ${idsAreOff})`)
  }
  if (q !== undefined && q.trim() !== '') conditions.push(isFoundBy(q.normalize('NFC').trim()))
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`
}

/** Ids carry the time of the process that gave them, so they bound a scan; a clock may be wrong by as much as this. */
const idsAreOff = sql`interval '1 hour'`

/** One agency, as it nearly always is, is compared: only then the list can be read off the index in its order. */
function isFor(agencyIds: readonly string[]) {
  const [only, ...others] = agencyIds
  return only !== undefined && others.length === 0
    ? sql`d.recipient_agency_id = ${only}::uuid`
    : sql`d.recipient_agency_id = any(${agencyIds}::uuid[])`
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function isFoundBy(q: string) {
  if (uuidPattern.test(q)) return sql`(d.delivery_id = ${q}::uuid or d.package_id = ${q}::uuid)`
  return sql`d.package_id in (
    select package_id from packages where code like ${`${q.replace(/[\\%_]/g, '\\$&')}%`}
    union all select package_id from packages where from_agency_id in (select agency_id from agencies) and document_key = ${q})`
}
