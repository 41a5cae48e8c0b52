// The pull side over HTTP (contract §3): list with long poll, fetch, confirm, refuse.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { BlobStore, Clock } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import type { ConfirmMany } from '../generated/json/confirm-many.ts'
import type { RefusalInput } from '../generated/json/refusal-input.ts'
import type { Database, Db } from '../platform/database.ts'
import { callerOf, type Guards, instantOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { attachmentViews, type FindingText, findingViews } from '../platform/package-facts.ts'
import { sendPackageBytes } from '../platform/send-package.ts'
import type { MailboxSignals } from './mailbox-signals.ts'
import { type MailboxPage, mailboxPage, type OwnDelivery, ownDelivery, ownDeliveryIds } from './mailbox-store.ts'

interface Settled {
  readonly deliveryId: string
  readonly state: DeliveryState
  readonly deliveredAt: Date | null
}

export interface MailboxOptions {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly signals: MailboxSignals
  readonly directory: { current(): Promise<Directory> }
  /** Transitions of delivery/. */
  readonly markFetched: (db: Db, deliveryId: string) => Promise<boolean>
  readonly confirmDeliveries: (db: Db, deliveryIds: readonly string[]) => Promise<Settled[]>
  readonly refuseDelivery: (db: Db, deliveryId: string, reason: string) => Promise<boolean>
  readonly findingText: FindingText
  /** Ends waiting polls when the process goes down. */
  readonly closing: AbortSignal
}

interface ListQuery {
  readonly organId?: string
  readonly type?: 'edoc' | 'status'
  readonly state: 'available' | 'delivered'
  readonly since?: string
  readonly limit: number
  readonly cursor?: string
  readonly wait: number
}

const waitSecondsMax = 60
/** Another process may accept something for this mailbox: a waiting poll looks again this often. */
const lookAgainMs = 1_000

const deliveryId = { type: 'string', format: 'uuid' }
const params = { type: 'object', required: ['deliveryId'], properties: { deliveryId } }
const common = { tags: ['mailbox'], security: [{ bearer: [] }, { basic: [] }] }

export function mailboxRoutes(options: MailboxOptions): Routes {
  return (app, guards) => {
    listRoute(app, guards, options)
    itemRoutes(app, guards, options)
    settleRoutes(app, guards, options)
  }
}

function listRoute(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/mailbox',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'What waits for the caller, urgent first, then never fetched, then oldest',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            organId: { type: 'string', description: 'Any code of the receiving agency' },
            type: { type: 'string', enum: ['edoc', 'status'] },
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
    (request) => listWithPatience(request, options),
  )
}

async function listWithPatience(
  request: FastifyRequest<{ Querystring: ListQuery }>,
  options: MailboxOptions,
): Promise<MailboxPage> {
  const caller = callerOf(request)
  const { query } = request
  const over = new AbortController()
  const end = () => over.abort()
  request.raw.once('close', end)
  // Linked by hand: a signal made by AbortSignal.any may be collected before it fires on Node 20.
  options.closing.addEventListener('abort', end)
  try {
    const until = performance.now() + query.wait * 1_000
    for (;;) {
      const page = await list(caller, query, options)
      const leftMs = until - performance.now()
      if (page.items.length > 0 || leftMs <= 0 || over.signal.aborted) return page
      await options.signals.wait(caller.systemId, Math.min(leftMs, lookAgainMs), over.signal)
    }
  } finally {
    options.closing.removeEventListener('abort', end)
  }
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

async function agenciesBehind(organId: string, options: MailboxOptions): Promise<string[]> {
  const directory = await options.directory.current()
  const agency = directory.findByCode(organId, vietnamDay(options.clock.now()))
  return agency === undefined ? [] : [...directory.standsFor(agency.agencyId)]
}

function itemRoutes(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
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
        produces: ['application/edxml+xml'],
        response: {
          200: { description: 'The whole package', content: { 'application/edxml+xml': { schema: {} } } },
          206: { description: 'The bytes asked for by Range', content: { 'application/edxml+xml': { schema: {} } } },
          ...problems(400, 401, 404, 409, 410, 416, 503),
        },
      },
    },
    async (request, reply) => {
      const own = await requireOwn(request, options)
      if (own.state === 'held') throw new GatewayError('conflict', 'delivery_held')
      return sendPackageBytes(request, reply, own.item, {
        blobs: options.blobs,
        async beforeFirstByte() {
          if (!(await options.markFetched(options.db, own.item.deliveryId))) throw new GatewayError('gone', 'recalled')
        },
      })
    },
  )
}

function settleRoutes(app: FastifyInstance, guards: Guards, options: MailboxOptions): void {
  app.post<{ Params: { deliveryId: string } }>(
    '/api/v1/mailbox/:deliveryId/confirm',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'The system has it safely; may be said again',
        params,
        response: { 200: schemaRef('delivery-outcome'), ...problems(400, 401, 404, 409, 410, 503) },
      },
    },
    async (request) => {
      const own = await requireOwn(request, options)
      const [settled] = await options.confirmDeliveries(options.db, [own.item.deliveryId])
      if (settled === undefined) throw new GatewayError('not_found', 'delivery_not_found')
      if (settled.state === 'recalled') throw new GatewayError('gone', 'recalled')
      if (settled.state !== 'delivered') throw notInMailbox(settled.state)
      return outcomeView(settled)
    },
  )

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
    async (request) => ({ results: await confirmMany(callerOf(request), request.body.deliveryIds, options) }),
  )

  app.post<{ Params: { deliveryId: string }; Body: RefusalInput }>(
    '/api/v1/mailbox/:deliveryId/refuse',
    {
      onRequest: guards.system,
      schema: {
        ...common,
        summary: 'The system cannot take it; the sender is told why',
        params,
        body: schemaRef('refusal-input'),
        response: { 200: schemaRef('delivery-outcome'), ...problems(400, 401, 404, 409, 410, 503) },
      },
    },
    async (request) => {
      const own = await requireOwn(request, options)
      const { deliveryId } = own.item
      if (await options.refuseDelivery(options.db, deliveryId, request.body.reason)) {
        return { deliveryId, state: 'refused', deliveredAt: null }
      }
      const now = await requireOwn(request, options)
      if (now.state === 'refused') return { deliveryId, state: 'refused', deliveredAt: null }
      if (now.state === 'recalled') throw new GatewayError('gone', 'recalled')
      throw notInMailbox(now.state)
    },
  )
}

async function confirmMany(caller: Caller, ids: readonly string[], options: MailboxOptions) {
  const own = await ownDeliveryIds(options.db, caller, ids)
  const settled = await options.confirmDeliveries(options.db, [...own])
  const byId = new Map(settled.map((s) => [s.deliveryId, s]))
  return ids.map((id) => {
    // An id may be spelt in capitals, as some platforms do; the database answers in small letters.
    const state = byId.get(id.toLowerCase())?.state
    if (state === 'delivered') return { deliveryId: id, state }
    if (state === undefined) return { deliveryId: id, state: null, code: 'delivery_not_found' }
    return { deliveryId: id, state, code: state === 'recalled' ? 'recalled' : 'delivery_not_in_mailbox' }
  })
}

async function requireOwn(
  request: FastifyRequest<{ Params: { deliveryId: string } }>,
  options: MailboxOptions,
): Promise<OwnDelivery> {
  const own = await ownDelivery(options.db, callerOf(request), request.params.deliveryId)
  if (own === undefined) throw new GatewayError('not_found', 'delivery_not_found')
  return own
}

function notInMailbox(state: DeliveryState): GatewayError {
  return new GatewayError('conflict', 'delivery_not_in_mailbox', { params: { state } })
}

function outcomeView(settled: Settled) {
  return {
    deliveryId: settled.deliveryId,
    state: settled.state,
    deliveredAt: settled.deliveredAt === null ? null : vietnamTime(settled.deliveredAt),
  }
}
