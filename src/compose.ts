// The composition root: builds everything and hands it to the slices. No logic of its own; whoever wants to know how
// the parts meet reads this file from top to bottom.

import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { holdAlerts, type StandingFact } from './alerts/hold-alerts.ts'
import { type AlertFact, raiseAlerts } from './alerts/raise-alert.ts'
import { watchAlerts } from './alerts/watch-alerts.ts'
import { composeDelivery } from './compose-delivery.ts'
import { composeDesk, openGuard } from './compose-desk.ts'
import { composeIntake } from './compose-intake.ts'
import { composePressure } from './compose-pressure.ts'
import { composeRefusals } from './compose-refusals.ts'
import { composeRegistry, type Registry } from './compose-registry.ts'
import { composeRules } from './compose-rules.ts'
import type { Config } from './config.ts'
import { createStartClocks, fitClocks, moveAllStoppedClocks } from './delivery/clocks.ts'
import { followEndpoints } from './delivery/fallback.ts'
import { extendMailboxLease, leaseFromMailbox, releaseMailboxLease } from './delivery/mailbox-lease.ts'
import { bringBackDeliveries, moveOutDeliveries } from './delivery/old-deliveries.ts'
import { createOpenDeliveries } from './delivery/open-deliveries.ts'
import { reofferTask } from './delivery/reoffer.ts'
import { reofferRoutes } from './delivery/reoffer-routes.ts'
import { foldTallies, oldestDueSeconds } from './delivery/sweep.ts'
import { type Sweeper, startSweeper } from './delivery/sweeper.ts'
import {
  confirmDeliveries,
  markFetched,
  refuseDelivery,
  reroutableDeliveries,
  rerouteDelivery,
} from './delivery/transitions.ts'
import { createTurnAway } from './delivery/turn-away.ts'
import { provinceOf } from './domain/province.ts'
import type { NewRoute } from './domain/route.ts'
import type { ReportGroup } from './domain/sender-report.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { languageOf, loadCatalogue } from './edge/catalogue.ts'
import { createDrain } from './edge/drain.ts'
import { errorRoutes } from './edge/error-routes.ts'
import { healthRoutes } from './edge/health-routes.ts'
import { createEdge } from './edge/server.ts'
import { bringBackPackages, markContentRemoved, moveOutPackages } from './intake/old-packages.ts'
import { storedReceipt } from './intake/receipt.ts'
import { refusalDays, removeOldRefusals } from './intake/refusal-store.ts'
import { sweepBlobs } from './intake/sweep-blobs.ts'
import { mailboxRoutes } from './mailbox/mailbox-routes.ts'
import { createMailboxSignals } from './mailbox/mailbox-signals.ts'
import { isPaused } from './mailbox/mailbox-store.ts'
import type { Audit } from './platform/audit.ts'
import { systemClock } from './platform/clock.ts'
import { type Database, type Db, openDatabase, type Trx } from './platform/database.ts'
import { continueEventPositions } from './platform/event-positions.ts'
import type { Routes } from './platform/http.ts'
import { uuidv7 } from './platform/ids.ts'
import { createMetrics } from './platform/metrics.ts'
import { openBlobs } from './platform/open-blobs.ts'
import { ensurePartitions, partitionsReady } from './platform/partitions.ts'
import { openQueues } from './platform/queues.ts'
import type { FailedAct } from './registry/act-store.ts'
import { builtInDeliveryPolicy } from './registry/delivery-policy.ts'
import { adminRoutes } from './reports/admin-routes.ts'
import { documentIdRoutes } from './reports/document-id-routes.ts'
import { documentRoutes } from './reports/document-routes.ts'
import { eventRoutes } from './reports/event-routes.ts'
import { trackingRoutes } from './reports/tracking-routes.ts'
import { builtInPolicy as builtInRetention } from './retention/policy.ts'
import { createRetention } from './retention/retention.ts'
import { rerouteOpenDeliveries } from './routing/reroute.ts'
import { tellSenders } from './sender-reports/tell-senders.ts'
import { createReceipts } from './trust/receipts.ts'
import { createSecretBox, type SecretBox } from './trust/secret-box.ts'
import { openSigningKeys } from './trust/signing-keys.ts'

export interface Gateway {
  readonly edge: FastifyInstance
  readonly registry: Registry
  /** This process' own token of the operators' API, for the virtual systems that run inside it. */
  readonly insiderToken: string
  readonly box: SecretBox
  readonly db: Database
  /** Health and metrics by themselves, for a process without an edge. */
  readonly health: Routes
  /** Starts what the roles ask for, apart from listening. */
  start(): void
  /** Stops in reverse order, each step with a bound of its own. */
  close(): Promise<void>
}

export interface ComposeOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly masterKey: Buffer
  readonly logger: Logger
}

/** What one incident does to many documents is told at once. */
const reportGatherMs = 5_000
/** Counts are kept as differences; the fewer there are, the faster they are added up. */
const talliesEveryMs = 1_000
const alertsEveryMs = 5_000
const calendarEveryMs = 60_000
/** A succession takes effect at its hour, not some time after it. */
const actsEveryMs = 1_000
const operationsEveryMs = 5_000
/** A change of the directory rings at once; this is for a ring that was lost. */
const rerouteEveryMs = 5 * 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

const schemasFolder = fileURLToPath(new URL('../schemas/', import.meta.url))
const consoleFolder = fileURLToPath(new URL('./console/', import.meta.url))
const packageFile = fileURLToPath(new URL('../package.json', import.meta.url))

export async function compose({ config, databaseUrl, masterKey, logger }: ComposeOptions): Promise<Gateway> {
  const clock = systemClock
  const newId = uuidv7
  const { version }: { version: string } = JSON.parse(readFileSync(packageFile, 'utf8'))
  const catalogue = loadCatalogue(`${schemasFolder}errors`)
  const database = openDatabase({
    url: databaseUrl,
    connectionsMax: config.databaseConnectionsMax,
    onIdleError: (error) => logger.warn({ err: error }, 'database.connection_lost'),
  })
  const { db } = database
  await continueEventPositions(db)
  const box = createSecretBox(masterKey)
  const keys = await openSigningKeys(db, box)
  const receipts = createReceipts(keys)
  const sign = (payload: object) => receipts.signReceipt({ ...payload })
  const openedBlobs = await openBlobs(config)
  const blobs = openedBlobs.store
  const metrics = createMetrics(() => oldestDueSeconds(db))
  const queues = await openQueues({
    databaseUrl,
    logger,
    ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
  })

  const pressure = composePressure({
    ...{ config, database, db, clock, newId, logger, metrics },
    bytesPerDayOf: (systemId) => registry.cache.current().systems.get(systemId)?.bytesPerDay,
  })

  // Who takes part. A change of the directory leaves a job that finds the way again for open deliveries.
  const registry = await composeRegistry({
    db,
    box,
    keys,
    clock,
    newId,
    logger,
    packageBytesMax: config.packageBytesMax,
    axisCode: config.axisCode,
    ...(config.adminToken === undefined ? {} : { adminToken: config.adminToken }),
    // Acts are carried out once everything stands.
    afterCommit: (systemIds) => afterCommit(systemIds),
    usageOf: pressure.usageOf,
    fitClocks: (trx, deliveryIds) => fitClocks(trx, deliveryIds, startClocks),
    reroute: (reason) => queues.ring('reroute', { reason }, { deduplicationId: 'reroute' }),
  })
  const audit: Audit = (trx, { actor, ...entry }) => registry.audit(trx, { name: actor }, entry)
  const directory = { current: () => registry.cache.fresh(), refresh: () => registry.cache.refresh() }

  const builtInPolicy = builtInDeliveryPolicy()
  function deliveryPolicyOf(systemId: string | undefined) {
    const { systems, deliveryPolicy = builtInPolicy } = registry.cache.current()
    return systems.get(systemId ?? '')?.deliveryPolicy ?? deliveryPolicy
  }

  // After a commit: ring lanes, wake long polls. Both are courtesies; the sweeper and the polls look again anyway.
  const signals = createMailboxSignals()
  const guard = await openGuard(db, logger)
  const delivery = composeDelivery({
    config,
    db,
    blobs,
    clock,
    newId,
    logger,
    metrics,
    queues,
    pushSettings: registry.pushSettings,
    policyOf: deliveryPolicyOf,
    lanesRest: guard.lanesRest,
    isBundled: (systemId) => registry.cache.current().systems.get(systemId)?.bundle === true,
  })
  function afterCommit(systemIds: ReadonlySet<string>): void {
    const systems = registry.cache.current().systems
    signals.announce(systemIds)
    delivery.doorbell.ring([...systemIds].filter((id) => systems.get(id)?.channel === 'push'))
  }

  const findingText = (
    finding: { code: string; params?: Readonly<Record<string, string | number>> },
    language?: string,
  ) => catalogue.text(finding.code, finding.params, languageOf(language)).detail
  const rules = await composeRules({
    db,
    clock,
    newId,
    logger,
    catalogue,
    schemasFolder,
    directory: directory.current,
    findingText,
    audit: registry.audit,
    province: provinceOf(config.axisCode),
  })
  const clockOptions = { clock, calendar: rules.calendar, policyOf: deliveryPolicyOf }
  const startClocks = createStartClocks(clockOptions)
  const openDeliveries = createOpenDeliveries(startClocks)
  const intake = composeIntake({
    config,
    db,
    blobs,
    clock,
    newId,
    metrics,
    directory,
    openDeliveries,
    // Operations run in transactions of their own.
    bringBack: (trx, packageIds) => retention.bringBack(trx as Trx, packageIds),
    admit: pressure.admit,
    uploads: pressure.uploads,
    sign,
    signReceipt: sign,
    afterCommit,
    findingText,
    audit,
    judge: rules.judge,
    deadlinesOf: rules.deadlinesOf,
  })

  const refusals = composeRefusals({
    db,
    clock,
    logger,
    catalogue,
    directory,
    claimedSystem: registry.claimedSystem,
    countRefused: (code) => metrics.submissionsRefused.inc({ code }),
  })

  const drain = createDrain(config.roles.has('edge') ? config.shutdownDrainMs : 0)
  const closing = new AbortController()
  // One listener for each waiting poll is what it is for.
  setMaxListeners(0, closing.signal)
  const health = healthRoutes({
    remarks: () => desk.remarks(),
    metrics: metrics.registry,
    checks: [
      drain.check,
      ...pressure.checks,
      {
        name: 'database',
        check: () =>
          db
            .selectFrom('directory_version')
            .select('version')
            .execute()
            .then(() => undefined),
      },
      { name: 'blobs', check: () => openedBlobs.check().then(() => undefined) },
      {
        name: 'partitions',
        check: async () => ((await partitionsReady(db)) ? undefined : "next month's partitions are missing"),
      },
    ],
  })
  async function reroute(trx: Db, route: NewRoute): Promise<boolean> {
    const isMoved = await rerouteDelivery(trx, route)
    if (isMoved) await fitClocks(trx, [route.deliveryId], startClocks)
    return isMoved
  }
  const retention = createRetention({
    ...{ db, blobs, clock, newId, logger, markContentRemoved },
    builtIn: builtInRetention(schemasFolder),
    moves: { moveOutDeliveries, bringBackDeliveries, moveOutPackages, bringBackPackages },
    audit,
    ...(config.s3 === undefined ? { space: () => pressure.disk.space() } : {}),
    ...(config.historyFolder === undefined ? {} : { exportHistoryTo: { folder: config.historyFolder, databaseUrl } }),
  })
  const desk = composeDesk({
    ...{ db, clock, newId, logger, queues, directory, guard, startClocks, reroute, afterCommit },
    clocks: clockOptions,
    directoryChanged: registry.cache.adminChanged,
    audit,
    closing: closing.signal,
  })
  const routes: Routes[] = [
    ...registry.routes,
    ...intake.routes,
    ...rules.routes,
    refusals.routes,
    errorRoutes(catalogue),
    mailboxRoutes({
      db,
      blobs,
      clock,
      signals,
      directory,
      markFetched,
      confirmDeliveries,
      refuseDelivery,
      newId,
      leases: { take: leaseFromMailbox, extend: extendMailboxLease, release: releaseMailboxLease },
      turnAway: createTurnAway({
        db,
        turnedAwayWaitsSeconds: (systemId) => deliveryPolicyOf(systemId).turnedAwayWaitsSeconds,
        raiseAlert: (trx, fact) => raiseAlerts(trx, [fact], newId),
      }),
      findingText,
      closing: closing.signal,
    }),
    trackingRoutes({
      isPaused,
      db,
      blobs,
      clock,
      directory,
      markFetched,
      findingText,
      recipientsOf: (receipt) => storedReceipt(receipt).recipients,
      reasonText(code, language) {
        const { detail, whoActs } = catalogue.text(code, undefined, languageOf(language))
        return { text: detail, whoActs }
      },
    }),
    adminRoutes({ db, clock, directory }),
    documentRoutes({ db }),
    documentIdRoutes({ db, clock, directory }),
    ...desk.routes,
    pressure.routes,
    retention.routes,
    reofferRoutes({
      db,
      afterCommit,
      audit,
    }),
    eventRoutes({ db, closing: closing.signal }),
    health,
  ]

  const insiderToken = randomBytes(32).toString('base64url')
  const edge = await createEdge({
    routes,
    catalogue,
    schemasFolder: `${schemasFolder}json`,
    consoleFolder,
    authenticateSystem: registry.authenticateSystem,
    authenticateOperator: (authorization) =>
      authorization === `Bearer ${insiderToken}`
        ? Promise.resolve({ name: 'sandbox' })
        : registry.authenticateOperator(authorization),
    recordRefusal: refusals.record,
    async beforeClosing() {
      await drain.begin()
      // Not earlier: whoever's poll is answered at once asks again at once.
      closing.abort()
    },
    logger,
    version,
  })

  let sweeper: Sweeper | undefined
  async function stopWorking(): Promise<void> {
    await sweeper?.close()
    await queues.stopWorking()
    await delivery.stop()
  }

  return {
    edge,
    health,
    registry,
    insiderToken,
    box,
    db,
    start() {
      if (config.roles.has('worker')) {
        queues.work('serve-lane', config.lanesAtOnce, ({ systemId }) => delivery.lanes.serve(systemId))
        desk.work()
        queues.work('reroute', 1, async ({ reason }) => {
          const moved = await rerouteOpenDeliveries({
            db,
            directory,
            reroutable: reroutableDeliveries,
            reroute,
            afterCommit,
            day: () => vietnamDay(clock.now()),
          })
          if (moved > 0) logger.info({ reason, moved }, 'routing.rerouted')
        })
      }
      if (config.roles.has('sweeper')) {
        sweeper = startSweeper({
          db,
          doorbell: delivery.sweepBell,
          serveLane: delivery.lanes.serve,
          lanesRest: guard.lanesRest,
          everyMs: config.sweepEveryMs,
          logger,
          tasks: [
            { name: 'operations', everyMs: operationsEveryMs, run: intake.sweepOperations },
            {
              name: 'sender reports',
              everyMs: config.sweepEveryMs,
              async run() {
                const told = await tellSenders({
                  ...{ db, blobs, clock, newId, openDeliveries, afterCommit },
                  axisCode: config.axisCode,
                  directory: directory.current,
                  signReceipt: sign,
                  gatherMs: reportGatherMs,
                  textOf: (code, language) => catalogue.text(code, undefined, language).detail,
                  raiseUnreachable: (trx, group, reason) => raiseAlerts(trx, [unreachableSender(group, reason)], newId),
                })
                if (told > 0) logger.info({ told }, 'sender_reports.told')
              },
            },
            { name: 'stopped clocks', everyMs: config.sweepEveryMs, run: () => moveAllStoppedClocks(db, clockOptions) },
            {
              name: 'acts',
              everyMs: actsEveryMs,
              async run() {
                const done = await registry.carryOutDueActs()
                if (done > 0) logger.info({ done }, 'registry.acts_carried_out')
              },
            },
            ...desk.tasks,
            ...pressure.tasks,
            ...retention.tasks,
            reofferTask({ db, afterCommit }),
            { name: 'tallies', everyMs: talliesEveryMs, run: () => foldTallies(db) },
            { name: 'alerts', everyMs: alertsEveryMs, run: () => watchAlerts(db) },
            {
              name: 'fallback',
              everyMs: alertsEveryMs,
              async run() {
                const fit = (trx: Db, deliveryIds: readonly string[]) => fitClocks(trx, deliveryIds, startClocks)
                const moved = await followEndpoints({ db, policyOf: deliveryPolicyOf, fitClocks: fit, afterCommit })
                if (moved > 0) logger.info({ moved }, 'delivery.fallback')
              },
            },
            {
              name: 'failed acts',
              everyMs: alertsEveryMs,
              run: async () =>
                await holdAlerts(db, {
                  cause: 'agency_act_failed',
                  newId,
                  facts: (await registry.failedActs()).map(failedActFact),
                }),
            },
            { name: 'calendar', everyMs: calendarEveryMs, run: rules.watchCalendar },
            { name: 'partitions', everyMs: hourMs, run: () => ensurePartitions(db) },
            { name: 'blobs', everyMs: hourMs, run: async () => void (await sweepBlobs(db, blobs, clock)) },
            {
              name: 'refusals',
              everyMs: hourMs,
              run: () => removeOldRefusals(db, new Date(clock.now().getTime() - refusalDays * dayMs)),
            },
            {
              name: 'reroute',
              everyMs: rerouteEveryMs,
              run: () => queues.ring('reroute', { reason: 'sweep' }, { deduplicationId: 'reroute' }),
            },
          ],
        })
      }
    },
    async close() {
      // Side by side: an edge that drains must not take the time that running pushes have.
      await Promise.all([edge.close(), stopWorking()])
      await refusals.close()
      await delivery.close()
      await queues.close()
      await pressure.close()
      await openedBlobs.close()
      await database.close()
    },
  }
}

function unreachableSender({ fromAgencyId, what, incident, items }: ReportGroup, reason: string): AlertFact {
  const data = { what, incident, reason, deliveryIds: items.slice(0, 20).map((item) => item.deliveryId) }
  return { cause: 'report_undeliverable', subject: fromAgencyId, data }
}

function failedActFact({ agencyId, ...data }: FailedAct): StandingFact {
  return { subject: agencyId, data }
}
