// Receipts and access tokens, both signed with the installation's key.
import { createHmac, randomBytes } from 'node:crypto'
import { CompactSign, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { StartFailure } from '../../src/platform/start-failure.ts'
import { createAccessTokens } from '../../src/trust/access-tokens.ts'
import { createReceipts } from '../../src/trust/receipts.ts'
import { createSecretBox } from '../../src/trust/secret-box.ts'
import { openSigningKeys, type SigningKeys } from '../../src/trust/signing-keys.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

const box = createSecretBox(randomBytes(32))
let fresh: FreshDatabase
let open: OpenDatabase
let keys: SigningKeys

beforeAll(async () => {
  fresh = await freshDatabase()
  open = openDatabase({ url: fresh.url, connectionsMax: 8, onIdleError: () => undefined })
  const started = await Promise.all(Array.from({ length: 5 }, () => openSigningKeys(open.db, box)))
  keys = await openSigningKeys(open.db, box)
  expect(new Set([...started, keys].map((one) => one.kid)).size).toBe(1)
})
afterAll(async () => {
  await open.close()
  await fresh.drop()
})

describe('signing keys', () => {
  test('are made once, however many processes start on an empty database', async () => {
    const rows = await open.db.selectFrom('signing_keys').select('kid').execute()

    expect(rows).toEqual([{ kid: keys.kid }])
  })

  test('stop the start when the master key is another one', async () => {
    await expect(openSigningKeys(open.db, createSecretBox(randomBytes(32)))).rejects.toThrow(StartFailure)
  })

  test('publish no private half', () => {
    expect(keys.publicJwks).toHaveLength(1)
    expect(JSON.stringify(keys.publicJwks)).not.toContain('"d"')
  })
})

describe('receipts', () => {
  test('say what was signed', async () => {
    const { signReceipt, readReceipt } = createReceipts(keys)
    const payload = { packageId: 'p-1', organName: 'Sở Nội vụ', recipients: [{ organId: '000.00.01.H35' }] }

    expect(await readReceipt(await signReceipt(payload))).toEqual(payload)
  })

  test('cannot be changed', async () => {
    const { signReceipt, readReceipt } = createReceipts(keys)
    const [header, , signature] = (await signReceipt({ packageId: 'p-1' })).split('.')
    const other = Buffer.from(JSON.stringify({ packageId: 'p-2' })).toString('base64url')

    await expect(readReceipt(`${header}.${other}.${signature}`)).rejects.toThrow()
  })

  test('cannot be made with another key', async () => {
    const { privateKey } = await generateKeyPair('EdDSA')
    const header = { alg: 'EdDSA', kid: keys.kid, typ: 'tram-receipt+jws' }
    const forged = await new CompactSign(Buffer.from('{}')).setProtectedHeader(header).sign(privateKey)

    await expect(createReceipts(keys).readReceipt(forged)).rejects.toThrow()
  })

  test('are not access tokens, nor the other way round', async () => {
    const clock = { now: () => new Date() }
    const tokens = createAccessTokens(keys, clock)
    const receipts = createReceipts(keys)
    const claims = { iss: 'tram', aud: 'tram-api', sub: 'SYS-A', jti: 'j', credential: 'c', exp: 9_999_999_999 }

    const token = await tokens.issue({ systemId: 'SYS-A', credentialId: 'c' })

    await expect(receipts.readReceipt(token)).rejects.toThrow(/not as a receipt/)
    expect(await tokens.read(await receipts.signReceipt(claims))).toEqual({ kind: 'invalid' })
  })
})

describe('access tokens', () => {
  const holder = { systemId: 'SYS-A', credentialId: 'credential-1' }
  let now: Date
  const clock = { now: () => now }
  beforeEach(() => {
    now = new Date('2026-11-20T01:00:00Z')
  })

  /** A token in every respect like ours but for what a case changes. */
  async function crafted(changes: Record<string, unknown>, header: Record<string, unknown> = {}) {
    const at = Math.floor(now.getTime() / 1000)
    const claims = { iss: 'tram', aud: 'tram-api', sub: 'SYS-A', jti: 'j', credential: 'c', iat: at, exp: at + 600 }
    return await new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ alg: 'EdDSA', kid: keys.kid, typ: 'at+jwt', ...header })
      .sign(keys.privateKey)
  }

  test('name their holder for ten minutes, and are expired after', async () => {
    const tokens = createAccessTokens(keys, clock)
    const token = await tokens.issue(holder)

    expect(await tokens.read(token)).toEqual({ kind: 'valid', ...holder })
    now = new Date(now.getTime() + 599_000)
    expect(await tokens.read(token)).toEqual({ kind: 'valid', ...holder })
    now = new Date(now.getTime() + 1_000)
    expect(await tokens.read(token)).toEqual({ kind: 'expired' })
    expect(await createAccessTokens(keys, clock).read(token)).toEqual({ kind: 'expired' })
  })

  test('like ours are read, so that the refusals below refuse for their one reason', async () => {
    const token = await crafted({})

    expect(await createAccessTokens(keys, clock).read(token)).toMatchObject({ kind: 'valid', systemId: 'SYS-A' })
  })

  test.each([
    ['another audience', { aud: 'other-api' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['another issuer', { iss: 'somebody' }, {}],
    ['no subject', { sub: undefined }, {}],
    ['no credential', { credential: undefined }, {}],
    ['no end', { exp: undefined }, {}],
    ['another type', {}, { typ: 'JWT' }],
    ['an unknown key', {}, { kid: 'unknown' }],
    ['no key', {}, { kid: undefined }],
  ])('with %s are refused', async (_name, claims, header) => {
    expect(await createAccessTokens(keys, clock).read(await crafted(claims, header))).toEqual({ kind: 'invalid' })
  })

  test('without a signature, or signed with the public key as a shared secret, are refused', async () => {
    const [, payload] = (await crafted({})).split('.')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const none = `${part({ alg: 'none', typ: 'at+jwt', kid: keys.kid })}.${payload}.`
    const hs256 = `${part({ alg: 'HS256', typ: 'at+jwt', kid: keys.kid })}.${payload}`
    const mac = createHmac('sha256', JSON.stringify(keys.publicJwks[0])).update(hs256).digest('base64url')
    const tokens = createAccessTokens(keys, clock)

    expect(await tokens.read(none)).toEqual({ kind: 'invalid' })
    expect(await tokens.read(`${hs256}.${mac}`)).toEqual({ kind: 'invalid' })
  })

  test('that were changed are refused, also after the true one was seen', async () => {
    const tokens = createAccessTokens(keys, clock)
    const token = await tokens.issue(holder)
    await tokens.read(token)
    const [header, payload, signature] = token.split('.')
    const claims = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), sub: 'SYS-B' }
    const changed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`

    expect(await tokens.read(changed)).toEqual({ kind: 'invalid' })
  })

  test.each([
    ['nothing', ''],
    ['words', 'hello'],
    ['dots', '..'],
    ['a flood', 'a'.repeat(100_000)],
  ])('that are %s are refused', async (_name, token) => {
    expect(await createAccessTokens(keys, clock).read(token)).toEqual({ kind: 'invalid' })
  })
})
