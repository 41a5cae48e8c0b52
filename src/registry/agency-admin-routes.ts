// The directory as operators keep it: register, change, look up, list and import agencies.
import type { FastifyInstance } from 'fastify'
import type { AgencyId } from '../domain/agency.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyImportQuery } from '../generated/json/agency-import-query.ts'
import type { AgencyInput } from '../generated/json/agency-input.ts'
import type { AgencyQuery } from '../generated/json/agency-query.ts'
import type { AgencyRecord } from '../generated/json/agency-record.ts'
import type { AgencyRecordList } from '../generated/json/agency-record-list.ts'
import type { Database } from '../platform/database.ts'
import { type Guards, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { findAgency } from './agency-rules.ts'
import { searchAgencies } from './agency-search.ts'
import { agencyRecord } from './agency-views.ts'
import { contactsOfAgencies } from './contact-store.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { importAgencies } from './import-agencies.ts'
import { readTable, type TableFormat } from './import-table.ts'
import { agenciesTag, operatorSecurity } from './route-parts.ts'
import { agencyNotFound, createAgency, replaceAgency, type SaveAgencyDeps } from './save-agency.ts'

export interface AgencyAdminDeps extends SaveAgencyDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly clock: Clock
}

const shared = { tags: [agenciesTag], security: operatorSecurity }
const path = '/api/v1/admin/agencies'

export function agencyAdminRoutes(deps: AgencyAdminDeps): Routes {
  return (app, guards) => {
    addWriting(app, guards, deps)
    addReading(app, guards, deps)
    // The parsers of files must not reach other routes: these take JSON only.
    app.register(async (scope) => addImport(scope, guards, deps))
  }
}

function addWriting(app: FastifyInstance, guards: Guards, deps: AgencyAdminDeps): void {
  app.post<{ Body: AgencyInput }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Registers an agency with its codes',
        body: schemaRef('agency-input'),
        response: { 201: schemaRef('agency-record'), ...problems(400, 401, 409, 422) },
      },
    },
    async (request, reply) => {
      const agencyId = await createAgency(deps, operatorOf(request), request.body)
      return await reply.code(201).send(await recordOf(deps, agencyId))
    },
  )

  app.put<{ Body: AgencyInput; Params: { id: string } }>(
    `${path}/:id`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Gives an agency, named by its id or any of its codes, its whole new state',
        body: schemaRef('agency-input'),
        response: { 200: schemaRef('agency-record'), ...problems(400, 401, 404, 409, 422) },
      },
    },
    async (request) =>
      await recordOf(deps, await replaceAgency(deps, operatorOf(request), request.params.id, request.body)),
  )
}

function addReading(app: FastifyInstance, guards: Guards, deps: AgencyAdminDeps): void {
  app.get<{ Params: { id: string } }>(
    `${path}/:id`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Finds an agency by its id or any of its codes',
        response: { 200: schemaRef('agency-record'), ...problems(401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params
      const agency = findAgency(await deps.cache.fresh(), id, vietnamDay(deps.clock.now()))
      if (agency === undefined) throw agencyNotFound(id)
      return await recordOf(deps, agency.agencyId)
    },
  )

  app.get<{ Querystring: AgencyQuery }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lists agencies with their contacts, oldest change first',
        querystring: schemaRef('agency-query'),
        response: { 200: schemaRef('agency-record-list'), ...problems(400, 401, 422) },
      },
    },
    async (request): Promise<AgencyRecordList> => {
      const { agencies, nextCursor } = searchAgencies(await deps.cache.fresh(), request.query)
      const items = await recordsOf(
        deps,
        agencies.map((agency) => agency.agencyId),
      )
      return nextCursor === undefined ? { items } : { items, nextCursor }
    },
  )
}

function addImport(scope: FastifyInstance, guards: Guards, deps: AgencyAdminDeps): void {
  for (const mediaType of Object.keys(tableFormats)) {
    const parsing = { parseAs: 'buffer' as const, bodyLimit: importBytesMax }
    scope.addContentTypeParser(mediaType, parsing, async (_request: unknown, body: Buffer) => body)
  }

  scope.post<{ Body: Buffer; Querystring: AgencyImportQuery }>(
    `${path}/import`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Imports agencies from a CSV or XLSX table, row by row, by code',
        description:
          'Columns, in Vietnamese or English: code (Mã định danh), name (Tên cơ quan); optional other codes (Mã khác), ' +
          'kind (Loại), parent (Cơ quan cấp trên), connected (Kết nối), office (Văn phòng).',
        consumes: Object.keys(tableFormats),
        body: { description: 'The file as it is.' },
        querystring: schemaRef('agency-import-query'),
        response: { 200: schemaRef('agency-import-result'), ...problems(400, 401, 413, 415, 422) },
      },
    },
    async (request) => {
      const format = tableFormats[mediaTypeOf(request.headers['content-type'])]
      if (format === undefined || !Buffer.isBuffer(request.body))
        throw new GatewayError('unsupported', 'import_media_type', {
          params: { types: Object.keys(tableFormats).join(', ') },
        })
      const { dryRun = false, strict = false } = request.query
      return await importAgencies(deps, operatorOf(request), await readTable(request.body, format), { dryRun, strict })
    },
  )
}

async function recordOf(deps: AgencyAdminDeps, agencyId: AgencyId): Promise<AgencyRecord> {
  const [record] = await recordsOf(deps, [agencyId])
  if (record === undefined) throw agencyNotFound(agencyId)
  return record
}

async function recordsOf({ db, cache, clock }: AgencyAdminDeps, ids: readonly AgencyId[]): Promise<AgencyRecord[]> {
  const directory = cache.current()
  const day = vietnamDay(clock.now())
  const contacts = await contactsOfAgencies(db, ids)
  return ids.flatMap((id) => {
    const agency = directory.agencies.get(id)
    return agency === undefined ? [] : [agencyRecord(agency, { directory, day, contacts: contacts.get(id) ?? [] })]
  })
}

function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

const tableFormats: Readonly<Record<string, TableFormat>> = {
  'text/csv': 'csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}

// Twenty thousand agencies are about 2 MB of CSV.
const importBytesMax = 8 * 1024 * 1024
