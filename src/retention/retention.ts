// Retention put together: what its routes and the sweeper's tasks share.

import type { Logger } from 'pino'
import type { BlobStore, Clock } from '../domain/ports.ts'
import type { StorageSpace } from '../domain/storage-reserve.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { RetentionRunResult } from '../generated/json/retention-run-result.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database, Trx } from '../platform/database.ts'
import type { Routes } from '../platform/http.ts'
import { tidyHistory } from './history-months.ts'
import { type BringBack, bringBackWith, type OldDocumentMoves } from './old-documents.ts'
import { policyInForce } from './policy.ts'
import { retentionRoutes } from './retention-routes.ts'
import { dryRun, type RunResult, runRetention } from './run-retention.ts'
import { countStorage, storageReport } from './storage-report.ts'

export interface RetentionOptions {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Pick<Logger, 'info'>
  readonly builtIn: RetentionPolicy
  readonly moves: OldDocumentMoves
  readonly markContentRemoved: (trx: Trx, packageIds: readonly string[], at: Date) => Promise<void>
  readonly audit: Audit
  /** Of the blob folder; none where blobs are in an object store. */
  readonly space?: () => Promise<StorageSpace>
  /** Where months that were taken off are exported to; without it they are never dropped. */
  readonly exportHistoryTo?: { readonly folder: string; readonly databaseUrl: string }
}

export interface Retention {
  readonly routes: Routes
  readonly tasks: readonly { readonly name: string; readonly everyMs: number; run(): Promise<void> }[]
  readonly bringBack: BringBack
}

/** An operator waits for so long; what is left goes with the sweeper. */
const answerMsMax = 8_000
/** The storage page shows what retention would free, and waits no longer for it. */
const freeableMsMax = 2_000
/** A round of the sweeper: the next one goes on, and a process that is told to stop ends between two batches. */
const roundMsMax = 60_000
const minuteMs = 60_000

export function createRetention(options: RetentionOptions): Retention {
  const { db, clock, builtIn } = options

  async function run(isDryRun: boolean, actor: string, msMax: number): Promise<RetentionRunResult> {
    const { version, policy } = await policyInForce(db, builtIn)
    const isTimeUp = timer(msMax)
    const result = isDryRun
      ? await dryRun(options, { policy, isTimeUp })
      : await runRetention(options, { policy, isTimeUp })
    if (!isDryRun && (result.content.packages > 0 || result.movedOut > 0)) await tell(result, version, actor)
    const { content, movedOut, complete, paused } = result
    return { dryRun: isDryRun, policyVersion: version, complete, content, movedOut: { packages: movedOut }, paused }
  }

  async function tell({ content, movedOut }: RunResult, version: number, actor: string): Promise<void> {
    const data = { policyVersion: version, content, movedOut }
    await db.transaction().execute((trx) => {
      return options.audit(trx, { actor, action: 'retention.run', object: `retention:${version}`, data })
    })
    options.logger.info({ packages: content.packages, bytes: content.bytes, movedOut }, 'retention.removed')
  }

  async function freeable() {
    const { content, complete } = await run(true, 'storage', freeableMsMax)
    return { packages: content.packages, bytes: content.bytes, complete }
  }

  return {
    bringBack: bringBackWith(options.moves, clock),
    routes: retentionRoutes({
      ...options,
      run: (isDryRun, actor) => run(isDryRun, actor, answerMsMax),
      storage: () => storageReport({ ...options, freeable }),
    }),
    tasks: [
      { name: 'retention', everyMs: 10 * minuteMs, run: async () => void (await run(false, 'retention', roundMsMax)) },
      {
        name: 'storage figures',
        everyMs: minuteMs,
        run: async () => void (await countStorage(db, clock.now(), roundMsMax)),
      },
      {
        name: 'history',
        everyMs: 60 * minuteMs,
        async run() {
          const { exportHistoryTo: exportTo } = options
          const { policy } = await policyInForce(db, builtIn)
          const done = await tidyHistory({ db, clock, ...(exportTo === undefined ? {} : { exportTo }) }, policy.history)
          if (Object.values(done).some((names) => names.length > 0)) options.logger.info(done, 'retention.history')
        },
      },
    ],
  }
}

function timer(msMax: number): () => boolean {
  const until = performance.now() + msMax
  return () => performance.now() > until
}
