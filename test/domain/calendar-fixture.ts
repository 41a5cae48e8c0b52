// The calendar that comes with the program, read as data, and the naive walk that arithmetic is held against.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildCalendar, type WorkingCalendar, type WorkingHours } from '../../src/domain/calendar.ts'
import type { CalendarDay, CalendarYear } from '../../src/domain/calendar-day.ts'
import { vietnamTime } from '../../src/domain/vietnam-time.ts'

const file: { years: CalendarYear[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../schemas/rules/calendar.json'), 'utf8'),
)

export const seededYears: readonly CalendarYear[] = file.years

export const officeHours: WorkingHours = {
  weekdays: [1, 2, 3, 4, 5],
  spans: [
    { from: '07:30', to: '11:30' },
    { from: '13:30', to: '17:00' },
  ],
}

export const seededCalendar: WorkingCalendar = buildCalendar({ version: 7, years: seededYears, hours: officeHours })

/** The seeded year with other lines for some of its days. */
export function changedYear(year: number, changes: readonly CalendarDay[]): CalendarYear {
  const days = seededYears.find((known) => known.year === year)?.days ?? []
  const changed = new Set(changes.map(({ day }) => day))
  const all = [...days.filter(({ day }) => !changed.has(day)), ...changes]
  return { year, days: all.sort((a, b) => (a.day < b.day ? -1 : 1)) }
}

export function line(day: string, kind: CalendarDay['kind'], status: CalendarDay['status'] = 'confirmed'): CalendarDay {
  return { day, kind, status, label: { vi: day, en: day }, source: 'Thông báo thử' }
}

/** Minutes of working time from one whole minute to another, counted one by one. */
export function minutesWalked(calendar: WorkingCalendar, from: Date, to: Date): number {
  let minutes = 0
  for (let at = from.getTime(); at < to.getTime(); at += 60_000) if (isWorked(calendar, new Date(at))) minutes += 1
  return minutes
}

function isWorked(calendar: WorkingCalendar, minute: Date): boolean {
  const clock = vietnamTime(minute)
  const time = clock.slice(11, 16)
  return (
    calendar.isWorkingDay(clock.slice(0, 10)) && calendar.hours.spans.some(({ from, to }) => from <= time && time < to)
  )
}
