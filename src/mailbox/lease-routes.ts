// For systems that empty their mailbox with several threads: each claims a part for itself, for a time.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { MailboxClaim } from '../generated/json/mailbox-claim.ts'
import type { MailboxClaimInput } from '../generated/json/mailbox-claim-input.ts'
import type { MailboxExtendInput } from '../generated/json/mailbox-extend-input.ts'
import type { MailboxLease } from '../generated/json/mailbox-lease.ts'
import type { MailboxReleaseInput } from '../generated/json/mailbox-release-input.ts'
import { callerOf, type Guards, problems, schemaRef } from '../platform/http.ts'
import { longPoll } from '../platform/long-poll.ts'
import { agenciesBehind, type MailboxOptions } from './mailbox-options.ts'
import { mailboxItems } from './mailbox-store.ts'

const common = { tags: ['mailbox'], security: [{ bearer: [] }, { basic: [] }] }
/** Enough to store a page of documents; a dead thread's part is back before anybody phones. */
const leaseSecondsDefault = 300

export function leaseRoutes(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  claimRoute(app, guards, options)
  extendRoute(app, guards, options)
  releaseRoute(app, guards, options)
}

function claimRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<{ Body: MailboxClaimInput }>(
    '/api/v1/mailbox/claim',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'Takes part of the mailbox for one thread, for a time; nobody else is given it meanwhile',
        body: schemaRef('mailbox-claim-input'),
        response: { 200: schemaRef('mailbox-claim'), ...problems(400, 401, 503) },
      },
    },
    (request, reply) => claimWithPatience(request, reply, options),
  )
}

function claimWithPatience(
  request: FastifyRequest<{ Body: MailboxClaimInput }>,
  reply: FastifyReply,
  options: MailboxOptions,
): Promise<MailboxClaim> {
  const caller = callerOf(request)
  return longPoll({
    reply,
    closing: options.closing,
    seconds: request.body.wait ?? 0,
    look: () => claim(caller, request.body, options),
    isEnough: ({ items }) => items.length > 0,
    pause: (ms, signal) => options.signals.wait(caller.systemId, ms, signal),
  })
}

async function claim(caller: Caller, wanted: MailboxClaimInput, options: MailboxOptions): Promise<MailboxClaim> {
  const { organId, type, limit } = wanted
  const agencyIds = organId === undefined ? undefined : await agenciesBehind(organId, options)
  const leaseId = options.newId()
  const leased = await options.leases.take(options.db, caller, {
    leaseId,
    limit,
    leaseSeconds: wanted.leaseSeconds ?? leaseSecondsDefault,
    ...(type === undefined ? {} : { type }),
    ...(agencyIds === undefined ? {} : { agencyIds }),
  })
  if (leased.length === 0) return { items: [] }
  const items = await mailboxItems(
    options.db,
    leased.map((one) => one.deliveryId),
  )
  return { items: items.map((item) => ({ ...item, leaseId })) }
}

function extendRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<{ Body: MailboxExtendInput }>(
    '/api/v1/mailbox/extend',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'More time for a lease; answers what it still holds',
        body: schemaRef('mailbox-extend-input'),
        response: { 200: schemaRef('mailbox-lease'), ...problems(400, 401, 409, 503) },
      },
    },
    async (request): Promise<MailboxLease> => {
      const { leaseId, deliveryIds, leaseSeconds = leaseSecondsDefault } = request.body
      const lease = { leaseId, leaseSeconds, ...(deliveryIds === undefined ? {} : { deliveryIds }) }
      const held = await options.leases.extend(options.db, callerOf(request), lease)
      const [first] = held
      if (first === undefined) throw new GatewayError('conflict', 'lease_ended', { params: { leaseId } })
      return {
        leaseId,
        leaseUntil: vietnamTime(first.leaseUntil),
        deliveryIds: held.map((one) => one.deliveryId).sort(),
      }
    },
  )
}

function releaseRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<{ Body: MailboxReleaseInput }>(
    '/api/v1/mailbox/release',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'Gives a lease back before its time; may be said again',
        body: schemaRef('mailbox-release-input'),
        response: { 200: schemaRef('mailbox-lease'), ...problems(400, 401, 503) },
      },
    },
    async (request): Promise<MailboxLease> => {
      const { leaseId, deliveryIds } = request.body
      const caller = callerOf(request)
      const lease = { leaseId, ...(deliveryIds === undefined ? {} : { deliveryIds }) }
      const released = await options.leases.release(options.db, caller, lease)
      // Another thread may be waiting for it.
      if (released.length > 0) options.signals.announce([caller.systemId])
      return { leaseId, leaseUntil: null, deliveryIds: [...released].sort() }
    },
  )
}
