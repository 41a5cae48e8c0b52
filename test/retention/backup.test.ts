// A backup of a gateway at work, restored into an empty database and an empty folder, and a gateway started on it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compose } from '../../src/compose.ts'
import { readConfig } from '../../src/config.ts'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createReceipts } from '../../src/trust/receipts.ts'
import { createSecretBox } from '../../src/trust/secret-box.ts'
import { openSigningKeys } from '../../src/trust/signing-keys.ts'
import { tram } from '../cli/run-tram.ts'
import { edxml } from '../support/edxml-fixtures.ts'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import { httpClient } from '../support/http-client.ts'
import { scratchFolder } from '../support/scratch.ts'
import { emptyDatabase, type FreshDatabase, freshDatabase } from '../support/services.ts'

let source: GatewayUnderTest
let sender: string
let folder: ReturnType<typeof scratchFolder>
let backup: string
/** Where pushes go: nothing listens there until a test does. */
let pushPort: number

beforeAll(async () => {
  folder = scratchFolder('backup')
  backup = join(folder.path, 'backup')
  pushPort = await freePort()
  // It accepts and pushes nothing: what goes out later was pushed by the restored one.
  source = await startGateway({ env: { ROLES: 'edge' } })
  const { systems } = await source.register({
    agencies: [{ codes: ['000.00.12.H35'] }, { codes: ['000.00.20.H35'] }, { codes: ['000.00.21.H35'] }],
    systems: [
      { systemId: 'SENDER', agencies: ['000.00.12.H35'] },
      { systemId: 'BOX', agencies: ['000.00.20.H35'] },
      {
        ...{ systemId: 'PUSHED', agencies: ['000.00.21.H35'], channel: 'push' },
        pushUrl: `http://127.0.0.1:${pushPort}/in`,
      },
    ],
  })
  sender = systems[0]?.basic ?? ''
  for (let i = 0; i < 3; i++) await send(source, sender, `văn bản ${i}`)
})
afterAll(async () => {
  await source.close()
  folder.remove()
})

const runBackup = (...more: string[]) => tram(['backup', '--to', backup, '--json', ...more], source.env)
const environment = (db: FreshDatabase, dataDir: string) => {
  return { ...source.env, ROLES: 'all', DATABASE_URL: db.url, DATA_DIR: dataDir }
}

describe('a backup', () => {
  it('restored into an empty place gives the same figures, receipts and bytes, and deliveries go on', async () => {
    const made = await runBackup()
    const stats = (await source.admin('GET', 'stats')).body
    const target = await emptyDatabase()
    const data = join(folder.path, 'restored')
    const env = environment(target, data)

    const restored = await tram(['restore', '--from', backup, '--json'], env)

    expect([made.code, restored.code]).toEqual([0, 0])
    expect(JSON.parse(restored.out)).toMatchObject({ packages: 3, damaged: [], masterKey: 'present' })
    const pushed = await listen(pushPort)
    const gateway = await composed(env)
    try {
      const call = httpClient(gateway.url)
      const { body } = await call('GET', '/api/v1/admin/stats', { token: source.adminToken })
      expect({ ...body, oldestWaitingSeconds: 0 }).toMatchObject({ ...stats, oldestWaitingSeconds: 0 })

      gateway.start()
      // What waited for a receiver that was away goes out once somebody listens there.
      await expect.poll(() => pushed.ids.size, { timeout: 15_000 }).toBe(3)
      const list = await call('GET', '/api/v1/packages', { basic: sender })
      for (const { packageId } of list.body.items) {
        const content = await call('GET', `/api/v1/packages/${packageId}/content`, { basic: sender })
        const original = await source.call('GET', `/api/v1/packages/${packageId}/content`, { basic: sender })
        expect(content.bytes.equals(original.bytes)).toBe(true)
      }
      await receiptsVerify(env)
      // The same document again: still the first receipt.
      const again = await send({ call }, sender, 'văn bản 1')
      expect(again.status).toBe(200)
    } finally {
      await gateway.close()
      await pushed.close()
      await target.drop()
    }
  })

  it('into the same folder copies only what is new, and holds what came meanwhile', async () => {
    const first = JSON.parse((await runBackup()).out)
    await send(source, sender, 'mới')

    const second = JSON.parse((await runBackup()).out)

    expect([first.copiedBlobs, second.copiedBlobs]).toEqual([0, 1])
    expect(second.manifest.blobs.count).toBe(first.manifest.blobs.count + 1)
    expect(readdirSync(backup).filter((name) => name.startsWith('database-'))).toEqual([
      `database-${second.manifest.backupId}`,
    ])
  })

  it('compares again what a backup that was cut off had copied', async () => {
    await runBackup()
    const packageId = (await send(source, sender, 'chép dở')).body.packageId
    const path = blobPath(packageId)
    const half = createFileBlobStore(join(backup, 'blobs')).create(packageId)
    await half.write(Buffer.from('half'))
    await half.finish()

    const result = JSON.parse((await runBackup()).out)

    expect(result.copiedBlobs).toBe(1)
    expect(readFileSync(join(backup, 'blobs', path)).equals(readFileSync(join(source.blobFolder, path)))).toBe(true)
  })

  it('says which bytes are damaged or gone, and ends as not in order', async () => {
    const packageId = (await send(source, sender, 'hỏng')).body.packageId
    const path = join(source.blobFolder, blobPath(packageId))
    const whole = readFileSync(path)
    writeFileSync(path, Buffer.concat([whole, Buffer.from('!')]))

    const damaged = await runBackup()
    writeFileSync(path, whole)
    const mended = await runBackup()

    expect(damaged.code).toBe(1)
    expect(JSON.parse(damaged.out).manifest.blobs.damaged).toEqual([packageId])
    expect([mended.code, JSON.parse(mended.out).manifest.blobs.damaged]).toEqual([0, []])
  })

  it('holds one moment and no half of it, while the gateway goes on accepting', async () => {
    const running = runBackup()
    const answers = await Promise.all([1, 2, 3, 4].map((i) => send(source, sender, `trong lúc sao lưu ${i}`)))
    const { manifest } = JSON.parse((await running).out)

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
    const target = await emptyDatabase()
    const { code } = await tram(['restore', '--from', backup], environment(target, join(folder.path, 'during')))
    const open = openDatabase({ url: target.url, connectionsMax: 1, onIdleError: () => undefined })
    const { rows } = await sql<{ n: number }>`select count(*)::integer as n from packages`.execute(open.db)
    await open.close()
    await target.drop()
    expect([code, rows[0]?.n]).toEqual([0, manifest.blobs.count])
  })
})

describe('a restore', () => {
  it('is refused where something is, and replaces it with --force', async () => {
    await runBackup()
    const target = await freshDatabase()
    const open = openDatabase({ url: target.url, connectionsMax: 1, onIdleError: () => undefined })
    await sql`insert into agencies (agency_id, name) values (gen_random_uuid(), 'Cơ quan cũ')`.execute(open.db)
    await open.close()
    const env = environment(target, join(folder.path, 'full'))

    const refused = await tram(['restore', '--from', backup], env)
    const forced = await tram(['restore', '--from', backup, '--force'], env)

    const after = openDatabase({ url: target.url, connectionsMax: 1, onIdleError: () => undefined })
    const names = await after.db.selectFrom('agencies').select('name').execute()
    await after.close()
    await target.drop()
    expect(refused.code).not.toBe(0)
    expect(refused.err).toContain('--force')
    expect(forced.code).toBe(0)
    const found = names.map(({ name }) => name)
    expect([found.includes('Cơ quan cũ'), found.includes('Cơ quan 000.00.12.H35')]).toEqual([false, true])
  })

  it('is refused while Trạm runs on the database', async () => {
    await runBackup()

    // A process at work has a connection; one that has been idle for long may have none.
    await source.admin('GET', 'stats')
    const { code, err } = await tram(['restore', '--from', backup, '--force'], source.env)

    expect(code).not.toBe(0)
    expect(err).toContain('stop every process')
    expect((await source.admin('GET', 'stats')).body.packages).toBeGreaterThan(0)
  })

  it('is refused with another master key than the backup was made under', async () => {
    await runBackup()
    const target = await emptyDatabase()
    const env = { ...environment(target, join(folder.path, 'other-key')), MASTER_KEY: randomBytes(32).toString('hex') }

    const { code, err } = await tram(['restore', '--from', backup], env)

    await target.drop()
    expect(code).not.toBe(0)
    expect(err).toContain('MASTER_KEY')
  })

  it('does nothing with a file that was changed or lost', async () => {
    const { manifest } = JSON.parse((await runBackup()).out)
    const target = await emptyDatabase()
    const env = environment(target, join(folder.path, 'damaged'))
    const file = join(backup, manifest.tables.find(({ name }: { name: string }) => name === 'packages').file)
    const whole = readFileSync(file)

    writeFileSync(file, Buffer.concat([whole.subarray(0, -1), Buffer.of((whole.at(-1) ?? 0) ^ 1)]))
    const changed = await tram(['restore', '--from', backup], env)
    rmSync(file)
    const lost = await tram(['restore', '--from', backup], env)
    writeFileSync(file, whole)

    const open = openDatabase({ url: target.url, connectionsMax: 1, onIdleError: () => undefined })
    const { rows } = await sql<{ there: boolean }>`select to_regclass('packages') is not null as there`.execute(open.db)
    await open.close()
    await target.drop()
    expect([changed.code, lost.code].includes(0)).toBe(false)
    expect(changed.err).toContain('packages.copy.gz')
    expect(rows[0]?.there).toBe(false)
    expect(existsSync(join(folder.path, 'damaged', 'blobs'))).toBe(false)
  })

  it('of a folder without a complete backup says so', async () => {
    const target = await emptyDatabase()
    const { code, err } = await tram(['restore', '--from', folder.path], environment(target, join(folder.path, 'none')))
    await target.drop()

    expect(code).not.toBe(0)
    expect(err).toContain('manifest.json')
  })
})

async function send(to: Pick<GatewayUnderTest, 'call'>, basic: string, subject: string) {
  const xml = edxml({
    to: ['000.00.20.H35', '000.00.21.H35'].map((code) => `<e:To><e:OrganId>${code}</e:OrganId></e:To>`).join(''),
    documentId: `<e:DocumentId>000.00.12.H35,2026/11/20,${subject}</e:DocumentId>`,
    subject: `<e:Subject>${subject}</e:Subject>`,
  })
  return await to.call('POST', '/api/v1/packages', { basic, type: 'application/edxml+xml', body: xml })
}

async function composed(env: Readonly<Record<string, string>>) {
  const config = readConfig(env)
  const gateway = await compose({
    ...{ config, databaseUrl: env.DATABASE_URL ?? '' },
    masterKey: Buffer.from(env.MASTER_KEY ?? '', 'hex'),
    logger: createLogger({ level: 'silent' }),
  })
  const url = await gateway.edge.listen({ port: 0, host: '127.0.0.1' })
  return { url, start: () => gateway.start(), close: () => gateway.close() }
}

async function receiptsVerify(env: Readonly<Record<string, string>>): Promise<void> {
  const open = openDatabase({ url: env.DATABASE_URL ?? '', connectionsMax: 1, onIdleError: () => undefined })
  try {
    const keys = await openSigningKeys(open.db, createSecretBox(Buffer.from(env.MASTER_KEY ?? '', 'hex')))
    const rows = await open.db.selectFrom('packages').select(['package_id', 'receipt']).execute()
    for (const row of rows) {
      const payload = await createReceipts(keys).readReceipt(row.receipt)
      expect(payload).toMatchObject({ packageId: row.package_id })
    }
  } finally {
    await open.close()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function listen(port: number) {
  const ids = new Set<string>()
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      ids.add(String(request.headers['webhook-id']))
      response.writeHead(200).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    ids,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** As the file store lays it out: by the hour the id was made. */
function blobPath(id: string): string {
  const at = new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString()
  return join(at.slice(0, 4), at.slice(5, 7), at.slice(8, 10), at.slice(11, 13), id)
}
