// An operator asks for one delivery to be tried now, or opened again (contract §5).
import { GatewayError } from '../domain/errors.ts'
import type { RetryInput } from '../generated/json/retry-input.ts'
import type { RetryResult } from '../generated/json/retry-result.ts'
import type { Trx } from '../platform/database.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type Reopening, reopenDeliveries } from './reopen-deliveries.ts'
import { type ReplayOptions, systemsOf } from './replay-deliveries.ts'
import { standingOf, withDirectory } from './send-their-way.ts'

export type RetryRoutesOptions = Omit<ReplayOptions, 'ring' | 'newId' | 'closing'>

export function retryRoutes(options: RetryRoutesOptions): Routes {
  return (app, guards) => {
    app.post<{ Params: { deliveryId: string }; Body: RetryInput | null }>(
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
          body: { anyOf: [schemaRef('retry-input'), { type: 'null' }] },
          response: { 202: schemaRef('retry-result'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request, reply) => {
        const order = { deliveryId: request.params.deliveryId, reason: request.body?.reason }
        return reply.code(202).send(await retryOne(order, operatorOf(request).name, options))
      },
    )
  }
}

interface RetryOrder {
  readonly deliveryId: string
  readonly reason: string | undefined
}

async function retryOne(
  { deliveryId, reason }: RetryOrder,
  actor: string,
  options: RetryRoutesOptions,
): Promise<RetryResult> {
  const results = await withDirectory(options.db, options, async (trx, directory) => {
    const [result] = await reopenDeliveries(trx, { deliveryIds: [deliveryId] }, directory, options)
    if (result === undefined || result.outcome === 'skipped') throw await whyNot(trx, deliveryId, result)
    const data = reason === undefined ? {} : { reason }
    await options.audit(trx, { actor, action: 'delivery.retry', object: deliveryId, data })
    return [result]
  })
  options.afterCommit(systemsOf(results))
  const standing = results[0]?.standing
  if (standing === undefined) throw new Error('a delivery that was opened again stands nowhere')
  return { deliveryId, state: standing.state }
}

async function whyNot(
  trx: Trx,
  deliveryId: string,
  result: Extract<Reopening, { outcome: 'skipped' }> | undefined,
): Promise<GatewayError> {
  const standing = (await standingOf(trx, [deliveryId])).get(deliveryId)
  if (standing === undefined) return new GatewayError('not_found', 'delivery_not_found')
  if (result?.because === 'held_by_operator') return new GatewayError('conflict', 'delivery_of_held_package')
  if (result?.because === 'content_removed') return new GatewayError('conflict', 'delivery_content_removed')
  return new GatewayError('conflict', 'delivery_not_retryable', { params: { state: standing.state } })
}
