// Who operates: whoever bears ADMIN_TOKEN or a token of the operator_tokens table, where only hashes are kept.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { GatewayError } from '../domain/errors.ts'
import type { Database } from '../platform/database.ts'
import type { Operator } from '../platform/http.ts'
import { readBearer } from './authenticate-system.ts'
import { hashSecret } from './secrets.ts'

export interface OperatorDeps {
  readonly db: Database
  /** ADMIN_TOKEN. Checked without the database, so that an operator can look in while it is away. */
  readonly adminToken?: string
}

export type AuthenticateOperator = (authorization: string | undefined) => Promise<Operator>

export function operatorAuthentication({ db, adminToken }: OperatorDeps): AuthenticateOperator {
  const adminHash = adminToken === undefined ? undefined : hashSecret(adminToken)
  return async (authorization) => {
    const token = readBearer(authorization)
    if (token === undefined) throw new GatewayError('unauthenticated', 'operator_unauthenticated')
    const hash = hashSecret(token)
    if (adminHash !== undefined && timingSafeEqual(adminHash, hash)) return { name: adminName }

    const label = await labelOfToken(db, hash)
    if (label === undefined) throw new GatewayError('unauthenticated', 'operator_unauthenticated')
    return { name: label }
  }
}

/**
 * Makes the first operator's token where nothing else lets an operator in. Answered only when it is new: it is shown
 * once and kept as a hash.
 */
export async function ensureFirstOperatorToken({ db, adminToken }: OperatorDeps): Promise<string | undefined> {
  if (adminToken !== undefined) return undefined
  return await db.transaction().execute(async (trx) => {
    // Of several processes starting at once, one makes the token and the others find it.
    await sql`select pg_advisory_xact_lock(hashtextextended('tram.operator_tokens', 0))`.execute(trx)
    const known = await trx
      .selectFrom('operator_tokens')
      .select('label')
      .where('revoked_at', 'is', null)
      .limit(1)
      .execute()
    if (known.length > 0) return undefined
    const token = randomBytes(32).toString('base64url')
    await trx
      .insertInto('operator_tokens')
      .values({ token_hash: hashSecret(token), label: firstLabel })
      .execute()
    return token
  })
}

/** Found by the hash of 256 random bits: how long the index takes tells a guesser nothing. */
async function labelOfToken(db: Database, hash: Buffer): Promise<string | undefined> {
  const row = await db
    .selectFrom('operator_tokens')
    .select('label')
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row?.label
}

const adminName = 'ADMIN_TOKEN'
const firstLabel = 'first administrator'
