// Days as numbers, so that they can be counted: days since 1970-01-01, on the clock of Vietnam (+07:00 all year).

export const dayMs = 86_400_000
const offsetMs = 7 * 3_600_000

/** Monday is 1, Sunday is 7 (ISO 8601). */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7

/** The number of an ISO day. Throws for what is no day, e.g. 2026-02-30, which would otherwise pass for another one. */
export function dayNumber(day: string): number {
  const number = Date.parse(`${day}T00:00:00Z`) / dayMs
  if (Number.isNaN(number) || dayText(number) !== day) throw new RangeError(`${day} is no day`)
  return number
}

export function dayText(number: number): string {
  const text = new Date(number * dayMs).toISOString()
  return text.slice(0, text.indexOf('T'))
}

export function isDay(text: string): boolean {
  try {
    dayNumber(text)
    return true
  } catch {
    return false
  }
}

export function weekdayOf(number: number): Weekday {
  // 1970-01-01 was a Thursday.
  return (((((number + 3) % 7) + 7) % 7) + 1) as Weekday
}

export function yearOf(number: number): number {
  return new Date(number * dayMs).getUTCFullYear()
}

/** The number of its first of January. */
export function yearStart(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1) / dayMs
}

/** The day it is in Vietnam, and how far that day has gone. */
export function vietnamClock(instant: Date): { readonly day: number; readonly ms: number } {
  const local = instant.getTime() + offsetMs
  const day = Math.floor(local / dayMs)
  return { day, ms: local - day * dayMs }
}

/** The moment at which a day of Vietnam has gone `ms` far. */
export function vietnamInstant(day: number, ms: number): Date {
  return new Date(day * dayMs + ms - offsetMs)
}
