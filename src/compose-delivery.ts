// Delivery's part of the composition root: the push channel, the lanes that work it, and the doorbell that wakes them.
import type { Logger } from 'pino'
import { type AlertFact, raiseAlerts } from './alerts/raise-alert.ts'
import type { Config } from './config.ts'
import { claimDeliveries, extendLeases } from './delivery/claim-deliveries.ts'
import { createDoorbell, type Doorbell } from './delivery/doorbell.ts'
import { createLaneServer, type LaneServer } from './delivery/lane-server.ts'
import { createPushChannel, type PushSettings } from './delivery/push-channel.ts'
import { createPushTargets } from './delivery/push-target.ts'
import { type AttemptResult, recordResults } from './delivery/record-results.ts'
import { createResultRecorder } from './delivery/result-recorder.ts'
import type { BlobStore, Clock } from './domain/ports.ts'
import { defaultRetryPolicy } from './domain/retry.ts'
import type { Database } from './platform/database.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Queues } from './platform/queues.ts'

export interface DeliveryParts {
  readonly config: Config
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly queues: Queues
  readonly pushSettings: (systemId: string) => Promise<PushSettings | undefined>
}

export interface Delivery {
  readonly doorbell: Doorbell
  /** The sweeper's own: its rings are not swallowed by a job that hangs under the lane's usual id. */
  readonly sweepBell: Doorbell
  readonly lanes: LaneServer
  close(): Promise<void>
}

/** Leases outlive a stalled moment of a living worker, and a dead worker's deliveries are due again within 15 s. */
const leaseMs = 8_000
const attemptGraceMs = 5_000

export function composeDelivery(parts: DeliveryParts): Delivery {
  const { config, db, blobs, clock, newId, logger, metrics, queues, pushSettings } = parts
  const bell = (deduplicationId: (systemId: string) => string) =>
    createDoorbell(
      (systemId) => queues.ring('serve-lane', { systemId }, { deduplicationId: deduplicationId(systemId) }),
      logger,
    )
  const doorbell = bell((systemId) => systemId)
  const sweepBell = bell((systemId) => `${systemId}~sweep`)
  const channel = createPushChannel({
    settingsOf: pushSettings,
    blobs,
    clock,
    targets: createPushTargets({
      allowLoopback: config.databaseUrl === undefined,
      ...(config.pushAllow === undefined ? {} : { allow: config.pushAllow }),
    }),
    connectTimeoutMs: config.pushConnectTimeoutMs,
    answerTimeoutMs: config.pushAnswerTimeoutMs,
  })
  const recorder = createResultRecorder(async (results) => {
    const late = await recordResults(db, results, defaultRetryPolicy, newId)
    for (const { claim, outcome } of late) {
      const { deliveryId, systemId, attempt } = claim.delivery
      logger.warn({ deliveryId, systemId, attempt, outcome: outcome.kind }, 'delivery.result_too_late')
    }
    countAttempts(results, metrics)
    await raiseAlerts(db, results.flatMap(endpointGone), newId)
  }, logger)
  const lanes = createLaneServer({
    claim: (systemId, max) => claimDeliveries(db, systemId, max, leaseMs),
    extend: (held) => extendLeases(db, held, leaseMs),
    channel,
    recorder,
    ring: doorbell.ring,
    clock,
    logger,
    leaseMs,
  })
  return {
    doorbell,
    sweepBell,
    lanes,
    async close() {
      await lanes.close(attemptGraceMs)
      await Promise.all([doorbell.settle(), sweepBell.settle()])
      await channel.close()
    },
  }
}

function countAttempts(results: readonly AttemptResult[], metrics: Metrics): void {
  for (const { outcome, startedAt, finishedAt } of results) {
    metrics.attempts.inc({ outcome: outcome.kind })
    metrics.deliverySeconds.observe((finishedAt.getTime() - startedAt.getTime()) / 1000)
  }
}

/** The endpoint said 410: its lane is paused, and only a person can say where the documents shall go now. */
function endpointGone({ claim, outcome }: AttemptResult): AlertFact[] {
  if (outcome.kind !== 'unreachable' || outcome.endpointGone !== true) return []
  const data = { httpStatus: outcome.httpStatus, answer: outcome.answer?.slice(0, 200) }
  return [{ cause: 'endpoint_gone', subject: claim.delivery.systemId, data }]
}
