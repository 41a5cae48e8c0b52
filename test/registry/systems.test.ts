import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type PushSettings, pushSettingsReader } from '../../src/registry/push-settings.ts'
import { type RegistryApp, startRegistry } from './registry-app.ts'

let registry: RegistryApp
let pushSettings: (systemId: string) => Promise<PushSettings | undefined>
beforeAll(async () => {
  registry = await startRegistry()
  const { open, cache, clock, deps } = registry
  pushSettings = pushSettingsReader({ db: open.db, cache, clock, secrets: deps.secrets })
})
afterAll(async () => await registry.close())

const path = '/api/v1/admin/systems'
let number = 100

async function newAgency(): Promise<string> {
  const code = `000.00.${number++}.X`
  await registry.call('POST', '/api/v1/admin/agencies', { body: { name: `Cơ quan ${code}`, codes: [{ code }] } })
  return code
}

async function system(more: Record<string, unknown> = {}) {
  const body = { systemId: `SYS-${number++}`, name: 'QLVB', agencies: [], channel: 'mailbox', ...more }
  return await registry.call('POST', path, { body })
}

async function me(basic: string) {
  return await registry.call('GET', '/api/v1/me', { as: { basic } })
}

describe('registering a system', () => {
  test('answers secrets that are shown this once, makes its lane, and lets it in at once', async () => {
    const code = await newAgency()

    const { status, body, headers } = await system({ agencies: [code], vendor: 'V', contacts: [{ name: 'K' }] })

    expect(status).toBe(201)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toMatchObject({ channel: 'mailbox', vendor: 'V', pushStyle: 'package', concurrency: 8 })
    expect(body.agencies).toMatchObject([{ code }])
    expect(body.secret).toMatch(/^[\w-]{43}$/)
    expect(body.webhookSecret).toMatch(/^whsec_/)
    expect((await me(`${body.systemId}:${body.secret}`)).body).toMatchObject({
      systemId: body.systemId,
      credential: { label: 'main' },
      agencies: [{ code, receives: true }],
      limits: { packageBytesMax: 500_000_000 },
    })
    const shown = await registry.call('GET', `${path}/${body.systemId}`)
    expect(shown.body).toMatchObject({ name: 'QLVB', contacts: [{ name: 'K' }], credentials: [{ label: 'main' }] })
    expect(JSON.stringify(shown.body)).not.toContain(body.secret)
    const lane = await registry.open.db
      .selectFrom('lanes')
      .select('concurrency')
      .where('system_id', '=', body.systemId)
      .execute()
    expect(lane).toEqual([{ concurrency: 8 }])
  })

  test('keeps no secret in the clear, neither in its rows nor in the audit trail', async () => {
    const auth = { header: 'Authorization', value: 'Bearer their-own-secret' }
    const made = await system({ channel: 'push', pushUrl: 'https://qlvb.example.vn/nhan', pushAuth: auth })
    const rotated = await registry.call('POST', `${path}/${made.body.systemId}/secret`)

    const { db } = registry.open
    const rows = [
      await db.selectFrom('audit').selectAll().execute(),
      await db.selectFrom('systems').selectAll().execute(),
      await db.selectFrom('system_credentials').selectAll().execute(),
    ]

    const text = JSON.stringify(rows, (_key, value: unknown) =>
      value instanceof Object &&
      'type' in value &&
      value.type === 'Buffer' &&
      'data' in value &&
      Array.isArray(value.data)
        ? Buffer.from(value.data).toString('latin1')
        : value,
    )
    expect(text).toContain(made.body.systemId)
    const secrets = [made.body.secret, made.body.webhookSecret, rotated.body.secret, 'their-own-secret']
    for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('refuses a systemId that exists', async () => {
    const { body: first } = await system()

    const { body } = await system({ systemId: first.systemId })

    expect(body).toMatchObject({ status: 409, code: 'system_id_taken', params: { systemId: first.systemId } })
  })

  test('refuses an agency that another system receives for, and names both', async () => {
    const [code, free] = [await newAgency(), await newAgency()]
    const { body: first } = await system({ agencies: [code] })

    const { body } = await system({ agencies: [free, code] })

    expect(body).toMatchObject({
      status: 409,
      code: 'agency_already_served',
      params: { agency: code, systemId: first.systemId },
      violations: [{ path: '/agencies/1', found: code, expected: first.systemId }],
    })
  })

  test('lets only one of two that claim an agency at the same moment have it', async () => {
    const code = await newAgency()

    const answers = await Promise.all([1, 2, 3].map(() => system({ agencies: [code] })))

    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409])
  })

  test('lets several systems send for one agency', async () => {
    const code = await newAgency()
    await system({ agencies: [code] })

    const { status, body } = await system({ sendsFor: [code] })

    expect(status).toBe(201)
    const { body: seen } = await me(`${body.systemId}:${body.secret}`)
    expect(seen.agencies).toMatchObject([{ code, receives: false }])
  })

  test('takes an agency named twice, or under both lists, once', async () => {
    const code = await newAgency()

    const { status, body } = await system({ agencies: [code, code.toLowerCase()], sendsFor: [code] })

    expect(status).toBe(201)
    expect(body.agencies).toHaveLength(1)
    expect(body.sendsFor).toEqual([])
  })

  test('names every unknown agency code', async () => {
    const code = await newAgency()

    const { body } = await system({ agencies: ['nowhere', code], sendsFor: ['elsewhere'] })

    expect(body).toMatchObject({ status: 422, code: 'agency_code_unknown' })
    expect(body.violations).toEqual([
      { path: '/agencies/0', rule: 'agency_code_unknown', found: 'nowhere' },
      { path: '/sendsFor/0', rule: 'agency_code_unknown', found: 'elsewhere' },
    ])
  })

  const push = { channel: 'push', pushUrl: 'https://qlvb.example.vn/nhan' }
  test.each([
    ['the national axis as a channel', { channel: 'axis' }, 'channel_unknown', '/channel'],
    ['a push without an address', { channel: 'push' }, 'push_url_missing', '/pushUrl'],
    ['an address that is none', { ...push, pushUrl: 'qlvb' }, 'push_url_unusable', '/pushUrl'],
    ['an address of a file', { ...push, pushUrl: 'file:///etc/passwd' }, 'push_url_unusable', '/pushUrl'],
    ['an address with an account', { ...push, pushUrl: 'https://a:b@c.vn/' }, 'push_url_unusable', '/pushUrl'],
    ['an address with a fragment', { ...push, pushUrl: 'https://c.vn/#a' }, 'push_url_unusable', '/pushUrl'],
    [
      'a header of ours',
      { ...push, pushAuth: { header: 'Webhook-Id', value: 'x' } },
      'push_auth_unusable',
      '/pushAuth',
    ],
    ['the header Host', { ...push, pushAuth: { header: 'Host', value: 'x' } }, 'push_auth_unusable', '/pushAuth'],
    [
      'a header with a line in it',
      { ...push, pushAuth: { header: 'A', value: 'x\r\ny: z' } },
      'push_auth_unusable',
      '/pushAuth',
    ],
    [
      'an ill-formed header name',
      { ...push, pushAuth: { header: 'A B', value: 'x' } },
      'push_auth_unusable',
      '/pushAuth',
    ],
    ['an authority that is no certificate', { ...push, pushCa: 'hello' }, 'push_ca_unreadable', '/pushCa'],
    [
      'an authority with a damaged certificate',
      { ...push, pushCa: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'push_ca_unreadable',
      '/pushCa',
    ],
  ])('refuses %s', async (_name, more, rule, at) => {
    const { status, body } = await system(more)

    expect([status, body.code]).toEqual([422, rule])
    expect(body.violations).toMatchObject([{ path: at, rule }])
    expect(JSON.stringify(body.violations)).not.toContain('a:b@')
  })

  test.each([
    ['a systemId with a colon', { systemId: 'A:B' }],
    ['a systemId with a space', { systemId: 'A B' }],
    ['no name', { name: '' }],
    ['no concurrency', { concurrency: 0 }],
    ['a rate of nothing', { ratePerSecond: 0 }],
    ['a member we do not know', { colour: 'red' }],
  ])('refuses %s by its schema', async (_name, more) => {
    expect((await system(more)).status).toBe(422)
  })

  test('refuses whoever is not an operator', async () => {
    const { body: made } = await system()
    const body = { systemId: 'X', name: 'X', agencies: [], channel: 'mailbox' }
    const basic = `${made.systemId}:${made.secret}`

    expect((await registry.call('POST', path, { body, as: 'nobody' })).status).toBe(401)
    expect((await registry.call('POST', path, { body, as: { basic } })).status).toBe(401)
    expect((await registry.call('GET', path, { as: { basic } })).status).toBe(401)
    expect((await registry.call('POST', `${path}/${made.systemId}/secret`, { as: { basic } })).status).toBe(401)
  })
})

describe('changing a system', () => {
  test('gives it a whole new state and asks for re-addressing', async () => {
    const [old, next] = [await newAgency(), await newAgency()]
    const { body: made } = await system({ agencies: [old], vendor: 'V' })
    const before = registry.reroutes.length

    const { status, body } = await registry.call('PUT', `${path}/${made.systemId}`, {
      body: {
        name: 'Mới',
        agencies: [next],
        channel: 'push',
        pushUrl: 'https://b.vn/',
        concurrency: 2,
        ratePerSecond: 0.5,
      },
    })

    expect(status).toBe(200)
    expect(body).toMatchObject({ name: 'Mới', agencies: [{ code: next }], concurrency: 2, ratePerSecond: 0.5 })
    expect(body.vendor).toBeUndefined()
    expect(registry.reroutes.slice(before)).toEqual(['system.changed'])
    expect((await system({ agencies: [old] })).status).toBe(201)
    expect((await me(`${made.systemId}:${made.secret}`)).body.agencies).toMatchObject([{ code: next }])
  })

  test('keeps the header of pushes unless told otherwise', async () => {
    const base = { name: 'P', agencies: [], channel: 'push', pushUrl: 'https://b.vn/' }
    const { body: made } = await system({ ...base, pushAuth: { header: 'X-Key', value: 'one' } })
    const put = async (more: object) =>
      (await registry.call('PUT', `${path}/${made.systemId}`, { body: { ...base, ...more } })).body.pushAuthHeader

    expect(await put({})).toBe('X-Key')
    expect((await pushSettings(made.systemId))?.authHeader).toEqual({ header: 'X-Key', value: 'one' })
    expect(await put({ pushAuth: { header: 'X-Other', value: 'two' } })).toBe('X-Other')
    expect((await pushSettings(made.systemId))?.authHeader).toEqual({ header: 'X-Other', value: 'two' })
    expect(await put({ pushAuth: null })).toBeUndefined()
    expect((await pushSettings(made.systemId))?.authHeader).toBeUndefined()
  })

  test('sets a lane going again whose endpoint was gone', async () => {
    const { body: made } = await system({ channel: 'push', pushUrl: 'https://gone.vn/' })
    const lane = registry.open.db.updateTable('lanes').where('system_id', '=', made.systemId)
    await lane.set({ paused_reason: 'endpoint_gone', faults_in_row: 5, open_until: new Date('2999-01-01') }).execute()
    expect((await registry.call('GET', `${path}/${made.systemId}`)).body.pausedReason).toBe('endpoint_gone')

    const body = { name: 'P', agencies: [], channel: 'push', pushUrl: 'https://back.vn/' }
    expect((await registry.call('PUT', `${path}/${made.systemId}`, { body })).body.pausedReason).toBeUndefined()

    const row = await registry.open.db
      .selectFrom('lanes')
      .select(['paused_reason', 'faults_in_row', 'open_until'])
      .where('system_id', '=', made.systemId)
      .executeTakeFirst()
    expect(row).toEqual({ paused_reason: null, faults_in_row: 0, open_until: null })
  })

  test('refuses an agency of another system, and leaves everything as it was', async () => {
    const [mine, theirs] = [await newAgency(), await newAgency()]
    await system({ agencies: [theirs] })
    const { body: made } = await system({ agencies: [mine] })
    const { body: before } = await registry.call('GET', `${path}/${made.systemId}`)

    const body = { name: 'Mới', agencies: [theirs], channel: 'mailbox' }
    expect((await registry.call('PUT', `${path}/${made.systemId}`, { body })).status).toBe(409)

    expect((await registry.call('GET', `${path}/${made.systemId}`)).body).toEqual(before)
  })

  test('of nobody is refused, as is looking at it', async () => {
    const body = { name: 'X', agencies: [], channel: 'mailbox' }

    expect((await registry.call('PUT', `${path}/nobody`, { body })).body.code).toBe('system_not_found')
    expect((await registry.call('GET', `${path}/nobody`)).status).toBe(404)
    expect((await registry.call('POST', `${path}/nobody/secret`)).status).toBe(404)
    expect((await registry.call('POST', `${path}/nobody/credentials`, { body: { label: 'x' } })).status).toBe(404)
  })
})

test('systems are listed page by page, each once', async () => {
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await registry.call('GET', `${path}?limit=4${cursor}`)
    seen.push(...body.items.map((item: { systemId: string }) => item.systemId))
    cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`
  } while (cursor !== '')

  expect(seen).toEqual([...new Set(seen)].sort())
  expect(seen).toHaveLength(registry.cache.current().systems.size)
})

describe('credentials', () => {
  test('may speak for a part of the agencies', async () => {
    const [one, two] = [await newAgency(), await newAgency()]
    const { body: made } = await system({ agencies: [one, two] })

    const { status, body } = await registry.call('POST', `${path}/${made.systemId}/credentials`, {
      body: { label: 'one', agencies: [one] },
    })

    expect(status).toBe(201)
    expect(body).toMatchObject({ label: 'one', agencies: [{ code: one }] })
    const { body: seen } = await me(`${made.systemId}:${body.secret}`)
    expect(seen).toMatchObject({ credential: { label: 'one' }, agencies: [{ code: one }] })
    const caller = await registry.authentication.checkSecret(made.systemId, body.secret)
    expect(caller?.credential.agencyIds).toHaveLength(1)
  })

  test('speak for nothing once their agencies have left the system, and never for all', async () => {
    const [one, two] = [await newAgency(), await newAgency()]
    const { body: made } = await system({ agencies: [one, two] })
    const { body: part } = await registry.call('POST', `${path}/${made.systemId}/credentials`, {
      body: { label: 'one', agencies: [one] },
    })

    const body = { name: 'X', agencies: [two], channel: 'mailbox' }
    await registry.call('PUT', `${path}/${made.systemId}`, { body })

    expect((await me(`${made.systemId}:${part.secret}`)).body.agencies).toEqual([])
  })

  test('are refused for an agency of another system', async () => {
    const [mine, theirs] = [await newAgency(), await newAgency()]
    const { body: made } = await system({ agencies: [mine] })
    const add = async (agencies: string[]) =>
      (await registry.call('POST', `${path}/${made.systemId}/credentials`, { body: { label: 'x', agencies } })).body

    expect(await add([mine, theirs])).toMatchObject({
      status: 422,
      code: 'agency_of_other_system',
      violations: [{ path: '/agencies/1', found: theirs }],
    })
    expect(await add(['nowhere'])).toMatchObject({ status: 422, code: 'agency_code_unknown' })
    expect(await add([])).toMatchObject({ status: 422, code: 'schema_violation' })
  })

  test('may not take the label of the first one', async () => {
    const { body: made } = await system()

    const { body } = await registry.call('POST', `${path}/${made.systemId}/credentials`, { body: { label: 'main' } })

    expect(body).toMatchObject({ status: 409, code: 'credential_label_kept' })
  })

  test('are refused from the moment they are revoked, their tokens too, and the others are not', async () => {
    const { body: made } = await system()
    const { body: extra } = await registry.call('POST', `${path}/${made.systemId}/credentials`, {
      body: { label: 'x' },
    })
    const basic = `${made.systemId}:${extra.secret}`
    const { body: token } = await registry.call('POST', '/oauth/token', {
      body: { grant_type: 'client_credentials', client_id: made.systemId, client_secret: extra.secret },
      as: 'nobody',
    })
    const bearer = token.access_token
    expect((await me(basic)).status).toBe(200)
    expect((await registry.call('GET', '/api/v1/me', { as: { bearer } })).status).toBe(200)

    const revoke = `${path}/${made.systemId}/credentials/${extra.credentialId}`
    expect((await registry.call('DELETE', revoke)).status).toBe(204)

    expect((await me(basic)).status).toBe(401)
    expect((await registry.call('GET', '/api/v1/me', { as: { bearer } })).status).toBe(401)
    expect((await me(`${made.systemId}:${made.secret}`)).status).toBe(200)
    expect((await registry.call('DELETE', revoke)).status).toBe(204)
  })

  test('of nobody, or of another system, cannot be revoked', async () => {
    const [{ body: one }, { body: two }] = [await system(), await system()]
    const revoke = async (id: string) =>
      (await registry.call('DELETE', `${path}/${one.systemId}/credentials/${id}`)).body

    expect(await revoke(uuidv7())).toMatchObject({ status: 404, code: 'credential_not_found' })
    expect(await revoke('not-an-id')).toMatchObject({ status: 404, code: 'credential_not_found' })
    expect(await revoke(two.credentialId)).toMatchObject({ status: 404, code: 'credential_not_found' })
    expect((await me(`${two.systemId}:${two.secret}`)).status).toBe(200)
  })
})

describe('rotating secrets', () => {
  test('lets both secrets in for 72 hours, then only the new one', async () => {
    const { body: made } = await system()

    const { status, body } = await registry.call('POST', `${path}/${made.systemId}/secret`)

    expect(status).toBe(200)
    expect(body.secret).not.toBe(made.secret)
    const basics = [made.secret, body.secret].map((secret) => `${made.systemId}:${secret}`)
    const statuses = async () => await Promise.all(basics.map(async (basic) => (await me(basic)).status))
    expect(await statuses()).toEqual([200, 200])
    const until = new Date(body.oldValidUntil).getTime()
    expect(Math.abs(until - Date.now() - 72 * 3_600_000)).toBeLessThan(60_000)
    registry.clock.set(new Date(until - 1_000))
    expect(await statuses()).toEqual([200, 200])
    registry.clock.set(new Date(until))
    expect(await statuses()).toEqual([401, 200])
    registry.clock.set(undefined)
  })

  test('signs pushes with both webhook secrets meanwhile, the new one first', async () => {
    const { body: made } = await system({ channel: 'push', pushUrl: 'https://b.vn/', pushStyle: 'notice' })
    expect(await pushSettings(made.systemId)).toEqual({
      url: 'https://b.vn/',
      style: 'notice',
      bundle: false,
      webhookSecrets: [made.webhookSecret],
    })

    const { body } = await registry.call('POST', `${path}/${made.systemId}/secret`)

    expect((await pushSettings(made.systemId))?.webhookSecrets).toEqual([body.webhookSecret, made.webhookSecret])
    registry.clock.set(new Date(body.oldValidUntil))
    expect((await pushSettings(made.systemId))?.webhookSecrets).toEqual([body.webhookSecret])
    registry.clock.set(undefined)
  })

  test('leaves further credentials as they are', async () => {
    const { body: made } = await system()
    const { body: extra } = await registry.call('POST', `${path}/${made.systemId}/credentials`, {
      body: { label: 'x' },
    })

    await registry.call('POST', `${path}/${made.systemId}/secret`)

    const { body } = await registry.call('GET', `${path}/${made.systemId}`)
    const kept = body.credentials.find((one: { credentialId: string }) => one.credentialId === extra.credentialId)
    expect(kept.expiresAt).toBeUndefined()
  })
})

test('push settings are none for a system without an address, and hold the authority where there is one', async () => {
  const { body: mailbox } = await system()
  const pushCa = rootCertificates[0]
  const { body: push } = await system({ channel: 'push', pushUrl: 'https://b.vn/', pushCa })

  expect(await pushSettings(mailbox.systemId)).toBeUndefined()
  expect(await pushSettings('nobody')).toBeUndefined()
  expect((await pushSettings(push.systemId))?.ca).toBe(pushCa)
})
