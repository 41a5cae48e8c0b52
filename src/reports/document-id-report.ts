// Document ids of an agency in a year, held against the rule `<agency code>-YYYY.N` (R43): which numbers are missing,
// which were used twice, which ids follow another rule. Read only, and counted by the database: of a large agency only
// the figures and a screenful of examples travel.
import { sql } from 'kysely'
import { type Agency, codeKey } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import type { DocumentIdReport } from '../generated/json/document-id-report.ts'
import type { Db } from '../platform/database.ts'

/** The codes that one agency counts on. A predecessor has counted on its own. */
export interface Series {
  readonly codes: readonly string[]
  readonly name: string
}

export interface ReportQuestion {
  readonly agencyIds: readonly string[]
  readonly series: readonly Series[]
  readonly year: number
}

export type DocumentIdFigures = Omit<DocumentIdReport, 'agency' | 'year'>

const rangesShown = 1_000
const idsShown = 200

/** A code that was handed on belongs to one series: the heir goes on counting where the other one stopped. */
export function seriesOf(agencyIds: Iterable<string>, directory: Directory): Series[] {
  const series: { codes: Set<string>; names: Set<string> }[] = []
  for (const agency of [...agencyIds].flatMap((id) => directory.agencies.get(id) ?? [])) {
    const codes = codesOf(agency)
    const shared = series.filter((one) => codes.some((code) => one.codes.has(code)))
    const merged = {
      codes: new Set([...shared.flatMap((one) => [...one.codes]), ...codes]),
      names: new Set([...shared.flatMap((one) => [...one.names]), agency.name]),
    }
    series.splice(0, series.length, ...series.filter((one) => !shared.includes(one)), merged)
  }
  return series.map(({ codes, names }) => ({ codes: [...codes].sort(), name: [...names].join(' · ') }))
}

function codesOf(agency: Agency): string[] {
  return agency.codes.map((code) => codeKey(code.code))
}

export async function documentIdFigures(
  db: Db,
  { agencyIds, series, year }: ReportQuestion,
): Promise<DocumentIdFigures> {
  const codes = series.flatMap((one, n) => one.codes.map((code) => ({ series: n, code })))
  const { rows } = await sql<FiguresRow>`
    with code as (
      select * from json_to_recordset(${JSON.stringify(codes)}::json) as c(series integer, code text)
    ), id as materialized (
      -- Ids with the year's numbers, whenever they came; the range is that of the index on document_key.
      select p.document_key as key, false as is_received
      from code c cross join lateral (
        select document_key from packages
        where document_key ~>=~ (c.code || '-' || ${year}::text || '.')
          and document_key ~<~ (c.code || '-' || ${year}::text || '/')
          and from_agency_id = any(${[...agencyIds]}::uuid[]) and kind in ('new', 'replace')
      ) p
      union
      -- And all that came in the year: the ids of packages begin with the moment they were made.
      select document_key, true from packages
      where from_agency_id = any(${[...agencyIds]}::uuid[]) and kind in ('new', 'replace')
        and package_id >= ${firstIdOf(year)}::uuid and package_id < ${firstIdOf(year + 1)}::uuid
    ), serial as materialized (
      -- Taken apart by position: a regular expression that also captures costs ten times as much.
      select key, bool_or(is_received) as is_received, key ~ '^[^,]+-[0-9]{4}[.][1-9][0-9]{0,8}$' as is_serial,
        split_part(key, '-', -1) as tail
      from id group by key
    ), read as materialized (
      select key, is_received, is_serial,
        case when is_serial then left(key, -length(tail) - 1)
          when key ~ '^[^,]+,[0-9]{4}/[0-9]{2}/[0-9]{2},.' then split_part(key, ',', 1) end as code,
        case when is_serial then left(tail, 4)::integer end as year,
        case when is_serial then substr(tail, 6)::bigint end as number
      from serial
    ), known as materialized (
      select r.key, r.is_received, r.year, r.number, r.code, c.series,
        case
          when r.code is null then 'none'
          when not r.is_serial then 'axis'
          when r.code ~ '^[0-9]{3}[.][0-9]{2}[.][0-9]{2}[.][A-Z][0-9]{2}$' then 'qcvn102'
          when r.code ~ '^[A-Y][0-9]{2}([.][A-Z0-9]+)*$' then 'qd20'
          when c.series is not null then 'other'
          else 'none' end as form
      from read r left join code c on c.code = r.code
    ), used as materialized (
      select series, number, count(*) as times, array_agg(key order by key) as keys
      from known where series is not null and number is not null and year = ${year}
      group by series, number
    ), gap as (
      select series, coalesce(lag(number) over (partition by series order by number), 0) + 1 as first, number - 1 as last
      from used
    ), missing as (
      select series, first, last, row_number() over (partition by series order by first) as n from gap where first <= last
    ), repeated as (
      select series, number, keys, row_number() over (partition by series order by number) as n from used where times > 1
    ), unmatched as (select key from known where form = 'none'),
    strange as (
      select key from known where is_received and series is null and form <> 'none'
    )
    select
      (select count(*)::int from known) as documents,
      (select coalesce(json_object_agg(form, n), '{}') from (select form, count(*) as n from known group by form) f) as forms,
      (select coalesce(json_agg(s), '[]') from (
        select series, count(*) as count, max(number) as highest from used group by series) s) as series,
      (select coalesce(json_agg(m order by m.series, m.first), '[]') from missing m where n <= ${rangesShown}) as missing,
      (select coalesce(json_agg(r order by r.series, r.number), '[]') from repeated r where n <= ${idsShown}) as repeated,
      (select coalesce(json_object_agg(series, n), '{}') from (
        select series, count(*) as n from repeated group by series) r) as repeated_counts,
      (select count(*)::int from known where is_received and series is not null and year <> ${year}) as other_year,
      (select count(*)::int from unmatched) as unmatched_count,
      array(select key from unmatched order by key limit ${idsShown}) as unmatched,
      (select count(*)::int from strange) as foreign_count,
      array(select key from strange order by key limit ${idsShown}) as foreign_ids`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the figures gave no row')
  return toFigures(row, series)
}

interface FiguresRow {
  documents: number
  forms: Partial<DocumentIdFigures['byForm']>
  series: { series: number; count: number; highest: number }[]
  missing: { series: number; first: number; last: number }[]
  repeated: { series: number; number: number; keys: string[] }[]
  repeated_counts: Record<string, number>
  other_year: number
  unmatched_count: number
  unmatched: string[]
  foreign_count: number
  foreign_ids: string[]
}

function toFigures(row: FiguresRow, series: readonly Series[]): DocumentIdFigures {
  return {
    documents: row.documents,
    byForm: { qcvn102: 0, qd20: 0, other: 0, axis: 0, none: 0, ...row.forms },
    series: series.map((one, n) => seriesFigures(one, n, row)),
    otherYear: row.other_year,
    unmatched: { count: row.unmatched_count, documentIds: row.unmatched },
    foreign: { count: row.foreign_count, documentIds: row.foreign_ids },
  }
}

function seriesFigures({ codes, name }: Series, n: number, row: FiguresRow): DocumentIdFigures['series'][number] {
  const { count = 0, highest = 0 } = row.series.find((one) => one.series === n) ?? {}
  return {
    ...{ codes: [...codes], name, count, highest },
    missing: row.missing.flatMap((gap) => (gap.series === n ? [{ from: gap.first, to: gap.last }] : [])),
    missingCount: highest - count,
    repeated: row.repeated.flatMap((one) =>
      one.series === n ? [{ number: one.number, documentIds: one.keys.slice(0, idsShown) }] : [],
    ),
    repeatedCount: row.repeated_counts[String(n)] ?? 0,
  }
}

/** The lowest id that a package of the year can have (UUIDv7: milliseconds first), by the clock of Vietnam. */
function firstIdOf(year: number): string {
  const hex = Date.parse(`${year}-01-01T00:00:00+07:00`).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
