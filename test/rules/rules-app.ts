// The rules as the composition root would put them together, on a database of the file's own, behind a bare server.
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fastify from 'fastify'
import { expect } from 'vitest'
import type { Agency } from '../../src/domain/agency.ts'
import { buildDirectory } from '../../src/domain/directory.ts'
import { type ErrorKind, GatewayError } from '../../src/domain/errors.ts'
import { languageOf, loadCatalogue } from '../../src/edge/catalogue.ts'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import type { RuleAudit } from '../../src/rules/change-rules.ts'
import { openPolicyCache, type PolicyCache } from '../../src/rules/policy-cache.ts'
import { ruleRoutes } from '../../src/rules/rule-routes.ts'
import { freshDatabase } from '../support/services.ts'
import { book, schemasFolder } from './judging.ts'

export interface RulesApp {
  readonly db: Database
  readonly url: string
  readonly policies: PolicyCache
  readonly agencyId: string
  readonly otherAgencyId: string
  readonly audited: RuleAudit[]
  failNextAudit(): void
  expectSchema(name: string, body: unknown): void
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
  call(method: Method, url: string, options?: CallOptions): Promise<{ status: number; body: any }>
  close(): Promise<void>
}

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'

interface CallOptions {
  readonly body?: object
  readonly as?: 'nobody'
  readonly language?: string
}

const now = new Date('2026-11-20T01:00:00.000Z')
const catalogue = loadCatalogue(`${schemasFolder}errors`)

export async function startRules(): Promise<RulesApp> {
  const fresh = await freshDatabase()
  const open = openDatabase({ url: fresh.url, connectionsMax: 6, onIdleError: () => undefined })
  const { db } = open
  const agencies = await insertAgencies(db)
  const policies = await openPolicyCache({ db, book, onCheckFailed: fail })
  const audited: RuleAudit[] = []
  let mayAudit = true
  const ajv = withSchemas()

  const app = fastify()
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? ajv.strict : ajv.lenient).compile(schema))
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  for (const schema of schemas()) app.addSchema(schema)
  app.decorateRequest('caller', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('submission', null)
  app.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof GatewayError) {
      return await reply.code(statuses[error.kind] ?? 500).send({ code: error.code, ...error.facts })
    }
    const isInvalid = error instanceof Error && 'validation' in error
    return await reply.code(isInvalid ? 422 : 500).send({ code: isInvalid ? 'schema_violation' : 'internal_error' })
  })
  const routes = ruleRoutes({
    ...{ db, book, policies, languageOf, newId: uuidv7 },
    clock: { now: () => now },
    directory: async () => buildDirectory(1, agencies, []),
    texts: (code, language) => {
      const entry = catalogue.entries.get(code)
      return { title: entry?.title[language] ?? code, source: entry?.source ?? '' }
    },
    findingText: ({ code, params }, language) => catalogue.text(code, params, languageOf(language)).detail,
    async audit(_trx, entry) {
      const isAllowed = mayAudit
      mayAudit = true
      if (!isAllowed) throw new Error('the audit trail cannot be written')
      audited.push(entry)
    },
  })
  routes(app, {
    system: async () => undefined,
    operator: async (request) => {
      if (request.headers.authorization === undefined)
        throw new GatewayError('unauthenticated', 'operator_unauthenticated')
      request.operator = { name: 'operator of the test' }
    },
  })

  return {
    ...{ db, url: fresh.url, policies, audited, agencyId: idOf(agencies, 0), otherAgencyId: idOf(agencies, 1) },
    failNextAudit() {
      mayAudit = false
    },
    expectSchema(name, body) {
      const validate = ajv.strict.getSchema(name)
      expect([validate?.(body), validate?.errors]).toEqual([true, null])
    },
    async call(method, url, { body, as, language } = {}) {
      const headers = {
        ...(as === 'nobody' ? {} : { authorization: 'Bearer x' }),
        ...(language === undefined ? {} : { 'accept-language': language }),
      }
      const isSent = body !== undefined && method !== 'GET' && method !== 'DELETE'
      const response = await app.inject({ method, url, headers, ...(isSent ? { payload: body } : {}) })
      return { status: response.statusCode, body: response.json() }
    },
    async close() {
      await app.close()
      await open.close()
      await fresh.drop()
    },
  }
}

function fail(error: unknown): void {
  throw error
}

/** Sở Nội vụ, Sở Tài chính, Sở KH&CN, and Sở TT&TT that was merged into the third. */
async function insertAgencies(db: Database): Promise<Agency[]> {
  const [first, second, third, closed] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()]
  const agencies = [
    agency(first, 'Sở Nội vụ', ['H35.01', '000.00.01.H35']),
    agency(second, 'Sở Tài chính', ['H35.04']),
    agency(third, 'Sở Khoa học và Công nghệ', ['H35.05']),
    { ...agency(closed, 'Sở Thông tin và Truyền thông', ['H35.16']), closedAt: now, successorIds: [third] },
  ]
  await db
    .insertInto('agencies')
    .values(agencies.map(({ agencyId, name }) => ({ agency_id: agencyId, name })))
    .execute()
  return agencies
}

function agency(agencyId: string, name: string, codes: readonly string[]): Agency {
  return {
    ...{ agencyId, name, kind: 'state', isOffice: false, connected: true, updatedAt: now },
    ...{ redirects: true, successorIds: [] },
    codes: codes.map((code) => ({ code, scheme: code.startsWith('H') ? 'qd20' : 'qcvn102' })),
  }
}

function idOf(agencies: readonly Agency[], index: number): string {
  return agencies[index]?.agencyId ?? ''
}

function schemas(): object[] {
  const folder = `${schemasFolder}json`
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')))
}

/** As strict as the edge: bodies are taken as they are, query strings are text that may stand for other things. */
function withSchemas(): { strict: Ajv; lenient: Ajv } {
  const options = { allErrors: true, useDefaults: false }
  const made = { strict: new Ajv(options), lenient: new Ajv({ ...options, coerceTypes: true }) }
  for (const ajv of Object.values(made)) {
    addFormats.default(ajv)
    for (const schema of schemas()) ajv.addSchema(schema)
  }
  return made
}

const statuses: Readonly<Partial<Record<ErrorKind, number>>> = { invalid: 422, not_found: 404, unauthenticated: 401 }
