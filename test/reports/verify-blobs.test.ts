import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type VerifyBlobsOptions, verifyBlobs } from '../../src/reports/verify-blobs.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { bothStores, type OpenTestBlobs, putBlob } from '../support/blob-stores.ts'

const now = new Date('2026-11-20T12:30:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 24 * 3_600_000)

describe.each(bothStores)('verifying %s', (_name, open) => {
  let rows: DeliveryRows
  let opened: OpenTestBlobs
  beforeAll(async () => {
    rows = await openDeliveryRows()
    opened = await open()
  })
  afterAll(async () => {
    await opened.close()
    await rows.close()
  })

  /** A package accepted then, whose row names these bytes. */
  const accept = async (at: Date, bytes: Buffer) => {
    const id = await rows.package({ packageId: uuidv7(at.getTime()), size: bytes.length })
    const sha256 = createHash('sha256').update(bytes).digest()
    await rows.db.updateTable('packages').set({ sha256, accepted_at: at }).where('package_id', '=', id).execute()
    return id
  }
  const put = async (id: string, bytes: Buffer) => {
    await putBlob(opened.store, id, bytes)
    return id
  }
  const verify = (more: Partial<VerifyBlobsOptions> = {}) =>
    verifyBlobs({ db: rows.db, blobs: opened.store, now, ...more })

  it('finds nothing wrong where all is well, however large, and counts what it read', async () => {
    for (const size of [1, 60_000, 5_000_000]) {
      const bytes = randomBytes(size)
      await put(await accept(daysAgo(3), bytes), bytes)
    }

    expect(await verify()).toEqual({
      ok: true,
      verified: 3,
      bytes: 5_060_001,
      missing: { count: 0, ids: [] },
      altered: { count: 0, ids: [] },
      orphans: { count: 0, ids: [] },
    })
  })

  it('names what is missing, what was altered by a bit or in length, and what no package names', async () => {
    const bytes = randomBytes(10_000)
    const flipped = Buffer.from(bytes)
    flipped[5_000] = (flipped[5_000] ?? 0) ^ 1
    const missing = await accept(daysAgo(10), bytes)
    const altered = await put(await accept(daysAgo(10), bytes), flipped)
    const shortened = await put(await accept(daysAgo(10), bytes), bytes.subarray(1))
    const orphan = await put(uuidv7(daysAgo(10).getTime()), bytes)
    const young = await put(uuidv7(daysAgo(0.5).getTime()), bytes)

    const report = await verify()

    expect(report).toMatchObject({
      ok: false,
      verified: 6,
      missing: { count: 1, ids: [missing] },
      altered: { count: 2, ids: [altered, shortened].sort() },
      orphans: { count: 1, ids: [orphan] },
    })
    expect(JSON.stringify(report)).not.toContain(young)
  })

  it('keeps to the part of the time that is asked for', async () => {
    expect(await verify({ since: daysAgo(5) })).toMatchObject({ ok: true, verified: 3 })
    expect(await verify({ until: daysAgo(5) })).toMatchObject({ ok: false, verified: 3, orphans: { count: 1 } })
    expect(await verify({ since: daysAgo(50), until: daysAgo(40) })).toMatchObject({ ok: true, verified: 0 })
  })

  it('takes a sample, without orphans', async () => {
    const report = await verify({ sample: 2 })

    expect(report.verified).toBe(2)
    expect(report.orphans).toBeUndefined()
  })

  it('does not miss what retention has removed', async () => {
    const removed = await accept(daysAgo(2), randomBytes(10))
    await rows.db.updateTable('packages').set({ content_removed_at: now }).where('package_id', '=', removed).execute()

    expect((await verify({ since: daysAgo(2.5) })).ok).toBe(true)
  })
})
