// The mergers of 2025, for operators: what the directory knows of them, and registering what it lacks.
import type { MergerInput } from '../generated/json/merger-input.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { applyMergers, type MergerDeps } from './mergers.ts'
import { agenciesTag, operatorSecurity } from './route-parts.ts'

export function mergerRoutes(deps: MergerDeps): Routes {
  return (app, guards) => {
    app.post<{ Body: MergerInput }>(
      '/api/v1/admin/agencies/mergers',
      {
        onRequest: guards.operator,
        schema: {
          tags: [agenciesTag],
          security: operatorSecurity,
          summary: 'Registers the level-1 agencies that were closed in 2025, with their successors',
          description:
            "Agencies that are known already, and all under this axis' own level-1 code, are left as they are.",
          body: schemaRef('merger-input'),
          response: { 200: schemaRef('merger-result'), ...problems(400, 401, 422, 503) },
        },
      },
      async (request) => {
        const { dryRun = false, redirect = true } = request.body
        return await applyMergers(deps, operatorOf(request), { dryRun, redirect })
      },
    )
  }
}
