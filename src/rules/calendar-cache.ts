// The calendar in memory. Every process keeps it and asks for the newest version now and then, so a change made by one
// is seen by the others within two seconds, and by the one that made it at once.
import { type CalendarInForce, putInForce } from '../domain/calendar-in-force.ts'
import { type Database, isDatabaseAway } from '../platform/database.ts'
import { latestVersion, readCalendar, type StoredCalendar } from './calendar-store.ts'

export type CurrentCalendar = CalendarInForce<StoredCalendar>

export interface CalendarCache {
  /** The copy in hand, at once. Using it starts a check when the last one is old. */
  current(): CurrentCalendar
  /** The copy as of a second ago at the most, while the database answers. */
  fresh(): Promise<CurrentCalendar>
  /** The calendar has just been changed by this process; its next reader must see that. */
  changed(): Promise<void>
}

// Half of the two seconds that a change may take to arrive; the rest is for loading it.
const checkEveryMs = 1_000

export interface CalendarCacheOptions {
  readonly db: Database
  /** Told when a check fails; the copy in hand stays in use meanwhile. */
  readonly onCheckFailed: (error: unknown) => void
  /** A clock that never goes backwards, in milliseconds. */
  readonly monotonicMs?: () => number
}

/** Needs a seeded calendar: without one no deadline can be stated, so a failure here is a failure to start. */
export async function openCalendarCache(options: CalendarCacheOptions): Promise<CalendarCache> {
  const { db, onCheckFailed, monotonicMs = () => performance.now() } = options
  let copy = putInForce(await readCalendar(db, await latestVersion(db)))
  let checkedAtMs = monotonicMs()
  let running: Promise<void> | undefined

  async function load(): Promise<void> {
    checkedAtMs = monotonicMs()
    try {
      const version = await latestVersion(db)
      if (version !== copy.state.version) copy = putInForce(await readCalendar(db, version))
    } catch (error) {
      if (!isDatabaseAway(error)) throw error
      onCheckFailed(error)
    }
  }

  /** All who ask while a check runs share it; two at once could put the older copy over the newer. */
  function check(): Promise<void> {
    running ??= load().finally(() => {
      running = undefined
    })
    return running
  }

  const isOld = () => monotonicMs() - checkedAtMs >= checkEveryMs

  return {
    current() {
      if (isOld() && running === undefined) check().catch(onCheckFailed)
      return copy
    },
    async fresh() {
      if (isOld() || running !== undefined) await check()
      return copy
    },
    async changed() {
      // A check that was already running may have looked before the change was committed.
      await running?.catch(onCheckFailed)
      await check()
    },
  }
}
