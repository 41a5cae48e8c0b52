// Brings up what the whole run shares: a PostgreSQL with a migrated template database, and a Redis where there can be
// one. Real servers in containers when a container runtime is there, else what the machine and our packages offer.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { startLocalRedis } from './local-redis.ts'
import { afterDeath, scratchFolder } from './scratch.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Any database of the server that the tests may make databases on. */
    databaseUrl: string
    /** Absent where no Redis can be had. */
    redisUrl: string | undefined
  }
}

export const templateName = 'tram_template'

interface Service {
  readonly url: string
  stop(): Promise<void>
}

export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  const services = (await inContainers()) ?? (await onThisMachine())
  try {
    await makeTemplate(services.database.url)
  } catch (error) {
    await stopAll(services)
    throw error
  }
  provide('databaseUrl', services.database.url)
  provide('redisUrl', services.redis?.url)
  return () => stopAll(services)
}

interface Services {
  readonly database: Service
  readonly redis: Service | undefined
}

async function stopAll({ database, redis }: Services): Promise<void> {
  await Promise.all([database.stop(), redis?.stop()])
}

/** Asking a container library costs a second, so the sockets are looked for first. */
function hasContainerRuntime(): boolean {
  const sockets = ['/var/run/docker.sock', '/run/podman/podman.sock', join(homedir(), '.docker/run/docker.sock')]
  return process.env.DOCKER_HOST !== undefined || sockets.some((socket) => existsSync(socket))
}

async function inContainers(): Promise<Services | undefined> {
  if (!hasContainerRuntime()) return undefined
  try {
    const { GenericContainer, Wait } = await import('testcontainers')
    const postgres = await new GenericContainer('postgres:18')
      .withEnvironment({ POSTGRES_USER: 'tram', POSTGRES_PASSWORD: 'tram', POSTGRES_DB: 'tram' })
      .withCommand(['postgres', ...Object.entries(fastSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`])])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .start()
    const redis = await new GenericContainer('redis:7').withExposedPorts(6379).start()
    return {
      database: {
        url: `postgres://tram:tram@${postgres.getHost()}:${postgres.getMappedPort(5432)}/tram`,
        stop: async () => void (await postgres.stop()),
      },
      redis: {
        url: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
        stop: async () => void (await redis.stop()),
      },
    }
  } catch (error) {
    notice(`containers cannot be used, the embedded PostgreSQL serves instead: ${error}`)
    return undefined
  }
}

// Nothing in a test database outlives the run, so nothing has to reach the disk.
const fastSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_wal_size: '1GB' }

async function onThisMachine(): Promise<Services> {
  const [database, redis] = await Promise.all([embeddedDatabase(), startLocalRedis()])
  if (!redis) notice('no redis-server or valkey-server on PATH: tests that need one are skipped')
  return { database, redis }
}

async function embeddedDatabase(): Promise<Service> {
  const folder = scratchFolder('test-postgres')
  const log = { info: () => undefined, warn: () => undefined, error: (facts: unknown) => notice(JSON.stringify(facts)) }
  const server = await startEmbeddedPostgres({ dataDir: folder.path, log, settings: fastSettings })
  const guard = afterDeath(
    `kill -QUIT "$(head -n 1 '${folder.path}/postgres/postmaster.pid')"; sleep 1; rm -rf '${folder.path}'`,
  )
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      guard.disarm()
      folder.remove()
    },
  }
}

async function makeTemplate(databaseUrl: string): Promise<void> {
  await withPool(databaseUrl, async (admin) => {
    await admin.query(`create database ${templateName}`)
  })
  const template = new URL(databaseUrl)
  template.pathname = `/${templateName}`
  await withPool(template.href, async (pool) => {
    await migrate(pool)
  })
}

async function withPool(connectionString: string, use: (pool: pg.Pool) => Promise<void>): Promise<void> {
  const pool = new pg.Pool({ connectionString, max: 1 })
  try {
    await use(pool)
  } finally {
    await pool.end()
  }
}

function notice(text: string): void {
  process.stderr.write(`[tests] ${text}\n`)
}
