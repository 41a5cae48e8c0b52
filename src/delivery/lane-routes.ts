// Pause, drain, resume and suspend over HTTP (contract §2, §5).

import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { LaneActInput } from '../generated/json/lane-act-input.ts'
import type { LaneStateView } from '../generated/json/lane-state-view.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database } from '../platform/database.ts'
import { type Guards, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { actOnLane, type LaneAct } from './lane-acts.ts'

export interface LaneRoutesOptions {
  readonly db: Database
  readonly newId: () => string
  /** Rings lanes that may go on. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** This process must see at once that a system is suspended. */
  readonly directoryChanged: () => Promise<void>
  readonly audit: Audit
}

const acts: Readonly<Record<LaneAct, string>> = {
  pause: 'Nothing more is sent to the system; attempts under way end. Everything is kept',
  drain: 'Lets running attempts end, then pauses; the answer says how many still run',
  suspend: 'Pauses, and refuses the credentials of the system',
  resume: 'Ends a pause, a suspension or the stop after a 410, with a clean record of faults',
}

export function laneRoutes(options: LaneRoutesOptions): Routes {
  return (app, guards) => {
    for (const act of Object.keys(acts) as LaneAct[]) addAct(app, guards, act, options)
  }
}

function addAct(app: FastifyInstance, guards: Guards, act: LaneAct, options: LaneRoutesOptions): void {
  app.post<{ Params: { systemId: string }; Body: LaneActInput | null }>(
    `/api/v1/admin/systems/:systemId/${act}`,
    {
      onRequest: guards.operator,
      schema: {
        tags: ['Systems'],
        security: [{ operator: [] }],
        summary: acts[act],
        body: schemaRef('lane-act-input'),
        response: { 200: schemaRef('lane-state-view'), ...problems(400, 401, 404) },
      },
    },
    async (request): Promise<LaneStateView> => {
      const { systemId } = request.params
      const operator = operatorOf(request).name
      const reason = request.body?.reason
      const state = await options.db.transaction().execute(async (trx) => {
        const by = { act, systemId, operator, newId: options.newId, ...(reason === undefined ? {} : { reason }) }
        const done = await actOnLane(trx, by)
        if (done === undefined) throw systemNotFound(systemId)
        const entry = { actor: operator, action: `lane.${act}`, object: `system:${systemId}` }
        await options.audit(trx, { ...entry, data: reason === undefined ? {} : { reason } })
        return done
      })
      await options.directoryChanged()
      if (act === 'resume') options.afterCommit(new Set([systemId]))
      return state
    },
  )
}

function systemNotFound(systemId: string): GatewayError {
  return new GatewayError('not_found', 'system_not_found', { params: { systemId: systemId.slice(0, 100) } })
}
