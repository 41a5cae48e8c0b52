// The whole gateway as compose.ts builds it, in this process: its own database and data folder, a real port, real
// workers and sweeper. Tests speak to it over HTTP and look into its tables; nothing inside is replaced.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { compose, type Gateway } from '../../src/compose.ts'
import { readConfig } from '../../src/config.ts'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { type Answer, type Call, type CallOptions, httpClient, type Method } from './http-client.ts'
import { scratchFolder } from './scratch.ts'
import { type FreshDatabase, freshDatabase } from './services.ts'

export interface GatewayOptions {
  /** `redisUrl()` of services.ts puts the queues on Redis; without it they are on PostgreSQL. */
  readonly redisUrl?: string
  /** Variables beside, or instead of, the ones set here. */
  readonly env?: Readonly<Record<string, string>>
  /** What the gateway takes for its database, given the real one: a proxy that can be cut. */
  readonly databaseVia?: (url: string) => Promise<string>
}

export interface NewAgency {
  readonly name?: string
  readonly codes: readonly (
    | string
    | { readonly code: string; readonly validFrom?: string; readonly validTo?: string }
  )[]
  readonly [member: string]: unknown
}

export interface NewSystem {
  readonly systemId: string
  /** Any code of each agency. */
  readonly agencies: readonly string[]
  /** `mailbox` when absent. */
  readonly channel?: 'mailbox' | 'push'
  readonly [member: string]: unknown
}

export interface RegisteredSystem {
  readonly systemId: string
  readonly secret: string
  readonly webhookSecret: string
  /** `systemId:secret`, as `call` takes it. */
  readonly basic: string
}

export interface Registered {
  /** By the first code. */
  readonly agencyIds: ReadonlyMap<string, string>
  /** In the order given. */
  readonly systems: readonly RegisteredSystem[]
}

export interface GatewayUnderTest {
  readonly url: string
  readonly adminToken: string
  /** The environment it was configured with, for processes that shall share its database, folder and queues. */
  readonly env: Readonly<Record<string, string>>
  readonly gateway: Gateway
  /** Straight to the database, whatever `databaseVia` does. */
  readonly db: Database
  readonly blobFolder: string
  readonly call: Call
  /** As the operator; fails the test unless the answer is a 2xx. */
  admin(method: Method, path: string, body?: unknown): Promise<Answer>
  /** Posts a package as a system. */
  submit(basic: string, xml: string | Uint8Array, options?: CallOptions): Promise<Answer>
  register(what: {
    readonly agencies?: readonly NewAgency[]
    readonly systems?: readonly NewSystem[]
  }): Promise<Registered>
  close(): Promise<void>
}

export async function startGateway(options: GatewayOptions = {}): Promise<GatewayUnderTest> {
  const fresh = await freshDatabase()
  const folder = scratchFolder('gateway')
  const direct = openDatabase({ url: fresh.url, connectionsMax: 3, onIdleError: () => undefined })
  const masterKey = randomBytes(32)
  const adminToken = `admin-${randomBytes(16).toString('hex')}`
  const databaseUrl = (await options.databaseVia?.(fresh.url)) ?? fresh.url
  const env = {
    ...{ DATABASE_URL: databaseUrl, DATA_DIR: folder.path, MASTER_KEY: masterKey.toString('hex') },
    ...{ ADMIN_TOKEN: adminToken, AXIS_CODE: '000.00.00.H35', PUSH_ALLOW: '127.0.0.0/8,::1/128' },
    ...{ SANDBOX: '0', LOG_LEVEL: 'silent', DATABASE_CONNECTIONS_MAX: '10', SWEEP_EVERY_MS: '250' },
    // No balancer stands before it.
    SHUTDOWN_DRAIN_MS: '0',
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: await ownRedisDatabase(options.redisUrl) }),
    ...options.env,
  }
  const config = readConfig(env)
  const logger = createLogger({ level: process.env.TEST_LOG_LEVEL ?? config.logLevel })
  const gateway = await compose({ config, databaseUrl, masterKey, logger }).catch(async (error: unknown) => {
    await direct.close()
    await tidyUp(fresh, folder)
    throw error
  })
  const url = await gateway.edge.listen({ port: 0, host: '127.0.0.1' })
  gateway.start()

  const call = httpClient(url)
  const admin = operator(call, adminToken)
  return {
    ...{ url, adminToken, env, gateway, call, admin },
    db: direct.db,
    blobFolder: join(folder.path, 'blobs'),
    submit: async (basic, xml, more = {}) =>
      await call('POST', '/api/v1/packages', { basic, type: 'application/edxml+xml', ...more, body: xml }),
    register: async (what) => await register(admin, what),
    async close() {
      await gateway.close()
      await direct.close()
      await tidyUp(fresh, folder)
    },
  }
}

async function tidyUp(fresh: FreshDatabase, folder: { remove(): void }): Promise<void> {
  await fresh.drop()
  folder.remove()
}

function operator(call: Call, token: string): GatewayUnderTest['admin'] {
  return async (method, path, body) => {
    const answer = await call(method, `/api/v1/admin/${path.replace(/^\//, '')}`, { token, body })
    if (answer.status < 300) return answer
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.bytes.toString('utf8')}`)
  }
}

async function register(
  admin: GatewayUnderTest['admin'],
  { agencies = [], systems = [] }: Parameters<GatewayUnderTest['register']>[0],
): Promise<Registered> {
  const agencyIds = new Map<string, string>()
  for (const agency of agencies) {
    const codes = agency.codes.map((code) => (typeof code === 'string' ? { code } : code))
    const first = codes[0]?.code ?? ''
    const { body } = await admin('POST', 'agencies', { name: `Cơ quan ${first}`, ...agency, codes })
    agencyIds.set(first, body.agencyId)
  }
  const registered: RegisteredSystem[] = []
  for (const system of systems) {
    const { body } = await admin('POST', 'systems', { name: system.systemId, channel: 'mailbox', ...system })
    const { systemId, secret, webhookSecret } = body
    registered.push({ systemId, secret, webhookSecret, basic: `${systemId}:${secret}` })
  }
  return { agencyIds, systems: registered }
}

/** Queues have fixed names, so gateways of one run must not meet on one Redis: each takes a numbered database. */
async function ownRedisDatabase(url: string): Promise<string> {
  const counter = new Redis(url)
  try {
    const number = ((await counter.incr('gateways-under-test')) % (redisDatabases - 1)) + 1
    await counter.select(number)
    await counter.flushdb()
    return new URL(`/${number}`, url).href
  } finally {
    counter.disconnect()
  }
}

/** What a Redis has unless told otherwise; number 0 holds the counter. */
const redisDatabases = 16
