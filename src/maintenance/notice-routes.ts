// Notices over HTTP: what systems read, and what operators write (contract §3).
import { GatewayError } from '../domain/errors.ts'
import { noticeState } from '../domain/maintenance.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { AdminNotice } from '../generated/json/admin-notice.ts'
import type { AdminNoticeList } from '../generated/json/admin-notice-list.ts'
import type { NoticeInput } from '../generated/json/notice-input.ts'
import type { NoticeList } from '../generated/json/notice-list.ts'
import type { Audit, AuditedAct } from '../platform/audit.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import { instantOf, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { insertNotice, noticePage, type OwnNotice, publicNotices, withdrawNotice } from './notice-store.ts'

export interface NoticeRoutesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: Audit
}

interface PageQuery {
  readonly cursor?: string
  readonly limit: number
}

const forOperators = { tags: ['operators'], security: [{ operator: [] }] }
const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: { cursor: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
}

export function noticeRoutes(options: NoticeRoutesOptions): Routes {
  const { db, clock } = options
  return (app, guards) => {
    app.get<{ Querystring: PageQuery }>(
      '/api/v1/notices',
      {
        onRequest: guards.system,
        schema: {
          tags: ['access'],
          security: [{ bearer: [] }, { basic: [] }],
          summary: 'Outages and maintenance announced, current and coming, newest first',
          querystring,
          response: { 200: schemaRef('notice-list'), ...problems(400, 401, 503) },
        },
      },
      async (request): Promise<NoticeList> => {
        const { limit } = request.query
        const notices = await publicNotices(db, keyOf(request.query), limit + 1)
        const page = notices.slice(0, limit)
        const items = page.map(({ intake, since, until, announcedAt, ...notice }) => ({
          ...notice,
          ...timesOf({ since, until, announcedAt }, clock),
          ...(intake === null ? {} : { intake }),
        }))
        return { items, nextCursor: nextCursor(notices.length > limit, page.at(-1)?.noticeId) }
      },
    )

    app.post<{ Body: NoticeInput }>(
      '/api/v1/admin/notices',
      {
        onRequest: guards.operator,
        schema: {
          ...forOperators,
          summary: 'Tells all systems something, from now or from a moment on',
          body: schemaRef('notice-input'),
          response: { 201: schemaRef('admin-notice'), ...problems(400, 401, 422, 503) },
        },
      },
      async (request, reply) => {
        const notice = await publish(request.body, operatorOf(request).name, options)
        return reply.code(201).send(toView(notice, clock))
      },
    )

    app.get<{ Querystring: PageQuery }>(
      '/api/v1/admin/notices',
      {
        onRequest: guards.operator,
        schema: {
          ...forOperators,
          summary: 'Notices that operators wrote, newest first, with those that are over',
          querystring,
          response: { 200: schemaRef('admin-notice-list'), ...problems(400, 401, 503) },
        },
      },
      async (request): Promise<AdminNoticeList> => {
        const { limit } = request.query
        const notices = await noticePage(db, keyOf(request.query), limit + 1)
        const page = notices.slice(0, limit)
        return {
          items: page.map((notice) => toView(notice, clock)),
          nextCursor: nextCursor(notices.length > limit, page.at(-1)?.noticeId),
        }
      },
    )

    app.post<{ Params: { noticeId: string } }>(
      '/api/v1/admin/notices/:noticeId/withdraw',
      {
        onRequest: guards.operator,
        schema: {
          ...forOperators,
          summary: 'Takes a notice back',
          params: {
            type: 'object',
            required: ['noticeId'],
            properties: { noticeId: { type: 'string', format: 'uuid' } },
          },
          response: { 200: schemaRef('admin-notice'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request) => {
        const actor = operatorOf(request).name
        const withdrawn = await db.transaction().execute(async (trx) => {
          const notice = await withdrawNotice(trx, request.params.noticeId, actor)
          if (notice === undefined) throw new GatewayError('not_found', 'notice_not_found')
          await options.audit(trx, entryOf(notice, 'notice.withdrawn', actor))
          return notice
        })
        return toView(withdrawn, clock)
      },
    )
  }
}

async function publish(input: NoticeInput, madeBy: string, options: NoticeRoutesOptions): Promise<OwnNotice> {
  const now = options.clock.now()
  const since = input.since === undefined ? now : instantOf(input.since, 'since')
  const until = input.until === undefined ? null : instantOf(input.until, 'until')
  if (until !== null && (until <= since || until <= now)) throw new GatewayError('invalid', 'notice_times_wrong')
  return await options.db.transaction().execute(async (trx) => {
    const { kind, note } = input
    const notice = await insertNotice(trx, { noticeId: options.newId(), kind, text: note, since, until, madeBy })
    await options.audit(trx, entryOf(notice, 'notice.published', madeBy))
    return notice
  })
}

function entryOf({ noticeId, kind, text, since, until }: OwnNotice, action: string, actor: string): AuditedAct {
  return { actor, action, object: `notice:${noticeId}`, data: { kind, text, since, until } }
}

function keyOf({ cursor }: PageQuery): string | undefined {
  return cursor === undefined ? undefined : String(decodeCursor(cursor, 1)[0])
}

function nextCursor(isMore: boolean, lastId: string | undefined): string | null {
  return isMore && lastId !== undefined ? encodeCursor([lastId]) : null
}

function timesOf({ since, until, announcedAt }: Pick<OwnNotice, 'since' | 'until' | 'announcedAt'>, clock: Clock) {
  return {
    since: vietnamTime(since),
    until: until === null ? null : vietnamTime(until),
    announcedAt: vietnamTime(announcedAt),
    state: noticeState(since, until, clock.now()),
  }
}

function toView(notice: OwnNotice, clock: Clock): AdminNotice {
  const { noticeId, kind, text, madeBy, withdrawnAt, withdrawnBy } = notice
  return {
    ...{ noticeId, kind, text, madeBy, withdrawnBy },
    ...timesOf(notice, clock),
    withdrawnAt: withdrawnAt === null ? null : vietnamTime(withdrawnAt),
  }
}
