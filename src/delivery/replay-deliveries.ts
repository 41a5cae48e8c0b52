// Replays: many deliveries tried again by one order (contract §5). What is meant is written down when it is ordered; the
// work itself goes on in batches, each a transaction of its own, so that a process that dies loses no more than one.

import { GatewayError } from '../domain/errors.ts'
import type { DeliveryFilter } from '../generated/json/delivery-filter.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database, Trx } from '../platform/database.ts'
import type { DeliveryCriteria } from '../platform/delivery-filter.ts'
import { type Reopening, type ReopenOptions, reopenDeliveries } from './reopen-deliveries.ts'
import {
  finishReplay,
  insertMatching,
  insertReplay,
  lockRunningReplay,
  matchedGroups,
  nextOfReplay,
  type Replay,
  recordProgress,
  replayById,
  standingReplays,
} from './replay-store.ts'
import { withDirectory } from './send-their-way.ts'

export interface ReplayOptions extends ReopenOptions {
  readonly db: Database
  readonly newId: () => string
  readonly audit: Audit
  /** Told which systems got deliveries. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** Leaves the job that carries the replay on. A courtesy: the sweeper takes up what no job works on. */
  readonly ring: (replayId: string) => void
  /** Ends what is under way when the process goes down. */
  readonly closing: AbortSignal
}

export interface ReplayOrder {
  readonly name: string
  readonly reason: string
  readonly filter: DeliveryFilter
  readonly criteria: DeliveryCriteria
  readonly orderedBy: string
}

/** What is written down in one statement of some seconds; more than that is better done in parts by time or system. */
export const replayMax = 500_000
const batch = 200
/** A worker is given up after this, so that several replays take turns. */
const turnMs = 1_000
/** With a look every five seconds, a replay goes on within 15 s of whatever stopped it. */
const silentSeconds = 5

export async function orderReplay(order: ReplayOrder, options: ReplayOptions): Promise<Replay> {
  const { name, reason, filter, orderedBy, criteria } = order
  const replayId = options.newId()
  const replay = await options.db.transaction().execute(async (trx) => {
    if (!(await insertReplay(trx, { replayId, name, reason, filter, orderedBy })))
      throw new GatewayError('conflict', 'replay_running', { params: { name } })
    const matched = await insertMatching(trx, replayId, criteria, replayMax)
    if (matched === 0) throw new GatewayError('invalid', 'replay_matches_nothing')
    if (matched > replayMax) throw new GatewayError('invalid', 'replay_too_large', { params: { max: replayMax } })
    await tell(trx, { replayId }, 'replay.ordered', orderedBy, { name, reason, filter, matched }, options)
    return await replayById(trx, replayId)
  })
  if (replay === undefined) throw new Error('the replay that was written is not there')
  options.ring(replayId)
  return replay
}

export interface ReplayPreview {
  readonly matched: number
  readonly groups: Awaited<ReturnType<typeof matchedGroups>>
}

export async function previewReplay(db: Database, criteria: DeliveryCriteria): Promise<ReplayPreview> {
  const groups = await matchedGroups(db, criteria)
  return { matched: groups.reduce((sum, group) => sum + group.count, 0), groups }
}

/** A turn of the job: goes on for a second, then lets others have theirs. */
export async function runReplay(replayId: string, options: ReplayOptions): Promise<void> {
  const startedMs = performance.now()
  while (!options.closing.aborted) {
    const isOver = await replayBatch(replayId, options)
    if (isOver) return
    if (performance.now() - startedMs > turnMs) return options.ring(replayId)
  }
}

/** Takes up what no job works on any more, without any queue. */
export async function sweepReplays(options: ReplayOptions): Promise<void> {
  for (const replayId of await standingReplays(options.db, silentSeconds)) await runReplay(replayId, options)
}

/** True when there is nothing left to do. */
export async function replayBatch(replayId: string, options: ReplayOptions): Promise<boolean> {
  const done = await withDirectory(options.db, options, async (trx, directory): Promise<Batch> => {
    const replay = await lockRunningReplay(trx, replayId)
    if (replay === undefined) return { isOver: true, results: [] }
    const deliveryIds = await nextOfReplay(trx, replayId, batch)
    if (deliveryIds.length === 0) {
      await finishReplay(trx, replayId, { state: 'done' })
      await tell(trx, replay, 'replay.finished', replay.orderedBy, countsOf(replay), options)
      return { isOver: true, results: [] }
    }
    const results = await reopenDeliveries(trx, { deliveryIds, replayId }, directory, options)
    await recordProgress(trx, replayId, results)
    return { isOver: false, results }
  })
  const systemIds = systemsOf(done.results)
  if (systemIds.size > 0) options.afterCommit(systemIds)
  return done.isOver
}

interface Batch {
  readonly isOver: boolean
  readonly results: readonly Reopening[]
}

export function systemsOf(results: readonly Reopening[]): Set<string> {
  return new Set(results.flatMap((r) => (r.outcome === 'skipped' ? [] : (r.standing.systemId ?? []))))
}

/** What was done stays done; what comes after it is left as it is. */
export async function abortReplay(
  replayId: string,
  by: string,
  reason: string | undefined,
  options: ReplayOptions,
): Promise<Replay> {
  return await options.db.transaction().execute(async (trx) => {
    const running = await lockRunningReplay(trx, replayId)
    if (running === undefined) throw await notRunning(trx, replayId)
    await finishReplay(trx, replayId, { state: 'aborted', by, reason: reason ?? null })
    await tell(trx, running, 'replay.aborted', by, { ...countsOf(running), reason: reason ?? null }, options)
    return (await replayById(trx, replayId)) ?? running
  })
}

async function notRunning(trx: Trx, replayId: string): Promise<GatewayError> {
  const replay = await replayById(trx, replayId)
  if (replay === undefined) return new GatewayError('not_found', 'replay_not_found')
  return new GatewayError('conflict', 'replay_not_running', { params: { state: replay.state } })
}

function countsOf({ name, matched, opened, madeDue, skipped }: Replay) {
  return { name, matched, opened, madeDue, skipped }
}

async function tell(
  trx: Trx,
  { replayId }: Pick<Replay, 'replayId'>,
  action: string,
  actor: string,
  data: Readonly<Record<string, unknown>>,
  { audit }: ReplayOptions,
): Promise<void> {
  await audit(trx, { actor, action, object: `replay:${replayId}`, data })
}
