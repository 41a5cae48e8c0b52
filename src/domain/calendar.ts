// The working calendar as a value: which days offices work, and at which hours. Days are ISO dates and hours are clock
// time, both of Vietnam; instants are exact to the millisecond. A year nobody has entered is worked out from law and
// moon, so there is always an answer, and the calendar says where it is only a proposal.
import { type CalendarDay, type CalendarYear, countsInCalendar } from './calendar-day.ts'
import {
  dayNumber,
  dayText,
  vietnamClock,
  vietnamInstant,
  type Weekday,
  weekdayOf,
  yearOf,
  yearStart,
} from './civil-day.ts'
import { proposedDays } from './proposed-days.ts'

export interface WorkingHours {
  /** Days of the week that are worked, Monday is 1. */
  readonly weekdays: readonly Weekday[]
  /** From and to as `HH:MM`, one after the other. */
  readonly spans: readonly { readonly from: string; readonly to: string }[]
}

/** Why a day is worked or not. */
export interface DayFacts {
  readonly day: string
  readonly weekday: Weekday
  readonly isWorking: boolean
  /** What the calendar says of this very day, also where it does not count yet. */
  readonly entry?: CalendarDay
}

export interface WorkingCalendar {
  readonly version: number
  readonly hours: WorkingHours
  isWorkingDay(day: string): boolean
  /** The first working day after this one. */
  nextWorkingDay(day: string): string
  /** The n-th working day after this one; the day itself where n is 0. */
  addWorkingDays(day: string, count: number): string
  /** The first moment by which so much working time has gone since the instant. */
  addWorkingTime(instant: Date, ms: number): Date
  /** Working time from the first instant to the second, in milliseconds; negative where the second is the earlier. */
  workingTimeBetween(from: Date, to: Date): number
  /** Working time of one whole day, in milliseconds. */
  readonly workingDayMs: number
  /** The clock time at which the working day ends, in milliseconds after midnight. */
  readonly dayEndMs: number
  factsOf(day: string): DayFacts
  /** Years between two days that nobody has confirmed. */
  unconfirmedYears(from: string, to: string): number[]
}

export interface CalendarContent {
  readonly version: number
  readonly years: readonly CalendarYear[]
  readonly hours: WorkingHours
}

export function buildCalendar({ version, years, hours }: CalendarContent): WorkingCalendar {
  const spans = readSpans(hours)
  const workingDayMs = spans.reduce((sum, { from, to }) => sum + to - from, 0)
  const weekdays = new Set<number>(hours.weekdays)
  const byYear = new Map(years.map((year) => [year.year, year]))
  const entered = new Map<number, YearDays>()
  if (workingDayMs <= 0 || weekdays.size === 0) throw new RangeError('a calendar without working time has no deadlines')

  function yearDays(year: number): YearDays {
    let days = entered.get(year)
    if (days === undefined) {
      days = readYear(year, byYear.get(year)?.days ?? proposedDays(year))
      entered.set(year, days)
    }
    return days
  }

  // Days come one after the other, so the year of the last one nearly always holds the next.
  let last: YearDays | undefined
  function entryOf(day: number): CalendarDay | undefined {
    if (last === undefined || day < last.first || day > last.last) last = yearDays(yearOf(day))
    return last.entries.get(day)
  }

  function works(day: number): boolean {
    const entry = entryOf(day)
    if (entry === undefined || !countsInCalendar(entry)) return weekdays.has(weekdayOf(day))
    return entry.kind === 'working-swap'
  }

  function nextWorking(day: number): number {
    let next = day + 1
    while (!works(next)) next += 1
    return next
  }

  /** How much working time a working day has seen when it has gone `ms` far. */
  function elapsed(ms: number): number {
    return spans.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(ms, to) - from), 0)
  }

  /** How far a working day has gone when it has just seen so much working time. */
  function reached(working: number): number {
    let left = working
    for (const { from, to } of spans) {
      if (left <= to - from) return from + left
      left -= to - from
    }
    throw new RangeError('more working time than a day has')
  }

  function addWorkingTime(instant: Date, ms: number): Date {
    requireCount(ms)
    if (ms === 0) return instant
    const start = vietnamClock(instant)
    let { day } = start
    let left = ms + (works(day) ? elapsed(start.ms) : 0)
    while (!works(day) || left > workingDayMs) {
      if (works(day)) left -= workingDayMs
      day += 1
    }
    return vietnamInstant(day, reached(left))
  }

  /** Working time since the midnight that began `day`, at a moment on that day or a later one. */
  function workedSince(day: number, { day: until, ms }: { day: number; ms: number }): number {
    let sum = works(until) ? elapsed(ms) : 0
    for (let at = day; at < until; at += 1) if (works(at)) sum += workingDayMs
    return sum
  }

  function workingTimeBetween(from: Date, to: Date): number {
    // Subtracting from zero gives 0 where a sign would give -0.
    if (to < from) return 0 - workingTimeBetween(to, from)
    const start = vietnamClock(from)
    return workedSince(start.day, vietnamClock(to)) - workedSince(start.day, start)
  }

  return {
    ...{ version, hours, workingDayMs, addWorkingTime, workingTimeBetween },
    dayEndMs: spans.at(-1)?.to ?? 0,
    isWorkingDay: (day) => works(dayNumber(day)),
    nextWorkingDay: (day) => dayText(nextWorking(dayNumber(day))),
    addWorkingDays(day, count) {
      requireCount(count)
      let number = dayNumber(day)
      for (let n = 0; n < count; n += 1) number = nextWorking(number)
      return dayText(number)
    },
    factsOf(day) {
      const number = dayNumber(day)
      const entry = entryOf(number)
      const facts = { day, weekday: weekdayOf(number), isWorking: works(number) }
      return entry === undefined ? facts : { ...facts, entry }
    },
    unconfirmedYears(from, to) {
      const first = yearOf(dayNumber(from))
      const years = Array.from({ length: Math.max(0, yearOf(dayNumber(to)) - first + 1) }, (_, n) => first + n)
      return years.filter((year) => byYear.get(year)?.confirmed === undefined)
    },
  }
}

interface YearDays {
  readonly first: number
  readonly last: number
  readonly entries: ReadonlyMap<number, CalendarDay>
}

function readYear(year: number, days: readonly CalendarDay[]): YearDays {
  return {
    first: yearStart(year),
    last: yearStart(year + 1) - 1,
    entries: new Map(days.map((entry) => [dayNumber(entry.day), entry])),
  }
}

interface Span {
  /** Milliseconds after midnight. */
  readonly from: number
  readonly to: number
}

/** Throws for spans that overlap or end before they begin: time would be counted twice or backwards. */
function readSpans(hours: WorkingHours): Span[] {
  const spans = hours.spans.map(({ from, to }) => ({ from: clockMs(from), to: clockMs(to) }))
  spans.forEach(({ from, to }, index) => {
    if (from >= to || from < (spans[index - 1]?.to ?? 0)) throw new RangeError('working hours out of order')
  })
  return spans
}

/** Milliseconds after midnight of `HH:MM`; `24:00` is the end of the day. */
export function clockMs(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$|^24:00$/.exec(text)
  if (match === null) throw new RangeError(`${text} is no time of day`)
  const [, hours = '24', minutes = '00'] = match
  return (Number(hours) * 60 + Number(minutes)) * 60_000
}

function requireCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${count} is no amount to add`)
}
