// The delivery that a route names, if it is the caller's own.
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import { callerOf } from '../platform/http.ts'
import type { MailboxOptions } from './mailbox-options.ts'
import { type OwnDelivery, ownDelivery } from './mailbox-store.ts'

export async function requireOwn(
  request: FastifyRequest<{ Params: { deliveryId: string } }>,
  options: MailboxOptions,
): Promise<OwnDelivery> {
  const own = await ownDelivery(options.db, callerOf(request), request.params.deliveryId)
  if (own === undefined) throw new GatewayError('not_found', 'delivery_not_found')
  return own
}

export function leased(until: Date): GatewayError {
  const leaseUntil = vietnamTime(until)
  return new GatewayError('conflict', 'leased', { params: { until: leaseUntil }, extra: { leaseUntil } })
}
