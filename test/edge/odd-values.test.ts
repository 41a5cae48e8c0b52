// Values that nobody means to send, and that arrive all the same: they are the caller's, so they are never a fault of
// ours, and what is refused says so in a problem document with a reference.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  packageRowsOf,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import type { Answer, CallOptions, Method } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
let known = { packageId: '', deliveryId: '' }
beforeAll(async () => {
  province = await startProvince()
  const { body } = await province.submit(province.snv.basic, documentTo([codes.stc]).xml)
  known = { packageId: body.packageId, deliveryId: body.deliveries[0].deliveryId }
})
afterAll(async () => await province?.close())

const asSystem = (): CallOptions => ({ basic: province.snv.basic })
const asReceiver = (): CallOptions => ({ basic: province.shared.basic })
const asOperator = (): CallOptions => ({ token: province.adminToken })

/** An answer of one of these statuses; a refusal is a problem document of the published shape. */
function expectAnswer(answer: Answer, statuses: readonly number[], what: string): void {
  const text = answer.bytes.toString('utf8').slice(0, 500)
  expect({ what, status: answer.status, text, expected: statuses.includes(answer.status) }).toMatchObject({
    expected: true,
  })
  if (answer.status < 400) return
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expectSchema('problem', answer.body)
  expect(answer.body).toMatchObject({ status: answer.status, ref: expect.stringMatching(/^TC-\w{4}-\w{2}$/) })
}

describe('who is calling', () => {
  test.each<[Method, string, () => CallOptions]>([
    ['GET', '/api/v1/mailbox', () => ({})],
    ['GET', '/api/v1/me', () => ({})],
    ['POST', '/api/v1/packages', () => ({ type: 'application/edxml+xml', body: documentTo([codes.stc]).xml })],
    ['POST', '/api/v1/status', () => ({ body: { documentId: 'X', code: '03' } })],
    [
      'POST',
      '/oauth/token',
      () => ({ type: 'application/x-www-form-urlencoded', body: 'grant_type=client_credentials' }),
    ],
  ])('with a NUL in the systemId is nobody at %s %s', async (method, path, options) => {
    const [, secret = ''] = province.snv.basic.split(':')
    for (const basic of [`QLVB\0-SNV:${secret}`, `QLVB-SNV\0:${secret}`, `QLVB-SNV:${secret}\0`, '\0:\0']) {
      const answer = await province.call(method, path, { ...options(), basic })

      if (path.startsWith('/oauth')) expect(answer.status).toBe(401)
      else expectAnswer(answer, [401], JSON.stringify(basic))
    }
  })
})

describe('a status said as JSON', () => {
  // What the platform reads as a moment all the same.
  const lenient = new Set(['2026-11-20T10:00:00\u0000+07:00', '2026-02-30T00:00:00Z'])

  test.each([
    ['with a NUL as its time', '\u0000'],
    ['with a NUL in its time', '2026-11-20T10:00:00\u0000+07:00'],
    ['in year 0', '0000-06-01T00:00:00+07:00'],
    ['in year 0 before the zone is told', '0001-01-01T00:00:00+07:00'],
    ['on a day that does not exist', '2026-02-30T00:00:00Z'],
    ['in a leap second', '2026-06-30T23:59:60Z'],
    ['after the last year', '9999-12-31T23:59:59-23:00'],
    ['in words', 'hôm qua'],
  ])('%s is refused as such, or taken', async (_what, at) => {
    const answer = await province.call('POST', '/api/v1/status', {
      ...asReceiver(),
      body: { deliveryId: known.deliveryId, code: '01', at },
    })

    expectAnswer(answer, lenient.has(at) ? [200, 202, 400, 422] : [400, 422], JSON.stringify(at))
  })

  test.each([
    [{ deliveryId: '\u0000', code: '03' }],
    [{ deliveryId: 'urn:uuid:00000000-0000-7000-8000-000000000000', code: '03' }],
    [{ documentId: 'a\u0000b', code: '03' }],
    [{ documentId: 'X', code: '03', from: codes.stc, organId: '\u0000' }],
    [{ documentId: 'X', code: '03', from: '\u0000', organId: codes.snv }],
    [{ documentId: 'X', code: '03', from: codes.stc, organId: codes.snv, description: 'a\u0000b' }],
    [{ documentId: 'X', code: '03', from: codes.stc, organId: codes.snv, staff: { name: '\u0000' } }],
    [{ documentId: '\ud800', code: '03', from: codes.stc, organId: codes.snv }],
  ])('with an odd value %j is no fault of ours', async (body) => {
    const answer = await province.call('POST', '/api/v1/status', { ...asReceiver(), body })

    expectAnswer(answer, [200, 202, 400, 403, 404, 422], JSON.stringify(body))
  })
})

test.each(['0000/01/01', '0000-12-31', '01/01/0000', '2026/02/30'])(
  'a document promulgated on %s is accepted with a finding',
  async (day) => {
    const more = `<e:PromulgationInfo><e:Place>Lai Châu</e:Place><e:PromulgationDate>${day}</e:PromulgationDate></e:PromulgationInfo>`
    const made = documentTo([codes.stc], { more })

    const answer = await province.submit(province.snv.basic, made.xml)

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    const findings = answer.body.findings.map((finding: { code: string }) => finding.code)
    expect(findings).toContain('date_malformed')
    expect(await packageRowsOf(province, made.documentId)).toHaveLength(1)
    expectStatus(await province.call('GET', `/api/v1/packages/${answer.body.packageId}`, asSystem()), 200)
  },
)

const nul = '%00'
describe.each<[string, () => CallOptions, string[]]>([
  ['/api/v1/packages', asSystem, ['documentId', 'code', 'from', 'to', 'state', 'since', 'until', 'cursor', 'limit']],
  ['/api/v1/mailbox', asReceiver, ['organId', 'type', 'state', 'since', 'cursor', 'limit', 'wait']],
  ['/api/v1/agencies', asSystem, ['q', 'code', 'since', 'updatedSince', 'cursor', 'limit', 'parent', 'kind']],
  [
    '/api/v1/admin/deliveries',
    asOperator,
    ['q', 'state', 'systemId', 'organId', 'cause', 'since', 'until', 'cursor', 'limit'],
  ],
  ['/api/v1/admin/agencies', asOperator, ['q', 'cursor', 'limit', 'parent', 'kind']],
  ['/api/v1/admin/systems', asOperator, ['q', 'cursor', 'limit']],
])('the list at %s', (path, options, parameters) => {
  test('takes a NUL in any of its texts for no match, or for a bad request', async () => {
    for (const parameter of parameters) {
      for (const value of [nul, `a${nul}b`]) {
        const answer = await province.call('GET', `${path}?${parameter}=${value}`, options())
        expectAnswer(answer, [200, 400, 422], `${parameter}=${value}`)
      }
    }
  })

  test('refuses moments that no calendar has', async () => {
    for (const parameter of parameters.filter((name) => /since|until/i.test(name))) {
      for (const value of [
        '2026-01-01T23:59:60Z',
        '2026-02-30T00:00:00Z',
        '0000-01-01T00:00:00Z',
        '%2B275760-09-13T00:00:00Z',
      ]) {
        const answer = await province.call('GET', `${path}?${parameter}=${value}`, options())
        expectAnswer(answer, [200, 400, 422], `${parameter}=${value}`)
        if (value.endsWith(':60Z')) expectAnswer(answer, [400, 422], `${parameter}=${value}`)
      }
    }
  })

  const id = '00000000-0000-7000-8000-000000000000'
  const parts: unknown[] = [
    [],
    [null],
    ['\u0000'],
    ['x'],
    [id],
    [id, id],
    ['9999-99-99', id],
    [null, null, null, null],
    [0, false, '9'.repeat(30), id],
    [0, false, '9223372036854775807', id],
    [99999, false, '0', id],
    [0, 'maybe', '0', id],
    [0, false, '\u0000', id],
    [0, false, '0', 'x'],
    [1e300, true, 1.5, 7],
    { 0: 'x', length: 1 },
    'x',
    [[id]],
  ]
  test('refuses cursors that were made up, or goes on from there', async () => {
    const cursors = parts.map((made) => Buffer.from(JSON.stringify(made)).toString('base64url'))
    for (const cursor of [...cursors, '%', '%20', 'x', '____', Buffer.from([0xff, 0xfe]).toString('base64url')]) {
      for (const state of path.endsWith('mailbox') ? ['&state=available', '&state=delivered'] : ['']) {
        const answer = await province.call('GET', `${path}?cursor=${cursor}${state}`, options())
        expectAnswer(answer, [200, 400, 422], Buffer.from(cursor, 'base64url').toString('utf8'))
      }
    }
  })
})

describe('an id in a path', () => {
  const paths: [Method, string, () => CallOptions][] = [
    ['GET', '/api/v1/packages/:id', asSystem],
    ['GET', '/api/v1/packages/:id/content', asSystem],
    ['GET', '/api/v1/mailbox/:id', asReceiver],
    ['GET', '/api/v1/mailbox/:id/package', asReceiver],
    ['POST', '/api/v1/mailbox/:id/confirm', asReceiver],
    ['POST', '/api/v1/mailbox/:id/refuse', () => ({ ...asReceiver(), body: { reason: 'Sai địa chỉ' } })],
    ['POST', '/api/v1/admin/deliveries/:id/retry', asOperator],
    ['GET', '/api/v1/admin/agencies/:id', asOperator],
    ['GET', '/api/v1/admin/systems/:id', asOperator],
  ]
  const odd = [
    'urn:uuid:00000000-0000-7000-8000-000000000000',
    '%00',
    '%7B00000000-0000-7000-8000-000000000000%7D',
    '%ff',
    '%',
    'null',
  ]

  test.each(paths)('that is none of ours is refused at %s %s', async (method, path, options) => {
    for (const one of odd)
      expectAnswer(await province.call(method, path.replace(':id', one), options()), [400, 404, 422], one)
  })

  test.each(paths.filter(([, path]) => !path.includes('/admin/')))(
    'written as a urn is the same package or a refusal at %s %s',
    async (method, path, options) => {
      const id = path.includes('/packages/') ? known.packageId : known.deliveryId

      const answer = await province.call(method, path.replace(':id', `urn:uuid:${id}`), options())

      expectAnswer(answer, [400, 404, 422], path)
    },
  )
})

describe('packages by state', () => {
  const ids = async (query: string) => {
    const answer = await province.call('GET', `/api/v1/packages?${query}`, asSystem())
    expectStatus(answer, 200)
    expectSchema('package-list', answer.body)
    return answer.body.items.map((item: { packageId: string }) => item.packageId)
  }

  test.each(['foo', 'delivered', 'available', 'COMPLETED', ''])('"%s" is no state of a package', async (state) => {
    const answer = await province.call('GET', `/api/v1/packages?state=${state}`, asSystem())

    expectAnswer(answer, [400], state)
    expect(answer.body.code).toBe('bad_request')
  })

  test('completed finds a completed one, and no open, half-done or refused one', async () => {
    const send = async (to: readonly string[]) => (await province.submit(province.snv.basic, documentTo(to).xml)).body
    const [done, open, half, failed] = [
      await send([codes.stc, codes.ward]),
      await send([codes.stc]),
      await send([codes.stc, codes.district]),
      await send([codes.stc]),
    ]
    const deliveryIds = [...done.deliveries, half.deliveries[0]].map((d: { deliveryId: string }) => d.deliveryId)
    await province.call('POST', '/api/v1/mailbox/confirm', { ...asReceiver(), body: { deliveryIds } })
    await province.call('POST', `/api/v1/mailbox/${failed.deliveries[0].deliveryId}/refuse`, {
      ...asReceiver(),
      body: { reason: 'Sai địa chỉ' },
    })

    expect(await ids('state=completed')).toEqual([done.packageId])
    expect(await ids('state=completed_with_failures')).toEqual([failed.packageId])
    expect(await ids('state=in_progress')).toEqual([half.packageId])
    expect(await ids('state=accepted')).toContain(open.packageId)
    expect(await ids('state=accepted')).not.toContain(done.packageId)
    expect(await ids('state=recalled')).toEqual([])
    for (const state of ['accepted', 'in_progress', 'completed', 'completed_with_failures']) {
      const { body } = await province.call('GET', `/api/v1/packages?state=${state}`, asSystem())
      expect(body.items.filter((item: { state: string }) => item.state !== state)).toEqual([])
    }
  })
})
