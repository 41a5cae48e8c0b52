// The installation's own Ed25519 key, which signs receipts and access tokens. It is made once, on the first start, and
// its private half rests sealed. Retired keys stay readable, so that a receipt of years ago can still be checked.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { sql } from 'kysely'
import type { Database, Db, Trx } from '../platform/database.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { type SecretBox, WrongMasterKey } from './secret-box.ts'

export type Key = Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>

export interface SigningKeys {
  readonly kid: string
  readonly privateKey: Key
  /** The public half of a key of this installation, the retired ones among them. */
  publicKey(kid: string | undefined): Key | undefined
  /** What anybody needs in order to check a receipt without asking us. */
  readonly publicJwks: readonly JWK[]
}

interface StoredKey {
  readonly kid: string
  readonly publicJwk: JWK
  readonly privateCipher: Buffer
  readonly isRetired: boolean
}

export async function openSigningKeys(db: Database, box: SecretBox): Promise<SigningKeys> {
  const found = await storedKeys(db)
  const keys = found.some((key) => !key.isRetired) ? found : await makeFirstKey(db, box)
  const current = keys.find((key) => !key.isRetired)
  if (current === undefined) throw new Error('no signing key in force')

  const publicKeys = new Map<string, Key>()
  for (const key of keys) publicKeys.set(key.kid, await importKey(key.publicJwk))
  return {
    kid: current.kid,
    privateKey: await importKey(openPrivateJwk(current, box)),
    publicKey: (kid) => publicKeys.get(kid ?? ''),
    publicJwks: keys.map((key) => ({ ...key.publicJwk, kid: key.kid, alg: 'EdDSA', use: 'sig' })),
  }
}

/** Several processes may start at once on an empty database; the lock lets one make the key and the others find it. */
async function makeFirstKey(db: Database, box: SecretBox): Promise<StoredKey[]> {
  return await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tram.signing_keys', 0))`.execute(trx)
    const found = await storedKeys(trx)
    if (found.some((key) => !key.isRetired)) return found
    await insertKey(trx, box)
    return await storedKeys(trx)
  })
}

async function insertKey(trx: Trx, box: SecretBox): Promise<void> {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const publicJwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  await trx
    .insertInto('signing_keys')
    .values({
      kid,
      algorithm: 'EdDSA',
      public_jwk: JSON.stringify(publicJwk),
      private_cipher: box.seal(JSON.stringify(await exportJWK(pair.privateKey)), sealContext(kid)),
    })
    .execute()
}

/** Newest first; the first that is not retired signs. */
async function storedKeys(db: Db): Promise<StoredKey[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .select(['kid', 'public_jwk', 'private_cipher', 'retired_at'])
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map(
    (row): StoredKey => ({
      kid: row.kid,
      publicJwk: decodeJwk(row.public_jwk),
      privateCipher: row.private_cipher,
      isRetired: row.retired_at !== null,
    }),
  )
}

function openPrivateJwk(key: StoredKey, box: SecretBox): JWK {
  try {
    return decodeJwk(JSON.parse(box.open(key.privateCipher, sealContext(key.kid)).toString('utf8')))
  } catch (cause) {
    if (cause instanceof WrongMasterKey) throw new StartFailure('bad_configuration', wrongMasterKey, { cause })
    throw cause
  }
}

async function importKey(jwk: JWK): Promise<Key> {
  const key = await importJWK(jwk, 'EdDSA')
  if (key instanceof Uint8Array) throw new TypeError('a signing key is never symmetric')
  return key
}

function decodeJwk(value: unknown): JWK {
  if (typeof value !== 'object' || value === null || !('kty' in value) || value.kty !== 'OKP')
    throw new TypeError('not an Ed25519 key')
  return { ...value, kty: value.kty }
}

function sealContext(kid: string): string {
  return `signing_keys/${kid}/private`
}

const wrongMasterKey = {
  vi: 'Khóa chính (MASTER_KEY hoặc tệp keys/master-key) không phải khóa đã dùng để tạo cơ sở dữ liệu này.',
  en: 'The master key (MASTER_KEY or the file keys/master-key) is not the one this database was set up with.',
}
