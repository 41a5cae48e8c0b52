// Real processes of the gateway, and a Redis of a test's own, that a test may kill: started here, ended here.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from './scratch.ts'

export interface GatewayProcess {
  readonly pid: number
  /** Where its edge listens; empty when it has none. */
  readonly url: string
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Everything it wrote to stderr so far. */
  log(): string
}

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Several that start at once on two busy cores take their time: each has to translate its sources first. */
const readyWithinMs = 90_000

/** `src/main.ts` as a process of its own; resolves when it says that it is ready. */
export async function startProcess(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', program], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const guard = afterDeath(`kill -KILL ${child.pid}`)
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = exitOf(child)
  void ended.then(() => guard.disarm())

  const url = await vi.waitFor(
    () => {
      const ready = /^tram ready(?: on (\S+)|,)/m.exec(out)
      if (ready !== null) return ready[1] ?? ''
      throw new Error(`not ready: ${out}${errors}`)
    },
    { timeout: readyWithinMs, interval: 20 },
  )
  return { pid: child.pid ?? 0, url, ended, kill: (signal) => void child.kill(signal), log: () => errors }
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'SIGKILL')))
}

/** Which of these processes holds the local TCP port, on Linux. */
export function ownerOfPort<P extends { readonly pid: number }>(port: number, processes: readonly P[]): P | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[1]?.endsWith(`:${wanted}`))
      .map((columns) => `socket:[${columns[9]}]`),
  )
  return processes.find(({ pid }) => socketsOf(pid).some((socket) => inodes.includes(socket)))
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      // Closed between listing and reading.
      return []
    }
  })
}

export interface OwnRedis {
  readonly url: string
  /** As a machine that lost its power. */
  kill(): Promise<void>
  /** As a machine that froze: connections stand, nothing answers. */
  freeze(): void
  thaw(): void
  /** Empty again, on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** A redis-server of the test's own, on a port that stays the same over restarts. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = scratchFolder('own-redis')
  const port = await freeLocalPort()
  let child = await startRedisServer(port, folder.path)

  async function kill(): Promise<void> {
    const ended = exitOf(child.process)
    child.process.kill('SIGKILL')
    await ended
    child.disarm()
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    freeze: () => void child.process.kill('SIGSTOP'),
    thaw: () => void child.process.kill('SIGCONT'),
    async restart() {
      child = await startRedisServer(port, folder.path)
    },
    async stop() {
      if (child.process.exitCode === null && child.process.signalCode === null) await kill()
      folder.remove()
    },
  }
}

async function startRedisServer(port: number, folder: string) {
  const flags = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--maxmemory-policy', 'noeviction']
  const child = spawn('redis-server', ['--port', String(port), ...flags], { stdio: 'ignore' })
  const guard = afterDeath(`kill -KILL ${child.pid}`)
  await vi.waitFor(() => answers(port), { timeout: 5_000, interval: 20 })
  return { process: child, disarm: () => guard.disarm() }
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })
}
