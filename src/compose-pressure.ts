// What keeps the process from taking in more than it can keep, as part of the composition root: room on the disk, quotas,
// bodies under way, load; and uploads in pieces, which stand under the same rules.
import { join } from 'node:path'
import type { Logger } from 'pino'
import { holdAlerts } from './alerts/hold-alerts.ts'
import type { Config } from './config.ts'
import type { SweepTask } from './delivery/sweeper.ts'
import type { Clock } from './domain/ports.ts'
import type { HealthCheck } from './edge/health-routes.ts'
import { type AdmitSubmission, createAdmission } from './intake/admit-submission.ts'
import { createByteQuota, type QuotaUsage, removeOldUsage } from './intake/byte-quota.ts'
import { createBodyBudget, usualBudgets } from './platform/body-budget.ts'
import type { Database, OpenDatabase } from './platform/database.ts'
import { boundlessSpace, type DiskSpace, openDiskSpace } from './platform/disk-space.ts'
import type { Routes } from './platform/http.ts'
import { startLoadMonitor, usualLoadLimits } from './platform/load-monitor.ts'
import { addPressureMetrics, type Metrics } from './platform/metrics.ts'
import { pressureChecks, storageFacts } from './platform/pressure-checks.ts'
import { sweepUploads } from './uploads/sweep-uploads.ts'
import { createUploadFiles } from './uploads/upload-files.ts'
import { uploadRoutes } from './uploads/upload-routes.ts'
import { uploadedPackages } from './uploads/uploaded-packages.ts'

export interface PressureParts {
  readonly config: Config
  readonly database: OpenDatabase
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly bytesPerDayOf: (systemId: string) => number | undefined
}

export interface Pressure {
  readonly disk: DiskSpace
  readonly admit: AdmitSubmission
  readonly usageOf: (systemId: string) => Promise<QuotaUsage>
  readonly uploads: ReturnType<typeof uploadedPackages>
  readonly checks: readonly HealthCheck[]
  readonly routes: Routes
  readonly tasks: readonly SweepTask[]
  close(): Promise<void>
}

const uploadsEveryMs = 10 * 60_000
const usageEveryMs = 24 * 3_600_000
const storageEveryMs = 10_000

export function composePressure(parts: PressureParts): Pressure {
  const { config, database, db, clock, newId, logger, metrics } = parts
  const thresholds = config.storageThresholds
  const disk = config.s3 === undefined ? openDiskSpace(config.blobFolder) : boundlessSpace
  const monitor = startLoadMonitor(usualLoadLimits)
  const budget = createBodyBudget(usualBudgets)
  const quota = createByteQuota({
    db,
    clock,
    limitOf: parts.bytesPerDayOf,
    onFailure: (error) => logger.warn({ err: error }, 'quota.not_flushed'),
  })
  const admit = createAdmission({ disk, thresholds, budget, quota, refuseWhenShort: () => monitor.refuseWhenShort() })
  const files = createUploadFiles(join(config.dataDir, 'uploads'))
  addPressureMetrics(metrics.registry, {
    space: disk.space,
    database: () => database.load(),
    load: monitor.current,
    bodies: budget.inFlight,
  })
  return {
    disk,
    admit,
    usageOf: (systemId) => quota.usage(systemId),
    uploads: uploadedPackages({ db, files }),
    checks: pressureChecks({ disk, thresholds, databaseLoad: () => database.load(), monitor, budget }),
    routes: uploadRoutes({
      ...{ db, files, newId, packageBytesMax: config.packageBytesMax },
      // Its header is not known yet.
      admit: ({ systemId, bytes }) =>
        admit({ systemId, declaredBytes: bytes, facts: { kind: 'document', priority: 0 } }),
    }),
    tasks: [
      { name: 'uploads', everyMs: uploadsEveryMs, run: async () => void (await sweepUploads(db, files)) },
      { name: 'byte usage', everyMs: usageEveryMs, run: () => removeOldUsage(db, clock.now()) },
      {
        name: 'storage',
        everyMs: storageEveryMs,
        run: async () =>
          await holdAlerts(db, { cause: 'storage_low', newId, facts: await storageFacts({ disk, thresholds }) }),
      },
    ],
    async close() {
      monitor.close()
      await quota.close().catch((error: unknown) => logger.warn({ err: error }, 'quota.not_flushed'))
    },
  }
}
