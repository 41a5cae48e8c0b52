// The pull side over HTTP (contract §3): list with long poll, one item, its bytes. Settling and leases have files of
// their own.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DeliveryType } from '../domain/delivery.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import { callerOf, type Guards, instantOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { longPoll, waitSecondsMax } from '../platform/long-poll.ts'
import { attachmentViews, findingViews } from '../platform/package-facts.ts'
import { sendPackageBytes } from '../platform/send-package.ts'
import { leaseRoutes } from './lease-routes.ts'
import { agenciesBehind, type MailboxOptions } from './mailbox-options.ts'
import { isPaused, type MailboxPage, mailboxPage, ownDelivery } from './mailbox-store.ts'
import { requireOwn } from './own-delivery.ts'
import { settleRoutes } from './settle-routes.ts'

export type { MailboxOptions } from './mailbox-options.ts'

interface ListQuery {
  readonly organId?: string
  readonly type?: DeliveryType
  readonly state: 'available' | 'delivered'
  readonly since?: string
  readonly limit: number
  readonly cursor?: string
  readonly wait: number
}

const params = {
  type: 'object',
  required: ['deliveryId'],
  properties: { deliveryId: { type: 'string', format: 'uuid' } },
}
const common = { tags: ['mailbox'], security: [{ bearer: [] }, { basic: [] }] }

export function mailboxRoutes(options: MailboxOptions): Routes {
  return (app, guards) => {
    listRoute(app, guards, options)
    itemRoute(app, guards, options)
    packageRoute(app, guards, options)
    settleRoutes(app, guards, options)
    leaseRoutes(app, guards, options)
  }
}

function listRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/mailbox',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'What waits for the caller, urgent first, then never fetched, then oldest; what a thread holds too',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            organId: { type: 'string', description: 'Any code of the receiving agency' },
            type: { type: 'string', enum: ['edoc', 'status', 'report'] },
            state: { type: 'string', enum: ['available', 'delivered'], default: 'available' },
            since: { type: 'string', format: 'date-time' },
            limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            cursor: { type: 'string' },
            wait: {
              type: 'integer',
              minimum: 0,
              maximum: waitSecondsMax,
              default: 0,
              description: 'Seconds of long poll',
            },
          },
        },
        response: { 200: schemaRef('mailbox-list'), ...problems(400, 401, 503) },
      },
    },
    (request, reply) => listWithPatience(request, reply, options),
  )
}

function listWithPatience(
  request: FastifyRequest<{ Querystring: ListQuery }>,
  reply: FastifyReply,
  options: MailboxOptions,
): Promise<MailboxPage> {
  const caller = callerOf(request)
  return longPoll({
    reply,
    closing: options.closing,
    seconds: request.query.wait,
    look: () => list(caller, request.query, options),
    isEnough: (page) => page.items.length > 0,
    pause: (ms, signal) => options.signals.wait(caller.systemId, ms, signal),
  })
}

async function list(caller: Caller, query: ListQuery, options: MailboxOptions): Promise<MailboxPage> {
  const agencyIds = query.organId === undefined ? undefined : await agenciesBehind(query.organId, options)
  return mailboxPage(options.db, caller, {
    state: query.state,
    limit: query.limit,
    ...(query.type === undefined ? {} : { type: query.type }),
    ...(agencyIds === undefined ? {} : { agencyIds }),
    ...(query.since === undefined ? {} : { since: instantOf(query.since, 'since') }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  })
}

function itemRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.get<{ Params: { deliveryId: string } }>(
    '/api/v1/mailbox/:deliveryId',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'One item with what was found in the package',
        params,
        response: { 200: schemaRef('mailbox-inspection'), ...problems(400, 401, 404, 503) },
      },
    },
    async (request) => {
      const own = await requireOwn(request, options)
      if (own.state === 'recalled')
        return { ...own.item, subject: null, state: own.state, attachments: [], findings: [] }
      return {
        ...own.item,
        state: own.state,
        attachments: attachmentViews(own.document),
        findings: findingViews(own.findings, options.findingText, request.headers['accept-language']),
      }
    },
  )
}

function packageRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  const content = { 'application/edxml+xml': { schema: {} }, 'application/json': { schema: {} } }
  app.get<{ Params: { deliveryId: string } }>(
    '/api/v1/mailbox/:deliveryId/package',
    {
      onRequest: guards.system,
      // A HEAD would make the delivery taken without a byte served.
      exposeHeadRoute: false,
      schema: {
        ...common,
        summary: 'The exact bytes; the first byte served makes the delivery taken',
        params,
        produces: ['application/edxml+xml', 'application/json'],
        response: {
          200: { description: 'The whole package; a report is JSON', content },
          206: { description: 'The bytes asked for by Range', content },
          ...problems(400, 401, 404, 409, 410, 416, 503),
        },
      },
    },
    async (request, reply) => {
      const own = await requireOwn(request, options)
      if (own.state === 'held') throw new GatewayError('conflict', 'delivery_held')
      if (await isPaused(options.db, callerOf(request).systemId)) throw lanePaused()
      const pkg = { ...own.item, contentRemovedAt: own.contentRemovedAt }
      return sendPackageBytes(request, reply, pkg, {
        blobs: options.blobs,
        async beforeFirstByte() {
          if (await options.markFetched(options.db, own.item.deliveryId, callerOf(request).systemId)) return
          // Stopped by an operator this very moment, it is in nobody's mailbox.
          const now = await ownDelivery(options.db, callerOf(request), own.item.deliveryId)
          throw now === undefined ? new GatewayError('conflict', 'delivery_held') : new GatewayError('gone', 'recalled')
        },
      })
    },
  )
}

function lanePaused(): GatewayError {
  return new GatewayError('unavailable', 'lane_paused', { retryAfterSeconds: 60 })
}
