// Writes agencies with their codes and successors, many at a time: an import of thousands is a handful of statements.
import { sql } from 'kysely'
import { type AgencyId, codeKey } from '../domain/agency.ts'
import type { Trx } from '../platform/database.ts'
import type { AgencyState } from './agency-rules.ts'

export interface AgencyRow {
  readonly agencyId: AgencyId
  readonly state: AgencyState
  /** Its codes were made up for the sandbox. */
  readonly isSandbox: boolean
}

/** Parents and receivers may be rows of the same call, in any order. */
export async function insertAgencies(trx: Trx, rows: readonly AgencyRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into agencies (agency_id, name, kind, connected, closed_at, redirects, updated_at)
    select agency_id, name, kind, connected, closed_at, redirects, clock_timestamp() from ${recordset(rows)}
  `.execute(trx)
  await insertCodes(trx, rows, new Set())
  await writeReferences(trx, rows)
}

export async function updateAgencies(trx: Trx, rows: readonly AgencyRow[]): Promise<void> {
  if (rows.length === 0) return
  // The time is not now(): a change that waited for the lock must not look older than the one it waited for, or a
  // reader who goes on from the newest change it has seen would miss it. References are cleared before they are set,
  // so that two agencies can swap the place of an office.
  await sql`
    update agencies a
    set name = r.name, kind = r.kind, connected = r.connected, closed_at = r.closed_at, redirects = r.redirects,
        updated_at = clock_timestamp(), parent_id = null, is_office = false, receiver_id = null
    from ${recordset(rows)} where a.agency_id = r.agency_id
  `.execute(trx)
  const ids = rows.map((row) => row.agencyId)
  await sql`delete from agency_successors where agency_id = any(${ids}::uuid[])`.execute(trx)
  const old = await sql<{ code_key: string; is_sandbox: boolean }>`
    delete from agency_codes where agency_id = any(${ids}::uuid[]) returning code_key, is_sandbox
  `.execute(trx)
  const madeUp = old.rows.filter((code) => code.is_sandbox).map((code) => code.code_key)
  await insertCodes(trx, rows, new Set(madeUp))
  await writeReferences(trx, rows)
}

/** Marks agencies as changed whose reachability changed with a system: the ones it serves and whom they receive for. */
export async function touchAgencies(trx: Trx, agencyIds: readonly AgencyId[]): Promise<void> {
  await sql`
    update agencies set updated_at = clock_timestamp()
    where agency_id = any(${agencyIds}::uuid[])
       or receiver_id = any(${agencyIds}::uuid[])
       or agency_id in (select parent_id from agencies where is_office and agency_id = any(${agencyIds}::uuid[]))
  `.execute(trx)
}

async function insertCodes(trx: Trx, rows: readonly AgencyRow[], madeUp: ReadonlySet<string>): Promise<void> {
  const codes = rows.flatMap(({ agencyId, state, isSandbox }) =>
    state.codes.map((code) => ({
      agency_id: agencyId,
      code: code.code,
      code_key: codeKey(code.code),
      scheme: code.scheme,
      valid_from: code.validFrom,
      valid_to: code.validTo,
      is_sandbox: isSandbox || madeUp.has(codeKey(code.code)),
    })),
  )
  await sql`
    insert into agency_codes (agency_id, code, code_key, scheme, valid_from, valid_to, is_sandbox)
    select * from jsonb_to_recordset(${JSON.stringify(codes)}::jsonb) as c(
      agency_id uuid, code text, code_key text, scheme text, valid_from date, valid_to date, is_sandbox boolean)
  `.execute(trx)
}

/** What points at other agencies comes last, when all of them are there. */
async function writeReferences(trx: Trx, rows: readonly AgencyRow[]): Promise<void> {
  await sql`
    update agencies a set parent_id = r.parent_id, is_office = r.is_office, receiver_id = r.receiver_id
    from ${recordset(rows)}
    where a.agency_id = r.agency_id and (r.parent_id is not null or r.receiver_id is not null)
  `.execute(trx)
  const successors = rows.flatMap(({ agencyId, state }) =>
    state.successorIds.map((successorId) => ({ agency_id: agencyId, successor_id: successorId })),
  )
  if (successors.length > 0) await trx.insertInto('agency_successors').values(successors).execute()
}

/** The rows as a table `r` of the statement. */
function recordset(rows: readonly AgencyRow[]) {
  const records = rows.map(({ agencyId, state }) => ({
    agency_id: agencyId,
    name: state.name,
    kind: state.kind,
    connected: state.connected,
    closed_at: state.closedAt?.toISOString(),
    redirects: state.redirects,
    parent_id: state.parentId,
    is_office: state.isOffice,
    receiver_id: state.receiverId,
  }))
  return sql`jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r(
    agency_id uuid, name text, kind text, connected boolean, closed_at timestamptz, redirects boolean,
    parent_id uuid, is_office boolean, receiver_id uuid)`
}
