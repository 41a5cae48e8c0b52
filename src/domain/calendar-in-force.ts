// The calendar and the deadline rules together, as they are at one version, and what of them holds in a province.
import { buildCalendar, type WorkingCalendar, type WorkingHours } from './calendar.ts'
import type { CalendarYear } from './calendar-day.ts'
import type { DeadlinePolicy } from './deadline.ts'

export interface DeadlineSettings extends DeadlinePolicy {
  readonly hours: WorkingHours
}

export interface CalendarState {
  readonly version: number
  readonly years: readonly CalendarYear[]
  /** What holds where a province has no settings of its own, and for agencies outside of any. */
  readonly defaults: DeadlineSettings
  readonly provinces: ReadonlyMap<string, DeadlineSettings>
}

export interface CalendarInForce<State extends CalendarState = CalendarState> {
  readonly state: State
  of(province: string | undefined): ProvinceCalendar
}

export interface ProvinceCalendar {
  readonly calendar: WorkingCalendar
  readonly policy: DeadlinePolicy
}

export function putInForce<State extends CalendarState>(state: State): CalendarInForce<State> {
  const { version, years } = state
  const build = ({ hours, ...policy }: DeadlineSettings): ProvinceCalendar => ({
    calendar: buildCalendar({ version, years, hours }),
    policy,
  })
  const defaults = build(state.defaults)
  const provinces = new Map([...state.provinces].map(([province, settings]) => [province, build(settings)]))
  return { state, of: (province) => provinces.get(province ?? '') ?? defaults }
}
