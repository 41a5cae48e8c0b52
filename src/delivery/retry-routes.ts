// An operator asks for one delivery to be tried now, or opened again (contract §5).
import { GatewayError } from '../domain/errors.ts'
import type { Database, Trx } from '../platform/database.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { retryDelivery } from './transitions.ts'

export interface RetryRoutesOptions {
  readonly db: Database
  readonly audit: (trx: Trx, entry: { actor: string; action: string; object: string }) => Promise<void>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
}

export function retryRoutes({ db, audit, afterCommit }: RetryRoutesOptions): Routes {
  return (app, guards) => {
    app.post<{ Params: { deliveryId: string } }>(
      '/api/v1/admin/deliveries/:deliveryId/retry',
      {
        onRequest: guards.operator,
        schema: {
          summary: 'Tries a delivery now; one that was given up or refused is opened again',
          tags: ['operators'],
          security: [{ operator: [] }],
          params: {
            type: 'object',
            required: ['deliveryId'],
            properties: { deliveryId: { type: 'string', format: 'uuid' } },
          },
          response: { 202: schemaRef('retry-result'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request, reply) => {
        const { deliveryId } = request.params
        const retried = await db.transaction().execute(async (trx) => {
          const result = await retryDelivery(trx, deliveryId)
          if (result === undefined) return undefined
          await audit(trx, { actor: operatorOf(request).name, action: 'delivery.retry', object: deliveryId })
          return result
        })
        if (retried === undefined) throw await whyNot(db, deliveryId)
        afterCommit(new Set([retried.systemId]))
        return reply.code(202).send({ deliveryId, state: retried.state })
      },
    )
  }
}

async function whyNot(db: Database, deliveryId: string): Promise<GatewayError> {
  const row = await db.selectFrom('deliveries').select('state').where('delivery_id', '=', deliveryId).executeTakeFirst()
  if (row === undefined) return new GatewayError('not_found', 'delivery_not_found')
  return new GatewayError('conflict', 'delivery_not_retryable', { params: { state: row.state } })
}
