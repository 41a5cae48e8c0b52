// The calendar as the composition root puts it together, on a database of the file's own: real store, cache, routes,
// catalogue and edge, no port.
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { GatewayError } from '../../src/domain/errors.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { createEdge } from '../../src/edge/server.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { insertAudit } from '../../src/registry/audit-store.ts'
import { type CalendarCache, openCalendarCache } from '../../src/rules/calendar-cache.ts'
import { calendarRoutes } from '../../src/rules/calendar-routes.ts'
import { readCalendarFile, seedCalendar } from '../../src/rules/calendar-seed.ts'
import { freshDatabase } from '../support/services.ts'

const root = join(import.meta.dirname, '../..')
export const catalogue = loadCatalogue(join(root, 'schemas/errors'))
export const calendarFile = readCalendarFile(join(root, 'schemas/rules'))

export interface Answer {
  readonly status: number
  // What a test reads from an answer is checked by its expectations.
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
  readonly body: any
}

export interface CalendarApp {
  readonly edge: FastifyInstance
  readonly open: OpenDatabase
  readonly cache: CalendarCache
  readonly clock: { now(): Date; set(now: Date): void }
  call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown, as?: string): Promise<Answer>
  close(): Promise<void>
}

export async function startCalendar(): Promise<CalendarApp> {
  const fresh = await freshDatabase()
  const open = openDatabase({ url: fresh.url, connectionsMax: 6, onIdleError: () => undefined })
  const { db } = open
  const clock = settableClock(new Date('2026-11-20T10:00:00+07:00'))
  await seedCalendar({ db, clock }, calendarFile)
  const cache = await openCalendarCache({ db, onCheckFailed: fail })
  const edge = await edgeOf(open, cache, clock)
  return {
    ...{ edge, open, cache, clock },
    async call(method, path, body, as = 'văn thư tỉnh') {
      const response = await edge.inject({
        ...{ method, url: `/api/v1/admin/calendar${path}` },
        headers: { authorization: encodeURIComponent(as) },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      return { status: response.statusCode, body: response.json() }
    },
    async close() {
      await edge.close()
      await open.close()
      await fresh.drop()
    },
  }
}

async function edgeOf({ db }: OpenDatabase, cache: CalendarCache, clock: { now(): Date }): Promise<FastifyInstance> {
  const routes = calendarRoutes({
    ...{ db, cache, clock },
    audit: (trx, actor, entry) => insertAudit(trx, { id: uuidv7(), at: clock.now(), actor, entry }),
    textOf: (code, params) => ({
      vi: catalogue.text(code, params, 'vi').detail,
      en: catalogue.text(code, params, 'en').detail,
    }),
  })
  return await createEdge({
    ...{ routes: [routes], catalogue, version: '0', logger: pino({ level: 'silent' }) },
    ...{ schemasFolder: join(root, 'schemas/json'), consoleFolder: join(root, 'src/console') },
    authenticateSystem: () => Promise.reject(new GatewayError('unauthenticated', 'unauthenticated')),
    async authenticateOperator(authorization) {
      if (authorization === 'nobody') throw new GatewayError('unauthenticated', 'operator_unauthenticated')
      return { name: decodeURIComponent(authorization ?? '') }
    },
    recordRefusal: async () => undefined,
  })
}

function settableClock(start: Date) {
  let now = start
  return {
    now: () => now,
    set(next: Date) {
      now = next
    },
  }
}

function fail(error: unknown): void {
  throw error
}
