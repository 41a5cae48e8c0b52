// A whole installation for the rounds of one kind: PostgreSQL, perhaps a Redis, a blob folder, and the gateway as four
// processes of separate roles, with wires in between that can be cut. Everything listens on loopback and is ours.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from '../support/scratch.ts'
import type { Chance } from './chance.ts'
import { createSteppedClock, offsetEnv, type SteppedClock } from './fake-time.ts'
import { createGatewayProcess, type GatewayProcess } from './gateway-process.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createOwnPostgres, type OwnPostgres } from './own-postgres.ts'
import { createOwnRedis, type OwnRedis } from './own-redis.ts'
import { mailbox, partners, pushed, refuser, sender } from './province.ts'
import { createPuller } from './puller.ts'
import { createPushReceiver, type PushReceiver } from './receivers.ts'
import { createSmallDisk, type SmallDisk } from './small-disk.ts'
import { mustComeTrue } from './wait.ts'
import { createWire, type Wire } from './wire.ts'

export type Backend = 'postgres' | 'redis'

/** What an installation has beyond the usual. */
export type Ground = 'usual' | 'small disk' | 'stepped clocks' | 'another month'

export interface Installation {
  readonly backend: Backend
  readonly ledger: Ledger
  readonly postgres: OwnPostgres
  readonly redis: OwnRedis | undefined
  readonly processes: readonly GatewayProcess[]
  process(name: string): GatewayProcess
  readonly clocks: ReadonlyMap<string, SteppedClock>
  readonly disk: SmallDisk | undefined
  readonly edgeWire: Wire
  readonly pushWires: readonly Wire[]
  readonly receivers: ReadonlyMap<string, PushReceiver>
  readonly senderAuthorization: string
  /** Where systems find it, over the wire. */
  readonly url: string
  operator<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>
  /** By how much the edge's wall clock is off ours, by the head of its answers. */
  edgeClockOffMs(): Promise<number>
  /** Everything down in order, and up again with the wall clock moved by what is then asked for. */
  restartAt(offsetMs: () => number): Promise<void>
  close(): Promise<void>
}

const roles = { edge: 'edge', 'worker-1': 'worker', 'worker-2': 'worker', sweeper: 'sweeper' }

export async function createInstallation(ground: Ground, backend: Backend, chance: Chance): Promise<Installation> {
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step()
  }
  try {
    return await build(ground, backend, { chance, closers, close })
  } catch (error) {
    await close()
    throw error
  }
}

interface Building {
  readonly chance: Chance
  readonly closers: (() => Promise<void> | void)[]
  readonly close: () => Promise<void>
}

async function build(ground: Ground, backend: Backend, building: Building): Promise<Installation> {
  const { chance, closers, close } = building
  const folder = scratchFolder('chaos')
  // Those who live in it are ended by guards of their own first.
  const guard = afterDeath(`sleep 3; rm -rf '${folder.path}'`)
  closers.push(() => {
    guard.disarm()
    folder.remove()
  })
  const blobFolder = join(folder.path, 'blobs')
  const disk = ground === 'small disk' ? createSmallDisk(blobFolder) : undefined
  if (disk !== undefined) closers.push(() => disk.remove())

  const postgres = await createOwnPostgres()
  closers.push(() => postgres.remove())
  await postgres.start()
  const redis = backend === 'redis' ? await createOwnRedis() : undefined
  if (redis !== undefined) {
    closers.push(() => redis.remove())
    await redis.start()
  }

  const port = await freeLocalPort()
  const adminToken = randomBytes(24).toString('hex')
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, UV_THREADPOOL_SIZE: '16', SANDBOX: '0', LOG_LEVEL: 'warn' },
    ...{ DATABASE_URL: await postgres.newDatabase(), DATABASE_CONNECTIONS_MAX: '10' },
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    ...{ DATA_DIR: folder.path, BLOB_URL: `file:${blobFolder}`, MASTER_KEY: randomBytes(32).toString('hex') },
    ...{ PORT: String(port), HOST: '127.0.0.1', ADMIN_TOKEN: adminToken, AXIS_CODE: '000.00.16.H35' },
    // Hanging partners would otherwise hold a round up for half a minute each time.
    ...{ PUSH_ALLOW: '127.0.0.0/8', PUSH_ANSWER_TIMEOUT_MS: '3000' },
  }
  const clocks = new Map<string, SteppedClock>()
  let shared: Record<string, string> = {}
  const processes = Object.entries(roles).map(([name, role]) => {
    if (ground === 'stepped clocks') clocks.set(name, createSteppedClock(folder.path, name))
    return createGatewayProcess(name, () => ({ ...env, ...shared, ...clocks.get(name)?.env, ROLES: role }))
  })
  closers.push(() => all(processes, (one) => one.end()))
  await startInOrder(processes)

  const operator = operatorOf(`http://127.0.0.1:${port}`, adminToken)
  const ledger = createLedger()
  const receivers = new Map<string, PushReceiver>()
  const pushWires: Wire[] = []
  for (const { systemId } of [...pushed, refuser, ...partners]) {
    const receiver = await createPushReceiver(systemId, ledger, chance)
    const wire = await createWire(receiver.port)
    closers.push(() => receiver.close())
    closers.push(() => wire.close())
    receivers.set(systemId, receiver)
    pushWires.push(wire)
  }
  receivers.get(refuser.systemId)?.behave('refuses')
  const secrets = await register(operator, (systemId) => pushWires[[...receivers.keys()].indexOf(systemId)]?.port)

  const edgeWire = await createWire(port)
  closers.push(() => edgeWire.close())
  const url = `http://127.0.0.1:${edgeWire.port}`
  const authorization = secrets.get(mailbox.systemId) ?? ''
  const puller = createPuller({ name: mailbox.systemId, url, authorization, ledger })
  closers.push(() => puller.close())

  return {
    ...{ backend, ledger, postgres, redis, processes, clocks, disk, edgeWire, pushWires, receivers, url, operator },
    senderAuthorization: secrets.get(sender.systemId) ?? '',
    process(name) {
      const found = processes.find((one) => one.name === name)
      if (found === undefined) throw new Error(`no process is called ${name}`)
      return found
    },
    async edgeClockOffMs() {
      const { headers } = await fetch(`http://127.0.0.1:${port}/health/live`)
      return Date.parse(headers.get('date') ?? '') - Date.now()
    },
    async restartAt(offsetMs) {
      await all(processes, (one) => one.end())
      await postgres.end()
      shared = offsetEnv(offsetMs())
      await postgres.start(['env', ...Object.entries(shared).map(([name, value]) => `${name}=${value}`)])
      await startInOrder(processes)
    },
    close,
  }
}

/** The edge first, alone: it brings the database up to date. */
async function startInOrder(processes: readonly GatewayProcess[]): Promise<void> {
  const [edge, ...others] = processes
  edge?.start()
  await edge?.ready()
  for (const one of others) one.start()
  await all(others, (one) => one.ready())
}

async function all<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(items.map(act))
}

type Operator = Installation['operator']

function operatorOf(url: string, token: string): Operator {
  return async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }
}

/** Answers what each system authenticates with. */
async function register(
  operator: Operator,
  portOf: (systemId: string) => number | undefined,
): Promise<Map<string, string>> {
  const systems = [
    { systemId: sender.systemId, agencies: [sender.agency] },
    mailbox,
    ...[...pushed, refuser, ...partners].map(({ systemId, agency }) => ({ systemId, agencies: [agency] })),
  ]
  const authorizations = new Map<string, string>()
  for (const { systemId, agencies } of systems) {
    for (const code of agencies) {
      await operator('POST', 'admin/agencies', { name: `Cơ quan ${code}`, codes: [{ code }] })
    }
    const port = portOf(systemId)
    const push = port === undefined ? {} : { pushUrl: `http://127.0.0.1:${port}/edxml` }
    const channel = port === undefined ? 'mailbox' : 'push'
    const made: { secret: string } = await operator('POST', 'admin/systems', {
      ...{ systemId, name: systemId, agencies, channel },
      ...push,
    })
    const pair = Buffer.from(`${systemId}:${made.secret}`).toString('base64')
    authorizations.set(systemId, `Basic ${pair}`)
  }
  // The directory is known to all processes before the first document is sent.
  await mustComeTrue('the systems are there', async () => Boolean(await operator('GET', 'admin/queues')), 10_000)
  return authorizations
}
