import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { putBlob } from '../support/blob-stores.ts'
import { scratchFolder } from '../support/scratch.ts'
import { tram } from './run-tram.ts'

let rows: DeliveryRows
const folder = scratchFolder('doctor')
let env: Record<string, string>
beforeAll(async () => {
  rows = await openDeliveryRows(4)
  const found = await sql<{ name: string }>`select current_database() as name`.execute(rows.db)
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${found.rows[0]?.name}`
  env = {
    DATABASE_URL: url.href,
    MASTER_KEY: '0'.repeat(64),
    AXIS_CODE: '000.00.99.H35',
    DATA_DIR: folder.path,
    BLOB_URL: `file:${folder.path}`,
  }
})
afterAll(async () => {
  await rows.close()
  folder.remove()
})

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly found: string
}

describe('tram doctor', () => {
  it('looks at the store and at the rows, and is content with an empty installation', async () => {
    const run = await tram(['doctor', '--json'], env)

    const { findings }: { findings: Finding[] } = JSON.parse(run.out)
    const wrong = findings.filter(({ ok, check }) => !ok && check !== 'storage')
    expect(wrong).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['database', 'blob store', 'delivery_missing']),
    )
  })

  it('ends with 1 and names the rows that disagree', async () => {
    const systemId = await rows.lane()
    const deliveryId = await rows.delivery(systemId, { packageId: await rows.package() })
    await sql`alter table deliveries disable trigger all`.execute(rows.db)
    await sql`update deliveries set state = 'in_flight', lease_token = gen_random_uuid(), lease_until = now() - interval '1 hour'
      where delivery_id = ${deliveryId}`.execute(rows.db)

    const run = await tram(['doctor'], env)

    expect(run.code).toBe(1)
    expect(run.out).toMatch(new RegExp(`LỖI +lease_overdue +1: .*${deliveryId}`))
  })

  it('says why a bucket cannot be reached', async () => {
    const bucket = {
      BLOB_URL: 's3://van-ban',
      S3_ENDPOINT: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'tram',
      AWS_SECRET_ACCESS_KEY: 'hunter2',
    }

    const run = await tram(['doctor'], { ...env, ...bucket })

    expect(run.code).toBe(1)
    expect(run.out).toMatch(/LỖI +blob store +s3:\/\/van-ban\/: .*ECONNREFUSED/)
    expect(run.out).not.toContain('hunter2')
  })
})

describe('tram doctor --blobs', () => {
  const bytes = Buffer.from('<edXML/>')
  let packageId: string
  beforeEach(async () => {
    await sql`truncate packages cascade`.execute(rows.db)
    packageId = await rows.package({ size: bytes.length })
    const sha256 = createHash('sha256').update(bytes).digest()
    await rows.db.updateTable('packages').set({ sha256 }).where('package_id', '=', packageId).execute()
  })

  it('ends with 0 when every byte is there', async () => {
    await putBlob(createFileBlobStore(folder.path), packageId, bytes)

    const run = await tram(['doctor', '--blobs', '--json'], env)

    expect(run.code).toBe(0)
    expect(JSON.parse(run.out)).toMatchObject({ ok: true, verified: 1, bytes: bytes.length })
  })

  it('ends with 1 and names what is missing', async () => {
    const run = await tram(['doctor', '--blobs', '--since', '2026-01-01'], env)

    expect(run.code).toBe(1)
    expect(run.out).toMatch(/LỖI +missing +1/)
    expect(run.out).toContain(packageId)
  })

  it('ends with 1 and names orphans', async () => {
    await putBlob(createFileBlobStore(folder.path), packageId, bytes)
    const orphan = uuidv7(Date.now() - 3 * 24 * 3_600_000)
    await putBlob(createFileBlobStore(folder.path), orphan, bytes)

    const run = await tram(['doctor', '--blobs', '--json'], env)

    expect(run.code).toBe(1)
    expect(JSON.parse(run.out)).toMatchObject({ ok: false, orphans: { count: 1, ids: [orphan] } })
  })

  it.each([
    ['a part without --blobs', ['doctor', '--since', '2026-01-01'], '--since goes with --blobs'],
    ['a moment without its zone', ['doctor', '--blobs', '--until', '2026-01-01T08:00'], '--until takes a day'],
    ['a sample of nothing', ['doctor', '--blobs', '--sample', '0'], '--sample takes a whole number'],
  ])('refuses %s', async (_what, words, message) => {
    const run = await tram(words, env)

    expect(run.code).toBe(2)
    expect(run.err).toContain(message)
  })
})
