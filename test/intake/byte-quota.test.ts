// What a system may send in a day, counted over a real database by more than one process.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ByteQuota, createByteQuota, removeOldUsage } from '../../src/intake/byte-quota.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'

let fresh: FreshDatabase
let open: OpenDatabase
const quotas: ByteQuota[] = []

beforeAll(async () => {
  fresh = await freshDatabase()
  open = openDatabase({ url: fresh.url, connectionsMax: 4, onIdleError: () => undefined })
})
afterAll(async () => {
  for (const quota of quotas) await quota.close()
  await open.close()
  await fresh.drop()
})

let number = 0
async function aSystem(): Promise<string> {
  number += 1
  const system_id = `QLVB-${number}`
  const webhook_secret_cipher = Buffer.alloc(1)
  await open.db
    .insertInto('systems')
    .values({ system_id, name: system_id, channel: 'mailbox', webhook_secret_cipher })
    .execute()
  return system_id
}

/** Late on the 20th in Vietnam, the 20th in London as well. */
const evening = new Date('2026-11-20T23:59:00+07:00')

function aProcess(limit: number | undefined, clock = { time: evening }): ByteQuota {
  const quota = createByteQuota({
    db: open.db,
    clock: { now: () => clock.time },
    limitOf: () => limit,
    onFailure: (error) => {
      throw error
    },
  })
  quotas.push(quota)
  return quota
}

const stored = (systemId: string) =>
  open.db
    .selectFrom('byte_usage')
    .select(['day', 'bytes', 'packages'])
    .where('system_id', '=', systemId)
    .orderBy('day')
    .execute()

async function accept(quota: ByteQuota, systemId: string, bytes: number): Promise<void> {
  const grant = await quota.reserve(systemId, bytes)
  grant.keep(bytes)
  grant.leave()
}

describe('the quota of a day', () => {
  test('refuses what would exceed it, until midnight in Vietnam, and says how much there was', async () => {
    const systemId = await aSystem()
    const quota = aProcess(1_000)
    await accept(quota, systemId, 700)

    await expect(quota.reserve(systemId, 301)).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'quota_used',
      facts: { params: { limit: 1_000, used: 700 }, retryAfterSeconds: 60 },
    })
    await accept(quota, systemId, 300)
    expect(await quota.usage(systemId)).toEqual({
      day: '2026-11-20',
      usedBytes: 1_000,
      limitBytes: 1_000,
      resetsAt: new Date('2026-11-21T00:00:00+07:00'),
    })
  })

  test('begins anew on the next day, and what was accepted before midnight stays counted there', async () => {
    const systemId = await aSystem()
    const clock = { time: evening }
    const quota = aProcess(1_000, clock)
    const late = await quota.reserve(systemId, 900)

    clock.time = new Date('2026-11-21T00:00:01+07:00')
    await accept(quota, systemId, 1_000)
    late.keep(900)
    await quota.close()

    expect(await stored(systemId)).toEqual([
      { day: '2026-11-20', bytes: 900, packages: 1 },
      { day: '2026-11-21', bytes: 1_000, packages: 1 },
    ])
  })

  test('holds bodies that are still coming in, and gives back what was refused', async () => {
    const systemId = await aSystem()
    const quota = aProcess(1_000)
    const coming = await quota.reserve(systemId, 400)
    await coming.growTo(900)

    await expect(quota.reserve(systemId, 200)).rejects.toMatchObject({ code: 'quota_used' })
    await expect(coming.growTo(1_001)).rejects.toMatchObject({ code: 'quota_used' })
    coming.leave()
    coming.leave()

    await accept(quota, systemId, 1_000)
    expect((await quota.usage(systemId)).usedBytes).toBe(1_000)
  })

  test('is one for all processes, and outlives them', async () => {
    const systemId = await aSystem()
    const [one, other] = [aProcess(1_000), aProcess(1_000)]
    await accept(one, systemId, 600)
    await one.close()

    await expect(other.reserve(systemId, 500)).rejects.toMatchObject({ code: 'quota_used' })
    await accept(other, systemId, 400)
    await other.close()
    expect(await stored(systemId)).toEqual([{ day: '2026-11-20', bytes: 1_000, packages: 2 }])
  })

  test('counts systems without a limit as well, so that one can be set', async () => {
    const systemId = await aSystem()
    const quota = aProcess(undefined)
    await accept(quota, systemId, 5_000_000_000)

    expect(await quota.usage(systemId)).not.toHaveProperty('limitBytes')
    await quota.close()
    expect(await stored(systemId)).toEqual([{ day: '2026-11-20', bytes: 5_000_000_000, packages: 1 }])
  })

  test('loses no count while the database is away', async () => {
    const systemId = await aSystem()
    const real = new URL(fresh.url)
    const wire = await startTcpProxy({ host: real.hostname, port: Number(real.port) })
    const url = Object.assign(new URL(fresh.url), { port: String(wire.port) }).href
    const over = openDatabase({ url, connectionsMax: 2, onIdleError: () => undefined })
    const clock = { now: () => evening }
    const quota = createByteQuota({ db: over.db, clock, limitOf: () => undefined, onFailure: () => undefined })
    await wire.cut()
    await accept(quota, systemId, 10)
    await expect(quota.close()).rejects.toThrow()

    await wire.mend()
    await accept(quota, systemId, 5)
    await quota.close()
    await over.close()
    await wire.close()
    expect(await stored(systemId)).toEqual([{ day: '2026-11-20', bytes: 15, packages: 2 }])
  })

  test('is forgotten after 400 days', async () => {
    const systemId = await aSystem()
    await open.db
      .insertInto('byte_usage')
      .values([
        { system_id: systemId, day: '2025-10-15', bytes: 1, packages: 1 },
        { system_id: systemId, day: '2025-10-17', bytes: 2, packages: 1 },
      ])
      .execute()

    await removeOldUsage(open.db, evening)

    expect(await stored(systemId)).toEqual([{ day: '2025-10-17', bytes: 2, packages: 1 }])
  })
})

test('a thousand packages of one sender cost a few statements and wait for nobody', async () => {
  const systemId = await aSystem()
  const processes = Array.from({ length: 4 }, () => aProcess(1_000_000_000))
  await Promise.all(processes.flatMap((quota) => Array.from({ length: 250 }, () => accept(quota, systemId, 60_000))))

  for (const quota of processes) await quota.close()
  expect(await stored(systemId)).toEqual([{ day: '2026-11-20', bytes: 60_000_000, packages: 1_000 }])
})
