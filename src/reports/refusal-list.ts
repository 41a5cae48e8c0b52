// What was turned away in 90 days, newest first, for those who sent it and for operators (contract §3, §5). Read only;
// whether it was accepted later is looked up now, so nobody has to keep a mark up to date.
import { type RawBuilder, sql } from 'kysely'
import { type AgencyId, codeKey } from '../domain/agency.ts'
import { documentKeyVariants } from '../domain/document-package.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db } from '../platform/database.ts'

export interface RefusalQuery {
  readonly since?: Date
  readonly until?: Date
  readonly code?: string
  /** Keys of every code of the issuing agency asked for. */
  readonly organKeys?: readonly string[]
  readonly documentId?: string
  readonly ref?: string
  readonly cursor?: string
  readonly limit: number
  /** Operators: of this system, also where it was only claimed. */
  readonly systemId?: string
  /** Systems: only what they sent themselves. */
  readonly reader?: RefusalReader
}

export interface RefusalReader {
  readonly systemId: string
  readonly agencyIds: ReadonlySet<AgencyId>
  /** Of a credential for a part of the system's agencies: only what came by it, or from one of these codes. */
  readonly onlyBy?: { readonly credentialId: string; readonly organKeys: readonly string[] }
}

export interface RefusalRow {
  ref: string
  at: Date
  face: string
  path: string
  system_id: string | null
  is_authenticated: boolean
  organ_id: string | null
  document_id: string | null
  sha256: Buffer | null
  size: number | null
  http_status: number
  problem_code: string
  params: Record<string, string | number>
  violations: Violation[]
}

export interface ListedRefusal extends RefusalRow {
  readonly laterAccepted?: LaterAccepted
}

export interface LaterAccepted {
  readonly packageId: string
  readonly acceptedAt: Date
}

export interface RefusalPage {
  readonly refusals: readonly ListedRefusal[]
  readonly nextCursor: string | null
}

const columns = sql`r.ref, r.at, r.face, r.path, r.system_id, r.is_authenticated, r.organ_id, r.document_id, r.sha256,
  r.size, r.http_status, r.problem_code, r.params, r.violations`

export async function refusalPage(db: Db, query: RefusalQuery): Promise<RefusalPage> {
  const { rows } = await sql<RefusalRow>`
    select ${columns} from refusals r
    where ${sql.join(filtersOf(query), sql` and `)}
    order by r.at desc, r.ref desc limit ${query.limit + 1}`.execute(db)
  const page = rows.slice(0, query.limit)
  const last = page.at(-1)
  return {
    refusals: await withLaterAccepted(db, page, query.reader),
    nextCursor:
      rows.length > query.limit && last !== undefined ? encodeCursor([last.at.toISOString(), last.ref]) : null,
  }
}

export async function refusalByRef(db: Db, ref: string): Promise<ListedRefusal | undefined> {
  const { rows } = await sql<RefusalRow>`select ${columns} from refusals r where r.ref = ${refKey(ref)}`.execute(db)
  const [found] = await withLaterAccepted(db, rows, undefined)
  return found
}

/** A reference as somebody wrote it down on the phone: `tc 7k3m 92` is `TC-7K3M-92`. */
export function refKey(text: string): string {
  const letters = text.toUpperCase().replace(/[^0-9A-Z]/g, '')
  const [, first, second] = /^TC([0-9A-Z]{4})([0-9A-Z]{2})$/.exec(letters) ?? []
  return first === undefined ? text : `TC-${first}-${second}`
}

// How codes are compared (domain codeKey).
const organKey = sql`upper(btrim(normalize(r.organ_id, NFC)))`

function filtersOf(query: RefusalQuery): RawBuilder<unknown>[] {
  const { reader } = query
  const filters = [sql`true`]
  if (reader !== undefined) filters.push(sql`r.system_id = ${reader.systemId} and r.is_authenticated`)
  if (reader?.onlyBy !== undefined) {
    const { credentialId, organKeys } = reader.onlyBy
    filters.push(sql`(r.credential_id = ${credentialId}::uuid or ${organKey} = any(${organKeys}))`)
  }
  if (query.systemId !== undefined) filters.push(sql`r.system_id = ${query.systemId}`)
  if (query.since !== undefined) filters.push(sql`r.at >= ${query.since}`)
  if (query.until !== undefined) filters.push(sql`r.at < ${query.until}`)
  if (query.code !== undefined) filters.push(sql`r.problem_code = ${query.code}`)
  if (query.organKeys !== undefined) filters.push(sql`${organKey} = any(${query.organKeys})`)
  if (query.documentId !== undefined) filters.push(sql`r.document_key = any(${documentKeyVariants(query.documentId)})`)
  if (query.ref !== undefined) filters.push(sql`r.ref = ${refKey(query.ref)}`)
  if (query.cursor !== undefined) {
    const { at, ref } = positionOf(query.cursor)
    filters.push(sql`(r.at, r.ref) < (${at}, ${ref})`)
  }
  return filters
}

function positionOf(cursor: string): { at: Date; ref: string } {
  const [at, ref] = decodeCursor(cursor, 2)
  const instant = new Date(typeof at === 'string' ? at : Number.NaN)
  if (Number.isNaN(instant.getTime()) || typeof ref !== 'string') throw new GatewayError('invalid', 'bad_cursor')
  return { at: instant, ref }
}

/**
 * Adds what was accepted afterwards: the very bytes from the same system, or the same document of the same agency. A
 * fault of ours may have struck after the commit, so for 5xx the same bytes count whenever they were accepted. A system
 * is told of packages of its own agencies only: what it claims in a From must not make it see another's.
 */
async function withLaterAccepted(
  db: Db,
  page: readonly RefusalRow[],
  reader: RefusalReader | undefined,
): Promise<ListedRefusal[]> {
  const keys = page.map((row) => (row.organ_id === null ? null : codeKey(row.organ_id)))
  const own = reader === undefined ? sql`true` : sql`p.from_agency_id = any(${[...reader.agencyIds]}::uuid[])`
  const { rows } = await sql<{ ref: string; package_id: string; accepted_at: Date }>`
    select distinct on (r.ref) r.ref, later.package_id, later.accepted_at
    from unnest(${page.map((row) => row.ref)}::text[], ${keys}::text[]) as asked(ref, organ_key)
    join refusals r using (ref)
    cross join lateral (
      select p.package_id, p.accepted_at from packages p
      where p.sha256 = r.sha256 and p.system_id = r.system_id and (p.accepted_at >= r.at or r.http_status >= 500) and ${own}
      union all
      select p.package_id, p.accepted_at from agency_codes c join packages p on p.from_agency_id = c.agency_id
      where c.code_key = asked.organ_key and p.document_key = r.document_key and p.type = 'edoc'
        and p.accepted_at >= r.at and ${own}
    ) later
    order by r.ref, later.accepted_at`.execute(db)
  const later = new Map(rows.map((row) => [row.ref, { packageId: row.package_id, acceptedAt: row.accepted_at }]))
  return page.map((row) => {
    const laterAccepted = later.get(row.ref)
    return laterAccepted === undefined ? row : { ...row, laterAccepted }
  })
}
