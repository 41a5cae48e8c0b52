// One installation of many processes, as several machines run it: one database, one blob folder, one queue, and any
// number of `src/main.ts` beside each other.
import { randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { type Answer, httpClient } from '../support/http-client.ts'
import { type GatewayProcess, type OwnRedis, startOwnRedis, startProcess } from '../support/processes.ts'
import { scratchFolder } from '../support/scratch.ts'
import { freshDatabase } from '../support/services.ts'

export interface Installation {
  readonly db: Database
  readonly env: Readonly<Record<string, string>>
  start(roles: string, more?: Readonly<Record<string, string>>): Promise<GatewayProcess>
  /** As the operator, over the edge at `url`; fails the test unless the answer is a 2xx. */
  admin(url: string, path: string, body?: unknown): Promise<Answer['body']>
  /** Ends the processes in order. Answers what each ended with. */
  close(): Promise<(number | NodeJS.Signals)[]>
}

export async function createInstallation(options: { readonly withRedis?: boolean } = {}): Promise<Installation> {
  const fresh = await freshDatabase()
  const folder = scratchFolder('installation')
  const redis: OwnRedis | undefined = options.withRedis === true ? await startOwnRedis() : undefined
  const database = openDatabase({ url: fresh.url, connectionsMax: 3, onIdleError: () => undefined })
  const adminToken = `admin-${randomBytes(16).toString('hex')}`
  const processes: GatewayProcess[] = []
  const env = {
    ...{ DATABASE_URL: fresh.url, DATA_DIR: folder.path, MASTER_KEY: randomBytes(32).toString('hex') },
    ...{ ADMIN_TOKEN: adminToken, AXIS_CODE: '000.00.00.H35', PUSH_ALLOW: '127.0.0.0/8', SANDBOX: '0' },
    ...{ DATABASE_CONNECTIONS_MAX: '6', SWEEP_EVERY_MS: '250' },
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
  }
  return {
    db: database.db,
    env,
    async start(roles, more = {}) {
      const started = await startProcess({ ...env, ROLES: roles, ...more })
      processes.push(started)
      return started
    },
    async admin(url, path, body) {
      const method = body === undefined ? 'GET' : 'POST'
      const answer = await httpClient(url)(method, `/api/v1/admin/${path}`, { token: adminToken, body })
      if (answer.status < 300) return answer.body
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.bytes.toString('utf8')}`)
    },
    async close() {
      for (const running of processes) running.kill('SIGTERM')
      const codes = await Promise.all(processes.map((running) => running.ended))
      await redis?.stop()
      await database.close()
      await fresh.drop()
      folder.remove()
      return codes
    },
  }
}
