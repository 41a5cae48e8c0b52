// The working calendar and the deadline rules as operators keep them: look, enter a year, confirm it, change the rules
// of a province, and see why a deadline is what it is.
import type { FastifyInstance } from 'fastify'
import { putInForce } from '../domain/calendar-in-force.ts'
import type { DocumentTimes } from '../domain/deadline.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Calendar } from '../generated/json/calendar.ts'
import type { CalendarCheck } from '../generated/json/calendar-check.ts'
import type { CalendarCheckQuery } from '../generated/json/calendar-check-query.ts'
import type { CalendarConfirmInput } from '../generated/json/calendar-confirm-input.ts'
import type { CalendarQuery } from '../generated/json/calendar-query.ts'
import type { CalendarRemovalInput } from '../generated/json/calendar-removal-input.ts'
import type { CalendarSettingsInput } from '../generated/json/calendar-settings-input.ts'
import type { CalendarSettingsPath } from '../generated/json/calendar-settings-path.ts'
import type { CalendarVersionList } from '../generated/json/calendar-version-list.ts'
import type { CalendarVersionQuery } from '../generated/json/calendar-version-query.ts'
import type { CalendarYearInput } from '../generated/json/calendar-year-input.ts'
import type { CalendarYearPath } from '../generated/json/calendar-year-path.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import { type Guards, instantOf, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import type { CurrentCalendar } from './calendar-cache.ts'
import { checkDeadlines } from './calendar-check.ts'
import { readCalendar, versionsBefore } from './calendar-store.ts'
import { calendarView, type TextOf, versionView } from './calendar-views.ts'
import { changeSettings, confirmYear, removeSettings, replaceYear, type SaveCalendarDeps } from './save-calendar.ts'

export interface CalendarRouteDeps extends SaveCalendarDeps {
  readonly textOf: TextOf
}

const shared = { tags: ['Calendar'], security: [{ operator: [] }] }
const path = '/api/v1/admin/calendar'

export function calendarRoutes(deps: CalendarRouteDeps): Routes {
  return (app, guards) => {
    addReading(app, guards, deps)
    addCheck(app, guards, deps)
    addYears(app, guards, deps)
    addSettings(app, guards, deps)
  }
}

function addReading(app: FastifyInstance, guards: Guards, deps: CalendarRouteDeps): void {
  app.get<{ Querystring: CalendarQuery }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Shows the working calendar and the deadline settings, as they are or as they were at a version',
        querystring: schemaRef('calendar-query'),
        response: { 200: schemaRef('calendar'), ...problems(400, 401, 404) },
      },
    },
    async (request): Promise<Calendar> => {
      const { year, version } = request.query
      const { calendar, latest } = await calendarAt(deps, version)
      return calendarView(calendar.state, { latest, textOf: deps.textOf, ...(year === undefined ? {} : { year }) })
    },
  )

  app.get<{ Querystring: CalendarVersionQuery }>(
    `${path}/versions`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lists who changed the calendar, when and why, newest first',
        querystring: schemaRef('calendar-version-query'),
        response: { 200: schemaRef('calendar-version-list'), ...problems(400, 401) },
      },
    },
    async (request): Promise<CalendarVersionList> => {
      const { cursor, limit = 100 } = request.query
      const rows = await versionsBefore(deps.db, cursor === undefined ? versionMax : readCursor(cursor), limit + 1)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      const next = rows.length > limit && last !== undefined ? { nextCursor: encodeCursor([last.version]) } : {}
      return { items: items.map(versionView), ...next }
    },
  )
}

function addCheck(app: FastifyInstance, guards: Guards, deps: CalendarRouteDeps): void {
  app.get<{ Querystring: CalendarCheckQuery }>(
    `${path}/check`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Works out the deadlines of a document and says why, day by day',
        querystring: schemaRef('calendar-check-query'),
        response: { 200: schemaRef('calendar-check'), ...problems(400, 401, 404) },
      },
    },
    async (request): Promise<CalendarCheck> => {
      const { version, province } = request.query
      const { calendar } = await calendarAt(deps, version)
      const times = timesOf(request.query, deps.clock.now())
      return checkDeadlines({ ...times, ...(province === undefined ? {} : { province }) }, calendar.of(province))
    },
  )
}

function addYears(app: FastifyInstance, guards: Guards, deps: CalendarRouteDeps): void {
  app.put<{ Params: CalendarYearPath; Body: CalendarYearInput }>(
    `${path}/:year`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Enters all days of a year that differ from the ordinary week, in place of what was entered before',
        params: schemaRef('calendar-year-path'),
        body: schemaRef('calendar-year-input'),
        response: { 200: schemaRef('calendar'), ...problems(400, 401, 409, 422) },
      },
    },
    async (request): Promise<Calendar> => {
      const { year } = request.params
      const { days, ...change } = request.body
      await replaceYear(deps, { ...change, actor: operatorOf(request) }, { year, days })
      return await yearNow(deps, year)
    },
  )

  app.post<{ Params: CalendarYearPath; Body: CalendarConfirmInput }>(
    `${path}/:year/confirm`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Confirms that the days of a year agree with the official notice',
        params: schemaRef('calendar-year-path'),
        body: schemaRef('calendar-confirm-input'),
        response: { 200: schemaRef('calendar'), ...problems(400, 401, 409) },
      },
    },
    async (request): Promise<Calendar> => {
      const { year } = request.params
      await confirmYear(deps, { ...request.body, actor: operatorOf(request) }, year)
      return await yearNow(deps, year)
    },
  )
}

function addSettings(app: FastifyInstance, guards: Guards, deps: CalendarRouteDeps): void {
  app.put<{ Params: CalendarSettingsPath; Body: CalendarSettingsInput }>(
    `${path}/settings/:province`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Sets the deadline rule, the working hours and the minutes for urgent documents of a province',
        params: schemaRef('calendar-settings-path'),
        body: schemaRef('calendar-settings-input'),
        response: { 200: schemaRef('calendar'), ...problems(400, 401, 409, 422) },
      },
    },
    async (request): Promise<Calendar> => {
      const { dispatchRule, urgentMinutes, hours, ...change } = request.body
      const settings = { dispatchRule, urgentMinutes, hours }
      const { province } = request.params
      await changeSettings(deps, { ...change, actor: operatorOf(request) }, { province, settings })
      return await allNow(deps)
    },
  )

  app.delete<{ Params: CalendarSettingsPath; Body: CalendarRemovalInput }>(
    `${path}/settings/:province`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lets a province follow the default settings again',
        params: schemaRef('calendar-settings-path'),
        body: schemaRef('calendar-removal-input'),
        response: { 200: schemaRef('calendar'), ...problems(400, 401, 404, 409) },
      },
    },
    async (request): Promise<Calendar> => {
      const { province } = request.params
      await removeSettings(deps, { ...request.body, actor: operatorOf(request) }, province)
      return await allNow(deps)
    },
  )
}

/** The newest calendar, or the one an old deadline was worked out by. */
async function calendarAt({ db, cache }: CalendarRouteDeps, version: number | undefined) {
  const newest = await cache.fresh()
  const latest = newest.state.version
  if (version === undefined || version === latest) return { calendar: newest, latest }
  if (version > latest)
    throw new GatewayError('not_found', 'calendar_version_not_found', { params: { version, latest } })
  const calendar: CurrentCalendar = putInForce(await readCalendar(db, version))
  return { calendar, latest }
}

async function yearNow({ cache, textOf }: CalendarRouteDeps, year: number): Promise<Calendar> {
  const { state } = await cache.fresh()
  return calendarView(state, { latest: state.version, year, textOf })
}

async function allNow({ cache, textOf }: CalendarRouteDeps): Promise<Calendar> {
  const { state } = await cache.fresh()
  return calendarView(state, { latest: state.version, textOf })
}

function timesOf({ signedOn, at, signedAt, priority = 0 }: CalendarCheckQuery, now: Date): DocumentTimes {
  return {
    signedOn,
    acceptedAt: at === undefined ? now : momentOf(at, 'at'),
    priority: priorities[priority] ?? 0,
    ...(signedAt === undefined ? {} : { signedAt: momentOf(signedAt, 'signedAt') }),
  }
}

/** Without a zone it is Vietnam time, as at every face (design D12). A plus sign typed into an address arrives as a space. */
function momentOf(text: string, name: string): Date {
  const moment = text.replace(' ', '+')
  return instantOf(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(moment) ? moment : `${moment}+07:00`, name)
}

function readCursor(cursor: string): number {
  const [version] = decodeCursor(cursor, 1)
  if (typeof version !== 'number' || !Number.isInteger(version) || version > versionMax)
    throw new GatewayError('invalid', 'bad_cursor')
  return version
}

const priorities = [0, 1, 2, 3, 4] as const
// The largest number the column holds.
const versionMax = 2_147_483_647
