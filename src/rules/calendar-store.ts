// The calendar as it is stored: versions that only ever grow, each with the whole years and settings it is about.
// What is in force at a version is, for each year and province, the newest row up to it.
import { sql } from 'kysely'
import type { CalendarDay, CalendarYear } from '../domain/calendar-day.ts'
import type { CalendarState, DeadlineSettings } from '../domain/calendar-in-force.ts'
import type { Db, Trx } from '../platform/database.ts'
import { dayKind, dayStatus, decodeSettings, oneOf } from './calendar-decode.ts'

export interface StoredDay extends CalendarDay {
  readonly enteredBy: string
}

export interface StoredYear extends CalendarYear {
  readonly days: readonly StoredDay[]
  /** In which version it was last entered or confirmed. */
  readonly version: number
}

export interface StoredCalendar extends CalendarState {
  readonly years: readonly StoredYear[]
}

export type VersionChange = 'seeded' | 'year_replaced' | 'year_confirmed' | 'settings_changed' | 'settings_removed'

export interface VersionRow {
  readonly version: number
  readonly at: Date
  readonly by: string
  readonly reason: string
  readonly change: VersionChange
  /** The year or the province it is about. */
  readonly subject?: string
}

/** The scope of whoever has no settings of their own. */
export const defaultScope = 'default'

/** 0 before the first seed. */
export async function latestVersion(db: Db): Promise<number> {
  const row = await db
    .selectFrom('calendar_versions')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirstOrThrow()
  return row.version ?? 0
}

/** Lets one change happen at a time; reading goes on. Answers the version to build on. */
export async function lockCalendar(trx: Trx): Promise<number> {
  await sql`lock table calendar_versions in share row exclusive mode`.execute(trx)
  return await latestVersion(trx)
}

/** Rows up to a version never change, so no snapshot is needed to read them together. */
export async function readCalendar(db: Db, version: number): Promise<StoredCalendar> {
  const [years, settings] = await Promise.all([readYears(db, version), readSettings(db, version)])
  const { [defaultScope]: defaults, ...provinces } = settings
  if (defaults === undefined) throw new Error(`calendar version ${version} has no default settings`)
  return { version, years, defaults, provinces: new Map(Object.entries(provinces)) }
}

export async function insertVersion(trx: Trx, row: VersionRow): Promise<void> {
  await trx
    .insertInto('calendar_versions')
    .values({ ...row, subject: row.subject ?? null })
    .execute()
}

export async function insertYears(trx: Trx, version: number, years: readonly Omit<StoredYear, 'version'>[]) {
  await trx
    .insertInto('calendar_years')
    .values(
      years.map(({ year, confirmed }) => ({
        ...{ version, year },
        ...{ confirmed_at: confirmed?.at ?? null, confirmed_by: confirmed?.by ?? null },
      })),
    )
    .execute()
  const days = years.flatMap(({ year, days }) => days.map((day) => dayRow(day, { version, year })))
  if (days.length > 0) await trx.insertInto('calendar_days').values(days).execute()
}

/** Without settings the province follows the default from this version on. */
export async function insertSettings(
  trx: Trx,
  row: { version: number; province: string; settings: DeadlineSettings | undefined },
): Promise<void> {
  const { version, province, settings } = row
  await trx
    .insertInto('calendar_settings')
    .values({ version, province, settings: settings === undefined ? null : JSON.stringify(settings) })
    .execute()
}

/** Newest first, those before the given one. */
export async function versionsBefore(db: Db, before: number, limit: number): Promise<VersionRow[]> {
  const rows = await db
    .selectFrom('calendar_versions')
    .select(['version', 'at', 'by', 'reason', 'change', 'subject'])
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ change, subject, ...row }) => ({
    ...row,
    change: oneOf(versionChanges)(change, 'calendar_versions.change'),
    ...(subject === null ? {} : { subject }),
  }))
}

async function readYears(db: Db, version: number): Promise<StoredYear[]> {
  const years = await newestYears(db, version).execute()
  const days = await db
    .with('newest', (q) => newestYears(q, version))
    .selectFrom('calendar_days as d')
    .innerJoin('newest as n', (join) => join.onRef('n.year', '=', 'd.year').onRef('n.version', '=', 'd.version'))
    .select(['d.year', 'd.day', 'd.kind', 'd.label_vi', 'd.label_en', 'd.source', 'd.status', 'd.entered_by'])
    .orderBy('d.day')
    .execute()
  const byYear = new Map<number, StoredDay[]>(years.map(({ year }) => [year, []]))
  for (const row of days) byYear.get(row.year)?.push(storedDay(row))
  return years.map((row) => ({
    year: row.year,
    version: row.version,
    days: byYear.get(row.year) ?? [],
    ...(row.confirmed_at === null || row.confirmed_by === null
      ? {}
      : { confirmed: { at: row.confirmed_at, by: row.confirmed_by } }),
  }))
}

function newestYears(db: Pick<Db, 'selectFrom'>, version: number) {
  return db
    .selectFrom('calendar_years')
    .distinctOn('year')
    .select(['year', 'version', 'confirmed_at', 'confirmed_by'])
    .where('version', '<=', version)
    .orderBy('year')
    .orderBy('version', 'desc')
}

async function readSettings(db: Db, version: number): Promise<Record<string, DeadlineSettings>> {
  const rows = await db
    .selectFrom('calendar_settings')
    .distinctOn('province')
    .select(['province', 'settings'])
    .where('version', '<=', version)
    .orderBy('province')
    .orderBy('version', 'desc')
    .execute()
  return Object.fromEntries(
    rows.flatMap(({ province, settings }) =>
      settings === null ? [] : [[province, decodeSettings(settings, `calendar_settings/${province}`)]],
    ),
  )
}

type DayRow = Record<'day' | 'kind' | 'label_vi' | 'label_en' | 'source' | 'status' | 'entered_by', string>

function storedDay(row: DayRow): StoredDay {
  return {
    day: row.day,
    kind: dayKind(row.kind, 'calendar_days.kind'),
    label: { vi: row.label_vi, en: row.label_en },
    source: row.source,
    status: dayStatus(row.status, 'calendar_days.status'),
    enteredBy: row.entered_by,
  }
}

function dayRow({ label, enteredBy, ...day }: StoredDay, key: { version: number; year: number }) {
  const { day: date, kind, source, status } = day
  return { ...key, day: date, kind, source, status, label_vi: label.vi, label_en: label.en, entered_by: enteredBy }
}

const versionChanges: readonly VersionChange[] = [
  ...(['seeded', 'year_replaced', 'year_confirmed', 'settings_changed', 'settings_removed'] as const),
]
