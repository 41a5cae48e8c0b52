// Holding and releasing over HTTP (contract §5).
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { HoldInput } from '../generated/json/hold-input.ts'
import type { HoldResult } from '../generated/json/hold-result.ts'
import type { PackageHoldList } from '../generated/json/package-hold-list.ts'
import type { ReleaseInput } from '../generated/json/release-input.ts'
import type { ReleaseResult } from '../generated/json/release-result.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type Held, type HoldOptions, holdPackage, type Released, releasePackage } from './hold-package.ts'
import { holdPage, type ListedHold } from './hold-store.ts'

const common = { tags: ['operators'], security: [{ operator: [] }] }
const packageParams = {
  type: 'object',
  required: ['packageId'],
  properties: { packageId: { type: 'string', format: 'uuid' } },
}

interface ListQuery {
  readonly state?: 'open' | 'released'
  readonly cursor?: string
  readonly limit: number
}

export function holdRoutes(options: HoldOptions): Routes {
  return (app, guards) => {
    app.post<{ Params: { packageId: string }; Body: HoldInput }>(
      '/api/v1/admin/packages/:packageId/hold',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Stops what nobody has taken of a document; its clocks stand still',
          params: packageParams,
          body: schemaRef('hold-input'),
          response: { 200: schemaRef('hold-result'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request) => {
        const { packageId } = request.params
        return toHoldResult(
          await holdPackage({ ...request.body, packageId, heldBy: operatorOf(request).name }, options),
        )
      },
    )

    app.post<{ Params: { packageId: string }; Body: ReleaseInput }>(
      '/api/v1/admin/packages/:packageId/release',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Lets a stopped document go on, each delivery as the directory says today',
          params: packageParams,
          body: schemaRef('release-input'),
          response: { 200: schemaRef('release-result'), ...problems(400, 401, 404, 409, 503) },
        },
      },
      async (request) => {
        const releasedBy = operatorOf(request).name
        const order = { ...request.body, packageId: request.params.packageId, releasedBy }
        return toReleaseResult(await releasePackage(order, options), releasedBy)
      },
    )

    app.get<{ Querystring: ListQuery }>(
      '/api/v1/admin/holds',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Documents that operators stopped, newest first',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              state: { type: 'string', enum: ['open', 'released'] },
              cursor: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          },
          response: { 200: schemaRef('package-hold-list'), ...problems(400, 401, 503) },
        },
      },
      async (request): Promise<PackageHoldList> => {
        const { state, cursor, limit } = request.query
        const holds = await holdPage(options.db, {
          limit: limit + 1,
          ...(state === undefined ? {} : { isOpen: state === 'open' }),
          ...(cursor === undefined ? {} : { before: String(decodeCursor(cursor, 1)[0]) }),
        })
        const page = holds.slice(0, limit)
        const last = page.at(-1)
        const isMore = holds.length > limit && last !== undefined
        return { items: page.map(toListed), nextCursor: isMore ? encodeCursor([last.holdId]) : null }
      },
    )
  }
}

function toHoldResult({ hold, recipients }: Held): HoldResult {
  return {
    ...hold,
    heldAt: vietnamTime(hold.heldAt),
    recipients: recipients.map(({ deliveryId, organId, agencyCode, outcome, state, takenAt }) => ({
      ...{ deliveryId, organId, outcome, state },
      ...(agencyCode === null ? {} : { agencyCode }),
      ...(takenAt === null ? {} : { takenAt: vietnamTime(takenAt) }),
    })),
  }
}

function toReleaseResult({ hold, releasedAt, recipients }: Released, releasedBy: string): ReleaseResult {
  const { holdId, packageId, documentId, heldAt } = hold
  return {
    ...{ holdId, packageId, documentId, heldAt: vietnamTime(heldAt), releasedAt: vietnamTime(releasedAt), releasedBy },
    recipients: recipients.map(({ deliveryId, organId, state, systemId, heldReason }) => ({
      ...{ deliveryId, organId, state },
      ...(systemId === null ? {} : { systemId }),
      ...(heldReason === null ? {} : { heldReason }),
    })),
  }
}

function toListed(hold: ListedHold): PackageHoldList['items'][number] {
  return {
    ...hold,
    heldAt: vietnamTime(hold.heldAt),
    releasedAt: hold.releasedAt === null ? null : vietnamTime(hold.releasedAt),
  }
}
