// The HTTP edge of the running gateway: problem documents, what is described and answered, health and metrics.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { GatewayError } from '../../src/domain/errors.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { newRef, refusalOf } from '../../src/edge/problem.ts'
import { codes, documentTo, type Province, startProvince } from '../support/gateway-under-test-province.ts'
import type { CallOptions, Method } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province.close())

const nowhere = '00000000-0000-7000-8000-000000000000'
type Case = [status: number, code: string, method: Method, path: string, options?: () => CallOptions]
const asSystem = (): CallOptions => ({ basic: province.snv.basic })
const asOperator = (): CallOptions => ({ token: province.adminToken })
const agencyInput = (more: object) => () => ({
  ...asOperator(),
  body: { name: 'x', codes: [{ code: 'H35.12' }], ...more },
})

const cases: readonly Case[] = [
  [400, 'bad_cursor', 'GET', '/api/v1/mailbox?cursor=x', asSystem],
  [400, 'bad_request', 'GET', '/api/v1/mailbox?limit=many', asSystem],
  [400, 'bad_request', 'GET', '/api/v1/packages?nonsense=1', asSystem],
  [400, 'bad_request', 'GET', '/api/v1/packages/not-an-id', asSystem],
  [400, 'bad_request', 'POST', '/api/v1/admin/agencies', () => ({ ...asOperator(), body: { name: 5 } })],
  [
    400,
    'bad_request',
    'POST',
    '/api/v1/admin/agencies',
    () => ({ ...asOperator(), type: 'application/json', body: '{' }),
  ],
  [401, 'unauthenticated', 'GET', '/api/v1/mailbox'],
  [401, 'unauthenticated', 'GET', '/api/v1/mailbox', () => ({ token: 'not.a.token' })],
  [401, 'operator_unauthenticated', 'GET', '/api/v1/admin/systems', () => ({ token: 'wrong' })],
  [401, 'operator_unauthenticated', 'GET', '/api/v1/admin/systems', asSystem],
  [403, 'foreign_from', 'POST', '/api/v1/packages', () => foreign()],
  [404, 'route_not_found', 'GET', '/api/v1/nothing'],
  [404, 'route_not_found', 'GET', '/'],
  [404, 'route_not_found', 'DELETE', '/api/v1/packages', asSystem],
  [404, 'route_not_found', 'PATCH', '/health/live'],
  [404, 'package_not_found', 'GET', `/api/v1/packages/${nowhere}`, asSystem],
  [404, 'delivery_not_found', 'GET', `/api/v1/mailbox/${nowhere}`, asSystem],
  [404, 'agency_not_found', 'GET', '/api/v1/agencies/H35.99', asSystem],
  [409, 'code_taken', 'POST', '/api/v1/admin/agencies', agencyInput({})],
  [413, 'body_too_large', 'POST', '/api/v1/admin/agencies', () => ({ ...agencyInput({ x: 'x'.repeat(2_000_000) })() })],
  [
    415,
    'unsupported_media_type',
    'POST',
    '/api/v1/admin/agencies',
    () => ({ ...asOperator(), type: 'image/png', body: 'x' }),
  ],
  [
    422,
    'agency_closed_in_future',
    'POST',
    '/api/v1/admin/agencies',
    agencyInput({ codes: [{ code: 'H35.98' }], closedAt: '2100-01-01T00:00:00Z' }),
  ],
]

function foreign(): CallOptions {
  return { basic: province.shared.basic, type: 'application/xml', body: documentTo([codes.stc]).xml }
}

describe('a problem', () => {
  test.each<Case>(cases)(
    '%i %s of %s %s is a document of the published shape in both languages',
    async (status, code, method, path, options) => {
      const call = (language: string) =>
        province.call(method, path, { ...options?.(), headers: { 'accept-language': language } })

      const [vi, en] = [await call('vi'), await call('en')]

      for (const answer of [vi, en]) {
        expect({ status: answer.status, body: answer.body }).toMatchObject({
          status,
          body: { type: `urn:tram:error:${code}`, status, code, ref: expect.stringMatching(/^TC-\w{4}-\w{2}$/) },
        })
        expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
        expectSchema('problem', answer.body)
        const { title, detail, cause, next } = answer.body
        expect(`${title} ${detail} ${cause} ${next}`).not.toMatch(/\{\w+\}/)
        expect(answer.headers.get('link')).toBe(`</api/v1/errors/${code}>; rel="help"`)
        const wanted = status === 401 ? 'Bearer realm="tram", Basic realm="tram", charset="UTF-8"' : null
        expect(answer.headers.get('www-authenticate')).toBe(wanted)
      }
      expect(vi.body.title).not.toBe(en.body.title)
      expect(vi.body.ref).not.toBe(en.body.ref)
    },
  )

  test.each([
    ['/api/v1/packages?documentId=%00', asSystem],
    ['/api/v1/packages?code=%00', asSystem],
    ['/api/v1/packages?state=%00', asSystem],
    ['/api/v1/packages?to=%00', asSystem],
    ['/api/v1/mailbox?organId=%00', asSystem],
    ['/api/v1/mailbox/%00', asSystem],
    ['/api/v1/agencies?q=%00', asSystem],
    ['/api/v1/agencies/%00', asSystem],
    ['/api/v1/admin/deliveries?q=%00', asOperator],
    ['/api/v1/admin/deliveries?systemId=%00', asOperator],
    ['/api/v1/admin/deliveries?cause=%00', asOperator],
    ['/api/v1/admin/agencies/%00', asOperator],
    ['/api/v1/admin/systems/%00', asOperator],
    ['/api/v1/packages?cursor=WyIwMCJd', asSystem],
    ['/api/v1/mailbox?cursor=WzEsMiwzLDRd', asSystem],
    ['/api/v1/admin/deliveries?cursor=WyJ4Il0', asOperator],
    ['/api/v1/packages?since=0000-01-01T00:00:00Z', asSystem],
    ['/api/v1/packages?since=9999-12-31T23:59:60Z', asSystem],
  ])('is never a fault of ours for whatever %s asks', async (path, options) => {
    const { status, body } = await province.call('GET', path, options())

    expect({ status, body }).not.toMatchObject({ status: 500 })
  })

  test.each<[Method, string, () => CallOptions]>([
    ['POST', '/api/v1/admin/agencies', agencyInput({ name: 'a\u0000b', codes: [{ code: 'H35.97' }] })],
    ['POST', '/api/v1/agencies/resolve', () => ({ ...asSystem(), body: { codes: ['\u0000'] } })],
    ['POST', '/api/v1/mailbox/confirm', () => ({ ...asSystem(), body: { deliveryIds: ['\u0000'] } })],
    ['POST', '/api/v1/status', () => ({ ...asSystem(), body: { documentId: '\u0000', code: '03' } })],
    [
      'POST',
      '/oauth/token',
      () => ({ body: { grant_type: 'client_credentials', client_id: '\u0000', client_secret: 'x' } }),
    ],
  ])('is never a fault of ours for a NUL in the body of %s %s', async (method, path, options) => {
    const { status, body } = await province.call(method, path, options())

    expect({ status, body }).not.toMatchObject({ status: 500 })
  })

  const catalogue = loadCatalogue(new URL('../../schemas/errors', import.meta.url).pathname)

  test('of a fault inside says nothing about it', () => {
    const { status, body } = refusalOf(new TypeError('password=hunter2'), { catalogue, language: 'en' })

    expect(status).toBe(500)
    expectSchema('problem', body)
    expect(JSON.stringify(body)).not.toContain('hunter2')
  })

  test('keeps members of its own, and cannot be overwritten by nothing', () => {
    const error = new GatewayError('conflict', 'document_id_reused', {
      params: { documentId: 'X' },
      extra: { existing: { packageId: 'p', acceptedAt: 't', sha256: 's', differs: [] } },
      violations: [{ path: '/x', rule: 'r' }],
    })

    const { status, body } = refusalOf(error, { catalogue, language: 'vi' })

    expect({ status, body }).toMatchObject({
      status: 409,
      body: { existing: { packageId: 'p' }, violations: [{ rule: 'r' }] },
    })
  })

  test('says in words of the reader what each broken rule asks for', async () => {
    const call = async (language: string) =>
      (await province.call('POST', '/api/v1/admin/agencies', {
        ...asOperator(),
        headers: { 'accept-language': language },
        body: { name: 5, colour: 'red' },
      })) as { body: { detail: string; violations: { rule: string; message: string }[] } }

    const [vi, en] = [(await call('vi')).body, (await call('en')).body]

    expect(vi.violations.map(({ rule, message }) => [rule, message])).toEqual([
      ['required', 'Thiếu trường bắt buộc'],
      ['additionalProperties', 'Có trường hoặc tham số lạ'],
      ['type', 'Sai kiểu giá trị'],
    ])
    expect(en.violations.map(({ message }) => message)).toContain('A required field is missing')
    expect(vi.detail).toBe(
      'Yêu cầu sai định dạng: body (required codes), body (additionalProperties colour), body/name (type string)',
    )
  })

  test('names the content type that nobody takes', async () => {
    const { body } = await province.call('POST', '/api/v1/admin/agencies', {
      ...asOperator(),
      type: 'image/png',
      body: 'x',
    })

    expect(body.detail).toContain('“image/png”')
  })

  test('repeats nothing of a body that is no JSON', async () => {
    const { body } = await province.call('POST', '/api/v1/status', {
      ...asSystem(),
      type: 'application/json',
      body: '{"documentId": NOIDUNGVANBAN}',
    })

    expect(body).toMatchObject({ status: 400, code: 'bad_request' })
    expect(JSON.stringify(body)).not.toContain('NOIDUNG')
  })

  test('has a reference without letters and digits that sound alike, and hardly ever the same twice', () => {
    const refs = Array.from({ length: 2000 }, newRef)

    expect(refs.every((ref) => /^TC-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{2}$/.test(ref))).toBe(true)
    expect(new Set(refs).size).toBeGreaterThan(1995)
  })
})

describe('the description of the API', () => {
  const served = async () => parse((await province.call('GET', '/openapi.yaml')).bytes.toString('utf8'))

  test('is served as it is committed', async () => {
    const { bytes } = await province.call('GET', '/openapi.yaml')

    expect(bytes.toString('utf8')).toBe(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8'))
  })

  test('has every path and method that is answered, and no other', async () => {
    const { paths } = await served()
    const described = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )

    expect(described.sort()).toEqual(answered(province.gateway.edge.printRoutes({ commonPrefix: false })))
  })

  test('refers to nothing that it does not hold', async () => {
    const api = await served()
    const names = [...JSON.stringify(api).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '')

    expect(names.length).toBeGreaterThan(50)
    expect(names.filter((name) => api.components.schemas[name] === undefined)).toEqual([])
  })

  test('can be read at /docs', async () => {
    expect((await province.call('GET', '/docs')).status).toBeLessThan(400)
  })
})

/** The routes behind the tree that the router prints, pages and the description itself apart. */
function answered(tree: string): string[] {
  const parents: string[] = []
  const routes: string[] = []
  for (const line of tree.split('\n')) {
    const match = /^(.*?)[├└]── (\S+)(?: \(([^)]*)\))?/.exec(line)
    if (match === null) continue
    const [, indent = '', part = '', methods = ''] = match
    const depth = indent.length / 4
    const path = (parents[depth - 1] ?? '') + part
    parents.splice(depth, parents.length, path)
    for (const method of methods.split(', ')) routes.push(`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  }
  return routes.filter((route) => !/^HEAD |^\S+ \/(docs|console|openapi\.yaml)|^ /.test(route)).sort()
}

describe('always there', () => {
  test('says that it lives and is ready', async () => {
    expect(await province.call('GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await province.call('GET', '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } })
  })

  test('counts what it accepts and refuses', async () => {
    await province.submit(province.snv.basic, documentTo([codes.stc]).xml)
    await province.submit(province.snv.basic, 'kein XML')

    const { headers, bytes } = await province.call('GET', '/metrics')

    expect(headers.get('content-type')).toContain('text/plain')
    expect(bytes.toString('utf8')).toMatch(/_packages_accepted_total\{kind="new"\} [1-9]/)
    expect(bytes.toString('utf8')).toMatch(/_submissions_refused_total\{code="not_xml"\} [1-9]/)
  })
})
