// How a delivery is tried again, when its sender is told, and when it is given up: values that a province or an operator
// sets (schemas/json/delivery-policy.json), and the two clocks that follow from them (design §3).
import type { WorkingCalendar } from './calendar.ts'
import type { DeliveryType } from './delivery.ts'
import type { Priority } from './document-package.ts'
import type { RetryPolicy } from './retry.ts'

/** Working time; days and minutes are added up. */
export interface WorkingSpan {
  readonly workingDays?: number
  readonly workingMinutes?: number
}

export interface DeliveryPolicy extends RetryPolicy {
  /** Attempts after which a delivery is exhausted; absent: until its life is over. */
  readonly attemptsMax?: number
  /** When what the receiver turned away for now is offered again; once more, and it is refused. */
  readonly turnedAwayWaitsSeconds: readonly number[]
  /** By priority 0–4. */
  readonly reportAfter: readonly WorkingSpan[]
  readonly giveUpAfter: WorkingSpan
  readonly warnAtShare: number
  /** What has been due for so long always has one of its urgency under way. */
  readonly agesAfterSeconds: number
  readonly breakerFaults: number
  readonly breakerFirstSeconds: number
  readonly breakerMaxSeconds: number
  /** How long the breaker stays open before documents wait in the mailbox instead. */
  readonly fallbackAfterSeconds: number
}

/** When something is to be done about a delivery that nobody took. */
export interface DeliveryClocks {
  /** The sender is told that it is late, while attempts go on. */
  readonly reportAt?: Date
  /** The sender is told that its life is nearly over. */
  readonly warnAt?: Date
  /** It expires. Never in a mailbox. */
  readonly giveUpAt?: Date
}

export interface ClockedDelivery {
  readonly type: DeliveryType
  readonly priority: Priority
  readonly isInMailbox: boolean
}

/** Late is told of documents only: a status or a report that waits delays no work. */
export function clocksOf(
  delivery: ClockedDelivery,
  at: Date,
  policy: DeliveryPolicy,
  calendar: Pick<WorkingCalendar, 'addWorkingTime' | 'workingDayMs'>,
): DeliveryClocks {
  const after = (span: WorkingSpan, share = 1) =>
    calendar.addWorkingTime(at, Math.round(spanMs(span, calendar) * share))
  const reportAfter = delivery.type === 'edoc' ? policy.reportAfter[delivery.priority] : undefined
  const life = delivery.isInMailbox ? {} : { giveUpAt: after(policy.giveUpAfter) }
  const warning =
    delivery.isInMailbox || delivery.type !== 'edoc' ? {} : { warnAt: after(policy.giveUpAfter, policy.warnAtShare) }
  return { ...(reportAfter === undefined ? {} : { reportAt: after(reportAfter) }), ...warning, ...life }
}

function spanMs({ workingDays = 0, workingMinutes = 0 }: WorkingSpan, { workingDayMs }: { workingDayMs: number }) {
  return workingDays * workingDayMs + workingMinutes * 60_000
}

/** Clocks that stood still since `stoppedAt` go on now with the working time they had left. */
export function movedOn(
  clocks: DeliveryClocks,
  stoppedAt: Date,
  now: Date,
  calendar: Pick<WorkingCalendar, 'addWorkingTime' | 'workingTimeBetween'>,
): DeliveryClocks {
  const moved = (clock: Date | undefined) => {
    if (clock === undefined || clock <= stoppedAt) return clock
    return calendar.addWorkingTime(now, calendar.workingTimeBetween(stoppedAt, clock))
  }
  const entries = Object.entries(clocks).map(([name, clock]) => [name, moved(clock)] as const)
  return Object.fromEntries(entries.filter(([, clock]) => clock !== undefined))
}
