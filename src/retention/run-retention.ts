// Carries the policy out, or only counts what it would do. In batches of one short transaction each: a run that is cut
// off has done what it committed, and the next one goes on from what is left.
import type { BlobStore, Clock } from '../domain/ports.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { StorageTally } from '../generated/json/storage-tally.ts'
import { tryWithoutBackup } from '../platform/backup-lock.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { uuidv7Time } from '../platform/ids.ts'
import { firstId, type LookedAt, lockDue, nextPackages, type Purpose } from './due-packages.ts'
import type { OldDocumentMoves } from './old-documents.ts'
import { openTally, type Tally } from './storage-tally.ts'

export interface RunRetentionOptions {
  readonly db: Database
  readonly blobs: Pick<BlobStore, 'remove'>
  readonly clock: Clock
  readonly moves: Pick<OldDocumentMoves, 'moveOutDeliveries' | 'moveOutPackages'>
  readonly markContentRemoved: (trx: Trx, packageIds: readonly string[], at: Date) => Promise<void>
}

export interface Run {
  readonly policy: RetentionPolicy
  /** When the time is up a run ends between two batches. */
  readonly isTimeUp: () => boolean
}

export interface RunResult {
  readonly content: StorageTally
  readonly movedOut: number
  /** False: the time was up before everything was looked at. */
  readonly complete: boolean
  /** A backup runs: nothing was removed. */
  readonly paused: boolean
}

/** As many packages as a statement looks at; a window of them takes some tens of milliseconds. */
const windowSize = 1_000

export async function dryRun(options: Pick<RunRetentionOptions, 'db' | 'clock'>, run: Run): Promise<RunResult> {
  const content = await openTally(options.db, options.clock.now())
  const isContentDone = await walk(options, run, 'content', async (due) => void due.forEach(content.addPackage))
  let movedOut = 0
  const isRowsDone = await walk(options, run, 'rows', async (due) => {
    movedOut += due.length
  })
  return { content: content.result(), movedOut, complete: isContentDone && isRowsDone, paused: false }
}

export async function runRetention(options: RunRetentionOptions, run: Run): Promise<RunResult> {
  const content = await openTally(options.db, options.clock.now())
  let movedOut = 0
  try {
    // What a killed run had promised: its rows say that the bytes are gone.
    await removePendingBlobs(options)
    const isContentDone = await walk(options, run, 'content', (due) => removeContent(options, run.policy, due, content))
    const isRowsDone = await walk(options, run, 'rows', async (due) => {
      movedOut += await moveOut(options, run.policy, due)
    })
    return { content: content.result(), movedOut, complete: isContentDone && isRowsDone, paused: false }
  } catch (error) {
    if (!(error instanceof BackupRuns)) throw error
    return { content: content.result(), movedOut, complete: false, paused: true }
  }
}

/** Ends a run at once; what is left waits for the next. */
class BackupRuns extends Error {
  override readonly name = 'BackupRuns'
}

/** False when the time was up first. */
async function walk(
  { db, clock }: Pick<RunRetentionOptions, 'db' | 'clock'>,
  { policy, isTimeUp }: Run,
  purpose: Purpose,
  act: (due: readonly LookedAt[]) => Promise<void>,
): Promise<boolean> {
  let after = firstId
  for (;;) {
    const found = await nextPackages(db, purpose, { policy, now: clock.now(), after, limit: windowSize })
    const due = found.filter(({ isDue }) => isDue)
    if (due.length > 0) await act(due)
    if (found.length < windowSize) return true
    if (isTimeUp()) return false
    after = found.at(-1)?.packageId ?? after
  }
}

/** One step under the lock that keeps backups away: the rows say that it is gone, and then it goes. */
async function removeContent(
  options: RunRetentionOptions,
  policy: RetentionPolicy,
  due: readonly LookedAt[],
  tally: Tally,
): Promise<void> {
  for (let at = 0; at < due.length; at += batchSize) {
    const batch = idsOf(due.slice(at, at + batchSize))
    let removed: readonly LookedAt[] = []
    const step = await tryWithoutBackup(options.db, async () => {
      removed = await markDue(options, policy, batch)
      return await removeBlobs(options, idsOf(removed))
    })
    if (step === undefined) throw new BackupRuns()
    removed.forEach(tally.addPackage)
  }
}

/** Small, because a backup that wants to begin waits for it. */
const batchSize = 200

async function markDue({ db, clock, markContentRemoved }: RunRetentionOptions, policy: RetentionPolicy, ids: string[]) {
  return await db.transaction().execute(async (trx) => {
    const now = clock.now()
    const still = await lockDue(trx, 'content', { policy, now }, ids)
    if (still.length > 0) {
      await markContentRemoved(trx, idsOf(still), now)
      await countDaysAnew(trx, idsOf(still))
    }
    return still
  })
}

async function moveOut({ db, clock, moves }: RunRetentionOptions, policy: RetentionPolicy, due: readonly LookedAt[]) {
  return await db.transaction().execute(async (trx) => {
    const now = clock.now()
    const still = idsOf(await lockDue(trx, 'rows', { policy, now }, idsOf(due)))
    if (still.length === 0) return 0
    await moves.moveOutDeliveries(trx, still)
    await moves.moveOutPackages(trx, still, now)
    return still.length
  })
}

const idsOf = (packages: readonly LookedAt[]) => packages.map(({ packageId }) => packageId)

async function removePendingBlobs(options: Pick<RunRetentionOptions, 'db' | 'blobs'>): Promise<void> {
  for (;;) {
    const pending = await options.db
      .selectFrom('blob_removals')
      .select('package_id')
      .orderBy('package_id')
      .limit(batchSize)
      .execute()
    if (pending.length === 0) return
    const ids = pending.map((row) => row.package_id)
    const step = await tryWithoutBackup(options.db, () => removeBlobs(options, ids))
    if (step === undefined) throw new BackupRuns()
  }
}

/** The rows have said that these are gone; removing a blob twice does no harm. */
async function removeBlobs({ db, blobs }: Pick<RunRetentionOptions, 'db' | 'blobs'>, ids: readonly string[]) {
  if (ids.length === 0) return
  for (const id of ids) await blobs.remove(id)
  await db
    .deleteFrom('blob_removals')
    .where('package_id', 'in', [...ids])
    .execute()
}

/** Figures of these packages' days are no longer right. */
async function countDaysAnew(db: Db, packageIds: readonly string[]): Promise<void> {
  const days = [...new Set(packageIds.map((id) => uuidv7Time(id).toISOString().slice(0, 10)))]
  await db.deleteFrom('storage_days_counted').where('day', 'in', days).execute()
}
