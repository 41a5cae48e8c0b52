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
import type { DeliveryPolicy } from './domain/delivery-policy.ts'
import type { BlobStore, Clock } from './domain/ports.ts'
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
  readonly policyOf: (systemId: string) => DeliveryPolicy
  readonly isBundled: (systemId: string) => boolean
  /** Maintenance: nothing is pushed now. */
  readonly lanesRest: () => Promise<boolean>
}

export interface Delivery {
  readonly doorbell: Doorbell
  /** The sweeper's own: its rings are not swallowed by a job that hangs under the lane's usual id. */
  readonly sweepBell: Doorbell
  readonly lanes: LaneServer
  /** Claims nothing more and lets running attempts end. */
  stop(): Promise<void>
  /** After `stop`, and when nobody rings any more. */
  close(): Promise<void>
}

/** Leases outlive a stalled moment of a living worker, and a dead worker's deliveries are due again within 15 s. */
const leaseMs = 8_000
const attemptGraceMs = 5_000

export function composeDelivery(parts: DeliveryParts): Delivery {
  const { config, db, blobs, clock, newId, logger, metrics, queues, pushSettings, policyOf } = parts
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
    const { late, lostReports } = await recordResults(db, results, policyOf, newId)
    for (const { claim, outcome } of late) {
      const { deliveryId, systemId, attempt } = claim.delivery
      logger.warn({ deliveryId, systemId, attempt, outcome: outcome.kind }, 'delivery.result_too_late')
    }
    countAttempts(results, metrics)
    await raiseAlerts(db, [...results.flatMap(endpointGone), ...lostReports.map(reportLost)], newId)
  }, logger)
  const lanes = createLaneServer({
    claim: async (systemId, max) =>
      (await parts.lanesRest())
        ? []
        : await claimDeliveries(db, systemId, max, leaseMs, policyOf(systemId).agesAfterSeconds),
    extend: (held) => extendLeases(db, held, leaseMs),
    channel,
    recorder,
    ring: doorbell.ring,
    isBundled: parts.isBundled,
    clock,
    logger,
    leaseMs,
  })
  return {
    doorbell,
    sweepBell,
    lanes,
    stop: () => lanes.close(attemptGraceMs),
    async close() {
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

/** The sender does not want, or cannot take, the news of what became of its documents; somebody must tell it. */
function reportLost({ claim, outcome }: AttemptResult): AlertFact {
  const { systemId, deliveryId, packageId } = claim.delivery
  return { cause: 'report_undeliverable', subject: systemId, data: { deliveryId, packageId, outcome: outcome.kind } }
}

/** The endpoint said 410: its lane is paused, and only a person can say where the documents shall go now. */
function endpointGone({ claim, outcome }: AttemptResult): AlertFact[] {
  if (outcome.kind !== 'unreachable' || outcome.endpointGone !== true) return []
  const data = { httpStatus: outcome.httpStatus, answer: outcome.answer?.slice(0, 200) }
  return [{ cause: 'endpoint_gone', subject: claim.delivery.systemId, data }]
}
