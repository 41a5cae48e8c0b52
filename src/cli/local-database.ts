// The database that a command of this machine works on: DATABASE_URL, the embedded one while the gateway runs, or the
// embedded one started for the length of the command.
import { readConfig } from '../config.ts'
import { type OpenDatabase, openDatabase } from '../platform/database.ts'
import { runningEmbeddedUrl, startEmbeddedPostgres } from '../platform/embedded-postgres.ts'
import { lockFolder } from '../platform/folder-lock.ts'
import { createLogger } from '../platform/logger.ts'
import type { Environment } from './command.ts'

export async function withLocalDatabase<T>(env: Environment, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const config = readConfig(env)
  const running = config.databaseUrl ?? runningEmbeddedUrl(config.dataDir)
  if (running !== undefined) return withDatabase(running, work)
  const lock = await lockFolder(config.dataDir)
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: createLogger({ level: 'warn' }) })
    try {
      return await withDatabase(postgres.url, work)
    } finally {
      await postgres.stop()
    }
  } finally {
    await lock.release()
  }
}

async function withDatabase<T>(url: string, work: (database: OpenDatabase) => Promise<T>): Promise<T> {
  const database = openDatabase({ url, connectionsMax: 2, onIdleError: () => {} })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}
