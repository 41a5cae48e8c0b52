// GET /api/v1/events: the change feed, with long poll (contract §3).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventList } from '../generated/json/event-list.ts'
import type { Database } from '../platform/database.ts'
import { callerOf, instantOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { longPoll, pauseFor, waitSecondsMax } from '../platform/long-poll.ts'
import { decodePlace, encodePlace, feedPage, placeSince, refuseGone } from './event-feed.ts'
import { eventView } from './event-view.ts'

export interface EventRoutesOptions {
  readonly db: Database
  /** Ends waiting polls when the process goes down. */
  readonly closing: AbortSignal
}

interface FeedQuery {
  readonly since?: string
  readonly cursor?: string
  readonly limit: number
  readonly wait: number
}

export function eventRoutes(options: EventRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Querystring: FeedQuery }>(
      '/api/v1/events',
      {
        onRequest: guards.system,
        schema: {
          tags: ['packages'],
          security: [{ bearer: [] }, { basic: [] }],
          summary: "What happened to the caller's documents, oldest first; nothing is skipped and nothing told twice",
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              since: {
                type: 'string',
                format: 'date-time',
                description: 'Where to begin; without it and without a cursor at the oldest that is kept',
              },
              cursor: { type: 'string', description: 'nextCursor of the page before; goes before since' },
              limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
              wait: {
                type: 'integer',
                minimum: 0,
                maximum: waitSecondsMax,
                default: 0,
                description: 'Seconds of long poll',
              },
            },
          },
          response: { 200: schemaRef('event-list'), ...problems(400, 401, 410, 503) },
        },
      },
      (request, reply) => readFeed(request, reply, options),
    )
  }
}

async function readFeed(
  request: FastifyRequest<{ Querystring: FeedQuery }>,
  reply: FastifyReply,
  { db, closing }: EventRoutesOptions,
): Promise<EventList> {
  const caller = callerOf(request)
  const { since, cursor, limit, wait } = request.query
  let place = cursor === undefined ? placeSince(momentOf(since)) : decodePlace(cursor)
  await refuseGone(db, place, cursor !== undefined || since !== undefined)
  return longPoll({
    reply,
    closing,
    seconds: wait,
    async look() {
      const page = await feedPage(db, caller, place, limit)
      place = page.next
      return { items: page.rows.map(eventView), nextCursor: encodePlace(page.next), hasMore: page.hasMore }
    },
    isEnough: ({ items, hasMore }) => items.length > 0 || hasMore,
    pause: pauseFor,
  })
}

function momentOf(since: string | undefined): Date | undefined {
  return since === undefined ? undefined : instantOf(since, 'since')
}
