// A PostgreSQL of the run's own that may be killed with all its children and started again on the same port.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { chooseAccount } from '../../src/platform/postgres-account.ts'
import { findPostgres } from '../../src/platform/postgres-binaries.ts'
import { ensureCluster } from '../../src/platform/postgres-cluster.ts'
import {
  endPostgres,
  freeLocalPort,
  type PostgresServer,
  serverUrl,
  spawnPostgres,
  untilReady,
} from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from '../support/scratch.ts'
import { sleep } from './wait.ts'

export interface OwnPostgres {
  /** An empty database; answers its URL. */
  newDatabase(): Promise<string>
  /** Everything of it at once, as when the power goes. */
  kill(): Promise<void>
  /** In order, with a checkpoint. */
  end(): Promise<void>
  /** Resolves when it answers again. `words` stand before the program on its command line. */
  start(words?: readonly string[]): Promise<void>
  remove(): Promise<void>
}

export async function createOwnPostgres(): Promise<OwnPostgres> {
  const folder = scratchFolder('chaos-postgres')
  mkdirSync(folder.path, { recursive: true })
  const postgres = chooseAccount(findPostgres(folder.path), folder.path)
  const password = await ensureCluster(postgres, folder.path)
  const port = await freeLocalPort()
  const pidFile = `${folder.path}/postgres/postmaster.pid`
  const guard = afterDeath(`kill -QUIT "$(head -n 1 '${pidFile}')"; sleep 1; rm -rf '${folder.path}'`)
  let server: PostgresServer | undefined

  async function start(words: readonly string[] = []): Promise<void> {
    // Its shared memory is let go of a moment after the last child of a killed server has ended.
    for (let attempt = 1; attempt <= startsMax; attempt++) {
      const program = { ...postgres, prefix: [...words, ...postgres.prefix] }
      server = await spawnPostgres(program, { dataDir: folder.path, port, settings: {} })
      if (await untilReady(server, { password, onWaiting: () => undefined })) return
      await sleep(attempt * 100)
    }
    throw new Error(`PostgreSQL does not start again in ${folder.path}`)
  }

  return {
    start,
    async newDatabase() {
      const name = `chaos_${randomBytes(4).toString('hex')}`
      const client = new pg.Client({ connectionString: serverUrl(port, password) })
      await client.connect()
      try {
        await client.query(`create database ${name}`)
      } finally {
        await client.end()
      }
      return serverUrl(port, password, name)
    },
    async kill() {
      if (server === undefined) return
      for (const pid of [server.pid, ...childrenOf(server.pid)]) killIfAlive(pid)
      await server.exited
    },
    async end() {
      if (server !== undefined) await endPostgres(server)
    },
    async remove() {
      if (server !== undefined) await endPostgres(server)
      guard.disarm()
      folder.remove()
    },
  }
}

const startsMax = 20

/** Where there is no /proc they notice by themselves, a moment later. */
function childrenOf(parent: number): number[] {
  if (!existsSync('/proc')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name stands in brackets and may hold anything, so the fields are counted from behind it.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
  } catch {
    // Ended between listing and reading.
    return undefined
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was gone already, which is what was wanted.
  }
}
