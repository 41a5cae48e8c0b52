// Takes over a list of agencies, by code: new ones are registered, known ones changed where the row says something
// else. A bad row is named and left out; the good ones do not wait for it.
import { type Agency, type AgencyId, codeKey } from '../domain/agency.ts'
import { buildDirectory, type Directory } from '../domain/directory.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyImportResult } from '../generated/json/agency-import-result.ts'
import type { AgencyInput } from '../generated/json/agency-input.ts'
import { type AgencyState, judgeAgency } from './agency-rules.ts'
import { insertAgencies, updateAgencies } from './agency-store.ts'
import type { Actor } from './audit-store.ts'
import { codeHolders } from './code-holders.ts'
import { type Columns, type ImportedRow, type RowProblem, readColumns, readRow } from './import-columns.ts'
import type { Table } from './import-table.ts'
import type { SaveAgencyDeps } from './save-agency.ts'

export interface ImportOptions {
  /** Checks and answers, writes nothing. */
  readonly dryRun: boolean
  /** Writes nothing when any row is wrong. */
  readonly strict: boolean
}

/** What a row makes of its agency. */
interface Planned {
  readonly row: ImportedRow
  readonly agencyId: AgencyId
  readonly known?: Agency
  readonly input: AgencyInput
  readonly state?: AgencyState
}

interface Plan {
  readonly rows: readonly (Planned & { readonly state: AgencyState })[]
  readonly problems: readonly RowProblem[]
}

export async function importAgencies(
  { change, newId }: SaveAgencyDeps,
  actor: Actor,
  table: Table,
  { dryRun, strict }: ImportOptions,
): Promise<AgencyImportResult> {
  const columns = readColumns(table)
  const { rows, problems: unread } = readRows(table, columns)
  return await change(actor, async (trx, directory, now) => {
    const planned = rows.map((row) => planRow(row, directory, { day: vietnamDay(now), newId }))
    const plan = settle(planned, { directory, now, columns })
    const problems = [...unread, ...plan.problems].sort((a, b) => a.line - b.line)
    if (strict && problems.length > 0) throw refuseAll(problems)

    const created = plan.rows.filter((row) => row.known === undefined)
    const updated = plan.rows.filter((row) => row.known !== undefined && differs(row.known, row.state))
    const counts = {
      rows: table.rows.length,
      created: created.length,
      updated: updated.length,
      unchanged: plan.rows.length - created.length - updated.length,
    }
    const result = { dryRun, ...counts, problems: problems.map((problem) => ({ ...problem })) }
    if (dryRun || created.length + updated.length === 0) return { result }

    await insertAgencies(trx, created.map(toRow))
    await updateAgencies(trx, updated.map(toRow))
    const data = { ...counts, problems: problems.length }
    return { result, audit: { action: 'agencies.imported', object: 'agencies', data } }
  })
}

function readRows(table: Table, columns: Columns): { rows: ImportedRow[]; problems: RowProblem[] } {
  const problems: RowProblem[] = []
  const rows = new Map<string, ImportedRow>()
  for (const tableRow of table.rows) {
    const row = readRow(tableRow, columns)
    if (!('code' in row)) {
      problems.push(...row)
      continue
    }
    const first = rows.get(codeKey(row.code))
    if (first === undefined) rows.set(codeKey(row.code), row)
    else
      problems.push({
        ...problemAt(row, columns, 'code'),
        rule: 'import_code_repeated',
        found: row.code,
        expected: `${first.line}`,
      })
  }
  return { rows: [...rows.values()], problems }
}

function planRow(
  row: ImportedRow,
  directory: Directory,
  { day, newId }: { day: string; newId: () => string },
): Planned {
  const today = { code: row.code, scheme: 'legacy', validFrom: day, validTo: day } as const
  const known = codeHolders(directory, today)[0]?.agency
  const own = new Set((known?.codes ?? []).map((code) => codeKey(code.code)))
  const added = [row.code, ...row.otherCodes].filter((code) => !own.has(codeKey(code))).map((code) => ({ code }))
  const [code, ...codes] = [...(known?.codes ?? []), ...added]
  if (code === undefined) throw new Error('a row without a code was read')

  const told = {
    ...(row.kind === undefined ? {} : { kind: row.kind }),
    ...(row.parent === undefined ? {} : { parent: row.parent }),
    ...(row.connected === undefined ? {} : { connected: row.connected }),
    ...(row.isOffice === undefined ? {} : { isOffice: row.isOffice }),
  }
  const input: AgencyInput = { ...(known && asInput(known)), name: row.name, codes: [code, ...codes], ...told }
  return { row, agencyId: known?.agencyId ?? newId(), input, ...(known && { known }) }
}

function asInput(agency: Agency): Omit<AgencyInput, 'name' | 'codes'> {
  return {
    kind: agency.kind,
    isOffice: agency.isOffice,
    connected: agency.connected,
    successors: [...agency.successorIds],
    redirect: agency.redirects,
    ...(agency.parentId === undefined ? {} : { parent: agency.parentId }),
    ...(agency.receiverId === undefined ? {} : { receiver: agency.receiverId }),
    ...(agency.closedAt === undefined ? {} : { closedAt: agency.closedAt.toISOString() }),
  }
}

interface Ground {
  readonly directory: Directory
  readonly now: Date
  readonly columns: Columns
}

/**
 * Rows may name each other as parents, in any order, so they are judged against the directory as it would be with all
 * of them. A row that falls may be another's parent; the rest is judged again until all that is left can stand.
 */
function settle(rows: readonly Planned[], ground: Ground): Plan {
  const problems: RowProblem[] = []
  let left = rows
  for (;;) {
    const directory = withRows(ground.directory, left, ground.now)
    const judged = left.map((row) => {
      const { state, violations } = judgeAgency({ ...row, directory, now: ground.now })
      return { ...row, state, violations }
    })
    const fallen = judged.filter((row) => row.violations.length > 0)
    problems.push(
      ...fallen.flatMap((row) => row.violations.map((violation) => asProblem(row.row, violation, ground.columns))),
    )
    const standing = judged.filter((row) => row.violations.length === 0)
    // References are known from the second judgement on; circles show only then.
    const isSettled = fallen.length === 0 && left.every((row) => row.state !== undefined)
    if (isSettled) return { rows: standing, problems }
    left = standing
  }
}

function withRows(directory: Directory, rows: readonly Planned[], now: Date): Directory {
  const agencies = new Map(directory.agencies)
  for (const { agencyId, input, state, known } of rows) {
    const base = state ?? judgeAgency({ input, agencyId, directory, now }).state
    agencies.set(agencyId, { ...base, agencyId, updatedAt: known?.updatedAt ?? now })
  }
  return buildDirectory(directory.version, [...agencies.values()], [...directory.systems.values()])
}

function differs(known: Agency, state: AgencyState): boolean {
  const keys = ['name', 'kind', 'parentId', 'isOffice', 'connected'] as const
  return keys.some((key) => known[key] !== state[key]) || known.codes.length !== state.codes.length
}

function toRow({ agencyId, state }: Plan['rows'][number]) {
  return { agencyId, state, isSandbox: false }
}

function asProblem(row: ImportedRow, { path, rule, found, expected }: Violation, columns: Columns): RowProblem {
  const column = path.startsWith('/parent') ? 'parent' : path.startsWith('/isOffice') ? 'isOffice' : 'code'
  return {
    ...problemAt(row, columns, column),
    rule,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
  }
}

function problemAt(row: ImportedRow, columns: Columns, column: 'code' | 'parent' | 'isOffice') {
  return { line: row.line, column: columns.get(column)?.heading ?? column }
}

function refuseAll(problems: readonly RowProblem[]): GatewayError {
  const violations = problems
    .slice(0, violationsMax)
    .map(({ column, ...problem }) => ({ ...problem, path: column ?? '' }))
  return new GatewayError('invalid', 'import_refused', { violations, params: { count: problems.length } })
}

// A person mends a screenful at a time; the dry run lists them all.
const violationsMax = 200
