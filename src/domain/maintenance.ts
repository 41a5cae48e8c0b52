// Windows of maintenance: what they close, and which times make sense.

/**
 * queue: packages are accepted and wait, nothing is pushed; who comes to fetch is served. refuse: nothing comes in and
 * nothing goes out. open: all goes on, and the window is only an announcement.
 */
export type MaintenanceIntake = 'queue' | 'refuse' | 'open'

export interface MaintenanceTimes {
  readonly startsAt: Date
  readonly endsAt: Date
}

/** A longer one is a slip in the date: no axis may stand still for a week. */
export const maintenanceDaysMax = 7
const dayMs = 86_400_000

export type TimesProblem = 'ends_before_start' | 'is_over' | 'too_long'

export function timesProblem({ startsAt, endsAt }: MaintenanceTimes, now: Date): TimesProblem | undefined {
  if (endsAt <= startsAt) return 'ends_before_start'
  if (endsAt <= now) return 'is_over'
  return endsAt.getTime() - startsAt.getTime() > maintenanceDaysMax * dayMs ? 'too_long' : undefined
}

/** Nothing is pushed meanwhile, and the clocks of deliveries stand still. */
export function lanesRest(intake: MaintenanceIntake): boolean {
  return intake !== 'open'
}

/** Documents can be fetched and confirmed meanwhile. */
export function isMailboxOpen(intake: MaintenanceIntake): boolean {
  return intake !== 'refuse'
}

export type NoticeState = 'coming' | 'current' | 'over'

export function noticeState(since: Date, until: Date | null, now: Date): NoticeState {
  if (until !== null && until <= now) return 'over'
  return since > now ? 'coming' : 'current'
}
