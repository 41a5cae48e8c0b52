// The operators' desk as part of the composition root: lanes, retries and replays, stopped documents, maintenance.

import type { Logger } from 'pino'
import { type ClockOptions, letClocksRun, moveClocks, restartClocks, stopClocks } from './delivery/clocks.ts'
import { holdLatecomers } from './delivery/hold-package.ts'
import { holdRoutes } from './delivery/hold-routes.ts'
import { laneRoutes } from './delivery/lane-routes.ts'
import type { StartClocks } from './delivery/open-deliveries.ts'
import { runReplay, sweepReplays } from './delivery/replay-deliveries.ts'
import { replayRoutes } from './delivery/replay-routes.ts'
import { forgetReplayDeliveries } from './delivery/replay-store.ts'
import { retryRoutes } from './delivery/retry-routes.ts'
import type { SweepTask } from './delivery/sweeper.ts'
import type { Directory } from './domain/directory.ts'
import type { Clock } from './domain/ports.ts'
import type { NewRoute } from './domain/route.ts'
import { vietnamDay, vietnamTime } from './domain/vietnam-time.ts'
import { type MaintenanceGuard, maintenanceAtTheEdge, openMaintenanceGuard } from './maintenance/maintenance-guard.ts'
import { maintenanceRoutes } from './maintenance/maintenance-routes.ts'
import { noticeRoutes } from './maintenance/notice-routes.ts'
import { runDueCheck, turnWindows } from './maintenance/turn-windows.ts'
import type { Audit } from './platform/audit.ts'
import type { Database, Db, Trx } from './platform/database.ts'
import type { Routes } from './platform/http.ts'
import type { Queues } from './platform/queues.ts'
import { checkIntegrity } from './reports/check-integrity.ts'
import { stayingDeliveries } from './routing/act-deliveries-store.ts'

export interface DeskParts {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Logger
  readonly queues: Queues
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  readonly guard: MaintenanceGuard
  readonly clocks: ClockOptions
  readonly startClocks: StartClocks
  readonly reroute: (db: Db, route: NewRoute) => Promise<boolean>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  readonly directoryChanged: () => Promise<void>
  readonly audit: Audit
  readonly closing: AbortSignal
}

export interface Desk {
  readonly routes: readonly Routes[]
  readonly tasks: readonly SweepTask[]
  /** For health: what runs, and until when. */
  readonly remarks: () => Promise<Record<string, unknown>>
  /** Takes the jobs of replays. */
  work(): void
}

const replaysEveryMs = 5_000
const latecomersEveryMs = 2_000
const windowsEveryMs = 1_000
const checksEveryMs = 5_000
const hourMs = 3_600_000
/** How long it can be looked up which deliveries a replay passed over. */
const replayDays = 90

export const openGuard = (db: Database, logger: Logger): Promise<MaintenanceGuard> =>
  openMaintenanceGuard({
    db,
    onCheckFailed: (error) => logger.warn({ err: error }, 'maintenance.not_checked'),
  })

export function composeDesk(parts: DeskParts): Desk {
  const { db, clock, newId, logger, queues, guard, clocks, audit, afterCommit } = parts
  const desk = {
    ...{ db, newId, afterCommit, audit, closing: parts.closing, reroute: parts.reroute, stayingDeliveries },
    directory: parts.directory,
    day: () => vietnamDay(clock.now()),
    newClocks: (trx: Trx, deliveryIds: readonly string[]) => restartClocks(trx, deliveryIds, parts.startClocks),
    moveClocks: (trx: Db, deliveryIds: readonly string[], stoppedAt: Date) =>
      moveClocks(trx, deliveryIds, stoppedAt, clocks),
    ring(replayId: string) {
      queues
        .ring('replay', { replayId }, { deduplicationId: replayId })
        // The sweeper takes up what no job works on.
        .catch((error: unknown) => logger.warn({ err: error, replayId }, 'replay.not_rung'))
    },
  }
  const turn = {
    ...{ db, audit, clock, newId, changed: guard.changed },
    stopAllClocks: (trx: Trx) => stopClocks(trx, newId(), undefined, 'maintenance'),
    letAllClocksRun: (trx: Trx) => letClocksRun(trx, undefined),
  }
  return {
    routes: [
      laneRoutes({ db, newId, afterCommit, audit, directoryChanged: parts.directoryChanged }),
      retryRoutes(desk),
      replayRoutes(desk),
      holdRoutes(desk),
      maintenanceAtTheEdge(guard),
      maintenanceRoutes(turn),
      noticeRoutes({ db, clock, newId, audit }),
    ],
    tasks: [
      { name: 'replays', everyMs: replaysEveryMs, run: () => sweepReplays(desk) },
      { name: 'stopped documents', everyMs: latecomersEveryMs, run: async () => void (await holdLatecomers(db)) },
      { name: 'maintenance', everyMs: windowsEveryMs, run: async () => void (await turnWindows(turn)) },
      { name: 'maintenance check', everyMs: checksEveryMs, run: checkWhenDue },
      { name: 'replay details', everyMs: hourMs, run: async () => void (await forgetReplayDeliveries(db, replayDays)) },
    ],
    async remarks() {
      const window = await guard.window()
      if (window?.isRunning !== true) return {}
      return { maintenance: { until: vietnamTime(window.endsAt), intake: window.intake } }
    },
    work: () => queues.work('replay', 1, ({ replayId }) => runReplay(replayId, desk)),
  }

  async function checkWhenDue(): Promise<void> {
    const report = await runDueCheck({ db, checkIntegrity: () => checkIntegrity(db) })
    if (report !== undefined && !report.ok) logger.error({ report }, 'maintenance.integrity_unsound')
  }
}
