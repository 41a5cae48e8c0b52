// The province's delivery policy: what it changes of the built-in one. A system's own changes stand with the system.
import { sql } from 'kysely'
import type { DeliveryPolicyInput } from '../generated/json/delivery-policy.ts'
import type { DeliveryPolicyView } from '../generated/json/delivery-policy-view.ts'
import type { Database } from '../platform/database.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { builtInDeliveryPolicy, policyOver } from './delivery-policy.ts'
import type { DirectoryCache } from './directory-cache.ts'
import type { ChangeDirectory } from './directory-change.ts'
import { operatorSecurity } from './route-parts.ts'

export interface DeliveryPolicyRoutesDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly change: ChangeDirectory
}

const shared = { tags: ['Deliveries'], security: operatorSecurity }
const path = '/api/v1/admin/delivery-policy'

export function deliveryPolicyRoutes(deps: DeliveryPolicyRoutesDeps): Routes {
  return (app, guards) => {
    app.get(
      path,
      {
        onRequest: guards.operator,
        schema: {
          ...shared,
          summary: 'Retries, reports to senders, end of life: what is in force, and what the province has changed',
          response: { 200: schemaRef('delivery-policy-view'), ...problems(401) },
        },
      },
      async () => await view(deps),
    )

    app.put<{ Body: DeliveryPolicyInput }>(
      path,
      {
        onRequest: guards.operator,
        schema: {
          ...shared,
          summary: 'Gives the province its whole set of changes; an empty object returns to the built-in policy',
          body: schemaRef('delivery-policy'),
          response: { 200: schemaRef('delivery-policy-view'), ...problems(400, 401) },
        },
      },
      async (request) => {
        const operator = operatorOf(request)
        const changes = request.body
        await deps.change(operator, async (trx) => {
          await sql`
            insert into delivery_settings (policy, changed_by) values (${JSON.stringify(changes)}, ${operator.name})
            on conflict (only_row) do update set policy = excluded.policy, changed_at = now(), changed_by = excluded.changed_by`.execute(
            trx,
          )
          return {
            result: undefined,
            audit: { action: 'delivery_policy.changed', object: 'province', data: { changes } },
          }
        })
        return await view(deps)
      },
    )
  }
}

async function view({ db, cache }: DeliveryPolicyRoutesDeps): Promise<DeliveryPolicyView> {
  const row = await db.selectFrom('delivery_settings').select('policy').executeTakeFirst()
  await cache.fresh()
  // Checked by the schema when it was written.
  const changes = (row?.policy ?? {}) as DeliveryPolicyInput
  return { changes, inForce: { ...policyOver(builtInDeliveryPolicy(), changes) } as DeliveryPolicyInput }
}
