// Acts on agencies, for operators: close one in favour of others, take it to another system, look, take back.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyActList } from '../generated/json/agency-act-list.ts'
import type { Move } from '../generated/json/move.ts'
import type { Succession } from '../generated/json/succession.ts'
import { type Guards, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { actsOf } from './act-store.ts'
import { actResult, actView } from './act-views.ts'
import { findAgency } from './agency-rules.ts'
import type { Actor } from './audit-store.ts'
import { type ActDeps, type ActRequest, orderAct, rehearseAct, takeBackAct } from './order-act.ts'
import { agenciesTag, operatorSecurity } from './route-parts.ts'
import { agencyNotFound } from './save-agency.ts'
import { resolveAgencies } from './system-rules.ts'

const shared = { tags: [agenciesTag], security: operatorSecurity }
const path = '/api/v1/admin/agencies/:id'
const answers = {
  200: { ...schemaRef('agency-act-result'), description: 'Tried out, carried out, or standing already.' },
  202: { ...schemaRef('agency-act-result'), description: 'Waits for its time.' },
  ...problems(400, 401, 404, 409, 422, 503),
}

type OneAgency = { Params: { id: string } }

export function actRoutes(deps: ActDeps): Routes {
  return (app, guards) => {
    addOrders(app, guards, deps)
    addLookingAndUndo(app, guards, deps)
  }
}

function addOrders(app: FastifyInstance, guards: Guards, deps: ActDeps): void {
  app.post<OneAgency & { Body: Succession }>(
    `${path}/succession`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Closes an agency in favour of others',
        description:
          'What nobody has taken goes to the only successor, or is held. What somebody has, or may have, stays where it ' +
          'is. Can be undone for 72 hours.',
        body: schemaRef('succession'),
        response: answers,
      },
    },
    async (request, reply) => {
      const { body } = request
      const order = successionRequest(request.params.id, body)
      return await answer(deps, reply, { order, actor: operatorOf(request), dryRun: body.dryRun ?? false })
    },
  )

  app.post<OneAgency & { Body: Move }>(
    `${path}/move`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Takes an agency to another system',
        description:
          'What nobody has taken is carried along; attempts under way finish at the old system. Can be undone for 72 hours.',
        body: schemaRef('move'),
        response: answers,
      },
    },
    async (request, reply) => {
      const { body } = request
      const order = moveRequest(request.params.id, body)
      return await answer(deps, reply, { order, actor: operatorOf(request), dryRun: body.dryRun ?? false })
    },
  )
}

function addLookingAndUndo(app: FastifyInstance, guards: Guards, deps: ActDeps): void {
  app.get<OneAgency>(
    `${path}/acts`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lists the acts on an agency, newest first',
        response: { 200: schemaRef('agency-act-list'), ...problems(401, 404, 503) },
      },
    },
    async (request): Promise<AgencyActList> => {
      const directory = await deps.cache.fresh()
      const day = vietnamDay(deps.clock.now())
      const agency = findAgency(directory, request.params.id, day)
      if (agency === undefined) throw agencyNotFound(request.params.id)
      const acts = await actsOf(deps.db, agency.agencyId)
      return { items: acts.map((act) => actView(act, { directory, day })) }
    },
  )

  app.post<{ Params: { id: string; actId: string } }>(
    `${path}/acts/:actId/undo`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Takes an act back: cancels it before its time, undoes it within 72 hours',
        response: { 200: schemaRef('agency-act-result'), ...problems(400, 401, 404, 409, 503) },
      },
    },
    async (request) => {
      const { id: reference, actId } = request.params
      const taken = await takeBackAct(deps, operatorOf(request), { reference, actId })
      return actResult(taken, false, vietnamDay(deps.clock.now()))
    },
  )
}

interface Asked {
  readonly order: ActRequest
  readonly actor: Actor
  readonly dryRun: boolean
}

async function answer(deps: ActDeps, reply: FastifyReply, { order, actor, dryRun }: Asked): Promise<FastifyReply> {
  const done = dryRun ? await rehearseAct(deps, order) : await orderAct(deps, actor, order)
  const isWaiting = !dryRun && done.act?.state === 'pending'
  const day = vietnamDay(deps.clock.now())
  return await reply.code(isWaiting ? 202 : 200).send(actResult(done, dryRun, day))
}

function successionRequest(reference: string, { successors, effectiveAt, redirect = true }: Succession): ActRequest {
  return {
    reference,
    isTimeGiven: effectiveAt !== undefined,
    orderFor(agencyId, directory, now) {
      const violations: Violation[] = []
      const found = resolveAgencies({
        codes: successors,
        path: '/successors',
        directory,
        day: vietnamDay(now),
        violations,
      })
      const [first] = violations
      if (first !== undefined)
        throw new GatewayError('invalid', 'agency_code_unknown', { violations, params: { found: first.found ?? '' } })
      const successorIds = [...new Set(found)]
      // Nothing can go on by itself where there is nobody, or a choice between several.
      const redirects = redirect && successorIds.length === 1
      return { kind: 'succession', agencyId, successorIds, redirects, effectiveAt: momentOf(effectiveAt, now) }
    },
  }
}

function moveRequest(reference: string, { toSystemId, effectiveAt }: Move): ActRequest {
  return {
    reference,
    isTimeGiven: effectiveAt !== undefined,
    orderFor: (agencyId, _directory, now) => ({
      ...{ kind: 'move', agencyId, toSystemId, effectiveAt: momentOf(effectiveAt, now) },
    }),
  }
}

/** The schema's date-time lets moments through that no calendar has. */
function momentOf(text: string | undefined, now: Date): Date {
  if (text === undefined) return now
  const moment = new Date(text)
  if (!Number.isNaN(moment.getTime())) return moment
  throw new GatewayError('invalid', 'instant_unknown', {
    params: { found: text.slice(0, 100) },
    violations: [{ path: '/effectiveAt', rule: 'instant_unknown', found: text.slice(0, 100) }],
  })
}
