// Who is calling: a system by HTTP Basic or by one of our access tokens. Every refusal looks and takes the same,
// whether the system is unknown, the secret wrong or the credential ended: a guesser learns nothing from it.
import { timingSafeEqual } from 'node:crypto'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { Caller, Credential, System, SystemId } from '../domain/system.ts'
import { callerOf } from './caller-rights.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { hashSecret } from './secrets.ts'

export interface TokenReader {
  read(
    token: string,
  ): Promise<
    | { readonly kind: 'valid'; readonly systemId: SystemId; readonly credentialId: string }
    | { readonly kind: 'expired' }
    | { readonly kind: 'invalid' }
  >
}

export interface Identified {
  /** The directory it was found in: rights are read from the same one. */
  readonly directory: Directory
  readonly system: System
  readonly credential: Credential
}

export interface SystemAuthentication {
  /** The caller behind an Authorization header. Throws `unauthenticated` or `token_expired`. */
  authenticate(authorization: string | undefined): Promise<Caller>
  /** The credential that has this secret, if any. */
  checkSecret(systemId: SystemId, secret: string): Promise<Identified | undefined>
}

export interface AuthenticationDeps {
  readonly cache: DirectoryCache
  readonly tokens: TokenReader
  readonly clock: Clock
  readonly monotonicMs?: () => number
}

export function systemAuthentication(deps: AuthenticationDeps): SystemAuthentication {
  const { cache, tokens, clock } = deps
  const mayLookAgain = rateLimit(lookAgainPerSecond, deps.monotonicMs ?? (() => performance.now()))
  const callers = callersOfDirectory()

  // Another process may have registered the system, or rotated its secret, a moment ago. Strangers must not be able
  // to turn that courtesy into a query per request, hence the limit.
  async function find(match: (directory: Directory) => Identified | undefined): Promise<Identified | undefined> {
    const found = match(cache.current())
    if (found !== undefined || !mayLookAgain()) return found
    return match(await cache.refresh())
  }

  async function checkSecret(systemId: SystemId, secret: string): Promise<Identified | undefined> {
    const hash = hashSecret(secret)
    return await find((directory) => matchSecret(directory, { systemId, hash, now: clock.now() }))
  }

  async function checkToken(token: string): Promise<Identified> {
    const reading = await tokens.read(token)
    if (reading.kind === 'expired') throw new GatewayError('unauthenticated', 'token_expired')
    if (reading.kind === 'invalid') throw refused()
    const found = await find((directory) => {
      const system = directory.systems.get(reading.systemId)
      const credential = system?.credentials.find((one) => one.credentialId === reading.credentialId)
      return system && credential && isInForce(credential, clock.now()) ? { directory, system, credential } : undefined
    })
    return found ?? refuse()
  }

  async function authenticate(authorization: string | undefined): Promise<Caller> {
    const presented = readAuthorization(authorization)
    const found =
      presented.kind === 'bearer'
        ? await checkToken(presented.token)
        : ((await checkSecret(presented.systemId, presented.secret)) ?? refuse())
    refuseSuspended(found.system)
    return callers(found)
  }

  return { authenticate, checkSecret }
}

/** Said only to who has shown a good secret: to all others it looks like any refusal. */
function refuseSuspended({ systemId, suspendedAt }: System): void {
  if (suspendedAt !== undefined) throw new GatewayError('forbidden', 'system_suspended', { params: { systemId } })
}

type Presented =
  | { readonly kind: 'basic'; readonly systemId: string; readonly secret: string }
  | { readonly kind: 'bearer'; readonly token: string }

function readAuthorization(authorization: string | undefined): Presented {
  const basic = readBasic(authorization)
  if (basic !== undefined) return { kind: 'basic', ...basic }
  const token = readBearer(authorization)
  return token === undefined ? refuse() : { kind: 'bearer', token }
}

/** The pair of HTTP Basic (RFC 7617): the first colon divides, so a secret may hold colons and a systemId never does. */
export function readBasic(authorization: string | undefined): { systemId: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon < 0 ? undefined : { systemId: pair.slice(0, colon), secret: pair.slice(colon + 1) }
}

export function readBearer(authorization: string | undefined): string | undefined {
  return /^Bearer +([^\s]+) *$/i.exec(authorization ?? '')?.[1]
}

/** Compares with every credential, and with one that nothing equals where there is none. */
function matchSecret(
  directory: Directory,
  { systemId, hash, now }: { systemId: SystemId; hash: Buffer; now: Date },
): Identified | undefined {
  const system = directory.systems.get(systemId)
  const credentials = system?.credentials ?? []
  if (credentials.length === 0) timingSafeEqual(noHash, hash)
  const equal = credentials.filter((credential) => timingSafeEqual(credential.secretHash, hash))
  const credential = equal.find((one) => isInForce(one, now))
  return system && credential && { directory, system, credential }
}

function isInForce(credential: Credential, now: Date): boolean {
  return credential.expiresAt === undefined || credential.expiresAt > now
}

/** What a credential may do changes only with the directory, so it is worked out once for each. */
function callersOfDirectory(): (found: Identified) => Caller {
  let of: Directory | undefined
  let known = new Map<string, Caller>()
  return ({ directory, system, credential }) => {
    if (of !== directory) {
      of = directory
      known = new Map()
    }
    const caller = known.get(credential.credentialId) ?? callerOf(directory, system, credential)
    known.set(credential.credentialId, caller)
    return caller
  }
}

/** True at most `perSecond` times in a second. */
function rateLimit(perSecond: number, monotonicMs: () => number): () => boolean {
  let left = perSecond
  let refilledAtMs = monotonicMs()
  return () => {
    const nowMs = monotonicMs()
    left = Math.min(perSecond, left + ((nowMs - refilledAtMs) / 1000) * perSecond)
    refilledAtMs = nowMs
    if (left < 1) return false
    left -= 1
    return true
  }
}

function refused(): GatewayError {
  return new GatewayError('unauthenticated', 'unauthenticated')
}

function refuse(): never {
  throw refused()
}

const lookAgainPerSecond = 4
const noHash = Buffer.alloc(32)
