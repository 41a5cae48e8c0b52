// GET /api/v1/packages: tracking, the exact bytes, and the caller's list (contract §3).
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import { type OverallState, overallStates } from '../domain/package-state.ts'
import type { BlobStore, Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { Db } from '../platform/database.ts'
import { callerOf, instantOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { sendPackageBytes } from '../platform/send-package.ts'
import { packageList } from './package-list.ts'
import { readablePackage, type TrackOptions, trackPackage } from './track-package.ts'

export interface TrackingRoutesOptions extends TrackOptions {
  readonly blobs: BlobStore
  readonly clock: Clock
  /** delivery/'s transition: the first byte is about to be served. */
  readonly markFetched: (db: Db, deliveryId: string, systemId: string) => Promise<boolean>
  /** An operator paused the system: nothing leaves for it, whichever way it would go. */
  readonly isPaused: (db: Db, systemId: string) => Promise<boolean>
  readonly directory: { current(): Promise<Directory> }
}

interface ListQuery {
  readonly documentId?: string
  readonly code?: string
  readonly from?: string
  readonly to?: string
  readonly state?: OverallState
  readonly since?: string
  readonly until?: string
  readonly cursor?: string
  readonly limit: number
}

const params = {
  type: 'object',
  required: ['packageId'],
  properties: { packageId: { type: 'string', format: 'uuid' } },
}
const common = { tags: ['packages'], security: [{ bearer: [] }, { basic: [] }] }
const time = { type: 'string', format: 'date-time' }

export function trackingRoutes(options: TrackingRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Params: { packageId: string } }>(
      '/api/v1/packages/:packageId',
      {
        onRequest: guards.system,
        schema: {
          ...common,
          summary: 'Where the document is, for its sender and its recipients',
          params,
          response: { 200: schemaRef('package-view'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request) => {
        const language = request.headers['accept-language']
        const view = await trackPackage(request.params.packageId, callerOf(request), language, options)
        if (view === undefined) throw new GatewayError('not_found', 'package_not_found')
        return view
      },
    )

    app.get<{ Params: { packageId: string } }>(
      '/api/v1/packages/:packageId/content',
      {
        onRequest: guards.system,
        exposeHeadRoute: false,
        schema: {
          ...common,
          summary: 'The exact bytes, for the sender and every system that holds a delivery of it',
          params,
          response: {
            200: { description: 'The whole package', content: { 'application/edxml+xml': { schema: {} } } },
            206: { description: 'The bytes asked for by Range', content: { 'application/edxml+xml': { schema: {} } } },
            ...problems(400, 401, 404, 410, 416, 503),
          },
        },
      },
      async (request, reply) => {
        const readable = await readablePackage(options.db, request.params.packageId, callerOf(request))
        if (readable === undefined) throw new GatewayError('not_found', 'package_not_found')
        const { systemId } = callerOf(request)
        if (readable.deliveryIds.length > 0 && (await options.isPaused(options.db, systemId))) {
          throw new GatewayError('unavailable', 'lane_paused', { retryAfterSeconds: 60 })
        }
        return sendPackageBytes(request, reply, readable, {
          blobs: options.blobs,
          // A recipient that reads here has taken the document as surely as through its mailbox: for each of its
          // agencies from which it was not recalled.
          async beforeFirstByte() {
            const { deliveryIds } = readable
            const taken = await Promise.all(deliveryIds.map((id) => options.markFetched(options.db, id, systemId)))
            if (deliveryIds.length > 0 && !taken.includes(true)) throw new GatewayError('gone', 'recalled')
          },
        })
      },
    )

    app.get<{ Querystring: ListQuery }>(
      '/api/v1/packages',
      {
        onRequest: guards.system,
        schema: {
          ...common,
          summary: 'The packages that the caller sent, newest first',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              documentId: { type: 'string' },
              code: { type: 'string', description: 'Number and notation, e.g. 743/UBND-KSTT' },
              from: { type: 'string', description: 'Any code of the sending agency' },
              to: { type: 'string', description: 'Any code of a recipient' },
              state: { type: 'string', enum: overallStates },
              since: time,
              until: time,
              cursor: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          },
          response: { 200: schemaRef('package-list'), ...problems(400, 401, 503) },
        },
      },
      async (request) => {
        const { from, to, since, until, ...rest } = request.query
        const fromAgencyIds = from === undefined ? undefined : await agenciesBehind(from, options)
        const toAgencyIds = to === undefined ? undefined : await agenciesBehind(to, options)
        return packageList(options.db, callerOf(request), {
          ...rest,
          ...(fromAgencyIds === undefined ? {} : { fromAgencyIds }),
          ...(toAgencyIds === undefined ? {} : { toAgencyIds }),
          ...(since === undefined ? {} : { since: instantOf(since, 'since') }),
          ...(until === undefined ? {} : { until: instantOf(until, 'until') }),
        })
      },
    )
  }
}

async function agenciesBehind(code: string, options: TrackingRoutesOptions): Promise<string[]> {
  const directory = await options.directory.current()
  const agency = directory.findByCode(code, vietnamDay(options.clock.now()))
  return agency === undefined ? [] : [...directory.standsFor(agency.agencyId)]
}
