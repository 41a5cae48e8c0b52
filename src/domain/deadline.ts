// Until when a document must be dispatched, acknowledged and presented (rules.md §5.1). Lateness is stated, never a
// reason to refuse by itself; a deadline is stored with the version of the calendar and never worked out again.
import type { WorkingCalendar } from './calendar.ts'
import { dayMs, dayNumber, dayText, vietnamClock, vietnamInstant } from './civil-day.ts'

/**
 * `noon_next_working_day`: QĐ 28/2018 Đ.6.2 "in the morning", Lào Cai "by 12:00"; noon itself is in time.
 * `end_of_next_working_day`: NĐ 30/2020 Đ.18.1.
 */
export type DispatchRule = 'noon_next_working_day' | 'end_of_next_working_day'

/** Urgent is 1 and above: khẩn, thượng khẩn, hỏa tốc, hỏa tốc hẹn giờ. */
export type UrgentPriority = 1 | 2 | 3 | 4

export interface DeadlinePolicy {
  readonly dispatchRule: DispatchRule
  /** The law says "at once" and names no number, so each province sets its own. */
  readonly urgentMinutes: Readonly<Record<UrgentPriority, number>>
}

export interface DocumentTimes {
  /** The day of the organisation's signature, else of promulgation. */
  readonly signedOn: string
  /** When exactly it was signed, where the signature says so. */
  readonly signedAt?: Date
  /** When the gateway accepted the package: not what the sender's clock said. */
  readonly acceptedAt: Date
  readonly priority: 0 | UrgentPriority
}

/** `same_day`: it came within working hours of a working day. Else there is time until the end of the next one. */
export type ReceiptRule = 'same_day' | 'next_working_day'

export interface Deadlines {
  readonly dispatchDueAt: Date
  /** Accepted after `dispatchDueAt`. */
  readonly isLate: boolean
  readonly rule: DispatchRule
  /** The receiver's notice that it has the document (NĐ 30/2020 Đ.21.2.c). */
  readonly receiptDueAt: Date
  readonly receiptRule: ReceiptRule
  /** Presenting to whoever handles it (NĐ 30/2020 Đ.23.1). */
  readonly presentationDueAt: Date
  /** Of urgent documents only. */
  readonly urgent?: UrgentDeadline
  readonly calendarVersion: number
  /** A year in question is not confirmed: a notice may still move the deadline. */
  readonly provisional: boolean
  readonly unconfirmedYears: readonly number[]
}

export interface UrgentDeadline {
  readonly dueAt: Date
  /** What the minutes run from: a date without an hour cannot start a clock, so then it is the first sight of it. */
  readonly from: 'signature' | 'first_sight'
  /** Accepted after `dueAt`. Never true from first sight: the clock then runs for those who hand it over. */
  readonly isLate: boolean
}

export function deadlinesOf(times: DocumentTimes, policy: DeadlinePolicy, calendar: WorkingCalendar): Deadlines {
  const { signedOn, acceptedAt } = times
  const dispatchDueAt = dispatchDue(signedOn, policy.dispatchRule, calendar)
  const presentationDueAt = presentationDue(acceptedAt, calendar)
  const urgent = urgentDeadline(times, policy)
  const unconfirmedYears = yearsInQuestion(calendar, [
    [dayText(dayNumber(signedOn) + 1), dispatchDueAt],
    [dayOf(acceptedAt), presentationDueAt],
  ])
  return {
    ...{ dispatchDueAt, isLate: acceptedAt > dispatchDueAt, rule: policy.dispatchRule },
    ...receiptDue(acceptedAt, calendar),
    presentationDueAt,
    ...(urgent === undefined ? {} : { urgent }),
    ...{ calendarVersion: calendar.version, provisional: unconfirmedYears.length > 0, unconfirmedYears },
  }
}

/** "After the day of signing" is strict: what is signed on a Saturday is due on Monday, also where Saturday is worked. */
export function dispatchDue(signedOn: string, rule: DispatchRule, calendar: WorkingCalendar): Date {
  const day = calendar.nextWorkingDay(signedOn)
  switch (rule) {
    case 'noon_next_working_day':
      return vietnamInstant(dayNumber(day), noonMs)
    case 'end_of_next_working_day':
      return endOf(day)
    default:
      return unknownRule(rule)
  }
}

/**
 * "Within the day". A document that comes when the office is closed for the day could not be acknowledged on it, so its
 * time ends with the next working day; one that comes before opening still has the whole day.
 */
export function receiptDue(
  availableAt: Date,
  calendar: WorkingCalendar,
): Pick<Deadlines, 'receiptDueAt' | 'receiptRule'> {
  const day = dayOf(availableAt)
  const isOpen = calendar.isWorkingDay(day) && vietnamClock(availableAt).ms <= calendar.dayEndMs
  return isOpen
    ? { receiptDueAt: endOf(day), receiptRule: 'same_day' }
    : { receiptDueAt: endOf(calendar.nextWorkingDay(day)), receiptRule: 'next_working_day' }
}

/** The same day, at the latest the next working day. */
export function presentationDue(availableAt: Date, calendar: WorkingCalendar): Date {
  return endOf(calendar.nextWorkingDay(dayOf(availableAt)))
}

function urgentDeadline(
  { signedAt, acceptedAt, priority }: DocumentTimes,
  { urgentMinutes }: DeadlinePolicy,
): UrgentDeadline | undefined {
  if (priority === 0) return undefined
  const dueAt = new Date((signedAt ?? acceptedAt).getTime() + urgentMinutes[priority] * 60_000)
  return { dueAt, from: signedAt === undefined ? 'first_sight' : 'signature', isLate: acceptedAt > dueAt }
}

function yearsInQuestion(calendar: WorkingCalendar, ranges: readonly [string, Date][]): number[] {
  const years = ranges.flatMap(([from, to]) => calendar.unconfirmedYears(from, dayOf(to)))
  return [...new Set(years)].sort((a, b) => a - b)
}

function dayOf(instant: Date): string {
  return dayText(vietnamClock(instant).day)
}

const noonMs = 12 * 3_600_000

/** The last moment of the day: what is accepted in it is in time, and what comes at midnight is not. */
function endOf(day: string): Date {
  return vietnamInstant(dayNumber(day), dayMs - 1)
}

function unknownRule(rule: never): never {
  throw new Error(`unknown dispatch rule ${String(rule)}`)
}
