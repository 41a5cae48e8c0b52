// The composition root: builds everything and hands it to the slices. No logic of its own; whoever wants to know how
// the parts meet reads this file from top to bottom.
import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { type AlertFact, raiseAlerts } from './alerts/raise-alert.ts'
import { watchAlerts } from './alerts/watch-alerts.ts'
import { composeDelivery } from './compose-delivery.ts'
import { composeRegistry, type Registry } from './compose-registry.ts'
import type { Config } from './config.ts'
import { existingDeliveries, openDeliveries } from './delivery/open-deliveries.ts'
import { retryRoutes } from './delivery/retry-routes.ts'
import { oldestDueSeconds } from './delivery/sweep.ts'
import { type Sweeper, startSweeper } from './delivery/sweeper.ts'
import {
  confirmDeliveries,
  markFetched,
  recordBusinessState,
  refuseDelivery,
  reroutableDeliveries,
  rerouteDelivery,
} from './delivery/transitions.ts'
import { initialState } from './domain/route.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { languageOf, loadCatalogue } from './edge/catalogue.ts'
import { healthRoutes } from './edge/health-routes.ts'
import type { Refusal } from './edge/problem.ts'
import { createEdge } from './edge/server.ts'
import { acceptStatus, type StatusSubmission } from './feedback/accept-status.ts'
import { composeStatus } from './feedback/compose-status.ts'
import { statusReceiptView, statusRoutes } from './feedback/status-routes.ts'
import { acceptPackage } from './intake/accept-package.ts'
import { createCommitAccepts } from './intake/commit-accepts.ts'
import { senderAgency, unknownCodes } from './intake/draft.ts'
import { packageRoutes } from './intake/package-routes.ts'
import type { AcceptedPackage } from './intake/package-store.ts'
import { readSubmission } from './intake/read-submission.ts'
import { storedReceipt } from './intake/receipt.ts'
import { insertRefusal, refusalDays, removeOldRefusals } from './intake/refusal-store.ts'
import { sweepBlobs } from './intake/sweep-blobs.ts'
import { mailboxRoutes } from './mailbox/mailbox-routes.ts'
import { createMailboxSignals } from './mailbox/mailbox-signals.ts'
import { createFileBlobStore } from './platform/blobs.ts'
import { systemClock } from './platform/clock.ts'
import { type Database, type Db, openDatabase } from './platform/database.ts'
import type { Routes } from './platform/http.ts'
import { uuidv7 } from './platform/ids.ts'
import { createMetrics } from './platform/metrics.ts'
import { ensurePartitions, partitionsReady } from './platform/partitions.ts'
import { openQueues } from './platform/queues.ts'
import { adminRoutes } from './reports/admin-routes.ts'
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
    ...(config.adminToken === undefined ? {} : { adminToken: config.adminToken }),
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
  const afterCommit = (systemIds: ReadonlySet<string>) => {
    const systems = registry.cache.current().systems
    signals.announce(systemIds)
    delivery.doorbell.ring([...systemIds].filter((id) => systems.get(id)?.channel === 'push'))
  }

  // Intake and feedback: what comes in becomes rows, in one transaction each.
  const acceptance = {
    db,
    directory,
    openDeliveries,
    initialState,
    signReceipt: sign,
    afterCommit,
    clock,
    newId,
    axisCode: config.axisCode,
  }
  const limits = {
    packageBytesMax: config.packageBytesMax,
    headerBytesMax: config.headerBytesMax,
    attachmentsMax: config.attachmentsMax,
  }
  const commitOptions = { db, openDeliveries, raiseUnknownRecipients, newId }
  const commit = createCommitAccepts(commitOptions)
  const acceptOptions = { ...acceptance, raiseUnknownRecipients, commit, existingDeliveries }
  const takeStatus = (submission: StatusSubmission) =>
    acceptStatus(submission, { ...acceptance, senderAgency, recordBusinessState })
  const findingText = (
    finding: { code: string; params?: Readonly<Record<string, string | number>> },
    language?: string,
  ) => catalogue.text(finding.code, finding.params, languageOf(language)).detail

  function raiseUnknownRecipients(trx: Db, accepted: readonly AcceptedPackage[]): Promise<void> {
    const facts = accepted.flatMap(({ draft }): AlertFact[] =>
      unknownCodes(draft).map((code) => ({
        cause: 'unknown_recipient',
        subject: code,
        data: { packageId: draft.packageId, from: draft.document.from.organId },
      })),
    )
    return raiseAlerts(trx, facts, newId)
  }

  const closing = new AbortController()
  // One listener for each waiting poll is what it is for.
  setMaxListeners(0, closing.signal)
  const routes: Routes[] = [
    ...registry.routes,
    packageRoutes({
      blobs,
      limits,
      newId,
      findingText,
      async acceptPackage(submission) {
        const startedAt = performance.now()
        const accepted = await acceptPackage(submission, acceptOptions)
        metrics.acceptSeconds.observe((performance.now() - startedAt) / 1000)
        if (accepted.isNew) metrics.packagesAccepted.inc({ kind: accepted.receipt.kind })
        return accepted
      },
      async acceptStatus({ caller, read, status }) {
        const accepted = await takeStatus({ ...read, caller, status })
        return { isNew: accepted.isNew, body: (language) => statusReceiptView(accepted, findingText, language) }
      },
    }),
    statusRoutes({
      packageBytesMax: config.packageBytesMax,
      readBody: (body, trace) => readSubmission(body, newId(), trace, { blobs, limits }),
      composeStatus: (caller, input) => composeStatus(caller, input, { db, clock }),
      acceptStatus: takeStatus,
      findingText,
    }),
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

  async function recordRefusal(request: FastifyRequest, refusal: Refusal): Promise<void> {
    const path = request.routeOptions.url
    if (path === undefined || !submissionPaths.has(path) || request.method !== 'POST') return
    metrics.submissionsRefused.inc({ code: refusal.body.code })
    try {
      await insertRefusal(db, {
        ref: refusal.ref,
        at: clock.now(),
        face: 'rest',
        path,
        systemId: request.caller?.systemId ?? registry.claimedSystem(request.headers.authorization),
        submission: request.submission ?? {},
        httpStatus: refusal.status,
        problemCode: refusal.body.code,
        violations: refusal.error.facts.violations ?? [],
      })
    } catch (error) {
      // The sender is answered all the same, whatever kept the row from being written.
      request.log.error({ err: error, ref: refusal.ref }, 'refusal.not_recorded')
    }
  }

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
    recordRefusal,
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
            { name: 'alerts', everyMs: alertsEveryMs, run: () => watchAlerts(db) },
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
      await sweeper?.close()
      await queues.stopWorking()
      await delivery.close()
      await queues.close()
      await database.close()
    },
  }
}

/** Calls whose refusals are kept: what the caller wanted to hand over was turned away. */
const submissionPaths = new Set(['/api/v1/packages', '/api/v1/status'])
