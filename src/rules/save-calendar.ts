// Changes of the calendar: one at a time, each a new version written together with its audit row. A change that
// changes nothing makes no version, so a call repeated after a timeout does not undo a confirmation.
import { isDeepStrictEqual } from 'node:util'
import type { CalendarDay } from '../domain/calendar-day.ts'
import type { DeadlineSettings } from '../domain/calendar-in-force.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { proposedDays } from '../domain/proposed-days.ts'
import type { Database, Trx } from '../platform/database.ts'
import type { CalendarCache } from './calendar-cache.ts'
import { calendarRefusal, judgeHours, judgeYear } from './calendar-rules.ts'
import {
  defaultScope,
  insertSettings,
  insertVersion,
  insertYears,
  lockCalendar,
  readCalendar,
  type StoredCalendar,
  type StoredDay,
  type StoredYear,
  type VersionChange,
} from './calendar-store.ts'

export interface CalendarActor {
  readonly name: string
}

export interface SaveCalendarDeps {
  readonly db: Database
  readonly cache: CalendarCache
  readonly clock: Clock
  readonly audit: (
    trx: Trx,
    actor: CalendarActor,
    entry: { readonly action: string; readonly object: string; readonly data: Readonly<Record<string, unknown>> },
  ) => Promise<void>
}

export interface ChangeRequest {
  readonly actor: CalendarActor
  readonly reason: string
  /** The version the person looked at. */
  readonly basedOn?: number
}

/** `status` left open: it counts, and confirming the year will confirm it. */
export type EnteredDay = Omit<CalendarDay, 'status'> & { readonly status?: CalendarDay['status'] }

export async function replaceYear(
  deps: SaveCalendarDeps,
  request: ChangeRequest,
  { year, days }: { readonly year: number; readonly days: readonly EnteredDay[] },
): Promise<void> {
  refuse(judgeYear(year, days))
  await change(deps, request, (calendar) => {
    const before = yearOf(calendar, year)
    const entered = days.map((day) => enteredDay(day, before, request.actor)).sort(byDay)
    if (before !== undefined && isDeepStrictEqual(entered, before.days)) return undefined
    return { change: 'year_replaced', year: { year, days: entered } }
  })
}

/** Says of a year, also of one that was only worked out, that it agrees with the official notice. */
export async function confirmYear(deps: SaveCalendarDeps, request: ChangeRequest, year: number): Promise<void> {
  await change(deps, request, (calendar, at) => {
    const before = yearOf(calendar, year)
    if (before?.confirmed !== undefined) return undefined
    const { name: by } = request.actor
    const days = before?.days ?? proposedDays(year).map((day) => ({ ...day, enteredBy: by }))
    return {
      change: 'year_confirmed',
      year: {
        year,
        confirmed: { at, by },
        days: days.map((day) => (day.status === 'unverified' ? { ...day, status: 'confirmed' } : day)),
      },
    }
  })
}

export async function changeSettings(
  deps: SaveCalendarDeps,
  request: ChangeRequest,
  { province, settings }: { readonly province: string; readonly settings: DeadlineSettings },
): Promise<void> {
  refuse(judgeHours(settings.hours))
  await change(deps, request, (calendar) => {
    const before = province === defaultScope ? calendar.defaults : calendar.provinces.get(province)
    if (isDeepStrictEqual(before, settings)) return undefined
    return { change: 'settings_changed', province, settings }
  })
}

export async function removeSettings(deps: SaveCalendarDeps, request: ChangeRequest, province: string): Promise<void> {
  if (province === defaultScope) throw new GatewayError('conflict', 'calendar_default_settings_needed')
  await change(deps, request, (calendar) => {
    if (!calendar.provinces.has(province))
      throw new GatewayError('not_found', 'calendar_settings_not_found', { params: { province } })
    return { change: 'settings_removed', province, settings: undefined }
  })
}

type CalendarChange =
  | { readonly change: 'year_replaced' | 'year_confirmed'; readonly year: Omit<StoredYear, 'version'> }
  | {
      readonly change: 'settings_changed' | 'settings_removed'
      readonly province: string
      readonly settings: DeadlineSettings | undefined
    }

async function change(
  { db, cache, clock, audit }: SaveCalendarDeps,
  { actor, reason, basedOn }: ChangeRequest,
  decide: (calendar: StoredCalendar, at: Date) => CalendarChange | undefined,
): Promise<void> {
  const at = clock.now()
  await db.transaction().execute(async (trx) => {
    const latest = await lockCalendar(trx)
    const calendar = await readCalendar(trx, latest)
    const decided = decide(calendar, at)
    if (decided === undefined) return
    if (basedOn !== undefined && basedOn !== latest)
      throw new GatewayError('conflict', 'calendar_changed', { params: { version: basedOn, latest } })

    const version = latest + 1
    const subject = subjectOf(decided)
    await insertVersion(trx, { version, at, by: actor.name, reason, change: decided.change, subject })
    await write(trx, version, decided)
    await audit(trx, actor, {
      action: actionOf[decided.change],
      object: `calendar:${subject}`,
      data: { version, reason, before: stateOf(calendar, decided), after: afterOf(decided) },
    })
  })
  await cache.changed()
}

async function write(trx: Trx, version: number, decided: CalendarChange): Promise<void> {
  if ('year' in decided) await insertYears(trx, version, [decided.year])
  else await insertSettings(trx, { version, province: decided.province, settings: decided.settings })
}

function subjectOf(decided: CalendarChange): string {
  return 'year' in decided ? String(decided.year.year) : decided.province
}

function stateOf(calendar: StoredCalendar, decided: CalendarChange): unknown {
  if ('year' in decided) return yearOf(calendar, decided.year.year) ?? null
  return (decided.province === defaultScope ? calendar.defaults : calendar.provinces.get(decided.province)) ?? null
}

function afterOf(decided: CalendarChange): unknown {
  return 'year' in decided ? decided.year : (decided.settings ?? null)
}

const actionOf: Readonly<Record<Exclude<VersionChange, 'seeded'>, string>> = {
  year_replaced: 'calendar.year_replaced',
  year_confirmed: 'calendar.year_confirmed',
  settings_changed: 'calendar.settings_changed',
  settings_removed: 'calendar.settings_removed',
}

function yearOf(calendar: StoredCalendar, year: number): StoredYear | undefined {
  return calendar.years.find((known) => known.year === year)
}

/** A day that is entered again as it was keeps who entered it and, unless told otherwise, that it was confirmed. */
function enteredDay({ status, ...input }: EnteredDay, before: StoredYear | undefined, actor: CalendarActor): StoredDay {
  const { day, kind, source } = input
  const said = { day, kind, label: { vi: input.label.vi, en: input.label.en }, source }
  const known = before?.days.find((candidate) => candidate.day === day)
  const isSame = known !== undefined && isDeepStrictEqual({ ...known, ...said }, known)
  const kept = isSame && known.status === 'confirmed' ? 'confirmed' : 'unverified'
  return { ...said, status: status ?? kept, enteredBy: isSame ? known.enteredBy : actor.name }
}

function byDay(a: { readonly day: string }, b: { readonly day: string }): number {
  return a.day < b.day ? -1 : 1
}

function refuse([first, ...others]: ReturnType<typeof judgeYear>): void {
  if (first !== undefined) throw calendarRefusal([first, ...others])
}
