// Which years an operator must still confirm: the running one at any time, the next one from November on, when its
// notice is usually out. In the form of alert records, which stand while their cause stands.
import type { CalendarState } from '../domain/calendar-in-force.ts'

export interface CalendarGap {
  readonly cause: 'calendar_year_missing'
  /** The year. */
  readonly subject: string
  readonly data: { readonly year: number; readonly entered: boolean; readonly startsOn: string }
}

/** `today` is the day in Vietnam. A year that is not in the answer needs no alert any more. */
export function calendarGaps({ years }: Pick<CalendarState, 'years'>, today: string): CalendarGap[] {
  const running = Number(today.slice(0, 4))
  const due = today.slice(5) >= remindFrom ? [running, running + 1] : [running]
  return due
    .filter((year) => years.find((known) => known.year === year)?.confirmed === undefined)
    .map((year) => ({
      cause: 'calendar_year_missing',
      subject: String(year),
      data: { year, entered: years.some((known) => known.year === year), startsOn: `${year}-01-01` },
    }))
}

const remindFrom = '11-01'
