// One PostgreSQL process: starting it, recognising one that a killed gateway left running, waiting until it answers,
// stopping it. What the database holds is not known here.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { errorCode } from './error-code.ts'
import { postgresCommand, type RunnablePostgres } from './postgres-account.ts'
import { embeddedName } from './postgres-cluster.ts'
import { StartFailure } from './start-failure.ts'

export interface PostgresServer {
  readonly pid: number
  readonly port: number
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>
}

/** Starts the server process. It is ours to watch but not our child to lose: it lives in a session of its own. */
export async function spawnPostgres(
  postgres: RunnablePostgres,
  place: { readonly dataDir: string; readonly port: number; readonly settings: Readonly<Record<string, string>> },
): Promise<PostgresServer> {
  const settings = { ...defaultSettings(), ...place.settings, port: String(place.port) }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { command, args, options } = postgresCommand(postgres, 'postgres', [
    '-D',
    join(place.dataDir, 'postgres'),
    ...flags,
  ])

  const logFile = openLog(place.dataDir)
  // Detached: Ctrl-C and a service manager's signal go to the whole process group, and PostgreSQL must outlive the
  // gateway's own orderly end.
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', logFile, logFile] })
  closeSync(logFile)
  child.unref()
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  return { pid: child.pid ?? 0, port: place.port, exited }
}

/** A process that is not our child is watched by asking now and then; `isRunning` tells it from a remnant nobody reaps. */
export function watchPostgres(found: { pid: number; port: number; isRunning: () => boolean }): PostgresServer {
  const exited = (async () => {
    while (found.isRunning()) await delay(100, undefined, { ref: false })
  })()
  return { pid: found.pid, port: found.port, exited }
}

/** Whether there is a process of this number, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/**
 * Waits until the server answers queries: it opens its port before it has replayed its log after a crash, and says
 * 57P03 until then. Answers false when the process ended first.
 */
export async function untilReady(
  server: PostgresServer,
  connection: { readonly password: string; readonly onWaiting: (seconds: number) => void },
): Promise<boolean> {
  const started = performance.now()
  const end = server.exited.then(() => true)
  let nextReportMs = reportEveryMs
  for (;;) {
    const client = new pg.Client({ connectionString: serverUrl(server.port, connection.password, 'postgres') })
    // A connection cut at an odd moment is also reported here, and would end the program if nobody listened.
    client.on('error', () => undefined)
    try {
      await client.connect()
      await ensureDatabase(client)
      return true
    } catch (error) {
      const code = errorCode(error)
      if (code !== undefined && !notYetCodes.has(code)) throw error
    } finally {
      await client.end().catch(() => undefined)
    }
    if (await Promise.race([end, delay(20).then(() => false)])) return false
    const waitedMs = performance.now() - started
    if (waitedMs > recoveryMsMax) throw notAnswering(server.port)
    if (waitedMs > nextReportMs) {
      connection.onWaiting(Math.round(waitedMs / 1000))
      nextReportMs += reportEveryMs
    }
  }
}

const reportEveryMs = 5000

// Replaying the largest log that max_wal_size allows takes about a minute on a slow disk. Giving up earlier would only
// make the next start begin the same replay again.
const recoveryMsMax = 10 * 60_000

/** Nobody listening yet, connection cut by a restart (pg gives that no code at all), starting up, too many clients. */
const notYetCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03', '57P01', '57P02', '53300'])

function notAnswering(port: number): StartFailure {
  return new StartFailure('database_unreachable', {
    vi: `Cơ sở dữ liệu nhúng ở cổng ${port} không trả lời.`,
    en: `The embedded database on port ${port} does not answer.`,
  })
}

/** The database of our own leaves `postgres` free as the place to stand on while it is dropped and restored. */
async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [embeddedName])
  if (rowCount === 0) await client.query(`create database ${embeddedName}`)
}

export function serverUrl(port: number, password: string, database = embeddedName): string {
  return `postgres://${embeddedName}:${password}@127.0.0.1:${port}/${database}`
}

/** Asks for an orderly end with a checkpoint, then for an immediate one; the log makes up for what that one skips. */
export async function endPostgres(server: PostgresServer): Promise<void> {
  for (const [signal, patienceMs] of endings) {
    if (!isAlive(server.pid)) return
    process.kill(server.pid, signal)
    if (await endsWithin(server.exited, patienceMs)) return
  }
}

/** The timer keeps the program alive while it runs, because nothing else may, and goes as soon as it is not needed. */
export async function endsWithin(ending: Promise<void>, patienceMs: number): Promise<boolean> {
  const patience = new AbortController()
  const timeout = delay(patienceMs, false, { signal: patience.signal }).catch(() => false)
  const isEnded = await Promise.race([ending.then(() => true), timeout])
  patience.abort()
  return isEnded
}

const endings = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 3_000],
  ['SIGKILL', 1_000],
] as const

/**
 * Above the registered ports and below the range from which the system lends ports to outgoing connections: there a
 * random connection, or the gateway's own port chosen by somebody's script, could be in the way at any moment.
 */
export async function freeLocalPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

function logPath(dataDir: string): string {
  return join(dataDir, 'postgres.log')
}

/** The log of one former life is kept; more than that nobody reads, and a full disk would stop the gateway. */
function openLog(dataDir: string): number {
  const path = logPath(dataDir)
  if (logBytes(dataDir) > logBytesMax) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}

const logBytesMax = 10 * 1024 * 1024

export function logBytes(dataDir: string): number {
  return statSync(logPath(dataDir), { throwIfNoEntry: false })?.size ?? 0
}

/** What a server that did not start has said since the log had `from` bytes, for the operator. */
export function lastWords(dataDir: string, from: number): string {
  const file = openSync(logPath(dataDir), 'r')
  const { size } = fstatSync(file)
  const said = Buffer.alloc(Math.max(0, Math.min(size - from, 1500)))
  readSync(file, said, 0, said.length, size - said.length)
  closeSync(file)
  return said.toString('utf8').trim()
}

/** For a gateway that shares a small machine with its database. Durability settings stay at PostgreSQL's safe defaults. */
function defaultSettings(): Record<string, string> {
  const megabytes = totalmem() / 1024 / 1024
  const sharedBuffers = Math.round(Math.min(512, Math.max(64, megabytes / 8)))
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: `${sharedBuffers}MB`,
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Rarer checkpoints write fewer full pages; 2 GB of log still replay within the minute after a crash.
    max_wal_size: '2GB',
    min_wal_size: '256MB',
    wal_compression: 'on',
    // Short queries by key only: compiling a plan costs more than running it, and any disk we meet reads at random well.
    jit: 'off',
    random_page_cost: '1.1',
    // Queue-like tables change every row several times, so they are cleaned at 5 % dead rows and not at 20.
    autovacuum_vacuum_scale_factor: '0.05',
    autovacuum_analyze_scale_factor: '0.05',
    autovacuum_naptime: '20s',
    max_locks_per_transaction: '128',
    // Details of an error may quote a row, and rows quote documents.
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
  }
}
