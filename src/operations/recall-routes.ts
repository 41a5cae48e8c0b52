// POST /api/v1/packages/{packageId}/recall, and the operator's way to close a request that nobody will answer
// (contract §3, design §3 "Taken").

import { GatewayError } from '../domain/errors.ts'
import { recallLists } from '../domain/operation-plan.ts'
import type { RecallInput as RecallBody } from '../generated/json/recall-input.ts'
import type { RecallResult } from '../generated/json/recall-result.ts'
import type { SettleRequestInput } from '../generated/json/settle-request-input.ts'
import type { Audit } from '../platform/audit.ts'
import type { Trx } from '../platform/database.ts'
import { callerOf, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type Recalled, type RecallOptions, recallDocument } from './recall-document.ts'
import { settleOtherwise } from './settle-otherwise.ts'

export interface RecallRoutesOptions extends RecallOptions {
  readonly audit: Audit
  readonly clearRequests: (trx: Trx, deliveryId: string) => Promise<void>
}

export function recallRoutes(options: RecallRoutesOptions): Routes {
  return (app, guards) => {
    app.post<{ Params: { packageId: string }; Body: RecallBody }>(
      '/api/v1/packages/:packageId/recall',
      {
        onRequest: guards.system,
        schema: {
          summary: 'Takes a document back: withdrawn where nobody has taken it, asked for where somebody has',
          tags: ['packages'],
          security: [{ bearer: [] }, { basic: [] }],
          params: idParameter('packageId'),
          body: schemaRef('recall-input'),
          response: { 200: schemaRef('recall-result'), ...problems(400, 401, 403, 404, 409, 422, 503) },
        },
      },
      async (request): Promise<RecallResult> => {
        const recall = { ...request.body, packageId: request.params.packageId }
        return toView(await recallDocument(callerOf(request), recall, options))
      },
    )

    app.post<{ Params: { deliveryId: string }; Body: SettleRequestInput }>(
      '/api/v1/admin/deliveries/:deliveryId/settle',
      {
        onRequest: guards.operator,
        schema: {
          summary: 'Closes the open recall or update of a delivery that its recipient will not answer; never as agreed',
          tags: ['operators'],
          security: [{ operator: [] }],
          params: idParameter('deliveryId'),
          body: schemaRef('settle-request-input'),
          response: { 200: schemaRef('settle-request-result'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request) => {
        const { deliveryId } = request.params
        const { reason } = request.body
        const operator = operatorOf(request).name
        const settled = await options.db.transaction().execute(async (trx) => {
          await options.lockDeliveries(trx, [deliveryId])
          const count = await settleOtherwise(trx, { deliveryId, reason, operator, at: options.now() })
          if (count === 0) return 0
          await options.clearRequests(trx, deliveryId)
          await options.audit(trx, {
            actor: operator,
            action: 'request.settle',
            object: deliveryId,
            data: { reason, settled: count },
          })
          return count
        })
        if (settled === 0) throw new GatewayError('conflict', 'no_open_request')
        return { deliveryId, settled, outcome: 'settled_otherwise' }
      },
    )
  }
}

function idParameter(name: string) {
  return { type: 'object', required: [name], properties: { [name]: { type: 'string', format: 'uuid' } } }
}

function toView(recalled: Recalled): RecallResult {
  return { ...recalled, ...recallLists(recalled) }
}
