// Who is let in: systems by Basic and by token, operators, the token endpoint.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ensureFirstOperatorToken, operatorAuthentication } from '../../src/registry/authenticate-operator.ts'
import { systemAuthentication } from '../../src/registry/authenticate-system.ts'
import type { DirectoryCache } from '../../src/registry/directory-cache.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'
import { connectRegistry, type RegistryApp } from './registry-app.ts'

let fresh: FreshDatabase
let registry: RegistryApp
let other: RegistryApp
let secret: string
beforeAll(async () => {
  fresh = await freshDatabase()
  registry = await connectRegistry(fresh)
  other = await connectRegistry(fresh)
  await registry.call('POST', '/api/v1/admin/agencies', { body: { name: 'A', codes: [{ code: '000.00.01.H35' }] } })
  secret = (await register('SYS-A', ['000.00.01.H35'])).secret
})
afterAll(async () => {
  await other.close()
  await registry.close()
  await fresh.drop()
})

async function register(systemId: string, agencies: string[] = []) {
  const body = { systemId, name: systemId, agencies, channel: 'mailbox' }
  return (await registry.call('POST', '/api/v1/admin/systems', { body })).body
}

async function meBy(authorization: string | undefined) {
  const headers = authorization === undefined ? {} : { authorization }
  const response = await registry.app.inject({ url: '/api/v1/me', headers })
  return { status: response.statusCode, body: response.json() }
}

const basicOf = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

describe('a system', () => {
  test('is let in by HTTP Basic, however the scheme is spelt', async () => {
    expect((await meBy(basicOf(`SYS-A:${secret}`))).body.systemId).toBe('SYS-A')
    expect((await meBy(basicOf(`SYS-A:${secret}`).replace('Basic', 'bAsIc'))).status).toBe(200)
  })

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['a wrong secret', basicOf('SYS-A:wrong')],
    ['an empty secret', basicOf('SYS-A:')],
    ['an unknown system', basicOf('SYS-X:wrong')],
    ['no colon', basicOf('SYS-A')],
    ['Basic that is not base64', 'Basic ***'],
    ['a bearer that is no token', 'Bearer hello'],
    ['two bearers', 'Bearer a b'],
    ['another scheme', 'Digest username="SYS-A"'],
  ])('with %s is refused in the same words', async (_name, authorization) => {
    const { status, body } = await meBy(authorization)

    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })

  test('with the secret of another system is refused', async () => {
    const { secret: theirs } = await register('SYS-B')

    expect((await meBy(basicOf(`SYS-A:${theirs}`))).status).toBe(401)
    expect((await meBy(basicOf(`SYS-B:${theirs}`))).status).toBe(200)
  })

  test('registered by another process a moment ago is let in', async () => {
    const body = { systemId: 'SYS-LATE', name: 'L', agencies: [], channel: 'mailbox' }
    const { body: made } = await other.call('POST', '/api/v1/admin/systems', { body })

    // The cases before this one may have used up the looks of this second.
    await vi.waitFor(async () => expect((await meBy(basicOf(`SYS-LATE:${made.secret}`))).status).toBe(200))
  })

  test('that is unknown cannot make us ask the database more than a few times a second', async () => {
    let asked = 0
    let nowMs = 0
    const cache: DirectoryCache = {
      ...registry.cache,
      refresh: async () => {
        asked += 1
        return registry.cache.current()
      },
    }
    const { checkSecret } = systemAuthentication({
      ...{ cache, clock: registry.clock, monotonicMs: () => nowMs },
      tokens: { read: async () => ({ kind: 'invalid' }) },
    })

    for (let n = 0; n < 100; n++) await checkSecret(n % 2 === 0 ? 'SYS-X' : 'SYS-A', 'wrong')
    expect(asked).toBe(4)
    nowMs += 1_000
    for (let n = 0; n < 100; n++) await checkSecret('SYS-X', 'wrong')
    expect(asked).toBe(8)
  })

  test('is told that its token has expired, so that it gets a new one', async () => {
    const { body } = await registry.call('POST', '/oauth/token', {
      body: { grant_type: 'client_credentials', systemId: 'SYS-A', secret },
      as: 'nobody',
    })
    registry.clock.set(new Date(Date.now() + 601_000))

    const answer = await meBy(`Bearer ${body.access_token}`)

    registry.clock.set(undefined)
    expect([answer.status, answer.body.code]).toEqual([401, 'token_expired'])
  })

  test('keeps one caller as long as the directory stands', async () => {
    const authorization = basicOf(`SYS-A:${secret}`)
    await registry.cache.refresh()

    const first = await registry.authentication.authenticate(authorization)

    expect(await registry.authentication.authenticate(authorization)).toBe(first)
  })
})

describe('POST /oauth/token', () => {
  const form = async (fields: Record<string, string>, authorization?: string) =>
    await formText(new URLSearchParams(fields).toString(), authorization)
  async function formText(payload: string, authorization?: string, type = 'application/x-www-form-urlencoded') {
    const response = await registry.app.inject({
      ...{ method: 'POST', url: '/oauth/token', payload },
      headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) },
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }
  const grant = { grant_type: 'client_credentials' }

  test.each([
    ['in the form', () => form({ ...grant, client_id: 'SYS-A', client_secret: secret })],
    ['in the form, by our names', () => form({ ...grant, systemId: 'SYS-A', secret })],
    ['in HTTP Basic', () => form(grant, basicOf(`SYS-A:${secret}`))],
    [
      'in HTTP Basic, named again in the form',
      () => form({ ...grant, client_id: 'SYS-A' }, basicOf(`SYS-A:${secret}`)),
    ],
    ['in JSON', () => formText(JSON.stringify({ ...grant, systemId: 'SYS-A', secret }), undefined, 'application/json')],
    [
      'beside parameters it does not know',
      () => form({ ...grant, client_id: 'SYS-A', client_secret: secret, scope: 'x', y: 'z' }),
    ],
  ])('gives a token for a credential %s', async (_name, ask) => {
    const { status, headers, body } = await ask()

    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600 })
    expect((await meBy(`Bearer ${body.access_token}`)).body).toMatchObject({ systemId: 'SYS-A' })
  })

  test.each([
    ['a wrong secret', () => form({ ...grant, client_id: 'SYS-A', client_secret: 'wrong' }), 401, 'invalid_client'],
    ['an unknown client', () => form({ ...grant, client_id: 'SYS-X', client_secret: secret }), 401, 'invalid_client'],
    ['a wrong secret in Basic', () => form(grant, basicOf('SYS-A:wrong')), 401, 'invalid_client'],
    ['no client', () => form(grant), 401, 'invalid_client'],
    ['no grant', () => form({ client_id: 'SYS-A', client_secret: secret }), 400, 'invalid_request'],
    ['another grant', () => form({ grant_type: 'password', client_id: 'SYS-A' }), 400, 'unsupported_grant_type'],
    [
      'credentials in two places',
      () => form({ ...grant, client_id: 'SYS-A', client_secret: secret }, basicOf(`SYS-A:${secret}`)),
      400,
      'invalid_request',
    ],
    [
      'two names for itself',
      () => form({ ...grant, client_id: 'SYS-B' }, basicOf(`SYS-A:${secret}`)),
      400,
      'invalid_request',
    ],
    ['a parameter twice', () => formText('grant_type=client_credentials&grant_type=x'), 400, 'invalid_request'],
    ['JSON that is none', () => formText('{', undefined, 'application/json'), 400, 'invalid_request'],
    ['a number for a secret', () => formText('{"secret":1}', undefined, 'application/json'), 400, 'invalid_request'],
    ['another media type', () => formText('<a/>', undefined, 'application/xml'), 400, 'invalid_request'],
    ['a flood', () => form({ ...grant, client_secret: 'x'.repeat(20_000) }), 400, 'invalid_request'],
  ])('refuses %s in the form of RFC 6749', async (_name, ask, status, error) => {
    const answer = await ask()

    expect([answer.status, answer.body.error]).toEqual([status, error])
    expect(answer.headers['cache-control']).toBe('no-store')
    if (status === 401) expect(answer.headers['www-authenticate']).toContain('Basic')
    expect(JSON.stringify(answer.body)).not.toContain(secret)
  })

  test('gives no token that outlives its credential', async () => {
    const made = await register('SYS-SHORT')
    const { body: rotated } = await registry.call('POST', '/api/v1/admin/systems/SYS-SHORT/secret')
    registry.clock.set(new Date(new Date(rotated.oldValidUntil).getTime() - 30_000))

    const { body } = await form({ ...grant, client_id: 'SYS-SHORT', client_secret: made.secret })

    registry.clock.set(undefined)
    expect(body.expires_in).toBe(30)
  })
})

describe('an operator', () => {
  const adminToken = randomBytes(16).toString('hex')

  test('is let in by ADMIN_TOKEN', async () => {
    const authenticate = operatorAuthentication({ db: registry.open.db, adminToken })

    expect(await authenticate(`Bearer ${adminToken}`)).toEqual({ name: 'ADMIN_TOKEN' })
  })

  test('gets a first token only where there is neither ADMIN_TOKEN nor another token', async () => {
    const { db } = registry.open
    expect(await ensureFirstOperatorToken({ db, adminToken })).toBeUndefined()

    const tokens = await Promise.all([1, 2, 3].map(() => ensureFirstOperatorToken({ db })))

    const made = tokens.filter((token) => token !== undefined)
    expect(made).toHaveLength(1)
    expect(await ensureFirstOperatorToken({ db })).toBeUndefined()
    const authenticate = operatorAuthentication({ db })
    expect(await authenticate(`Bearer ${made[0]}`)).toEqual({ name: 'first administrator' })
    await db.updateTable('operator_tokens').set({ revoked_at: new Date() }).execute()
    await expect(authenticate(`Bearer ${made[0]}`)).rejects.toThrow('operator_unauthenticated')
  })

  test.each([
    ['nothing', undefined],
    ['an empty token', 'Bearer '],
    ['another token', `Bearer ${randomBytes(16).toString('hex')}`],
    ['the token with something behind', `Bearer ${adminToken}x`],
    ['the token as Basic', basicOf(`admin:${adminToken}`)],
  ])('with %s is refused', async (_name, authorization) => {
    const authenticate = operatorAuthentication({ db: registry.open.db, adminToken })

    await expect(authenticate(authorization)).rejects.toThrow('operator_unauthenticated')
  })
})

test('the time is told to everybody, in Vietnam time', async () => {
  registry.clock.set(new Date('2026-11-20T01:02:03.004Z'))

  const { body } = await registry.call('GET', '/api/v1/time', { as: 'nobody' })

  registry.clock.set(undefined)
  expect(body).toEqual({ now: '2026-11-20T08:02:03.004+07:00', epochMs: Date.parse('2026-11-20T01:02:03.004Z') })
})
