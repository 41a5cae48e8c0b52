// GET /api/v1/errors of the built edge: the whole catalogue for everybody, one code, and caches that are told nothing
// twice.
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { errorRoutes } from '../../src/edge/error-routes.ts'
import { createEdge } from '../../src/edge/server.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

const root = join(import.meta.dirname, '../..')
const catalogue = loadCatalogue(join(root, 'schemas/errors'))

let edge: Awaited<ReturnType<typeof createEdge>>
beforeAll(async () => {
  const nobody = () => Promise.reject(new Error('asked who is calling'))
  edge = await createEdge({
    routes: [errorRoutes(catalogue)],
    catalogue,
    schemasFolder: join(root, 'schemas/json'),
    consoleFolder: join(root, 'src/console'),
    authenticateSystem: nobody,
    authenticateOperator: nobody,
    recordRefusal: async () => undefined,
    logger: pino({ level: 'silent' }),
    version: '0',
  })
})
afterAll(async () => await edge.close())

const get = (url: string, headers: Record<string, string> = {}) => edge.inject({ url: `/api/v1/${url}`, headers })

describe('the list', () => {
  test('holds every code in both languages, for anybody who asks', async () => {
    const answer = await get('errors')

    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expectSchema('error-catalogue', answer.json())
    expect(answer.json()).toEqual({ catalogueVersion: catalogue.version, errors: [...catalogue.entries.values()] })
    expect(answer.json().errors).toContainEqual(
      expect.objectContaining({
        ...{ code: 'foreign_from', severity: 'error', httpStatus: 403, whoActs: 'sender' },
        detail: { vi: expect.stringContaining('{organId}'), en: expect.stringContaining('{organId}') },
      }),
    )
  })

  test.each([undefined, 'en', 'fr'])('is the same whatever language %s is asked for', async (language) => {
    const answer = await get('errors', language === undefined ? {} : { 'accept-language': language })

    expect(answer.body).toBe((await get('errors')).body)
  })

  test('can be asked for one code, and has none where there is no such code', async () => {
    const [one, none] = [await get('errors?code=not_xml'), await get('errors?code=no_such_code')]

    expect(one.json().errors).toEqual([catalogue.entries.get('not_xml')])
    expect(none.json()).toEqual({ catalogueVersion: catalogue.version, errors: [] })
    for (const { statusCode, body } of [one, none]) {
      expect(statusCode).toBe(200)
      expectSchema('error-catalogue', JSON.parse(body))
    }
  })

  test.each(['colour=red', 'code=a&code=b', `code=${'x'.repeat(101)}`])('refuses %s', async (query) => {
    const answer = await get(`errors?${query}`)

    expect(answer.statusCode).toBe(400)
    expectSchema('problem', answer.json())
    expect(answer.json()).toMatchObject({ code: 'bad_request' })
  })
})

describe('a cache', () => {
  test('is given a tag and a time', async () => {
    const { headers } = await get('errors')

    expect(headers.etag).toBe(`"${catalogue.version}"`)
    expect(headers['cache-control']).toBe('public, max-age=3600')
  })

  test.each(['errors', 'errors?code=not_xml', 'errors/not_xml'])('that knows %s is not sent it again', async (url) => {
    const { headers } = await get(url)

    for (const known of [`${headers.etag}`, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
      const answer = await get(url, { 'if-none-match': known })
      expect([known, answer.statusCode, answer.body, answer.headers.etag]).toEqual([known, 304, '', headers.etag])
    }
    expect((await get(url, { 'if-none-match': '"other"' })).statusCode).toBe(200)
  })
})

describe('one code', () => {
  test('is an entry of the catalogue', async () => {
    const answer = await get('errors/document_id_reused')

    expect(answer.statusCode).toBe(200)
    expectSchema('error-entry', answer.json())
    expect(answer.json()).toEqual(catalogue.entries.get('document_id_reused'))
  })

  test.each([
    ['vi', 'Danh mục không có mã “khong-co”'],
    ['en', 'The catalogue has no code “khong-co”'],
  ])('that nobody has is a problem in %s', async (language, detail) => {
    const answer = await get('errors/khong-co', { 'accept-language': language })

    expect(answer.statusCode).toBe(404)
    expectSchema('problem', answer.json())
    expect(answer.json()).toMatchObject({ code: 'error_code_unknown', detail })
  })
})
