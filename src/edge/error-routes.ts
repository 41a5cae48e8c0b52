// The catalogue as data for the programs of vendors: GET /api/v1/errors (contract §3). Open to everybody and the same
// for everybody, so that it can be cached anywhere.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { ErrorCatalogue } from '../generated/json/error-catalogue.ts'
import { problems, type Routes, schemaRef } from '../platform/http.ts'
import type { Catalogue } from './catalogue.ts'

const common = { tags: ['errors'], security: [] }
const unchanged = { description: 'Unchanged since the ETag that If-None-Match names', type: 'null' }

export function errorRoutes(catalogue: Catalogue): Routes {
  const etag = `"${catalogue.version}"`
  const page = (errors: ErrorCatalogue['errors']): ErrorCatalogue => ({ catalogueVersion: catalogue.version, errors })
  const whole = JSON.stringify(page([...catalogue.entries.values()]))

  return (app) => {
    app.get<{ Querystring: { code?: string } }>(
      '/api/v1/errors',
      {
        schema: {
          ...common,
          summary: 'Every code of refusals, violations and findings, in Vietnamese and English',
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: { code: { type: 'string', maxLength: 100, description: 'Only this code' } },
          },
          response: { 200: schemaRef('error-catalogue'), 304: unchanged, ...problems(400) },
        },
      },
      (request, reply) => {
        const { code } = request.query
        const entry = code === undefined ? undefined : catalogue.entries.get(code)
        return answer(request, reply, etag, () =>
          code === undefined ? whole : JSON.stringify(page(entry === undefined ? [] : [entry])),
        )
      },
    )

    app.get<{ Params: { code: string } }>(
      '/api/v1/errors/:code',
      {
        schema: {
          ...common,
          summary: 'One code of the catalogue',
          params: { type: 'object', properties: { code: { type: 'string', maxLength: 100 } } },
          response: { 200: schemaRef('error-entry'), 304: unchanged, ...problems(400, 404) },
        },
      },
      (request, reply) => {
        const { code } = request.params
        const entry = catalogue.entries.get(code)
        if (entry === undefined) throw new GatewayError('not_found', 'error_code_unknown', { params: { code } })
        return answer(request, reply, etag, () => JSON.stringify(entry))
      },
    )
  }
}

function answer(request: FastifyRequest, reply: FastifyReply, etag: string, body: () => string): FastifyReply {
  reply.header('etag', etag).header('cache-control', `public, max-age=${maxAgeSeconds}`)
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(body())
}

/** RFC 9110 §13.1.2: a list of tags, weak ones too, or a star. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** Texts change with a release only; an hour of old wording does no harm. */
const maxAgeSeconds = 3600
