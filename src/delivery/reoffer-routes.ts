// An operator offers a system again what it turned away (contract §5).

import { GatewayError } from '../domain/errors.ts'
import type { ReofferInput } from '../generated/json/reoffer-input.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database } from '../platform/database.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type Reoffered, reofferTurnedAway } from './reoffer.ts'

export interface ReofferRoutesOptions {
  readonly db: Database
  readonly audit: Audit
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
}

export function reofferRoutes({ db, audit, afterCommit }: ReofferRoutesOptions): Routes {
  return (app, guards) => {
    app.post<{ Params: { systemId: string }; Body: ReofferInput | null | undefined }>(
      '/api/v1/admin/systems/:systemId/reoffer',
      {
        onRequest: guards.operator,
        schema: {
          summary: 'Offers again now what the system turned away, and ends the pause of re-offers',
          tags: ['operators'],
          security: [{ operator: [] }],
          params: { type: 'object', required: ['systemId'], properties: { systemId: { type: 'string' } } },
          body: schemaRef('reoffer-input'),
          response: { 200: schemaRef('reoffer-result'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request): Promise<Reoffered> => {
        const { systemId } = request.params
        const reason = request.body?.reason
        const reoffered = await db.transaction().execute(async (trx) => {
          const system = await trx
            .selectFrom('systems')
            .select('system_id')
            .where('system_id', '=', systemId)
            .executeTakeFirst()
          if (system === undefined) throw new GatewayError('not_found', 'system_not_found', { params: { systemId } })
          const result = await reofferTurnedAway(trx, systemId, reason)
          const data = { ...result, ...(reason === undefined ? {} : { reason }) }
          await audit(trx, {
            actor: operatorOf(request).name,
            action: 'system.reoffer',
            object: `system:${systemId}`,
            data,
          })
          return result
        })
        afterCommit(new Set([systemId]))
        return reoffered
      },
    )
  }
}
