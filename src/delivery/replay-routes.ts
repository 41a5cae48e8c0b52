// Replays over HTTP (contract §5): rehearse, order, follow, abort, and see what was passed over.
import { GatewayError } from '../domain/errors.ts'
import type { NotReopened } from '../domain/reopening.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { Replay as ReplayView } from '../generated/json/replay.ts'
import type { ReplayAbortInput } from '../generated/json/replay-abort-input.ts'
import type { ReplayInput } from '../generated/json/replay-input.ts'
import type { ReplayList } from '../generated/json/replay-list.ts'
import type { ReplayPreview as PreviewView } from '../generated/json/replay-preview.ts'
import type { ReplaySkippedList } from '../generated/json/replay-skipped-list.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import { deliveryCriteria } from '../platform/delivery-filter.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import {
  abortReplay,
  orderReplay,
  previewReplay,
  type ReplayOptions,
  type ReplayPreview,
  replayMax,
} from './replay-deliveries.ts'
import { type MatchedGroup, type Replay, replayById, replayPage, skippedPage } from './replay-store.ts'

const common = { tags: ['operators'], security: [{ operator: [] }] }
const replayParams = {
  type: 'object',
  required: ['replayId'],
  properties: { replayId: { type: 'string', format: 'uuid' } },
}
const pageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { cursor: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
}

interface PageQuery {
  readonly cursor?: string
  readonly limit: number
}

export function replayRoutes(options: ReplayOptions): Routes {
  const { db } = options
  return (app, guards) => {
    app.post<{ Body: ReplayInput }>(
      '/api/v1/admin/deliveries/replay',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Tries many deliveries again, by the filter of the list; with dryRun it only says which',
          body: schemaRef('replay-input'),
          response: {
            200: schemaRef('replay-preview'),
            202: schemaRef('replay'),
            ...problems(400, 401, 409, 422, 503),
          },
        },
      },
      async (request, reply) => {
        const { filter, name, reason, dryRun = false } = request.body
        if (Object.keys(filter).length === 0) throw new GatewayError('invalid', 'replay_filter_empty')
        const criteria = deliveryCriteria(filter, await options.directory.refresh(), options.day())
        if (dryRun) return toPreview(await previewReplay(db, criteria))
        if (name === undefined || reason === undefined) throw unnamed({ name, reason })
        const orderedBy = operatorOf(request).name
        const replay = await orderReplay({ name: name.trim(), reason, filter, criteria, orderedBy }, options)
        return reply.code(202).send(toView(replay))
      },
    )

    app.get<{ Querystring: PageQuery }>(
      '/api/v1/admin/deliveries/replays',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Replays, newest first',
          querystring: pageQuery,
          response: { 200: schemaRef('replay-list'), ...problems(400, 401, 503) },
        },
      },
      async (request): Promise<ReplayList> => {
        const { cursor, limit } = request.query
        const replays = await replayPage(db, keyOf(cursor), limit + 1)
        const page = replays.slice(0, limit)
        return { items: page.map(toView), nextCursor: nextCursor(replays.length > limit, page.at(-1)?.replayId) }
      },
    )

    app.get<{ Params: { replayId: string } }>(
      '/api/v1/admin/deliveries/replays/:replayId',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'How far a replay has come',
          params: replayParams,
          response: { 200: schemaRef('replay'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request) => toView(await requireReplay(request.params.replayId, options)),
    )

    app.post<{ Params: { replayId: string }; Body: ReplayAbortInput | null }>(
      '/api/v1/admin/deliveries/replays/:replayId/abort',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Stops a replay; what it has done stays done',
          params: replayParams,
          body: { anyOf: [schemaRef('replay-abort-input'), { type: 'null' }] },
          response: { 200: schemaRef('replay'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request) =>
        toView(await abortReplay(request.params.replayId, operatorOf(request).name, request.body?.reason, options)),
    )

    app.get<{ Params: { replayId: string }; Querystring: PageQuery }>(
      '/api/v1/admin/deliveries/replays/:replayId/skipped',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Deliveries that a replay passed over, and why; kept for 90 days',
          params: replayParams,
          querystring: pageQuery,
          response: { 200: schemaRef('replay-skipped-list'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request): Promise<ReplaySkippedList> => {
        const { cursor, limit } = request.query
        const { replayId } = await requireReplay(request.params.replayId, options)
        const skipped = await skippedPage(db, replayId, keyOf(cursor), limit + 1)
        const page = skipped.slice(0, limit)
        return { items: page, nextCursor: nextCursor(skipped.length > limit, page.at(-1)?.deliveryId) }
      },
    )
  }
}

async function requireReplay(replayId: string, { db }: ReplayOptions): Promise<Replay> {
  const replay = await replayById(db, replayId)
  if (replay === undefined) throw new GatewayError('not_found', 'replay_not_found')
  return replay
}

function keyOf(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : String(decodeCursor(cursor, 1)[0])
}

function nextCursor(isMore: boolean, lastId: string | undefined): string | null {
  return isMore && lastId !== undefined ? encodeCursor([lastId]) : null
}

/** A rehearsal needs neither; the act does, because both stand in the audit trail. */
function unnamed(given: Readonly<Record<'name' | 'reason', string | undefined>>): GatewayError {
  const missing = (['name', 'reason'] as const).filter((member) => given[member] === undefined)
  return new GatewayError('invalid', 'replay_unnamed', {
    violations: missing.map((member) => ({ path: `body/${member}`, rule: 'required' })),
  })
}

function toView(replay: Replay): ReplayView {
  const { replayId, name, reason, filter, state, matched, opened, madeDue, skipped, orderedBy } = replay
  const time = (at: Date | null) => (at === null ? null : vietnamTime(at))
  return {
    ...{ replayId, name, reason, filter, state, matched, done: opened + madeDue + skipped, opened, madeDue, skipped },
    ...{ orderedBy, orderedAt: vietnamTime(replay.orderedAt) },
    ...{ startedAt: time(replay.startedAt), finishedAt: time(replay.finishedAt) },
    ...{ abortedBy: replay.abortedBy, abortReason: replay.abortReason },
  }
}

function toPreview({ matched, groups }: ReplayPreview): PreviewView {
  const systemIds = [...new Set(groups.map((group) => group.systemId))]
  const skippedBecause = tally(groups.filter(isSkipped), (group) => group.move as NotReopened)
  return {
    dryRun: true,
    matchedMax: replayMax,
    ...countsOf(groups),
    matched,
    skippedBecause,
    byState: tally(groups, (group) => group.state),
    bySystem: systemIds.map((systemId) => ({
      systemId,
      ...countsOf(groups.filter((group) => group.systemId === systemId)),
    })),
  }
}

function isSkipped({ move }: MatchedGroup): boolean {
  return move !== 'open' && move !== 'make_due'
}

function countsOf(groups: readonly MatchedGroup[]) {
  const sum = (some: readonly MatchedGroup[]) => some.reduce((total, group) => total + group.count, 0)
  return {
    matched: sum(groups),
    opened: sum(groups.filter((group) => group.move === 'open')),
    madeDue: sum(groups.filter((group) => group.move === 'make_due')),
    skipped: sum(groups.filter(isSkipped)),
  }
}

function tally(groups: readonly MatchedGroup[], keyOf: (group: MatchedGroup) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const group of groups) counts[keyOf(group)] = (counts[keyOf(group)] ?? 0) + group.count
  return counts
}
