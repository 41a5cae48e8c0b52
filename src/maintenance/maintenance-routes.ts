// Windows of maintenance over HTTP: announce, change, end early, cancel, list.
import { GatewayError } from '../domain/errors.ts'
import { isMailboxOpen, lanesRest, maintenanceDaysMax, type TimesProblem, timesProblem } from '../domain/maintenance.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { MaintenanceChange } from '../generated/json/maintenance-change.ts'
import type { MaintenanceInput } from '../generated/json/maintenance-input.ts'
import type { MaintenanceList } from '../generated/json/maintenance-list.ts'
import type { MaintenancePreview } from '../generated/json/maintenance-preview.ts'
import type { MaintenanceWindow as WindowView } from '../generated/json/maintenance-window.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Trx } from '../platform/database.ts'
import { instantOf, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { afterEnd, entryOf, type TurnOptions } from './turn-windows.ts'
import {
  changeWindow,
  closeWindow,
  insertWindow,
  lockWindow,
  type MaintenanceWindow,
  openDeliveryCounts,
  overlapping,
  type WindowContent,
  windowById,
  windowPage,
} from './window-store.ts'

export interface MaintenanceRoutesOptions extends TurnOptions {
  readonly clock: Clock
  readonly newId: () => string
}

const path = '/api/v1/admin/maintenance'
const common = { tags: ['operators'], security: [{ operator: [] }] }
const params = { type: 'object', required: ['windowId'], properties: { windowId: { type: 'string', format: 'uuid' } } }

interface Named {
  readonly Params: { readonly windowId: string }
}

export function maintenanceRoutes(options: MaintenanceRoutesOptions): Routes {
  const { db } = options
  return (app, guards) => {
    const onRequest = guards.operator
    const one = { 200: schemaRef('maintenance-window'), ...problems(400, 401, 404, 409, 422, 503) }

    app.post<{ Body: MaintenanceInput }>(
      path,
      {
        onRequest,
        schema: {
          ...common,
          summary: 'Announces maintenance; with dryRun it only says what it would mean',
          body: schemaRef('maintenance-input'),
          response: {
            200: schemaRef('maintenance-preview'),
            201: schemaRef('maintenance-window'),
            ...problems(400, 401, 409, 422, 503),
          },
        },
      },
      async (request, reply) => {
        const content = contentOf(request.body)
        refuseTimes(content, options)
        if (request.body.dryRun === true) return await preview(content, options)
        const window = await announce(content, operatorOf(request).name, options)
        return reply.code(201).send(toView(window))
      },
    )

    app.get<{ Querystring: { readonly cursor?: string; readonly limit: number } }>(
      path,
      {
        onRequest,
        schema: {
          ...common,
          summary: 'Windows of maintenance, newest first',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              cursor: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          },
          response: { 200: schemaRef('maintenance-list'), ...problems(400, 401, 503) },
        },
      },
      async (request): Promise<MaintenanceList> => {
        const { cursor, limit } = request.query
        const before = cursor === undefined ? undefined : String(decodeCursor(cursor, 1)[0])
        const windows = await windowPage(db, before, limit + 1)
        const page = windows.slice(0, limit)
        const last = page.at(-1)
        const isMore = windows.length > limit && last !== undefined
        return { items: page.map(toView), nextCursor: isMore ? encodeCursor([last.windowId]) : null }
      },
    )

    app.get<Named>(
      `${path}/:windowId`,
      { onRequest, schema: { ...common, summary: 'One window of maintenance', params, response: one } },
      async (request) => {
        const window = await windowById(db, request.params.windowId)
        if (window === undefined) throw new GatewayError('not_found', 'maintenance_not_found')
        return toView(window)
      },
    )

    app.put<Named & { readonly Body: MaintenanceChange }>(
      `${path}/:windowId`,
      {
        onRequest,
        schema: {
          ...common,
          summary: 'Changes a window; of a running one only its end and its note',
          params,
          body: schemaRef('maintenance-change'),
          response: one,
        },
      },
      async (request) => {
        const { windowId } = request.params
        return toView(await change(windowId, request.body, operatorOf(request).name, options))
      },
    )

    app.post<Named>(
      `${path}/:windowId/end`,
      { onRequest, schema: { ...common, summary: 'Ends a running window early', params, response: one } },
      async (request) => toView(await close(request.params.windowId, 'ended', operatorOf(request).name, options)),
    )

    app.post<Named>(
      `${path}/:windowId/cancel`,
      { onRequest, schema: { ...common, summary: 'Cancels a planned window', params, response: one } },
      async (request) => toView(await close(request.params.windowId, 'cancelled', operatorOf(request).name, options)),
    )
  }
}

function contentOf({ startsAt, endsAt, intake, note }: MaintenanceInput): WindowContent {
  return { startsAt: instantOf(startsAt, 'startsAt'), endsAt: instantOf(endsAt, 'endsAt'), intake, note }
}

function refuseTimes(content: WindowContent, { clock }: Pick<MaintenanceRoutesOptions, 'clock'>): void {
  const problem = timesProblem(content, clock.now())
  if (problem === undefined) return
  throw new GatewayError('invalid', 'maintenance_times_wrong', {
    params: { problem: timesWords[problem], maxDays: maintenanceDaysMax },
  })
}

const timesWords: Readonly<Record<TimesProblem, string>> = {
  ends_before_start: 'kết thúc trước khi bắt đầu · it ends before it begins',
  is_over: 'đã qua · it is over',
  too_long: 'quá dài · it is too long',
}

async function preview(content: WindowContent, { db }: MaintenanceRoutesOptions): Promise<MaintenancePreview> {
  const other = await overlapping(db, content)
  if (other !== undefined) throw overlap(other)
  const { startsAt, endsAt, intake } = content
  return {
    ...{ dryRun: true, startsAt: vietnamTime(startsAt), endsAt: vietnamTime(endsAt), intake },
    minutes: Math.round((endsAt.getTime() - startsAt.getTime()) / 60_000),
    lanesRest: lanesRest(intake),
    mailboxOpen: isMailboxOpen(intake),
    openNow: await openDeliveryCounts(db),
  }
}

async function announce(
  content: WindowContent,
  announcedBy: string,
  options: MaintenanceRoutesOptions,
): Promise<MaintenanceWindow> {
  const { db, newId, audit, changed } = options
  const announced = await db.transaction().execute(async (trx) => {
    const window = await insertWindow(trx, { ...content, windowId: newId(), announcedBy })
    if (window === undefined) throw await overlapIn(trx, content)
    await audit(trx, entryOf(window, 'maintenance.announced', announcedBy))
    return window
  })
  await changed()
  return announced
}

async function change(
  windowId: string,
  given: MaintenanceChange,
  actor: string,
  options: MaintenanceRoutesOptions,
): Promise<MaintenanceWindow> {
  const after = await options.db.transaction().execute(async (trx) => {
    const before = await requireWindow(trx, windowId)
    const isBound = before.state === 'running' && (given.startsAt !== undefined || given.intake !== undefined)
    if (isBound || (before.state !== 'planned' && before.state !== 'running')) throw wrongState(before, 'planned')
    const content = contentAfter(before, given)
    refuseTimes(content, options)
    if (!(await changeWindow(trx, windowId, content))) throw await overlapIn(trx, content, windowId)
    const window = await requireWindow(trx, windowId)
    await options.audit(trx, entryOf(window, 'maintenance.changed', actor))
    return window
  })
  await options.changed()
  return after
}

function contentAfter(before: MaintenanceWindow, given: MaintenanceChange): WindowContent {
  return {
    startsAt: given.startsAt === undefined ? before.startsAt : instantOf(given.startsAt, 'startsAt'),
    endsAt: given.endsAt === undefined ? before.endsAt : instantOf(given.endsAt, 'endsAt'),
    intake: given.intake ?? before.intake,
    note: given.note ?? before.note,
  }
}

async function close(
  windowId: string,
  state: 'ended' | 'cancelled',
  actor: string,
  options: MaintenanceRoutesOptions,
): Promise<MaintenanceWindow> {
  const needed = state === 'ended' ? 'running' : 'planned'
  const closed = await options.db.transaction().execute(async (trx) => {
    const before = await requireWindow(trx, windowId)
    if (before.state !== needed) throw wrongState(before, needed)
    const window = await closeWindow(trx, windowId, state, actor)
    if (state === 'ended') await afterEnd(trx, window, actor, options)
    else await options.audit(trx, entryOf(window, 'maintenance.cancelled', actor))
    return window
  })
  await options.changed()
  return closed
}

async function requireWindow(trx: Trx, windowId: string): Promise<MaintenanceWindow> {
  const window = await lockWindow(trx, windowId)
  if (window === undefined) throw new GatewayError('not_found', 'maintenance_not_found')
  return window
}

function wrongState({ state }: MaintenanceWindow, allowed: string): GatewayError {
  return new GatewayError('conflict', 'maintenance_state_wrong', { params: { state, allowed } })
}

async function overlapIn(trx: Trx, content: WindowContent, except?: string): Promise<GatewayError> {
  const other = await overlapping(trx, content, except)
  if (other === undefined) throw new Error('a window was refused that overlaps nothing')
  return overlap(other)
}

function overlap({ windowId, startsAt, endsAt }: MaintenanceWindow): GatewayError {
  const params = { windowId, startsAt: vietnamTime(startsAt), endsAt: vietnamTime(endsAt) }
  return new GatewayError('conflict', 'maintenance_overlaps', { params })
}

function toView(window: MaintenanceWindow): WindowView {
  const { windowId, state, intake, note, announcedBy, endedBy } = window
  const time = (at: Date | null) => (at === null ? null : vietnamTime(at))
  return {
    ...{ windowId, state, startsAt: vietnamTime(window.startsAt), endsAt: vietnamTime(window.endsAt), intake, note },
    ...{ announcedBy, announcedAt: vietnamTime(window.announcedAt), changedAt: time(window.changedAt) },
    ...{ beganAt: time(window.beganAt), endedAt: time(window.endedAt), endedBy },
    integrity: { before: found(window.checkedBefore), after: found(window.checkedAfter) },
  }
}

function found(report: MaintenanceWindow['checkedBefore']) {
  return report === null ? null : { ...report }
}
