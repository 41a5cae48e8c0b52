// The mailbox, re-offers and the change feed behind the real edge, over deliveries that are put straight into the tables.
// Whoever calls is said by the test: `system:` with agencies behind it in place of a credential.
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { inject } from 'vitest'
import { raiseAlerts } from '../../src/alerts/raise-alert.ts'
import { extendMailboxLease, leaseFromMailbox, releaseMailboxLease } from '../../src/delivery/mailbox-lease.ts'
import { reofferRoutes } from '../../src/delivery/reoffer-routes.ts'
import { confirmDeliveries, markFetched, refuseDelivery } from '../../src/delivery/transitions.ts'
import { createTurnAway } from '../../src/delivery/turn-away.ts'
import type { BlobStore } from '../../src/domain/ports.ts'
import type { Caller } from '../../src/domain/system.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { createEdge } from '../../src/edge/server.ts'
import { mailboxRoutes } from '../../src/mailbox/mailbox-routes.ts'
import { createMailboxSignals, type MailboxSignals } from '../../src/mailbox/mailbox-signals.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { eventRoutes } from '../../src/reports/event-routes.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { type Call, httpClient } from '../support/http-client.ts'

export const operator = 'operator-of-the-tests'
export const content = Buffer.from('{"what":"undelivered"}')

export interface MailboxApp {
  readonly rows: DeliveryRows
  readonly call: Call
  readonly signals: MailboxSignals
  /** What was audited. */
  readonly audited: Record<string, unknown>[]
  /** Waits before a turned-away document is offered again. */
  waitsSeconds: readonly number[]
  /** Connections of the edge's own pool, and how many callers queue for one. */
  pool(): { readonly inUse: number; readonly queue: number }
  /** Makes waiting polls end. */
  closing: AbortController
  close(): Promise<void>
}

export async function startMailbox(connectionsMax = 5): Promise<MailboxApp> {
  const rows = await openDeliveryRows(8)
  const { rows: found } = await sql<{ name: string }>`select current_database() as name`.execute(rows.db)
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${found[0]?.name}`
  const own = openDatabase({ url: url.href, connectionsMax, onIdleError: () => undefined })
  const signals = createMailboxSignals()
  const closing = new AbortController()
  const audited: Record<string, unknown>[] = []
  const folder = fileURLToPath(new URL('../../schemas/', import.meta.url))
  const app: { waitsSeconds: readonly number[] } = { waitsSeconds: [900, 3_600, 14_400] }
  const edge = await createEdge({
    routes: [
      mailboxRoutes({
        ...{
          db: own.db,
          blobs,
          clock: systemClock,
          newId: uuidv7,
          signals,
          markFetched,
          confirmDeliveries,
          refuseDelivery,
        },
        directory: { current: () => Promise.reject(new Error('no directory')) },
        leases: { take: leaseFromMailbox, extend: extendMailboxLease, release: releaseMailboxLease },
        turnAway: createTurnAway({
          db: own.db,
          turnedAwayWaitsSeconds: () => app.waitsSeconds,
          raiseAlert: (trx, fact) => raiseAlerts(trx, [fact], uuidv7),
        }),
        findingText: ({ code }) => code,
        closing: closing.signal,
      }),
      reofferRoutes({
        db: own.db,
        audit: async (_trx, entry) => void audited.push({ ...entry }),
        afterCommit: (systemIds) => signals.announce(systemIds),
      }),
      eventRoutes({ db: own.db, closing: closing.signal }),
    ],
    catalogue: loadCatalogue(`${folder}errors`),
    schemasFolder: `${folder}json`,
    consoleFolder: fileURLToPath(new URL('../../src/console/', import.meta.url)),
    authenticateSystem: async (authorization) => callerNamed(authorization ?? ''),
    authenticateOperator: async () => ({ name: operator }),
    recordRefusal: async () => undefined,
    logger: createLogger({ level: 'silent' }),
    version: 'test',
  })
  const address = await edge.listen({ port: 0, host: '127.0.0.1' })
  return Object.assign(app, {
    ...{ rows, signals, audited, closing, call: httpClient(address) },
    pool: () => ({ inUse: own.pool.totalCount - own.pool.idleCount, queue: own.pool.waitingCount }),
    async close() {
      closing.abort()
      await edge.close()
      await own.close()
      await rows.close()
    },
  })
}

/** `system:` is the whole system, `system:+agency` one that sends for it, `system:agency` a credential for it alone. */
function callerNamed(authorization: string): Caller {
  const pair = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8')
  const [systemId = '', agency = ''] = pair.split(':')
  const agencyIds = new Set(agency === '' ? [] : agency.replace('+', '').split(','))
  const isLimited = agency !== '' && !agency.startsWith('+')
  return { systemId, credentialId: 'c', agencyIds, ...(isLimited ? { receivesFor: agencyIds } : {}) }
}

const blobs = {
  read: async () => Readable.from([content]),
} as unknown as BlobStore
