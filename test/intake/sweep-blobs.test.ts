import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BlobStore } from '../../src/domain/ports.ts'
import { sweepBlobs } from '../../src/intake/sweep-blobs.ts'
import { withBackupLock } from '../../src/platform/backup-lock.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { bothStores, type OpenTestBlobs, putBlob } from '../support/blob-stores.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

const now = new Date('2026-11-20T12:30:00Z')
const clock = { now: () => now }
const hoursAgo = (hours: number) => uuidv7(now.getTime() - hours * 3_600_000)

describe.each(bothStores)('the sweep of orphans in %s', (_name, open) => {
  let opened: OpenTestBlobs
  let store: BlobStore
  beforeEach(async () => {
    opened = await open()
    store = opened.store
    await rows.db.deleteFrom('blob_sweeps').execute()
  })
  afterEach(() => opened.close())

  const kept = async () => {
    const ids: string[] = []
    for (const hour of await store.hours()) ids.push(...(await store.idsOfHour(hour)))
    return ids.sort()
  }
  const put = async (blobId: string) => {
    await putBlob(store, blobId, Buffer.from(blobId))
    return blobId
  }
  const sweep = () => sweepBlobs(rows.db, store, clock)

  it('removes what no package names, and nothing that one names', async () => {
    const named = await rows.package({ packageId: await put(hoursAgo(48)) })
    await put(hoursAgo(48))
    await put(hoursAgo(700))

    expect(await sweep()).toBe(2)

    expect(await kept()).toEqual([named])
    expect(await sweep()).toBe(0)
  })

  it('leaves alone what is not a day old: its package may be accepted yet', async () => {
    const young = [await put(hoursAgo(0)), await put(hoursAgo(23)), await put(hoursAgo(24.4))].sort()

    expect(await sweep()).toBe(0)

    expect(await kept()).toEqual(young)
  })

  it('goes on behind the hours it has searched, and looks back a month for hours that came late', async () => {
    await put(hoursAgo(26))
    expect(await sweep()).toBe(1)
    await put(hoursAgo(24 * 30))
    const ancient = await put(hoursAgo(24 * 300))

    expect(await sweep()).toBe(1)

    expect(await kept()).toEqual([ancient])
  })

  it('removes nothing during a backup, and does so after it', async () => {
    const orphan = await put(hoursAgo(48))

    await withBackupLock(rows.db, async () => {
      expect(await sweep()).toBe(0)
    })
    expect(await kept()).toEqual([orphan])

    expect(await sweep()).toBe(1)
  })
})
