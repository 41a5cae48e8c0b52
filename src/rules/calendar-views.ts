// The calendar as the API shows it.
import type { Bilingual } from '../domain/calendar-day.ts'
import type { DeadlineSettings } from '../domain/calendar-in-force.ts'
import { proposedDays } from '../domain/proposed-days.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { Calendar } from '../generated/json/calendar.ts'
import type { CalendarSettings } from '../generated/json/calendar-settings.ts'
import type { CalendarVersion } from '../generated/json/calendar-version.ts'
import type { CalendarYear } from '../generated/json/calendar-year.ts'
import { warningsOf } from './calendar-rules.ts'
import { defaultScope, type StoredCalendar, type StoredYear, type VersionRow } from './calendar-store.ts'

/** Fills a text of the catalogue, in both languages. */
export type TextOf = (code: string, params: Readonly<Record<string, string | number>>) => Bilingual

export interface CalendarViewOptions {
  readonly latest: number
  /** Only this year, worked out where nobody has entered it. */
  readonly year?: number
  readonly textOf: TextOf
}

export function calendarView(calendar: StoredCalendar, { latest, year, textOf }: CalendarViewOptions): Calendar {
  const { version, years, defaults, provinces } = calendar
  const shown = year === undefined ? years : [years.find((known) => known.year === year) ?? workedOut(year)]
  return {
    version,
    latest,
    years: shown.map((stored) => yearView(stored, textOf)),
    settings: [[defaultScope, defaults] as const, ...provinces].map(([province, settings]) =>
      settingsView(province, settings),
    ),
  }
}

type ShownYear = Omit<StoredYear, 'version' | 'days'> & {
  readonly version?: number
  readonly days: readonly CalendarYear['days'][number][]
}

function workedOut(year: number): ShownYear {
  return { year, days: proposedDays(year) }
}

function yearView({ year, version, days, confirmed }: ShownYear, textOf: TextOf): CalendarYear {
  return {
    year,
    entered: version !== undefined,
    confirmed: confirmed !== undefined,
    ...(confirmed === undefined ? {} : { confirmedAt: vietnamTime(confirmed.at), confirmedBy: confirmed.by }),
    ...(version === undefined ? {} : { version }),
    days: [...days],
    warnings: warningsOf(year, days).map(({ code, day, params }) => ({
      ...{ code, message: textOf(code, params) },
      ...(day === undefined ? {} : { day }),
    })),
  }
}

function settingsView(province: string, { dispatchRule, urgentMinutes, hours }: DeadlineSettings): CalendarSettings {
  const { weekdays, spans } = hours
  return { province, dispatchRule, urgentMinutes, hours: { weekdays: [...weekdays], spans: [...spans] } }
}

export function versionView({ version, at, by, reason, change, subject }: VersionRow): CalendarVersion {
  const about = subject === undefined ? {} : /^\d+$/.test(subject) ? { year: Number(subject) } : { province: subject }
  return { version, at: vietnamTime(at), by, reason, change, ...about }
}
