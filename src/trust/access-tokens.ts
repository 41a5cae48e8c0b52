// The short-lived access tokens that POST /oauth/token hands out (RFC 9068 profile). A token names its credential, and
// the credential is looked up on every use: revoking it ends its tokens at once, whatever their ten minutes say.
import { randomUUID } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../domain/ports.ts'
import type { SigningKeys } from './signing-keys.ts'

export interface TokenHolder {
  readonly systemId: string
  readonly credentialId: string
}

export type TokenReading =
  | ({ readonly kind: 'valid' } & TokenHolder)
  | { readonly kind: 'expired' }
  /** Not one of ours, changed on the way, or made for something else. */
  | { readonly kind: 'invalid' }

export interface AccessTokens {
  issue(holder: TokenHolder, lifeSeconds?: number): Promise<string>
  read(token: string): Promise<TokenReading>
}

/** Long enough to be no burden on a system that sends all day, short enough that a lost token is soon worthless. */
export const accessTokenSeconds = 600

const issuer = 'tram'
const audience = 'tram-api'
const type = 'at+jwt'
// A verification costs about as much as the rest of authentication together; 2,000 hot tokens are about 1 MB.
const rememberedMax = 2_000
// Ours have some 400 characters. Longer ones are not worth the work of decoding them.
const tokenLengthMax = 2_000

interface Verified {
  readonly holder: TokenHolder
  readonly expiresAtMs: number
}

export function createAccessTokens(keys: SigningKeys, clock: Clock): AccessTokens {
  const remembered = new Map<string, Verified>()

  async function issue(holder: TokenHolder, lifeSeconds = accessTokenSeconds): Promise<string> {
    const issuedAt = Math.floor(clock.now().getTime() / 1000)
    return await new SignJWT({ credential: holder.credentialId })
      .setProtectedHeader({ alg: 'EdDSA', kid: keys.kid, typ: type })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(holder.systemId)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifeSeconds)
      .sign(keys.privateKey)
  }

  async function read(token: string): Promise<TokenReading> {
    if (token.length > tokenLengthMax) return { kind: 'invalid' }
    const known = remembered.get(token)
    const reading = known ?? (await verify(token, keys, clock.now()))
    if ('kind' in reading) return reading
    if (reading.expiresAtMs <= clock.now().getTime()) {
      remembered.delete(token)
      return { kind: 'expired' }
    }
    remember(remembered, token, reading)
    return { kind: 'valid', ...reading.holder }
  }

  return { issue, read }
}

async function verify(token: string, keys: SigningKeys, now: Date): Promise<Verified | TokenReading> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => keyOf(keys, kid), {
      algorithms: ['EdDSA'],
      issuer,
      audience,
      typ: type,
      currentDate: now,
      requiredClaims: ['sub', 'jti', 'exp', 'credential'],
    })
    const { sub, exp, credential } = payload
    if (sub === undefined || exp === undefined || typeof credential !== 'string') return { kind: 'invalid' }
    return { holder: { systemId: sub, credentialId: credential }, expiresAtMs: exp * 1000 }
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: 'expired' }
    if (error instanceof errors.JOSEError) return { kind: 'invalid' }
    throw error
  }
}

function keyOf(keys: SigningKeys, kid: string | undefined) {
  const key = keys.publicKey(kid)
  if (key === undefined) throw new errors.JWKSNoMatchingKey()
  return key
}

/** A Map keeps insertion order, so putting an entry in again makes it the youngest and the first is the oldest. */
function remember(remembered: Map<string, Verified>, token: string, verified: Verified): void {
  remembered.delete(token)
  remembered.set(token, verified)
  const oldest = remembered.keys().next()
  if (remembered.size > rememberedMax && oldest.done !== true) remembered.delete(oldest.value)
}
