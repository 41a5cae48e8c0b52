import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type AgencyRow, insertAgencies } from '../../src/registry/agency-store.ts'
import { openDirectoryCache } from '../../src/registry/directory-cache.ts'
import { loadDirectory } from '../../src/registry/directory-store.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

let fresh: FreshDatabase
let open: OpenDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
  open = openDatabase({ url: fresh.url, connectionsMax: 4, onIdleError: () => undefined })
})
afterAll(async () => {
  await open.close()
  await fresh.drop()
})

let nowMs = 0
const failures: unknown[] = []
afterEach(() => {
  failures.length = 0
})
const cacheOf = async (on: OpenDatabase) =>
  await openDirectoryCache({ db: on.db, onCheckFailed: (error) => failures.push(error), monotonicMs: () => nowMs })

function row(code: string): AgencyRow {
  const state = {
    name: code,
    kind: 'state',
    isOffice: false,
    connected: true,
    successorIds: [],
    redirects: true,
  } as const
  return { agencyId: uuidv7(), isSandbox: false, state: { ...state, codes: [{ code, scheme: 'legacy' }] } }
}

/** As another process would, without telling this one. */
async function insertBehind(code: string): Promise<void> {
  await open.db.transaction().execute(async (trx) => await insertAgencies(trx, [row(code)]))
}

const knows = (directory: { findByCode(code: string, day: string): unknown }, code: string) =>
  directory.findByCode(code, '2026-11-20') !== undefined

describe('the directory in memory', () => {
  test('is looked at again at most every quarter of a second', async () => {
    const cache = await cacheOf(open)
    await insertBehind('one')

    expect(knows(cache.current(), 'one')).toBe(false)
    nowMs += 249
    expect(knows(await cache.fresh(), 'one')).toBe(false)
    nowMs += 1
    expect(knows(await cache.fresh(), 'one')).toBe(true)
  })

  test('answers at once from the copy in hand and renews it behind', async () => {
    const cache = await cacheOf(open)
    await insertBehind('two')
    nowMs += 250

    expect(knows(cache.current(), 'two')).toBe(false)

    await expect.poll(() => knows(cache.current(), 'two')).toBe(true)
  })

  test('stays the same value while nothing changes', async () => {
    const cache = await cacheOf(open)
    const before = cache.current()

    expect(await cache.refresh()).toBe(before)
  })

  test('is current after a refresh, even while another check is running', async () => {
    const cache = await cacheOf(open)
    const earlier = cache.refresh()
    await insertBehind('three')

    const [, ...later] = await Promise.all([earlier, cache.refresh(), cache.refresh(), cache.refresh()])

    for (const directory of later) expect(knows(directory, 'three')).toBe(true)
  })

  test('survives the database going away, and follows it when it is back', async () => {
    const away = openDatabase({ url: fresh.url, connectionsMax: 2, onIdleError: () => undefined })
    const cache = await cacheOf(away)
    const before = cache.current()
    const connect = away.pool.connect
    Reflect.set(away.pool, 'connect', () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })))

    expect(await cache.refresh()).toBe(before)
    expect(failures).toHaveLength(1)

    Reflect.set(away.pool, 'connect', connect)
    await insertBehind('four')
    expect(knows(await cache.refresh(), 'four')).toBe(true)
    await away.close()
  })
})

test('five thousand agencies are loaded in well under a second', async () => {
  const rows = Array.from({ length: 5_000 }, (_, n) => row(`many.${n}`))
  await open.db.transaction().execute(async (trx) => await insertAgencies(trx, rows))

  const startedMs = performance.now()
  const directory = await loadDirectory(open.db)

  expect(directory.agencies.size).toBeGreaterThanOrEqual(5_000)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
})
