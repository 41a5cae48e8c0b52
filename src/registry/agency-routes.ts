// The directory as systems read it: a list to keep up with, one agency by any of its codes, many codes at once.
import { inOtherScheme } from '../domain/agency.ts'
import type { Directory, Suggestion } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyList } from '../generated/json/agency-list.ts'
import type { AgencyQuery } from '../generated/json/agency-query.ts'
import type { AgencyResolveInput } from '../generated/json/agency-resolve-input.ts'
import type { AgencyResolveResult } from '../generated/json/agency-resolve-result.ts'
import { problems, type Routes, schemaRef } from '../platform/http.ts'
import { searchAgencies } from './agency-search.ts'
import { agencyBody } from './agency-views.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { agenciesTag, systemSecurity } from './route-parts.ts'
import { agencyNotFound } from './save-agency.ts'

export interface AgencyRoutesDeps {
  readonly cache: DirectoryCache
  readonly clock: Clock
}

// Every unknown code is compared with all known ones, which takes milliseconds in a directory of thousands.
const suggestedCodesMax = 20

export function agencyRoutes({ cache, clock }: AgencyRoutesDeps): Routes {
  return (app, guards) => {
    const shared = { tags: [agenciesTag], security: systemSecurity }

    app.get<{ Querystring: AgencyQuery }>(
      '/api/v1/agencies',
      {
        onRequest: guards.system,
        schema: {
          ...shared,
          summary: 'Lists the directory, oldest change first',
          querystring: schemaRef('agency-query'),
          response: { 200: schemaRef('agency-list'), ...problems(400, 401, 422) },
        },
      },
      async (request): Promise<AgencyList> => {
        const directory = await cache.fresh()
        const { agencies, nextCursor } = searchAgencies(directory, request.query)
        const items = agencies.map((agency) => agencyBody(agency, directory, today(clock)))
        return nextCursor === undefined ? { items } : { items, nextCursor }
      },
    )

    app.get<{ Params: { code: string } }>(
      '/api/v1/agencies/:code',
      {
        onRequest: guards.system,
        schema: {
          ...shared,
          summary: 'Finds an agency by any of its codes',
          response: { 200: schemaRef('agency'), ...problems(401, 404) },
        },
      },
      async (request) => {
        const directory = await cache.fresh()
        const agency = directory.findByCode(request.params.code, today(clock))
        if (agency === undefined) throw unknownAgency(request.params.code, directory, today(clock))
        return agencyBody(agency, directory, today(clock))
      },
    )

    app.post<{ Body: AgencyResolveInput }>(
      '/api/v1/agencies/resolve',
      {
        onRequest: guards.system,
        schema: {
          ...shared,
          summary: 'Finds the agencies of many codes, with suggestions for unknown ones',
          body: schemaRef('agency-resolve-input'),
          response: { 200: schemaRef('agency-resolve-result'), ...problems(400, 401) },
        },
      },
      async (request) => resolveCodes(await cache.fresh(), request.body.codes, today(clock)),
    )
  }
}

function resolveCodes(directory: Directory, codes: readonly string[], day: string): AgencyResolveResult {
  let unknown = 0
  const items = codes.map((code) => {
    const agency = directory.findByCode(code, day)
    if (agency !== undefined) return { code, agency: agencyBody(agency, directory, day), suggestions: [] }
    unknown += 1
    const suggestions = unknown > suggestedCodesMax ? [] : directory.nearest(code, undefined, day)
    return { code, agency: null, ...hints(code, suggestions) }
  })
  return { items }
}

/** What may be meant by an unknown code. Hints for a person: nothing is ever addressed by them. */
function hints(code: string, suggestions: readonly Suggestion[]) {
  const otherScheme = inOtherScheme(code)
  return {
    ...(otherScheme === undefined ? {} : { otherScheme }),
    suggestions: suggestions.map(({ code: known, name }) => ({ code: known, name })),
  }
}

function unknownAgency(code: string, directory: Directory, day: string): GatewayError {
  const { kind, code: problem, facts } = agencyNotFound(code)
  return new GatewayError(kind, problem, { ...facts, extra: hints(code, directory.nearest(code, undefined, day)) })
}

function today(clock: Clock): string {
  return vietnamDay(clock.now())
}
