// What a year of the calendar may not say, and what a person should look at twice. The law's own list of holidays only
// warns: the yearly notice decides, and a calendar that knew better than the notice would have to be argued with.
import { clockMs, type WorkingHours } from '../domain/calendar.ts'
import { type CalendarDay, countsInCalendar } from '../domain/calendar-day.ts'
import { dayNumber, dayText, isDay, weekdayOf } from '../domain/civil-day.ts'
import { type ErrorFacts, GatewayError, type Violation } from '../domain/errors.ts'
import { lunarDay } from '../domain/lunar-date.ts'
import { fixedHolidays } from '../domain/proposed-days.ts'

export interface CalendarWarning {
  readonly code: string
  readonly severity: 'warn'
  readonly day?: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Every mistake of the whole year at once. */
export function judgeYear(year: number, days: readonly Pick<CalendarDay, 'day' | 'kind'>[]): Violation[] {
  const seen = new Set<string>()
  return days.flatMap(({ day, kind }, index) => {
    const path = `/days/${index}/day`
    const rule = dayFault(year, { day, kind }, seen)
    seen.add(day)
    return rule === undefined ? [] : [{ path, found: day, expected: String(year), ...rule }]
  })
}

function dayFault(
  year: number,
  { day, kind }: Pick<CalendarDay, 'day' | 'kind'>,
  seen: ReadonlySet<string>,
): { rule: string } | undefined {
  if (!isDay(day)) return { rule: 'calendar_day_unknown' }
  if (!day.startsWith(`${year}-`)) return { rule: 'calendar_day_other_year' }
  if (seen.has(day)) return { rule: 'calendar_day_twice' }
  if (kind === 'working-swap' && !isWeekend(day)) return { rule: 'calendar_swap_on_workday' }
  if (kind === 'makeup-rest' && isWeekend(day)) return { rule: 'calendar_rest_on_weekend' }
  return undefined
}

export function judgeHours({ weekdays, spans }: WorkingHours): Violation[] {
  const violations: Violation[] = []
  if (weekdays.length === 0) violations.push({ path: '/hours/weekdays', rule: 'calendar_hours_empty' })
  if (spans.length === 0) violations.push({ path: '/hours/spans', rule: 'calendar_hours_empty' })
  spans.forEach(({ from, to }, index) => {
    const before = spans[index - 1]
    const found = `${from}–${to}`
    if (clockMs(from) >= clockMs(to))
      violations.push({ path: `/hours/spans/${index}`, rule: 'calendar_hours_reversed', found })
    else if (before !== undefined && clockMs(from) < clockMs(before.to))
      violations.push({ path: `/hours/spans/${index}`, rule: 'calendar_hours_overlap', found })
  })
  return violations
}

/** The first mistake gives the refusal its text, all are listed. */
export function calendarRefusal(violations: readonly [Violation, ...Violation[]]): GatewayError {
  const [first] = violations
  const facts: ErrorFacts = { violations, params: { found: first.found ?? '', expected: first.expected ?? '' } }
  return new GatewayError('invalid', first.rule, facts)
}

/** What looks forgotten in a year, held against law and moon. */
export function warningsOf(year: number, days: readonly CalendarDay[]): CalendarWarning[] {
  const counting = days.filter(countsInCalendar)
  return [...missingHolidays(year, counting), ...shortBreaks(year, counting), ...unbalanced(counting)]
}

function missingHolidays(year: number, days: readonly CalendarDay[]): CalendarWarning[] {
  const dates = [...fixedHolidays.map(({ date }) => `${year}-${date}`), lunarDay(year, 3, 10)]
  return dates
    .filter((date) => !days.some(({ day, kind }) => day === date && kind === 'holiday'))
    .map((day) => ({ code: 'calendar_holiday_missing', severity: 'warn', day, params: { day: dayMonth(day) } }))
}

/** Five days around the lunar New Year, two around 2 September. */
function shortBreaks(year: number, days: readonly CalendarDay[]): CalendarWarning[] {
  const warnings: CalendarWarning[] = []
  const newYear = lunarDay(year, 1, 1)
  const count = holidaysWithin(days, newYear, 7)
  if (count < 5) {
    const params = { day: dayMonth(newYear), count }
    warnings.push({ code: 'calendar_new_year_short', severity: 'warn', day: newYear, params })
  }
  const nationalDay = `${year}-09-02`
  if (holidaysWithin(days, nationalDay, 1) < 2)
    warnings.push({ code: 'calendar_national_day_short', severity: 'warn', day: nationalDay, params: { year } })
  return warnings
}

/** A day off in lieu has a reason: a holiday on a weekend, or a Saturday that is worked. */
function unbalanced(days: readonly CalendarDay[]): CalendarWarning[] {
  const rests = days.filter(({ kind }) => kind === 'makeup-rest').length
  const weekends = days.filter(({ kind, day }) => kind === 'holiday' && isWeekend(day)).length
  const swaps = days.filter(({ kind }) => kind === 'working-swap').length
  if (rests === weekends + swaps) return []
  return [{ code: 'calendar_rests_unbalanced', severity: 'warn', params: { rests, weekends, swaps } }]
}

function holidaysWithin(days: readonly CalendarDay[], middle: string, radius: number): number {
  const from = dayText(dayNumber(middle) - radius)
  const to = dayText(dayNumber(middle) + radius)
  return days.filter(({ kind, day }) => kind === 'holiday' && from <= day && day <= to).length
}

function isWeekend(day: string): boolean {
  return weekdayOf(dayNumber(day)) >= 6
}

/** `30/4`: how a notice writes it. */
function dayMonth(day: string): string {
  const [, month, date] = day.split('-')
  return `${date}/${Number(month)}`
}
