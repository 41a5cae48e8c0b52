// What operators do about storage: read and change the policy, run it, look at what is held, and hold what must be kept.

import type { Clock } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { LegalHoldInput } from '../generated/json/legal-hold-input.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { RetentionPolicyInput } from '../generated/json/retention-policy-input.ts'
import type { RetentionPolicyRecord } from '../generated/json/retention-policy-record.ts'
import type { RetentionRunInput } from '../generated/json/retention-run-input.ts'
import type { RetentionRunResult } from '../generated/json/retention-run-result.ts'
import type { StorageReport } from '../generated/json/storage-report.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database } from '../platform/database.ts'
import { operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { liftHold, listHolds, placeHold } from './legal-hold.ts'
import { changePolicy, type PolicyInForce, policyInForce } from './policy.ts'

export interface RetentionRoutesOptions {
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly builtIn: RetentionPolicy
  readonly audit: Audit
  /** Counts, or removes for some seconds; the sweeper goes on. */
  readonly run: (isDryRun: boolean, actor: string) => Promise<RetentionRunResult>
  readonly storage: () => Promise<StorageReport>
}

const common = { tags: ['operators'], security: [{ operator: [] }] }

export function retentionRoutes(options: RetentionRoutesOptions): Routes {
  return (app, guards) => {
    const guarded = { onRequest: guards.operator }
    app.get(
      '/api/v1/admin/retention',
      { ...guarded, schema: { ...common, summary: 'How long what is kept', response: recordResponse } },
      async () => toRecord(await policyInForce(options.db, options.builtIn)),
    )

    app.put<{ Body: RetentionPolicyInput }>(
      '/api/v1/admin/retention',
      {
        ...guarded,
        schema: {
          ...common,
          summary: 'Changes how long what is kept; what has gone does not come back',
          body: schemaRef('retention-policy-input'),
          response: { ...recordResponse, ...problems(400, 401, 409, 422, 503) },
        },
      },
      async (request) => toRecord(await putPolicy(request.body, operatorOf(request).name, options)),
    )

    app.post<{ Body: RetentionRunInput }>(
      '/api/v1/admin/retention/run',
      {
        ...guarded,
        schema: {
          ...common,
          summary: 'Carries the policy out now, or with dryRun says what would go',
          body: schemaRef('retention-run-input'),
          response: { 200: schemaRef('retention-run-result'), ...problems(400, 401, 422, 503) },
        },
      },
      (request) => options.run(request.body.dryRun, operatorOf(request).name),
    )

    app.get(
      '/api/v1/admin/storage',
      {
        ...guarded,
        schema: {
          ...common,
          summary: 'What is held by state, kind, age and sender, what retention would free, and the room that is left',
          response: { 200: schemaRef('storage-report'), ...problems(401, 503) },
        },
      },
      () => options.storage(),
    )
    holdRoutes(options)(app, guards)
  }
}

const recordResponse = { 200: schemaRef('retention-policy-record'), ...problems(401, 503) }

async function putPolicy(input: RetentionPolicyInput, operator: string, options: RetentionRoutesOptions) {
  return await options.db.transaction().execute(async (trx) => {
    const { builtIn, clock } = options
    const changed = await changePolicy(trx, { input, operator, at: clock.now(), builtIn })
    await options.audit(trx, {
      actor: operator,
      action: 'retention.policy',
      object: `retention:${changed.version}`,
      data: { ...input },
    })
    return changed
  })
}

function toRecord({ version, policy, reason, changedBy, changedAt }: PolicyInForce): RetentionPolicyRecord {
  return { version, policy, reason, changedBy, changedAt: changedAt === null ? null : vietnamTime(changedAt) }
}

function holdRoutes({ db, clock, newId, audit }: RetentionRoutesOptions): Routes {
  return (app, guards) => {
    const path = '/api/v1/admin/packages/:packageId/legal-hold'
    const schema = {
      ...common,
      params: {
        type: 'object',
        required: ['packageId'],
        properties: { packageId: { type: 'string', format: 'uuid' } },
      },
      body: schemaRef('legal-hold-input'),
    }
    type Hold = { Params: { packageId: string }; Body: LegalHoldInput }

    app.post<Hold>(
      path,
      {
        onRequest: guards.operator,
        schema: {
          ...schema,
          summary: 'Keeps a package whatever the retention policy says',
          response: { 201: schemaRef('legal-hold'), ...problems(400, 401, 404, 409, 422, 503) },
        },
      },
      async (request, reply) => {
        const act = actOf(request.params.packageId, request.body, operatorOf(request).name)
        const placed = await db.transaction().execute(async (trx) => {
          const hold = await placeHold(trx, act, newId())
          await audit(trx, {
            actor: act.operator,
            action: 'legal_hold.placed',
            object: act.packageId,
            data: { ...act.input },
          })
          return hold
        })
        return reply.code(201).send(placed)
      },
    )

    app.delete<Hold>(
      path,
      {
        onRequest: guards.operator,
        schema: {
          ...schema,
          summary: 'Lifts the legal hold of a package',
          response: { 200: schemaRef('legal-hold'), ...problems(400, 401, 404, 409, 422, 503) },
        },
      },
      async (request) => {
        const act = actOf(request.params.packageId, request.body, operatorOf(request).name)
        return await db.transaction().execute(async (trx) => {
          const hold = await liftHold(trx, act)
          await audit(trx, {
            actor: act.operator,
            action: 'legal_hold.lifted',
            object: act.packageId,
            data: { ...act.input },
          })
          return hold
        })
      },
    )

    app.get<{ Querystring: { open?: boolean; cursor?: string; limit: number } }>(
      '/api/v1/admin/legal-holds',
      {
        onRequest: guards.operator,
        schema: {
          ...common,
          summary: 'Legal holds, newest first',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              open: { type: 'boolean', description: 'true: in force; false: lifted' },
              cursor: { type: 'string' },
              limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
            },
          },
          response: { 200: schemaRef('legal-hold-list'), ...problems(400, 401, 503) },
        },
      },
      (request) => listHolds(db, { ...request.query, limit: request.query.limit ?? 50 }),
    )

    function actOf(packageId: string, input: LegalHoldInput, operator: string) {
      return { packageId, input, operator, at: clock.now() }
    }
  }
}
