// Settling what lies in the mailbox: the system has it, cannot take it, or cannot take it now. While a thread holds it
// under a lease, only with that lease.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DeliveryState } from '../domain/delivery.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { ConfirmInput } from '../generated/json/confirm-input.ts'
import type { ConfirmMany } from '../generated/json/confirm-many.ts'
import type { DeliveryOutcome } from '../generated/json/delivery-outcome.ts'
import type { RefusalInput } from '../generated/json/refusal-input.ts'
import { callerOf, type Guards, problems, schemaRef } from '../platform/http.ts'
import type { MailboxOptions } from './mailbox-options.ts'
import { ownDeliveryIds } from './mailbox-store.ts'
import { leased, requireOwn } from './own-delivery.ts'

const params = {
  type: 'object',
  required: ['deliveryId'],
  properties: { deliveryId: { type: 'string', format: 'uuid' } },
}
const common = { tags: ['mailbox'], security: [{ bearer: [] }, { basic: [] }] }

type Named = { Params: { deliveryId: string } }

export function settleRoutes(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  confirmRoute(app, guards, options)
  confirmManyRoute(app, guards, options)
  refuseRoute(app, guards, options)
}

function confirmRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<Named & { Body: ConfirmInput }>(
    '/api/v1/mailbox/:deliveryId/confirm',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'The system has it safely; may be said again',
        params,
        body: schemaRef('confirm-input'),
        response: { 200: schemaRef('delivery-outcome'), ...problems(400, 401, 404, 409, 410, 503) },
      },
    },
    async (request): Promise<DeliveryOutcome> => {
      const { deliveryId } = (await requireOwn(request, options)).item
      const [settled] = await options.confirmDeliveries(
        options.db,
        [deliveryId],
        request.body?.leaseId,
        callerOf(request).systemId,
      )
      if (settled === undefined) throw new GatewayError('not_found', 'delivery_not_found')
      if (settled.leasedUntil !== null) throw leased(settled.leasedUntil)
      if (settled.state !== 'delivered') throw notInMailbox(settled.state)
      return { deliveryId, state: settled.state, deliveredAt: timeOrNull(settled.deliveredAt) }
    },
  )
}

function confirmManyRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<{ Body: ConfirmMany }>(
    '/api/v1/mailbox/confirm',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'Confirms many at once; one row for each',
        body: schemaRef('confirm-many'),
        response: { 200: schemaRef('confirm-many-result'), ...problems(400, 401, 503) },
      },
    },
    async (request) => ({ results: await confirmMany(callerOf(request), request.body, options) }),
  )
}

async function confirmMany(caller: Caller, { deliveryIds, leaseId }: ConfirmMany, options: MailboxOptions) {
  const own = await ownDeliveryIds(options.db, caller, deliveryIds)
  const settled = await options.confirmDeliveries(options.db, [...own], leaseId, caller.systemId)
  const byId = new Map(settled.map((s) => [s.deliveryId, s]))
  return deliveryIds.map((deliveryId) => {
    // An id may be spelt in capitals, as some platforms do; the database answers in small letters.
    const one = byId.get(deliveryId.toLowerCase())
    if (one === undefined) return { deliveryId, state: null, code: 'delivery_not_found' }
    const { state, leasedUntil } = one
    if (leasedUntil !== null) return { deliveryId, state, code: 'leased', leaseUntil: vietnamTime(leasedUntil) }
    if (state === 'delivered') return { deliveryId, state }
    return { deliveryId, state, code: state === 'recalled' ? 'recalled' : 'delivery_not_in_mailbox' }
  })
}

function refuseRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<Named & { Body: RefusalInput }>(
    '/api/v1/mailbox/:deliveryId/refuse',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'The system cannot take it, and the sender is told why; with retryable: not now',
        params,
        body: schemaRef('refusal-input'),
        response: { 200: schemaRef('delivery-outcome'), ...problems(400, 401, 404, 409, 410, 503) },
      },
    },
    (request) => (request.body.retryable === true ? turnAway(request, options) : refuse(request, options)),
  )
}

type RefuseRequest = FastifyRequest<Named & { Body: RefusalInput }>

async function refuse(request: RefuseRequest, options: MailboxOptions): Promise<DeliveryOutcome> {
  const { deliveryId } = (await requireOwn(request, options)).item
  const { reason, leaseId } = request.body
  if (await options.refuseDelivery(options.db, deliveryId, reason, leaseId, callerOf(request).systemId))
    return refused(deliveryId)
  return await asItIsNow(request, options)
}

async function turnAway(request: RefuseRequest, options: MailboxOptions): Promise<DeliveryOutcome> {
  const { deliveryId } = (await requireOwn(request, options)).item
  const { reason, leaseId } = request.body
  const result = await options.turnAway({
    ...{ deliveryId, reason, systemId: callerOf(request).systemId },
    ...(leaseId === undefined ? {} : { leaseId }),
  })
  switch (result.kind) {
    case 'offered_again':
      return { deliveryId, state: 'available', deliveredAt: null, offeredAgainAt: timeOrNull(result.at ?? null) }
    case 'refused':
      return refused(deliveryId)
    case 'leased':
      throw leased(result.until)
    case 'not_in_mailbox':
      return await asItIsNow(request, options)
    default:
      return result satisfies never
  }
}

/** It could not be refused: somebody settled it before, or another thread holds it. */
async function asItIsNow(request: RefuseRequest, options: MailboxOptions): Promise<DeliveryOutcome> {
  const { state, item, lease } = await requireOwn(request, options)
  if (state === 'refused') return refused(item.deliveryId)
  if (lease !== undefined && state === 'available') throw leased(lease.until)
  throw notInMailbox(state)
}

function refused(deliveryId: string): DeliveryOutcome {
  return { deliveryId, state: 'refused', deliveredAt: null }
}

function notInMailbox(state: DeliveryState): GatewayError {
  if (state === 'recalled') return new GatewayError('gone', 'recalled')
  return new GatewayError('conflict', 'delivery_not_in_mailbox', { params: { state } })
}

function timeOrNull(at: Date | null): string | null {
  return at === null ? null : vietnamTime(at)
}
