// Routes of one slice behind a bare server: guards that let everybody in under a name of the test, no port, refusals
// shown as status and code. As strict about bodies and query strings as the edge.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fastify, { type FastifyInstance } from 'fastify'
import { type ErrorKind, GatewayError } from '../../src/domain/errors.ts'
import type { Caller } from '../../src/domain/system.ts'
import type { Routes } from '../../src/platform/http.ts'

export interface OperatorsApp {
  readonly app: FastifyInstance
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, unknown>
  // What a test reads from an answer is checked by its expectations.
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
  readonly body: any
}

export const operatorName = 'an.nguyen'

export function operatorsApp(routes: readonly Routes[]): OperatorsApp {
  const app = fastify()
  const options = { allErrors: true, strict: false }
  const bodies = new Ajv({ ...options, useDefaults: false })
  const texts = new Ajv({ ...options, useDefaults: true, coerceTypes: true })
  const answers = new Ajv({ strict: false })
  for (const schema of schemas()) {
    app.addSchema(schema)
    for (const ajv of [bodies, texts, answers]) ajv.addSchema(schema)
  }
  for (const ajv of [bodies, texts, answers]) addFormatsModule.default(ajv)
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : texts).compile(schema))
  // An answer that its own schema does not describe is a fault of the route.
  app.setSerializerCompiler(({ schema }) => {
    const isDescribed = answers.compile(schema)
    return (answer) => {
      if (!isDescribed(answer)) throw new Error(`answer not as described: ${answers.errorsText(isDescribed.errors)}`)
      return JSON.stringify(answer)
    }
  })
  app.decorateRequest('caller', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('submission', null)
  app.setErrorHandler(async (error, _request, reply) => {
    const { status, code, facts } = refusal(error)
    if (facts.retryAfterSeconds !== undefined) reply.header('retry-after', facts.retryAfterSeconds)
    return await reply
      .code(status)
      .serializer(JSON.stringify)
      .send({ status, code, ...facts })
  })
  const guards = {
    system: async (request: { caller: Caller | null }) => {
      request.caller = anyCaller
    },
    operator: async (request: { operator: { name: string } | null }) => {
      request.operator = { name: operatorName }
    },
  }
  for (const some of routes) some(app, guards)
  return {
    app,
    async call(method, url, body) {
      const response = await app.inject({ method, url, ...(body === undefined ? {} : { payload: body as object }) })
      const text = response.body
      return {
        status: response.statusCode,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      }
    },
    close: () => app.close(),
  }
}

const anyCaller: Caller = { systemId: 'QLVB-A', credentialId: 'c', agencyIds: new Set() }

function refusal(error: unknown): { status: number; code: string; facts: GatewayError['facts'] } {
  if (error instanceof GatewayError) return { status: statuses[error.kind], code: error.code, facts: error.facts }
  if (error instanceof Error && 'validation' in error) return { status: 400, code: 'bad_request', facts: {} }
  throw error
}

function schemas(): object[] {
  const folder = join(import.meta.dirname, '../../schemas/json')
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

const statuses: Record<ErrorKind, number> = {
  ...{ invalid: 422, unauthenticated: 401, forbidden: 403, not_found: 404, conflict: 409, gone: 410 },
  ...{ too_large: 413, unsupported: 415, rate_limited: 429, unavailable: 503 },
}
