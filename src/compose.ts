// The composition root: builds everything and hands it to the slices. No logic of its own; whoever wants to know how
// the parts meet reads this file from top to bottom.
import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { holdAlerts, type StandingFact } from './alerts/hold-alerts.ts'
import { watchAlerts } from './alerts/watch-alerts.ts'
import { composeDelivery } from './compose-delivery.ts'
import { composeIntake } from './compose-intake.ts'
import { composeRefusals } from './compose-refusals.ts'
import { composeRegistry, type Registry } from './compose-registry.ts'
import { composeRules } from './compose-rules.ts'
import type { Config } from './config.ts'
import { retryRoutes } from './delivery/retry-routes.ts'
import { oldestDueSeconds } from './delivery/sweep.ts'
import { type Sweeper, startSweeper } from './delivery/sweeper.ts'
import {
  confirmDeliveries,
  markFetched,
  refuseDelivery,
  reroutableDeliveries,
  rerouteDelivery,
} from './delivery/transitions.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { languageOf, loadCatalogue } from './edge/catalogue.ts'
import { errorRoutes } from './edge/error-routes.ts'
import { healthRoutes } from './edge/health-routes.ts'
import { createEdge } from './edge/server.ts'
import { storedReceipt } from './intake/receipt.ts'
import { refusalDays, removeOldRefusals } from './intake/refusal-store.ts'
import { sweepBlobs } from './intake/sweep-blobs.ts'
import { mailboxRoutes } from './mailbox/mailbox-routes.ts'
import { createMailboxSignals } from './mailbox/mailbox-signals.ts'
import { createFileBlobStore } from './platform/blobs.ts'
import { systemClock } from './platform/clock.ts'
import { type Database, openDatabase } from './platform/database.ts'
import type { Routes } from './platform/http.ts'
import { uuidv7 } from './platform/ids.ts'
import { createMetrics } from './platform/metrics.ts'
import { ensurePartitions, partitionsReady } from './platform/partitions.ts'
import { openQueues } from './platform/queues.ts'
import type { FailedAct } from './registry/act-store.ts'
import { adminRoutes } from './reports/admin-routes.ts'
import { documentIdRoutes } from './reports/document-id-routes.ts'
import { documentRoutes } from './reports/document-routes.ts'
import { trackingRoutes } from './reports/tracking-routes.ts'
import { rerouteOpenDeliveries } from './routing/reroute.ts'
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
  const box = createSecretBox(masterKey)
  const keys = await openSigningKeys(db, box)
  const receipts = createReceipts(keys)
  const sign = (payload: object) => receipts.signReceipt({ ...payload })
  const blobs = createFileBlobStore(config.blobFolder)
  const metrics = createMetrics(() => oldestDueSeconds(db))
  const queues = await openQueues({
    databaseUrl,
    logger,
    ...(config.redisUrl === undefined ? {} : { redisUrl: config.redisUrl }),
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
    reroute: (reason) => queues.ring('reroute', { reason }, { deduplicationId: 'reroute' }),
  })
  const directory = { current: () => registry.cache.fresh(), refresh: () => registry.cache.refresh() }

  // After a commit: ring lanes, wake long polls. Both are courtesies; the sweeper and the polls look again anyway.
  const signals = createMailboxSignals()
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
  })
  const intake = composeIntake({
    config,
    db,
    blobs,
    clock,
    newId,
    metrics,
    directory,
    sign,
    signReceipt: sign,
    afterCommit,
    findingText,
    audit: (trx, { actor, ...entry }) => registry.audit(trx, { name: actor }, entry),
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

  const closing = new AbortController()
  // One listener for each waiting poll is what it is for.
  setMaxListeners(0, closing.signal)
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
      findingText,
      closing: closing.signal,
    }),
    trackingRoutes({
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
    retryRoutes({
      db,
      afterCommit,
      audit: (trx, { actor, action, object }) => registry.audit(trx, { name: actor }, { action, object }),
    }),
    healthRoutes({
      metrics: metrics.registry,
      checks: [
        {
          name: 'database',
          check: () =>
            db
              .selectFrom('directory_version')
              .select('version')
              .execute()
              .then(() => undefined),
        },
        {
          name: 'partitions',
          check: async () => ((await partitionsReady(db)) ? undefined : "next month's partitions are missing"),
        },
      ],
    }),
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
    logger,
    version,
  })

  let sweeper: Sweeper | undefined
  return {
    edge,
    registry,
    insiderToken,
    box,
    db,
    start() {
      if (config.roles.has('worker')) {
        queues.work('serve-lane', config.lanesAtOnce, ({ systemId }) => delivery.lanes.serve(systemId))
        queues.work('reroute', 1, async ({ reason }) => {
          const moved = await rerouteOpenDeliveries({
            db,
            directory,
            reroutable: reroutableDeliveries,
            reroute: rerouteDelivery,
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
          everyMs: config.sweepEveryMs,
          logger,
          tasks: [
            { name: 'operations', everyMs: operationsEveryMs, run: intake.sweepOperations },
            {
              name: 'acts',
              everyMs: actsEveryMs,
              async run() {
                const done = await registry.carryOutDueActs()
                if (done > 0) logger.info({ done }, 'registry.acts_carried_out')
              },
            },
            { name: 'alerts', everyMs: alertsEveryMs, run: () => watchAlerts(db) },
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
      closing.abort()
      await edge.close()
      await refusals.close()
      await sweeper?.close()
      await queues.stopWorking()
      await delivery.close()
      await queues.close()
      await database.close()
    },
  }
}

function failedActFact({ agencyId, ...data }: FailedAct): StandingFact {
  return { subject: agencyId, data }
}
