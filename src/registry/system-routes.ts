// Systems as operators keep them: register, change, look up, list, and hand out, rotate and revoke credentials.
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../domain/ports.ts'
import type { System, SystemId } from '../domain/system.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import type { CredentialCreated } from '../generated/json/credential-created.ts'
import type { CredentialInput } from '../generated/json/credential-input.ts'
import type { SystemChange } from '../generated/json/system-change.ts'
import type { SystemCreated } from '../generated/json/system-created.ts'
import type { SystemInput } from '../generated/json/system-input.ts'
import type { SystemQuery } from '../generated/json/system-query.ts'
import type { SystemRecord } from '../generated/json/system-record.ts'
import type { SystemRecordList } from '../generated/json/system-record-list.ts'
import type { SystemSecrets } from '../generated/json/system-secrets.ts'
import type { Database } from '../platform/database.ts'
import { type Guards, operatorOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { pageDefault } from './agency-search.ts'
import { addCredential, endCredential, rotateSecrets } from './change-credentials.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { operatorSecurity, systemsTag } from './route-parts.ts'
import { createSystem, replaceSystem, type SaveSystemDeps, systemNotFound } from './save-system.ts'
import { systemRecords } from './system-views.ts'

export interface SystemRoutesDeps extends SaveSystemDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly clock: Clock
}

type OneSystem = { Params: { systemId: string } }

const shared = { tags: [systemsTag], security: operatorSecurity }
const path = '/api/v1/admin/systems'

export function systemRoutes(deps: SystemRoutesDeps): Routes {
  return (app, guards) => {
    addWriting(app, guards, deps)
    addReading(app, guards, deps)
    addCredentials(app, guards, deps)
  }
}

function addWriting(app: FastifyInstance, guards: Guards, deps: SystemRoutesDeps): void {
  app.post<{ Body: SystemInput }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Registers a system; its secrets are shown in this answer only',
        body: schemaRef('system-input'),
        response: { 201: schemaRef('system-created'), ...problems(400, 401, 409, 422) },
      },
    },
    async (request, reply) => {
      const made = await createSystem(deps, operatorOf(request), request.body)
      const { credentials: _, contacts: __, updatedAt: ___, ...record } = await recordOf(deps, made.systemId)
      const created: SystemCreated = { ...record, ...made }
      return await reply.code(201).header('cache-control', 'no-store').send(created)
    },
  )

  app.put<OneSystem & { Body: SystemChange }>(
    `${path}/:systemId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Gives a system its whole new state; its credentials stay as they are',
        description: 'A lane that stood still because the endpoint answered 410 starts again.',
        body: schemaRef('system-change'),
        response: { 200: schemaRef('system-record'), ...problems(400, 401, 404, 409, 422) },
      },
    },
    async (request) => {
      const { systemId } = request.params
      await replaceSystem(deps, operatorOf(request), systemId, request.body)
      return await recordOf(deps, systemId)
    },
  )
}

function addReading(app: FastifyInstance, guards: Guards, deps: SystemRoutesDeps): void {
  app.get<OneSystem>(
    `${path}/:systemId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Shows a system',
        response: { 200: schemaRef('system-record'), ...problems(401, 404) },
      },
    },
    async (request) => {
      await deps.cache.fresh()
      return await recordOf(deps, request.params.systemId)
    },
  )

  app.get<{ Querystring: SystemQuery }>(
    path,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Lists systems by systemId',
        querystring: schemaRef('system-query'),
        response: { 200: schemaRef('system-record-list'), ...problems(400, 401) },
      },
    },
    async (request): Promise<SystemRecordList> => {
      const { cursor = '', limit = pageDefault } = request.query
      const directory = await deps.cache.fresh()
      const following = [...directory.systems.values()].filter((system) => system.systemId > cursor).sort(bySystemId)
      const page = following.slice(0, limit)
      const items = await recordsOf(deps, page)
      const last = page.at(-1)
      return following.length > limit && last !== undefined ? { items, nextCursor: last.systemId } : { items }
    },
  )
}

function addCredentials(app: FastifyInstance, guards: Guards, deps: SystemRoutesDeps): void {
  app.post<OneSystem & { Body: CredentialInput }>(
    `${path}/:systemId/credentials`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Adds a credential, if wished for a part of the agencies; its secret is shown in this answer only',
        body: schemaRef('credential-input'),
        response: { 201: schemaRef('credential-created'), ...problems(400, 401, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { systemId } = request.params
      const made = await addCredential(deps, operatorOf(request), systemId, request.body)
      const { credentials } = await recordOf(deps, systemId)
      const agencies = credentials.find((credential) => credential.credentialId === made.credentialId)?.agencies
      const created: CredentialCreated = agencies === undefined ? made : { ...made, agencies }
      return await reply.code(201).header('cache-control', 'no-store').send(created)
    },
  )

  app.delete<{ Params: { systemId: string; credentialId: string } }>(
    `${path}/:systemId/credentials/:credentialId`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Revokes a credential at once',
        response: { 204: { type: 'null', description: 'Revoked.' }, ...problems(401, 404) },
      },
    },
    async (request, reply) => {
      await endCredential(deps, operatorOf(request), request.params.systemId, request.params.credentialId)
      return await reply.code(204).send()
    },
  )

  app.post<OneSystem>(
    `${path}/:systemId/secret`,
    {
      onRequest: guards.operator,
      schema: {
        ...shared,
        summary: 'Rotates the secrets of a system; the former ones hold for 72 hours more',
        response: { 200: schemaRef('system-secrets'), ...problems(401, 404) },
      },
    },
    async (request, reply) => {
      const rotated = await rotateSecrets(deps, operatorOf(request), request.params.systemId)
      const secrets: SystemSecrets = { ...rotated, oldValidUntil: vietnamTime(rotated.oldValidUntil) }
      return await reply.header('cache-control', 'no-store').send(secrets)
    },
  )
}

async function recordOf(deps: SystemRoutesDeps, systemId: SystemId): Promise<SystemRecord> {
  const system = deps.cache.current().systems.get(systemId)
  const [record] = system === undefined ? [] : await recordsOf(deps, [system])
  if (record === undefined) throw systemNotFound(systemId)
  return record
}

async function recordsOf(deps: SystemRoutesDeps, systems: readonly System[]): Promise<SystemRecord[]> {
  const { db, secrets, cache, clock } = deps
  return await systemRecords({ db, secrets, directory: cache.current(), day: vietnamDay(clock.now()) }, systems)
}

function bySystemId(a: System, b: System): number {
  return a.systemId < b.systemId ? -1 : 1
}
