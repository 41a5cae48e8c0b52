// The registry as the composition root would put it together, on a database of the file's own, behind a bare server:
// real guards, no port, refusals shown as status and code.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import {
  alreadyWithRecipient,
  lockUntaken,
  moveDeliveries,
  openDeliveriesOf,
  openRecallsOf,
} from '../../src/delivery/move-deliveries.ts'
import { levelOneOf } from '../../src/domain/agency.ts'
import { type ErrorKind, GatewayError } from '../../src/domain/errors.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import type { Guards } from '../../src/platform/http.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { actRoutes } from '../../src/registry/act-routes.ts'
import { agencyAdminRoutes } from '../../src/registry/agency-admin-routes.ts'
import { agencyRoutes } from '../../src/registry/agency-routes.ts'
import { operatorAuthentication } from '../../src/registry/authenticate-operator.ts'
import { type SystemAuthentication, systemAuthentication } from '../../src/registry/authenticate-system.ts'
import { type DirectoryCache, openDirectoryCache } from '../../src/registry/directory-cache.ts'
import { directoryChanges } from '../../src/registry/directory-change.ts'
import { meRoutes } from '../../src/registry/me-routes.ts'
import { mergerRoutes } from '../../src/registry/merger-routes.ts'
import { oauthRoutes } from '../../src/registry/oauth-routes.ts'
import { type ActDeps, carryOutDueActs } from '../../src/registry/order-act.ts'
import type { SaveSystemDeps } from '../../src/registry/save-system.ts'
import { systemRoutes } from '../../src/registry/system-routes.ts'
import { createRetargeting } from '../../src/routing/retarget.ts'
import { accessTokenSeconds, createAccessTokens } from '../../src/trust/access-tokens.ts'
import { createSecretBox, generateSecret, generateWebhookSecret } from '../../src/trust/secret-box.ts'
import { openSigningKeys } from '../../src/trust/signing-keys.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

export const adminToken = 'admin-token-of-the-tests'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  // What a test reads from an answer is checked by its expectations.
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
  readonly body: any
}

export interface RegistryApp {
  readonly app: FastifyInstance
  readonly open: OpenDatabase
  readonly cache: DirectoryCache
  readonly authentication: SystemAuthentication
  readonly deps: SaveSystemDeps & ActDeps
  /** Why deliveries were asked to be addressed anew, in order. */
  readonly reroutes: string[]
  /** Systems told that deliveries came by an act, one set an act. */
  readonly told: ReadonlySet<string>[]
  /** As the sweeper does it. */
  carryOutDueActs(): Promise<number>
  readonly clock: { now(): Date; set(now: Date | undefined): void }
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options?: CallOptions): Promise<Answer>
  close(): Promise<void>
}

export interface CallOptions {
  readonly body?: unknown
  /** `operator` by default. */
  readonly as?: 'operator' | 'nobody' | { readonly basic: string } | { readonly bearer: string }
  readonly type?: string
}

export async function startRegistry(): Promise<RegistryApp & { readonly url: string }> {
  const fresh = await freshDatabase()
  return await connectRegistry(fresh, async () => await fresh.drop())
}

/** A second process on the same database. */
export async function connectRegistry(
  { url }: Pick<FreshDatabase, 'url'>,
  afterwards: () => Promise<void> = async () => undefined,
): Promise<RegistryApp & { readonly url: string }> {
  const open = openDatabase({ url, connectionsMax: 8, onIdleError: () => undefined })
  const { db } = open
  const reroutes: string[] = []
  const clock = settableClock()
  const box = createSecretBox(masterKey)
  const secrets = { ...box, generateSecret, generateWebhookSecret }
  const cache = await openDirectoryCache({ db, onCheckFailed: fail })
  const tokens = createAccessTokens(await openSigningKeys(db, box), clock)
  const authentication = systemAuthentication({ cache, tokens, clock })
  const change = directoryChanges({
    ...{ db, cache, clock, newId: uuidv7, onRerouteFailed: fail },
    reroute: async (reason) => void reroutes.push(reason),
  })
  const told: ReadonlySet<string>[] = []
  const retargeting = createRetargeting({
    ...{ openDeliveriesOf, openRecallsOf, alreadyWithRecipient, lockUntaken, moveDeliveries },
  })
  const afterCommit = (systemIds: ReadonlySet<string>) => void (systemIds.size > 0 && told.push(systemIds))
  const deps = { change, secrets, newId: uuidv7, db, cache, clock, retargeting, afterCommit }

  const app = bareServer()
  const guards = guardsOf(authentication, operatorAuthentication({ db, adminToken }))
  for (const routes of [
    agencyRoutes(deps),
    agencyAdminRoutes(deps),
    actRoutes(deps),
    mergerRoutes({ ...deps, ownLevel1: () => levelOneOf(axisCode) }),
    systemRoutes(deps),
    meRoutes({ ...deps, packageBytesMax: 500_000_000 }),
    oauthRoutes({ authentication, tokens, tokenSeconds: accessTokenSeconds, clock }),
  ]) {
    routes(app, guards)
  }

  return {
    ...{ app, open, cache, authentication, deps, reroutes, told, clock, url },
    carryOutDueActs: async () => await carryOutDueActs(deps),
    call: async (method, path, options = {}) => await call(app, method, path, options),
    async close() {
      await app.close()
      await open.close()
      await afterwards()
    },
  }
}

const masterKey = randomBytes(32)
const axisCode = '000.00.99.H35'

function settableClock() {
  let fixed: Date | undefined
  return {
    now: () => fixed ?? new Date(),
    set: (now: Date | undefined) => {
      fixed = now
    },
  }
}

function fail(error: unknown): void {
  throw error
}

/** As strict as the edge: bodies are taken as they are, query strings are text that may stand for numbers. */
function bareServer(): FastifyInstance {
  const app = fastify()
  const options = { allErrors: true, strict: false, removeAdditional: false, useDefaults: false }
  const strict = new Ajv(options)
  const lenient = new Ajv({ ...options, coerceTypes: true })
  for (const schema of schemas()) {
    app.addSchema(schema)
    strict.addSchema(schema)
    lenient.addSchema(schema)
  }
  for (const ajv of [strict, lenient]) addFormatsModule.default(ajv)
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? strict : lenient).compile(schema))
  app.decorateRequest('caller', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('submission', null)
  app.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof GatewayError) {
      const body = problem(statuses[error.kind], error.code)
      return await reply.code(statuses[error.kind]).send({ ...body, ...error.facts.extra, ...error.facts })
    }
    if (error instanceof Error && 'validation' in error) {
      return await reply.code(422).send({ ...problem(422, 'schema_violation'), validation: error.validation })
    }
    throw error
  })
  return app
}

function problem(status: number, code: string) {
  return { type: 'about:blank', title: code, status, code, ref: 'TC-0000-00', detail: code }
}

function schemas(): object[] {
  const folder = join(import.meta.dirname, '../../schemas/json')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

function guardsOf(
  authentication: SystemAuthentication,
  authenticateOperator: ReturnType<typeof operatorAuthentication>,
): Guards {
  return {
    system: async (request) => {
      request.caller = await authentication.authenticate(request.headers.authorization)
    },
    operator: async (request) => {
      request.operator = await authenticateOperator(request.headers.authorization)
    },
  }
}

async function call(
  app: FastifyInstance,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  { body, as = 'operator', type }: CallOptions,
): Promise<Answer> {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
  const options: InjectOptions = {
    method,
    url,
    headers: { ...authorization(as), ...(type === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : isRaw ? { payload: body } : { payload: JSON.stringify(body) }),
  }
  if (body !== undefined && type === undefined)
    options.headers = { ...options.headers, 'content-type': 'application/json' }
  const response = await app.inject(options)
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === '' ? undefined : response.json(),
  }
}

function authorization(as: NonNullable<CallOptions['as']>): Record<string, string> {
  if (as === 'operator') return { authorization: `Bearer ${adminToken}` }
  if (as === 'nobody') return {}
  if ('bearer' in as) return { authorization: `Bearer ${as.bearer}` }
  return { authorization: `Basic ${Buffer.from(as.basic).toString('base64')}` }
}

const statuses: Record<ErrorKind, number> = {
  ...{ invalid: 422, unauthenticated: 401, forbidden: 403, not_found: 404, conflict: 409, gone: 410 },
  ...{ too_large: 413, unsupported: 415, rate_limited: 429, unavailable: 503 },
}
