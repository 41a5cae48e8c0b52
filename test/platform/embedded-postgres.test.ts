// The embedded database through everything that happens to a gateway: orderly ends, kills of one or of all, strange
// remains in the folder. Each step starts a real server, which takes about a tenth of a second once the folder is made.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runningEmbeddedUrl, startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { isAlive } from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from '../support/scratch.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

// Windows has no signals to kill with; there the embedded server is tried by hand.
describe.skipIf(process.platform === 'win32')('embedded PostgreSQL', () => {
  const folder = scratchFolder('embedded')
  const pidFile = join(folder.path, 'postgres', 'postmaster.pid')
  const guard = afterDeath(`kill -QUIT "$(head -n 1 '${pidFile}')"; sleep 1; rm -rf '${folder.path}'`)
  const start = () => startEmbeddedPostgres({ dataDir: folder.path, log: silent })
  const serverPid = () => Number.parseInt(readFileSync(pidFile, 'utf8'), 10)

  beforeAll(async () => {
    const server = await start()
    await query(server.url, 'create table kept (id int)')
    await server.stop()
  })
  afterAll(async () => {
    if (existsSync(pidFile)) await (await start()).stop()
    guard.disarm()
    folder.remove()
  })

  it('keeps the data over an orderly end, and knows Vietnamese capitals', async () => {
    const server = await start()
    await query(server.url, 'insert into kept values (1)')

    expect(server.adopted).toBe(false)
    expect(await query(server.url, "select upper('ủy đắk') as upper")).toEqual([{ upper: 'ỦY ĐẮK' }])
    expect(await query(server.url, "select current_setting('fsync') as fsync")).toEqual([{ fsync: 'on' }])
    const pid = serverPid()
    await server.stop()

    expect(isAlive(pid)).toBe(false)
    expect(runningEmbeddedUrl(folder.path)).toBeUndefined()
  })

  it('lets nobody in without the password', async () => {
    const server = await start()
    const url = new URL(server.url)
    url.password = 'guessed'

    await expect(query(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })

    await server.stop()
  })

  it('takes over the server of a gateway that was killed', async () => {
    const pid = await startInKilledProcess(folder.path)
    expect(isAlive(pid)).toBe(true)

    const server = await start()

    expect(server.adopted).toBe(true)
    expect(serverPid()).toBe(pid)
    expect(runningEmbeddedUrl(folder.path)).toBe(server.url)
    await server.stop()
    expect(existsSync(pidFile)).toBe(false)
  })

  it('recovers what was committed when everything was killed', async () => {
    const running = await start()
    await query(running.url, 'insert into kept values (2)')
    await running.stop()
    const pid = await startInKilledProcess(folder.path)
    process.kill(pid, 'SIGKILL')

    const server = await start()

    expect(server.adopted).toBe(false)
    expect(await query(server.url, 'select count(*)::int as count from kept where id = 2')).toEqual([{ count: 1 }])
    await server.stop()
  })

  it('starts although the number in an old postmaster.pid now belongs to another program', async () => {
    writeFileSync(pidFile, `${process.pid}\n${folder.path}/postgres\n1\n29999\n\n127.0.0.1\n`)

    const server = await start()

    expect(server.adopted).toBe(false)
    await server.stop()
  })

  it('revives a server that dies alone, at the same address', async () => {
    const server = await start()
    process.kill(serverPid(), 'SIGKILL')

    await until(() => query(server.url, 'select 1').then(Boolean, () => false))

    await server.stop()
    expect(existsSync(pidFile)).toBe(false)
  })

  it('refuses the data of another major version', async () => {
    const versionFile = join(folder.path, 'postgres', 'PG_VERSION')
    const version = readFileSync(versionFile, 'utf8')
    writeFileSync(versionFile, '9\n')

    await expect(start()).rejects.toMatchObject({ kind: 'database_old', exitCode: 7 })

    writeFileSync(versionFile, version)
  })
})

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Starts the database from a process of its own and kills that with -9. Answers the number of the server left behind. */
async function startInKilledProcess(dataDir: string): Promise<number> {
  const starter = fork(join(import.meta.dirname, 'start-embedded.ts'), [dataDir], { execArgv: ['--import', 'tsx'] })
  await once(starter, 'message')
  starter.kill('SIGKILL')
  await once(starter, 'exit')
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(50)
}
