// What every process knows of maintenance: the window that runs, and the one that comes. Held in memory and looked at
// again once a second, so that a window is in force everywhere within two seconds of its time.
import { sql } from 'kysely'
import { GatewayError } from '../domain/errors.ts'
import { isMailboxOpen, lanesRest, type MaintenanceIntake } from '../domain/maintenance.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import { type Database, type Db, isDatabaseAway } from '../platform/database.ts'
import type { Routes } from '../platform/http.ts'

export interface KnownWindow {
  readonly windowId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly intake: MaintenanceIntake
  readonly isRunning: boolean
  /** Seconds until its end, by the database's clock. */
  readonly secondsLeft: number
}

export interface MaintenanceGuard {
  /** The running window, or the one that begins within a day. */
  window(): Promise<KnownWindow | undefined>
  /** Nothing is pushed now. */
  lanesRest(): Promise<boolean>
  /** This process has changed a window: the next call must see it. */
  changed(): Promise<void>
}

export interface GuardOptions {
  readonly db: Database
  /** Told when a look fails because the database is away; what is known stays in force meanwhile. */
  readonly onCheckFailed: (error: unknown) => void
  /** A clock that never goes backwards, in milliseconds. */
  readonly monotonicMs?: () => number
}

// With the sweeper's second, a window is in force two seconds after its time at the latest. One tiny query a second.
const lookEveryMs = 1_000

export async function openMaintenanceGuard(options: GuardOptions): Promise<MaintenanceGuard> {
  const { db, onCheckFailed, monotonicMs = () => performance.now() } = options
  let known = await nearWindow(db)
  let lookedAtMs = monotonicMs()
  let running: Promise<void> | undefined

  async function look(): Promise<void> {
    lookedAtMs = monotonicMs()
    try {
      known = await nearWindow(db)
    } catch (error) {
      if (!isDatabaseAway(error)) throw error
      onCheckFailed(error)
    }
  }

  /** All who come while a look is under way share it. */
  function start(): Promise<void> {
    running ??= look().finally(() => {
      running = undefined
    })
    return running
  }

  async function window(): Promise<KnownWindow | undefined> {
    if (running !== undefined || monotonicMs() - lookedAtMs >= lookEveryMs) await start()
    if (known === undefined) return undefined
    return { ...known, secondsLeft: known.secondsLeft - Math.floor((monotonicMs() - lookedAtMs) / 1_000) }
  }

  return {
    window,
    async lanesRest() {
      const near = await window()
      return near?.isRunning === true && lanesRest(near.intake)
    },
    async changed() {
      // A look that is under way may have read what stood there before.
      await running?.catch(() => undefined)
      await start()
    },
  }
}

async function nearWindow(db: Db): Promise<KnownWindow | undefined> {
  const { rows } = await sql<{
    window_id: string
    starts_at: Date
    ends_at: Date
    intake: MaintenanceIntake
    is_running: boolean
    seconds_left: number
  }>`
    select window_id, starts_at, ends_at, intake, state = 'running' as is_running,
      ceil(extract(epoch from ends_at - now()))::int as seconds_left
    from maintenance_windows
    where state = 'running' or (state = 'planned' and starts_at < now() + interval '1 day')
    order by state = 'running' desc, starts_at limit 1`.execute(db)
  const [row] = rows
  return (
    row && {
      windowId: row.window_id,
      startsAt: row.starts_at,
      endsAt: row.ends_at,
      intake: row.intake,
      isRunning: row.is_running,
      secondsLeft: row.seconds_left,
    }
  )
}

/** At the whole edge: says that maintenance is near, and turns away what a running window closes. */
export function maintenanceAtTheEdge(guard: MaintenanceGuard): Routes {
  return (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const url = request.routeOptions.url ?? ''
      if (!url.startsWith('/api/v1/') || url.startsWith('/api/v1/admin/')) return
      const near = await guard.window()
      if (near === undefined) return
      reply.header('tram-notice', noticeOf(near))
      if (near.isRunning && !isMailboxOpen(near.intake) && movesDocuments(`${request.method} ${url}`))
        throw inMaintenance(near)
    })
  }
}

/** A structured field (RFC 9651), so that a program can read it. */
function noticeOf({ startsAt, endsAt, intake }: KnownWindow): string {
  return `maintenance;starts="${vietnamTime(startsAt)}";ends="${vietnamTime(endsAt)}";intake=${intake}`
}

function inMaintenance({ endsAt, secondsLeft }: KnownWindow): GatewayError {
  return new GatewayError('unavailable', 'maintenance', {
    params: { until: vietnamTime(endsAt) },
    retryAfterSeconds: Math.max(secondsLeft, 2),
  })
}

/**
 * What brings documents in or takes them out. A recall is among them: nobody can take the document meanwhile. Who has
 * fetched before may still say so, and everybody may look where his documents are.
 */
const moving: readonly RegExp[] = [
  /^(POST|PUT|PATCH) \/api\/v1\/(packages|uploads|status)(\/|$)/,
  /^(GET|HEAD) \/api\/v1\/packages\/:packageId\/(content|document)$/,
  /^(GET|HEAD) \/api\/v1\/mailbox(\/|$)/,
  /^POST \/api\/v1\/mailbox\/claim$/,
]

function movesDocuments(route: string): boolean {
  return moving.some((pattern) => pattern.test(route))
}
