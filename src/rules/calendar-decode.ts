// What is read of the calendar from JSON and from checked columns. A value that is not known was written by a newer
// release, and nothing can be decided on it.

import type { CalendarDay, DayKind, DayStatus } from '../domain/calendar-day.ts'
import type { DeadlineSettings } from '../domain/calendar-in-force.ts'
import type { Weekday } from '../domain/civil-day.ts'
import type { DispatchRule } from '../domain/deadline.ts'
import { type Decode, list, number, record, text } from '../platform/json-decode.ts'

export function oneOf<T extends string | number>(known: readonly T[]): Decode<T> {
  return (value, path) => {
    const found = known.find((candidate) => candidate === value)
    if (found === undefined) throw new Error(`${path} has an unknown value: ${String(value)}`)
    return found
  }
}

export const dayKind = oneOf<DayKind>(['holiday', 'makeup-rest', 'working-swap'])
export const dayStatus = oneOf<DayStatus>(['confirmed', 'unverified', 'proposed'])

export const decodeSettings: Decode<DeadlineSettings> = record({
  dispatchRule: oneOf<DispatchRule>(['noon_next_working_day', 'end_of_next_working_day']),
  urgentMinutes: record({ 1: number, 2: number, 3: number, 4: number }),
  hours: record({
    weekdays: list(oneOf<Weekday>([1, 2, 3, 4, 5, 6, 7])),
    spans: list(record({ from: text, to: text })),
  }),
})

export const decodeDay: Decode<CalendarDay> = record({
  ...{ day: text, kind: dayKind, label: record({ vi: text, en: text }) },
  ...{ source: text, status: dayStatus },
})
