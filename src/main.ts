// config -> compose -> start the roles asked for -> wait for a signal -> close in reverse.
import { mkdirSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { compose, type Gateway } from './compose.ts'
import { startSandbox } from './compose-sandbox.ts'
import { BadConfiguration, type Config, readConfig } from './config.ts'
import { createHealthServer, type HealthServer } from './edge/health-server.ts'
import { openDatabase } from './platform/database.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import { lockFolder } from './platform/folder-lock.ts'
import { createLogger } from './platform/logger.ts'
import { migrate } from './platform/migrate.ts'
import { ensurePartitions } from './platform/partitions.ts'
import { explainStartFailure, StartFailure } from './platform/start-failure.ts'
import { loadMasterKey } from './trust/master-key.ts'

/** Everything must be down within 15 s of a signal; a step that hangs does not keep the rest. */
const closeMsMax = 14_000

type Step = () => Promise<void>

export async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const closers: Step[] = []
  // Heard from the first moment on: a signal during the start must not leave the database running behind us.
  const stopped = signalled()
  // Whoever reads our first lines and hangs up, a pager for one, must not end the axis.
  process.stdout.on('error', () => {})
  try {
    const config = configOf(env)
    const logger = createLogger({ level: config.logLevel })
    await start(config, logger, closers)
    await stopped
    logger.info('gateway.stopping')
    await closeAll(closers, logger)
    process.exit(0)
  } catch (error) {
    const failure = explainStartFailure(error)
    process.stderr.write(
      failure === undefined ? `${error instanceof Error ? error.stack : String(error)}\n` : failure.report(),
    )
    await closeAll(closers, undefined)
    process.exit(failure?.exitCode ?? 1)
  }
}

function configOf(env: NodeJS.ProcessEnv): Config {
  try {
    return readConfig(env)
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error
    const text = error.mistakes.map((mistake) => `  - ${mistake}`).join('\n')
    throw new StartFailure('bad_configuration', { vi: `Cấu hình sai:\n${text}`, en: `Wrong configuration:\n${text}` })
  }
}

async function start(config: Config, logger: Logger, closers: Step[]): Promise<void> {
  const databaseUrl = await bringUpDatabase(config, logger, closers)
  await bringUpSchema(databaseUrl, logger)
  const masterKey = await loadMasterKey({
    keyFile: join(config.dataDir, 'keys', 'master-key'),
    ...(config.masterKey === undefined ? {} : { masterKey: config.masterKey }),
  })
  const gateway = await compose({ config, databaseUrl, masterKey, logger })
  const health = createHealthServer(gateway.health)
  // Ends after the gateway: that it is stopping can be asked until it has stopped.
  closers.push(() => health.close())
  closers.push(() => gateway.close())
  const firstToken = await gateway.registry.firstToken()
  if (firstToken !== undefined) keepToken(config, firstToken)
  // A taken port ends the start before any work was begun.
  const address = await listen(config, gateway, health)
  gateway.start()
  sayReady(config, address, firstToken)
  if (config.sandbox && config.roles.has('edge')) closers.push(await startSandbox(gateway, address, logger))
}

/** Answers the address of the edge; without one that of the health server, empty when there is none either. */
async function listen(config: Config, gateway: Gateway, health: HealthServer): Promise<string> {
  if (config.roles.has('edge')) {
    await gateway.edge.listen({ port: config.port, host: config.host })
    return urlOf(gateway, config)
  }
  return config.healthPort === undefined ? '' : await health.listen(config.healthPort, config.host)
}

async function bringUpDatabase(config: Config, logger: Logger, closers: Step[]): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl
  mkdirSync(config.dataDir, { recursive: true })
  const lock = await lockFolder(config.dataDir)
  closers.push(() => lock.release())
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: logger })
  closers.push(() => postgres.stop())
  return postgres.url
}

async function bringUpSchema(databaseUrl: string, logger: Logger): Promise<void> {
  const database = openDatabase({ url: databaseUrl, connectionsMax: 2, onIdleError: () => {} })
  try {
    const { applied } = await migrate(database.pool)
    if (applied.length > 0) logger.info({ applied }, 'database.migrated')
    await ensurePartitions(database.db)
  } finally {
    await database.close()
  }
}

/** For the command line of this machine; the token itself is printed once. */
function keepToken(config: Config, token: string): void {
  const folder = join(config.dataDir, 'keys')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'admin-token'), `${token}\n`, { mode: 0o600 })
}

function sayReady(config: Config, address: string, firstToken: string | undefined): void {
  if (config.roles.has('edge')) {
    process.stdout.write(`tram ready on ${address}\nconsole: ${address}/console\n`)
  } else {
    const where = address === '' ? 'listening nowhere' : `health on ${address}`
    process.stdout.write(`tram ready, ${where}, roles: ${[...config.roles].join(', ')}\n`)
  }
  if (firstToken !== undefined) process.stdout.write(`operator token (shown once): ${firstToken}\n`)
}

function urlOf(gateway: Gateway, config: Config): string {
  const address: AddressInfo | string | null = gateway.edge.server.address()
  const port = address !== null && typeof address === 'object' ? address.port : config.port
  return `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
}

/** Under npm a signal may arrive twice, from the process group and from npm; the second one changes nothing. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
}

async function closeAll(closers: Step[], logger: Logger | undefined): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, closeMsMax).unref())
  const all = (async () => {
    for (const close of closers.splice(0).reverse()) {
      await close().catch((error: unknown) => logger?.error({ err: error }, 'gateway.close_failed'))
    }
  })()
  await Promise.race([all, limit])
}

await main(process.env)
