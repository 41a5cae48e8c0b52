// POST /oauth/token: the client credentials grant of RFC 6749 §4.4. Its bodies and refusals have the shapes of that
// standard instead of ours, because its callers are ready-made libraries.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { TokenAnswer } from '../generated/json/token-answer.ts'
import type { TokenError } from '../generated/json/token-error.ts'
import type { TokenRequest } from '../generated/json/token-request.ts'
import { type Routes, schemaRef } from '../platform/http.ts'
import { type Identified, readBasic, type SystemAuthentication } from './authenticate-system.ts'
import { accessTag } from './route-parts.ts'

export interface OAuthDeps {
  readonly authentication: Pick<SystemAuthentication, 'checkSecret'>
  readonly tokens: {
    issue(holder: { systemId: string; credentialId: string }, lifeSeconds: number): Promise<string>
  }
  readonly tokenSeconds: number
  readonly clock: Clock
}

export function oauthRoutes(deps: OAuthDeps): Routes {
  return (app) => {
    app.register(async (scope) => addTokenRoute(scope, deps))
  }
}

class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal'
  readonly error: TokenError['error']
  constructor(error: TokenError['error'], description: string) {
    super(description)
    this.error = error
  }
}

function addTokenRoute(scope: FastifyInstance, deps: OAuthDeps): void {
  const form = { parseAs: 'string' as const, bodyLimit: bodyBytesMax }
  scope.addContentTypeParser('application/x-www-form-urlencoded', form, async (_request: unknown, body: string) =>
    readForm(body),
  )
  scope.setErrorHandler((error, _request, reply) => refuse(error, reply))

  scope.post<{ Body: TokenRequest }>(
    '/oauth/token',
    {
      bodyLimit: bodyBytesMax,
      schema: {
        tags: [accessTag],
        security: [],
        summary: 'Gives an access token for the client credentials grant (RFC 6749)',
        consumes: ['application/x-www-form-urlencoded', 'application/json'],
        body: schemaRef('token-request'),
        response: { 200: schemaRef('token-answer'), 400: schemaRef('token-error'), 401: schemaRef('token-error') },
      },
    },
    async (request, reply) => {
      refuseOtherGrants(request.body.grant_type)
      const { systemId, secret } = readCredential(request.body, request.headers.authorization)
      const found = await deps.authentication.checkSecret(systemId, secret)
      if (found === undefined) throw new TokenRefusal('invalid_client', 'unknown client or wrong secret')
      if (found.system.suspendedAt !== undefined) throw new TokenRefusal('invalid_client', 'the system is suspended')
      return await reply.headers(notStored).send(await answer(deps, found))
    },
  )
}

async function answer({ tokens, tokenSeconds, clock }: OAuthDeps, found: Identified): Promise<TokenAnswer> {
  const { system, credential } = found
  // A token that outlives its credential would be refused before its time, which no client expects.
  const leftMs = credential.expiresAt === undefined ? Infinity : credential.expiresAt.getTime() - clock.now().getTime()
  const seconds = Math.max(1, Math.min(tokenSeconds, Math.floor(leftMs / 1000)))
  const holder = { systemId: system.systemId, credentialId: credential.credentialId }
  return { access_token: await tokens.issue(holder, seconds), token_type: 'Bearer', expires_in: seconds }
}

function refuseOtherGrants(grantType: string | undefined): void {
  if (grantType === undefined) throw new TokenRefusal('invalid_request', 'grant_type is missing')
  if (grantType !== 'client_credentials')
    throw new TokenRefusal('unsupported_grant_type', 'the only grant_type is client_credentials')
}

function readCredential(body: TokenRequest, authorization: string | undefined): { systemId: string; secret: string } {
  const systemId = body.client_id ?? body.systemId
  const secret = body.client_secret ?? body.secret
  const basic = readBasic(authorization)
  if (basic !== undefined) {
    // One way of authenticating per request (RFC 6749 §2.3); naming oneself again in the body is usual and harmless.
    if (secret !== undefined || (systemId !== undefined && systemId !== basic.systemId))
      throw new TokenRefusal('invalid_request', 'credentials in the header and in the body')
    return basic
  }
  if (systemId === undefined || secret === undefined)
    throw new TokenRefusal('invalid_client', 'client_id and client_secret are needed')
  return { systemId, secret }
}

/** A parameter given twice is refused (RFC 6749 §3.2): which of the two was meant is nobody's guess to make. */
function readForm(body: string): Record<string, string> {
  const parameters = new URLSearchParams(body)
  const names = [...parameters.keys()]
  if (new Set(names).size !== names.length) throw new TokenRefusal('invalid_request', 'a parameter is given twice')
  // An empty value counts as left out (RFC 6749 §3.2).
  return Object.fromEntries([...parameters].filter(([, value]) => value !== ''))
}

async function refuse(error: unknown, reply: FastifyReply): Promise<FastifyReply> {
  if (error instanceof TokenRefusal) return await send(reply, error.error, error.message)
  if (error instanceof GatewayError) return await sendFault(reply, error)
  // What the framework itself refuses (no JSON, too large, wrong media type) carries its status.
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (typeof status === 'number' && status < 500) return await send(reply, 'invalid_request', 'unreadable request')
  throw error
}

async function send(reply: FastifyReply, error: TokenError['error'], description: string): Promise<FastifyReply> {
  reply.headers(notStored)
  if (error === 'invalid_client') reply.header('www-authenticate', 'Basic realm="tram", charset="UTF-8"')
  const body: TokenError = { error, error_description: description }
  return await reply.code(error === 'invalid_client' ? 401 : 400).send(body)
}

async function sendFault(reply: FastifyReply, error: GatewayError): Promise<FastifyReply> {
  if (error.kind !== 'unavailable') throw error
  const body: TokenError = { error: 'temporarily_unavailable', error_description: 'try again in a moment' }
  return await reply
    .headers({ ...notStored, 'retry-after': String(error.facts.retryAfterSeconds ?? 5) })
    .code(503)
    .send(body)
}

const notStored = { 'cache-control': 'no-store', pragma: 'no-cache' }

// The longest pair of id and secret is far below 1 KB.
const bodyBytesMax = 8 * 1024
