// The database that comes with the gateway, for those who have none: a real PostgreSQL in the data folder, reachable
// from this machine only. It is started, taken over after a crash, revived when it dies, and stopped with the gateway.
import { mkdirSync, realpathSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './logger.ts'
import { chooseAccount, type RunnablePostgres } from './postgres-account.ts'
import { findPostgres } from './postgres-binaries.ts'
import { ensureCluster, postgresPassword, refuseFullDisk } from './postgres-cluster.ts'
import { findOrphan } from './postgres-orphan.ts'
import * as postgresProcess from './postgres-process.ts'
import { StartFailure } from './start-failure.ts'

export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Server settings that differ from ours, e.g. fsync off for tests. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  /** Holds the password: never log it. */
  readonly url: string
  /** True when a server that a killed gateway had left was taken over. */
  readonly adopted: boolean
  stop(): Promise<void>
}

/** Call it with the folder locked (`lockFolder`): two gateways must not look after one server. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const place = { ...options, dataDir: realpathSync(options.dataDir) }
  const postgres = chooseAccount(findPostgres(place.dataDir), place.dataDir)
  const password = await ensureCluster(postgres, place.dataDir)

  const { server, adopted } = await obtainServer({ ...place, postgres, password })
  options.log.info({ port: server.port, adopted, version: postgres.version }, 'database.started')
  const stop = keepRunning(server, { ...place, postgres, password })
  return { url: postgresProcess.serverUrl(server.port, password), adopted, stop }
}

/** The running embedded database of a folder, for commands that work beside the gateway; none when it is not running. */
export function runningEmbeddedUrl(dataDir: string): string | undefined {
  const server = findOrphan(dataDir)
  return server && postgresProcess.serverUrl(server.port, postgresPassword(dataDir))
}

interface Place extends EmbeddedPostgresOptions {
  readonly postgres: RunnablePostgres
  readonly password: string
  /** Set when the address must stay what it was. */
  readonly port?: number
}

async function obtainServer(place: Place): Promise<{ server: postgresProcess.PostgresServer; adopted: boolean }> {
  const { dataDir, password, log } = place
  const waiting = { password, onWaiting: (seconds: number) => log.warn({ seconds }, 'database.recovering') }
  for (let attempt = 1; ; attempt++) {
    const orphan = findOrphan(dataDir)
    if (orphan && (await postgresProcess.untilReady(orphan, waiting))) return { server: orphan, adopted: true }

    const port = place.port ?? (await postgresProcess.freeLocalPort())
    const settings = place.settings ?? {}
    const logBytes = postgresProcess.logBytes(dataDir)
    const server = await postgresProcess.spawnPostgres(place.postgres, { dataDir, port, settings })
    const isReady = await postgresProcess.untilReady(server, waiting).catch(async (error: unknown) => {
      // It runs but refuses us; left alone it would keep the folder occupied.
      await postgresProcess.endPostgres(server)
      throw error
    })
    if (isReady) return { server, adopted: false }

    // It ended at once: no room, the port was snatched, or workers of a killed server are still leaving the folder.
    await refuseFullDisk(dataDir, freeBytesMin)
    if (attempt === attemptsMax) throw didNotStart(dataDir, logBytes)
    await delay(attempt * 300)
  }
}

// Two write-ahead segments: with less, PostgreSQL stops at its first busy minute if it starts at all.
const freeBytesMin = 32 * 1024 * 1024

// Workers notice within a second or two that their server was killed; four and a half seconds are enough for them.
const attemptsMax = 6

function didNotStart(dataDir: string, logBytes: number): StartFailure {
  const said = postgresProcess.lastWords(dataDir, logBytes)
  return new StartFailure('database_broken', {
    vi: `PostgreSQL trong ${dataDir} không khởi động được:\n${said}`,
    en: `PostgreSQL in ${dataDir} did not start:\n${said}`,
  })
}

/**
 * Revives a server that dies alone (out of memory, a mistaken kill). It returns under its old address, so that every
 * connection pool recovers by itself. Answers the function that ends it for good.
 */
function keepRunning(first: postgresProcess.PostgresServer, place: Place): () => Promise<void> {
  let current = first
  let reviving = Promise.resolve()
  let isStopping = false

  const revive = async () => {
    while (!isStopping) {
      try {
        current = (await obtainServer({ ...place, port: first.port })).server
        if (isStopping) return await postgresProcess.endPostgres(current)
        place.log.warn({ port: current.port }, 'database.revived')
        return watch()
      } catch (error) {
        place.log.error({ err: error }, 'database.revival_failed')
        await delay(2000, undefined, { ref: false })
      }
    }
  }
  const watch = (): void => {
    current.exited.then(() => {
      if (isStopping) return
      place.log.error({ pid: current.pid }, 'database.died')
      reviving = revive()
    })
  }

  watch()
  return async () => {
    isStopping = true
    await postgresProcess.endPostgres(current)
    // A revival under way ends its own server when it sees that we are leaving; a slow one is left for the next start.
    await postgresProcess.endsWithin(reviving, 5000)
  }
}
