// The caller's own packages, newest first, by key. Each of its agencies is read from its own index range and the
// ranges are merged, so a system with fifty agencies and a million packages answers as fast as a small one.
import { sql } from 'kysely'
import { finalStates } from '../domain/delivery.ts'
import { documentKeyVariants } from '../domain/document-package.ts'
import { type OverallState, overallState, type StateOfDelivery } from '../domain/package-state.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { PackageList } from '../generated/json/package-list.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'

export interface PackageQuery {
  readonly documentId?: string
  readonly code?: string
  /** Sending agencies, resolved from a code; all of the caller's when absent. */
  readonly fromAgencyIds?: readonly string[]
  /** Receiving agencies, resolved from a code. */
  readonly toAgencyIds?: readonly string[]
  readonly state?: OverallState
  readonly since?: Date
  readonly until?: Date
  readonly cursor?: string
  readonly limit: number
}

interface Row {
  package_id: string
  type: 'edoc' | 'status'
  kind: PackageList['items'][number]['kind']
  document_id: string
  code: string | null
  from_code: string
  subject: string | null
  priority: number
  accepted_at: Date
  states: StateOfDelivery[]
}

export async function packageList(db: Db, caller: Caller, query: PackageQuery): Promise<PackageList> {
  const agencies = [...caller.agencyIds].filter((id) => query.fromAgencyIds?.includes(id) ?? true)
  const filters = filtersOf(query)
  const { rows } = await sql<Row>`
    select p.package_id, p.type, p.kind, p.document_id, p.code, p.from_code, left(p.subject, 2000) as subject, p.priority, p.accepted_at,
      (select coalesce(json_agg(json_build_object('state', d.state, 'recallAgreed', d.recall_agreed)), '[]')
        from deliveries d where d.package_id = p.package_id) as states
    from unnest(${agencies}::uuid[]) as agency
    cross join lateral (
      select * from packages p where p.from_agency_id = agency and ${sql.join(filters, sql` and `)}
      order by p.package_id desc limit ${query.limit + 1}
    ) p
    order by p.package_id desc limit ${query.limit + 1}`.execute(db)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    items: page.map(toItem),
    nextCursor: rows.length > query.limit && last !== undefined ? encodeCursor([last.package_id]) : null,
  }
}

function filtersOf(query: PackageQuery) {
  const filters = [sql`true`]
  if (query.cursor !== undefined) filters.push(sql`p.package_id < ${decodeCursor(query.cursor, 1)[0]}::uuid`)
  if (query.documentId !== undefined) filters.push(sql`p.document_key = any(${documentKeyVariants(query.documentId)})`)
  if (query.code !== undefined) filters.push(sql`p.code = ${query.code.normalize('NFC').trim()}`)
  if (query.since !== undefined) filters.push(sql`p.accepted_at >= ${query.since}`)
  if (query.until !== undefined) filters.push(sql`p.accepted_at < ${query.until}`)
  if (query.toAgencyIds !== undefined) {
    filters.push(sql`exists (select from deliveries d where d.package_id = p.package_id
      and d.recipient_agency_id = any(${query.toAgencyIds}::uuid[]))`)
  }
  if (query.state !== undefined) filters.push(sql`${overallStateOf} = ${query.state}`)
  return filters
}

/** `domain/package-state.ts` as SQL, for the filter. */
const overallStateOf = sql`(
  select case
    when count(*) filter (where d.state in (${sql.join(finalStates.map((state) => sql.lit(state)))})) = 0
      then case when bool_or(d.state = 'in_flight') then 'in_progress' else 'accepted' end
    when bool_or(d.state not in (${sql.join(finalStates.map((state) => sql.lit(state)))})) then 'in_progress'
    when bool_and(d.state = 'recalled' or d.recall_agreed) and p.kind in ('new', 'replace') then 'recalled'
    when bool_and(d.state in ('delivered', 'recalled')) then 'completed'
    else 'completed_with_failures' end
  from deliveries d where d.package_id = p.package_id)`

function toItem(row: Row): PackageList['items'][number] {
  const byState: Record<string, number> = {}
  for (const { state } of row.states) byState[state] = (byState[state] ?? 0) + 1
  return {
    packageId: row.package_id,
    documentId: row.document_id,
    code: row.code,
    kind: row.kind,
    type: row.type,
    from: row.from_code,
    subject: row.subject,
    priority: row.priority,
    acceptedAt: vietnamTime(row.accepted_at),
    state: overallState(row.states, row.kind),
    summary: { byState },
  }
}
