// What operators look at: deliveries, lanes, counts (contract §5).
import type { Directory } from '../domain/directory.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { DeliveryFilter } from '../generated/json/delivery-filter.ts'
import type { Database } from '../platform/database.ts'
import { deliveryCriteria } from '../platform/delivery-filter.ts'
import { problems, type Routes, schemaRef } from '../platform/http.ts'
import { adminDeliveries, adminQueues, adminStats } from './admin-lists.ts'

export interface AdminRoutesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly directory: { current(): Promise<Directory> }
}

interface DeliveriesQuery extends DeliveryFilter {
  readonly cursor?: string
  readonly limit: number
}

const common = { tags: ['operators'], security: [{ operator: [] }] }
const time = { type: 'string', format: 'date-time' }
const states = ['held', 'waiting', 'in_flight', 'available', 'delivered', 'refused', 'exhausted', 'expired', 'recalled']

export function adminRoutes({ db, clock, directory }: AdminRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Querystring: DeliveriesQuery }>(
      '/api/v1/admin/deliveries',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Deliveries by state, system, agency, urgency, cause or a number somebody read out',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              state: { type: 'string', enum: states },
              systemId: { type: 'string' },
              organId: { type: 'string', description: 'Any code of the recipient agency' },
              priority: { type: 'integer', minimum: 0, maximum: 4 },
              cause: { type: 'string' },
              since: time,
              until: time,
              q: { type: 'string', maxLength: 300 },
              cursor: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          },
          response: { 200: schemaRef('admin-delivery-list'), ...problems(400, 401, 503) },
        },
      },
      async (request) => {
        const { cursor, limit, ...filter } = request.query
        const criteria = deliveryCriteria(filter, await directory.current(), vietnamDay(clock.now()))
        return adminDeliveries(db, { ...criteria, limit, ...(cursor === undefined ? {} : { cursor }) })
      },
    )

    app.get(
      '/api/v1/admin/queues',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Each system: what waits, how long, in flight, rate, breaker',
          response: { 200: schemaRef('admin-queues'), ...problems(401, 503) },
        },
      },
      () => adminQueues(db),
    )

    app.get(
      '/api/v1/admin/stats',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Exact counts from the database',
          response: { 200: schemaRef('admin-stats'), ...problems(401, 503) },
        },
      },
      () => adminStats(db),
    )
  }
}
