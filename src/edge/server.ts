// The HTTP edge: parsers, limits, guards, errors to problem documents, and whatever routes compose hands over. It
// knows no slice by name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import multipart from '@fastify/multipart'
import fastifyStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { stringify } from 'yaml'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import type { Operator, Routes } from '../platform/http.ts'
import { CallerGone, drain } from '../platform/request-body.ts'
import { type Catalogue, languageOf } from './catalogue.ts'
import { type Refusal, refusalOf } from './problem.ts'

export interface EdgeOptions {
  readonly routes: readonly Routes[]
  readonly catalogue: Catalogue
  readonly schemasFolder: string
  readonly consoleFolder: string
  readonly authenticateSystem: (authorization: string | undefined) => Promise<Caller>
  readonly authenticateOperator: (authorization: string | undefined) => Promise<Operator>
  /** Keeps a row of what was turned away, so that it can be found by its reference. */
  readonly recordRefusal: (request: FastifyRequest, refusal: Refusal) => Promise<void>
  /** Awaited once the edge is to close, while it still listens and serves. */
  readonly beforeClosing?: () => Promise<void>
  readonly logger: FastifyBaseLogger
  readonly version: string
}

/** JSON bodies; packages are streams and have a limit of their own. */
const jsonBytesMax = 1024 * 1024
const packageTypes = ['application/xml', 'text/xml', 'application/edxml+xml', 'application/octet-stream']

export async function createEdge(options: EdgeOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.logger,
    // A logger of its own for each request costs more than the line it would mark; refusals carry their reference.
    childLoggerFactory: (logger) => logger,
    // One line per refusal and one per event of note; a line per request would say nothing more.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: jsonBytesMax,
    // A slow sender of a large package may take this long; one that stops in the header does not.
    requestTimeout: 30 * 60_000,
    http: { headersTimeout: 30_000, maxHeaderSize: 64 * 1024 },
    keepAliveTimeout: 75_000,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: 'idle',
    // What still comes over an open connection while the edge closes is served, as the last on that connection.
    return503OnClosing: false,
    // What the router cannot read never reaches a route, nor the error handler.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, options),
  })
  app.decorateRequest('caller', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('submission', null)
  loadSchemas(app, options.schemasFolder)
  useValidators(app, options.schemasFolder)
  handleErrors(app, options)
  await documentApi(app, options)
  await app.register(multipart, { throwFileSizeLimit: false })
  // The body of a package stays a stream: nothing is held in memory on the way in.
  app.addContentTypeParser(packageTypes, (_request, payload, done) => done(null, payload))
  await app.register(fastifyStatic, {
    root: options.consoleFolder,
    prefix: '/console/',
    // The page loads nothing from anywhere else and runs no script that is written into it.
    setHeaders: (reply) => reply.header('content-security-policy', "default-src 'self'; frame-ancestors 'none'"),
  })
  app.get('/console', { schema: { hide: true } }, (_request, reply) => reply.redirect('/console/', 302))
  const guards = {
    async system(request: FastifyRequest) {
      request.caller = await options.authenticateSystem(request.headers.authorization)
    },
    async operator(request: FastifyRequest) {
      request.operator = await options.authenticateOperator(request.headers.authorization)
    },
  }
  refuseUnknownQueries(app)
  for (const routes of options.routes) routes(app, guards)
  closeInTime(app, options.beforeClosing)
  return app
}

/** A parameter that nobody reads must not be taken for done: `?dryRun=true` on a call that knows no dry run acts. */
function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/api/') || route.schema?.querystring !== undefined) return
    route.schema = { ...route.schema, querystring: { type: 'object', additionalProperties: false, properties: {} } }
  })
}

/** A body that stops half-way must not keep the process from going down in order. */
const closeMsMax = 5_000

/** A connection whose last answer goes out after closing began is idle from then on, and nobody else would end it. */
function closeInTime(app: FastifyInstance, beforeClosing: EdgeOptions['beforeClosing']): void {
  let idle: NodeJS.Timeout | undefined
  let cut: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    await beforeClosing?.()
    idle = setInterval(() => app.server.closeIdleConnections(), 50)
    cut = setTimeout(() => app.server.closeAllConnections(), closeMsMax)
  })
  app.server.on('close', () => {
    clearInterval(idle)
    clearTimeout(cut)
  })
}

function readSchemas(folder: string): { $id: string }[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

function loadSchemas(app: FastifyInstance, folder: string): void {
  for (const schema of readSchemas(folder)) app.addSchema(schema)
}

/**
 * Bodies are taken as they are: a gateway that coerces or drops what it was sent has changed it. Query strings and
 * path parameters are text by nature and are read as the types they stand for.
 */
function useValidators(app: FastifyInstance, folder: string): void {
  const bodies = withSchemas(new Ajv({ allErrors: true, useDefaults: false, coerceTypes: false }), folder)
  const texts = withSchemas(new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true }), folder)
  // What a route answers goes out whole. The schemas describe it, and the tests hold it to them; a serializer that
  // dropped or refused a member after the work was done would make an accepted package look refused.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : texts).compile(schema))
}

function withSchemas(ajv: Ajv, folder: string): Ajv {
  addFormats.default(ajv)
  for (const schema of readSchemas(folder)) ajv.addSchema(schema)
  return ajv
}

function handleErrors(app: FastifyInstance, options: EdgeOptions): void {
  app.setNotFoundHandler(() => {
    throw new GatewayError('not_found', 'route_not_found')
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options))
}

async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: EdgeOptions,
): Promise<FastifyReply> {
  if (error instanceof CallerGone) {
    request.log.info({ path: request.url }, 'request.caller_gone')
    return reply.code(400).send()
  }
  const refusal = refusalOf(error, {
    catalogue: options.catalogue,
    language: languageOf(request.headers['accept-language']),
    contentType: request.headers['content-type'],
  })
  log(request, refusal, error)
  await options.recordRefusal(request, refusal)
  // The sender may still be sending: only after that will it read what was wrong.
  await drain(request.raw)
  const { retryAfterSeconds } = refusal.error.facts
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
  if (refusal.status === 401)
    reply.header('www-authenticate', 'Bearer realm="tram", Basic realm="tram", charset="UTF-8"')
  // Its type stays a name; where the entry can be read is a link of its own (RFC 8288).
  if (options.catalogue.entries.has(refusal.body.code))
    reply.header('link', `</api/v1/errors/${refusal.body.code}>; rel="help"`)
  if (!request.raw.readableEnded) reply.header('connection', 'close')
  return reply
    .code(refusal.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(refusal.body)
}

/** An error is logged once, here, where it stops rising. */
function log(request: FastifyRequest, refusal: Refusal, error: unknown): void {
  const facts = { ref: refusal.ref, code: refusal.body.code, path: request.routeOptions.url ?? request.url }
  if (refusal.status >= 500) request.log.error({ ...facts, err: refusal.error.facts.cause ?? error }, 'request.failed')
  else request.log.info({ ...facts, systemId: request.caller?.systemId }, 'request.refused')
}

async function documentApi(app: FastifyInstance, options: EdgeOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Trạm',
        version: options.version,
        description: 'The document axis of a province: packages in, the right agencies out.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'Access token of POST /oauth/token' },
          basic: { type: 'http', scheme: 'basic', description: 'systemId and secret' },
          operator: { type: 'http', scheme: 'bearer', description: 'Token of an operator' },
        },
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `def-${i}`) },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.yaml', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/yaml; charset=utf-8').send(openApiText(app)),
  )
}

/** The description of the API as it is committed and served. */
export function openApiText(app: FastifyInstance): string {
  return stringify(app.swagger(), { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false })
}
