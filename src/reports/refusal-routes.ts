// GET /api/v1/refusals for systems, /api/v1/admin/refusals for operators: what was turned away and what to do about it.
import { type AgencyId, codeKey } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import type { Refusal } from '../generated/json/refusal.ts'
import type { RefusalList } from '../generated/json/refusal-list.ts'
import type { Database } from '../platform/database.ts'
import { callerOf, instantOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type ListedRefusal, type RefusalQuery, type RefusalReader, refusalByRef, refusalPage } from './refusal-list.ts'

export interface RefusalRoutesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly directory: { current(): Promise<Directory> }
  readonly explain: ExplainRefusal
}

/** The catalogue's words about a refusal, in the reader's language. */
export type ExplainRefusal = (
  facts: {
    readonly code: string
    readonly params: Readonly<Record<string, string | number>>
    readonly violations: readonly Violation[]
  },
  acceptLanguage: string | undefined,
) => Pick<Refusal, 'title' | 'detail' | 'next' | 'whoActs' | 'violations'> & { readonly cause: string }

interface ListQuery {
  readonly since?: string
  readonly until?: string
  readonly code?: string
  readonly organId?: string
  readonly documentId?: string
  readonly ref?: string
  readonly systemId?: string
  readonly cursor?: string
  readonly limit: number
}

const time = { type: 'string', format: 'date-time' }
const filters = {
  since: time,
  until: time,
  code: { type: 'string', maxLength: 100, description: 'Code of the catalogue' },
  organId: { type: 'string', maxLength: 200, description: 'Any code of the issuing agency' },
  documentId: { type: 'string', maxLength: 600 },
  ref: { type: 'string', maxLength: 40, description: 'Reference, with or without its dashes' },
  cursor: { type: 'string' },
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
}
const forSystems = { tags: ['packages'], security: [{ bearer: [] }, { basic: [] }] }
const forOperators = { tags: ['operators'], security: [{ operator: [] }] }
const answers = { 200: schemaRef('refusal-list'), ...problems(400, 401, 503) }

export function refusalRoutes(options: RefusalRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Querystring: ListQuery }>(
      '/api/v1/refusals',
      {
        onRequest: guards.system,
        schema: {
          ...forSystems,
          summary: 'What the caller sent that was turned away in the last 90 days, newest first',
          querystring: { type: 'object', additionalProperties: false, properties: filters },
          response: answers,
        },
      },
      async (request) => {
        const directory = await options.directory.current()
        const reader = readerOf(callerOf(request), directory)
        const query = { ...queryOf(request.query, directory, options), reader }
        return listOf(query, request.headers['accept-language'], options)
      },
    )

    app.get<{ Querystring: ListQuery }>(
      '/api/v1/admin/refusals',
      {
        onRequest: guards.operator,
        schema: {
          ...forOperators,
          summary: 'Everything that was turned away in the last 90 days, newest first',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: { ...filters, systemId: { type: 'string', description: 'Also where it was only claimed' } },
          },
          response: answers,
        },
      },
      async (request) => {
        const directory = await options.directory.current()
        return listOf(queryOf(request.query, directory, options), request.headers['accept-language'], options)
      },
    )

    app.get<{ Params: { ref: string } }>(
      '/api/v1/admin/refusals/:ref',
      {
        onRequest: guards.operator,
        schema: {
          ...forOperators,
          summary: 'One refusal by the reference that somebody read out',
          params: { type: 'object', properties: { ref: filters.ref } },
          response: { 200: schemaRef('refusal'), ...problems(400, 401, 404, 503) },
        },
      },
      async (request) => {
        const { ref } = request.params
        const found = await refusalByRef(options.db, ref)
        if (found === undefined) throw new GatewayError('not_found', 'refusal_not_found', { params: { ref } })
        return operatorsView(found, request.headers['accept-language'], options.explain)
      },
    )
  }
}

async function listOf(
  query: RefusalQuery,
  acceptLanguage: string | undefined,
  { db, explain }: RefusalRoutesOptions,
): Promise<RefusalList> {
  const { refusals, nextCursor } = await refusalPage(db, query)
  const view = query.reader === undefined ? operatorsView : refusalView
  return { items: refusals.map((refusal) => view(refusal, acceptLanguage, explain)), nextCursor }
}

function queryOf(query: ListQuery, directory: Directory, { clock }: RefusalRoutesOptions): RefusalQuery {
  const { since, until, organId, ...rest } = query
  return {
    ...rest,
    ...(since === undefined ? {} : { since: instantOf(since, 'since') }),
    ...(until === undefined ? {} : { until: instantOf(until, 'until') }),
    ...(organId === undefined ? {} : { organKeys: keysBehind(organId, directory, vietnamDay(clock.now())) }),
  }
}

/** Every code of the agency; a code that no agency has is looked for as it was written. */
function keysBehind(organId: string, directory: Directory, day: string): string[] {
  const agency = directory.findByCode(organId, day)
  return agency === undefined ? [codeKey(organId)] : codeKeysOf([agency.agencyId], directory)
}

function codeKeysOf(agencyIds: Iterable<AgencyId>, directory: Directory): string[] {
  return [...agencyIds].flatMap((id) => directory.agencies.get(id)?.codes.map(({ code }) => codeKey(code)) ?? [])
}

function readerOf(caller: Caller, directory: Directory): RefusalReader {
  const { systemId, credentialId, agencyIds, receivesFor } = caller
  // A credential for all agencies of its system says so by limiting nothing.
  if (receivesFor === undefined) return { systemId, agencyIds }
  return { systemId, agencyIds, onlyBy: { credentialId, organKeys: codeKeysOf(agencyIds, directory) } }
}

function operatorsView(row: ListedRefusal, acceptLanguage: string | undefined, explain: ExplainRefusal): Refusal {
  return { ...refusalView(row, acceptLanguage, explain), authenticated: row.is_authenticated }
}

function refusalView(row: ListedRefusal, acceptLanguage: string | undefined, explain: ExplainRefusal): Refusal {
  const { params, violations, laterAccepted } = row
  const said = explain({ code: row.problem_code, params, violations }, acceptLanguage)
  return {
    ...{ ref: row.ref, at: vietnamTime(row.at), face: row.face, path: row.path, systemId: row.system_id },
    ...(row.organ_id === null ? {} : { organId: row.organ_id }),
    ...(row.document_id === null ? {} : { documentId: row.document_id }),
    ...(row.sha256 === null ? {} : { sha256: row.sha256.toString('hex') }),
    ...(row.size === null ? {} : { size: row.size }),
    ...{ httpStatus: row.http_status, problemCode: row.problem_code },
    ...said,
    ...(laterAccepted === undefined
      ? {}
      : { laterAcceptedAs: laterAccepted.packageId, laterAcceptedAt: vietnamTime(laterAccepted.acceptedAt) }),
  }
}
