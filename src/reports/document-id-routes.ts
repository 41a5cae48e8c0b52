// The report on document ids, for operators (R43).
import { currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { DocumentIdQuery } from '../generated/json/document-id-query.ts'
import type { DocumentIdReport } from '../generated/json/document-id-report.ts'
import type { Database } from '../platform/database.ts'
import { problems, type Routes, schemaRef } from '../platform/http.ts'
import { documentIdFigures, seriesOf } from './document-id-report.ts'

export interface DocumentIdRoutesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly directory: { current(): Promise<Directory> }
}

export function documentIdRoutes({ db, clock, directory }: DocumentIdRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Querystring: DocumentIdQuery }>(
      '/api/v1/admin/reports/document-ids',
      {
        onRequest: guards.operator,
        schema: {
          tags: ['operators'],
          security: [{ operator: [] }],
          summary: 'Document ids of an agency in a year: numbers missing, used twice, and ids outside the rule',
          querystring: schemaRef('document-id-query'),
          response: { 200: schemaRef('document-id-report'), ...problems(400, 401, 404, 422, 503) },
        },
      },
      async (request): Promise<DocumentIdReport> => {
        const { organId, year } = request.query
        const day = vietnamDay(clock.now())
        const known = await directory.current()
        const agency = known.agencies.get(organId.trim().toLowerCase()) ?? known.findByCode(organId, day)
        if (agency === undefined)
          throw new GatewayError('not_found', 'agency_not_found', { params: { code: organId.slice(0, 100) } })

        const agencyIds = [...known.standsFor(agency.agencyId)]
        const figures = await documentIdFigures(db, { agencyIds, series: seriesOf(agencyIds, known), year })
        const { agencyId, name } = agency
        return { agency: { agencyId, name, code: currentCode(agency, day) }, year, ...figures }
      },
    )
  }
}
