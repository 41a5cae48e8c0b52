// A gateway of its own for a measurement: a fresh data folder, a free port, nothing shared with one that is in use.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runningEmbeddedUrl } from '../platform/embedded-postgres.ts'
import { createGatewayClient, type GatewayClient } from '../platform/gateway-client.ts'
import { databasePids, figuresOf, type ProcessFigures, usedBetween } from './process-figures.ts'

export interface BenchGateway {
  readonly url: string
  readonly pid: number
  readonly operator: GatewayClient
  figures(): GatewayFigures
  /** Ends in order, keeps the data. */
  stop(): Promise<void>
}

export interface GatewayFigures {
  readonly gateway: ProcessFigures | undefined
  readonly database: ProcessFigures | undefined
}

export interface BenchSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

export interface BenchPlace {
  /** Starts the gateway on this place's data; one at a time. */
  start(roles?: string): Promise<BenchGateway>
  /** The database of the running gateway, for what is measured or prepared beside it. */
  databaseUrl(): string
  remove(): Promise<void>
}

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const startWithinMs = 60_000
const stopWithinMs = 20_000

export function createBenchPlace({ env, signal }: BenchSurroundings): BenchPlace {
  if (!existsSync(program)) throw new Error('there is no build to measure: run `npm run build` first')
  const dataDir = mkdtempSync(join(tmpdir(), 'tram-bench-'))
  const adminToken = randomBytes(32).toString('hex')
  let running: ChildProcess | undefined

  async function start(roles = 'all'): Promise<BenchGateway> {
    const port = await freePort()
    const child = spawn(process.execPath, [program], {
      env: { ...env, ...settings({ port, dataDir, adminToken, roles }) },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running = child
    // The last lines are all that helps when it does not start; a busy gateway logs far more than that.
    let lastWords = ''
    child.stderr.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString('utf8')).slice(-4000)
    })
    const url = `http://127.0.0.1:${port}`
    await untilReady(url, child, { signal, lastWords: () => lastWords })
    const pid = child.pid ?? 0
    return {
      url,
      pid,
      operator: createGatewayClient({ url, credentials: { kind: 'operator', token: adminToken } }),
      figures: () => ({ gateway: figuresOf([pid]), database: figuresOf(databasePids(pid)) }),
      stop: () => end(child),
    }
  }

  return {
    start,
    databaseUrl() {
      const url = runningEmbeddedUrl(dataDir)
      if (url === undefined) throw new Error('the database of the measured gateway is not running')
      return url
    },
    async remove() {
      if (running !== undefined) await end(running)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** What one round cost. */
export function usedByGateway(before: GatewayFigures, after: GatewayFigures) {
  return { gateway: usedBetween(before.gateway, after.gateway), database: usedBetween(before.database, after.database) }
}

interface Settings {
  readonly port: number
  readonly dataDir: string
  readonly adminToken: string
  readonly roles: string
}

function settings({ port, dataDir, adminToken, roles }: Settings): BenchSurroundings['env'] {
  return {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    ADMIN_TOKEN: adminToken,
    ROLES: roles,
    SANDBOX: '0',
    UV_THREADPOOL_SIZE: '16',
    // The embedded database is part of what is measured; one of the user's own would measure that machine too.
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    BLOB_URL: undefined,
  }
}

async function untilReady(
  url: string,
  child: ChildProcess,
  { signal, lastWords }: { signal: AbortSignal; lastWords: () => string },
): Promise<void> {
  const until = performance.now() + startWithinMs
  while (performance.now() < until) {
    signal.throwIfAborted()
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${lastWords()}`)
    const isReady = await fetch(`${url}/health/ready`).then(
      (answer) => answer.ok,
      // Nobody listens yet.
      () => false,
    )
    if (isReady) return
    await sleep(50)
  }
  throw new Error(`the gateway was not ready within ${startWithinMs / 1000} s:\n${lastWords()}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await gone
  clearTimeout(forced)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no free port was given')
  return address.port
}
