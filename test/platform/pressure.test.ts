// What bounds a process: bodies under way, the line before the database, its event loop and memory, the disk.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Registry } from 'prom-client'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { usualThresholds } from '../../src/domain/storage-reserve.ts'
import { createBodyBudget, usualBudgets } from '../../src/platform/body-budget.ts'
import { databaseAway, isDatabaseAway, openDatabase } from '../../src/platform/database.ts'
import { openDiskSpace } from '../../src/platform/disk-space.ts'
import { type Load, startLoadMonitor } from '../../src/platform/load-monitor.ts'
import { addPressureMetrics } from '../../src/platform/metrics.ts'
import { pressureChecks, storageFacts } from '../../src/platform/pressure-checks.ts'
import { scratchFolder } from '../support/scratch.ts'
import { freshDatabase } from '../support/services.ts'

const mib = 1024 ** 2
const overloaded = expect.objectContaining({
  code: 'overloaded',
  facts: expect.objectContaining({ retryAfterSeconds: expect.any(Number) }),
})

describe('the budget of bodies', () => {
  const limits = {
    status: { countMax: 2, bytesMax: mib },
    small: { countMax: 3, bytesMax: 10 * mib },
    large: { countMax: 2, bytesMax: 100 * mib },
  }

  test('keeps statuses and small packages coming in while large ones take all that is theirs', () => {
    const budget = createBodyBudget(limits)
    const held = [budget.enter('document', 20 * mib), budget.enter('document', 20 * mib)]

    expect(() => budget.enter('document', 2 * mib)).toThrow(overloaded)
    budget.enter('document', mib)
    budget.enter('status', 1_000)
    expect(budget.fullClasses()).toEqual(['large'])

    held[0]?.leave()
    held[0]?.leave()
    expect(budget.inFlight().large).toEqual({ count: 1, bytes: 20 * mib })
    budget.enter('document', 2 * mib)
  })

  test('bounds bytes as well as bodies, and lets one in that is larger than all of it', () => {
    const budget = createBodyBudget(limits)
    const huge = budget.enter('document', 500 * mib)

    expect(() => budget.enter('document', 2 * mib)).toThrow(overloaded)
    huge.leave()
    budget.enter('document', 99 * mib)
    expect(() => budget.enter('document', 2 * mib)).toThrow(overloaded)
  })

  test('counts a body of unknown size as it grows, from the small to the large', () => {
    const budget = createBodyBudget({ ...limits, large: { countMax: 1, bytesMax: 100 * mib } })
    const [one, other] = [budget.enter('document', 0), budget.enter('document', 0)]

    one.growTo(5 * mib)
    expect(budget.inFlight()).toMatchObject({ small: { count: 1 }, large: { count: 1, bytes: 5 * mib } })
    expect(() => other.growTo(2 * mib)).toThrow(overloaded)
    other.leave()
    one.leave()

    const nothing = { count: 0, bytes: 0 }
    expect(budget.inFlight()).toEqual({ status: nothing, small: nothing, large: nothing })
  })
})

describe('the line before the database', () => {
  const opened: { close(): Promise<void> }[] = []
  afterAll(async () => {
    for (const one of opened) await one.close()
  })

  test('turns away early whoever would stand at its end, and goes on', async () => {
    const fresh = await freshDatabase()
    const database = openDatabase({ url: fresh.url, connectionsMax: 2, waitingMax: 3, onIdleError: () => undefined })
    opened.push({
      async close() {
        await database.close()
        await fresh.drop()
      },
    })
    const hold = () => sql`select pg_sleep(1)`.execute(database.db)
    const running = [hold(), hold(), hold(), hold(), hold()]
    await vi.waitFor(() => expect(database.load()).toMatchObject({ waiting: 3 }))

    const startedAt = performance.now()
    const refused = await hold().catch((error: unknown) => error)

    expect(performance.now() - startedAt).toBeLessThan(200)
    expect(refused).toMatchObject({ kind: 'unavailable', code: 'database_busy' })
    // To whoever can do without the database for a moment, it is the same as if it were away.
    expect(isDatabaseAway(refused)).toBe(true)
    expect(databaseAway(refused)).toBe(refused)
    expect(await Promise.all(running)).toHaveLength(5)
    await hold()
    expect(database.load()).toMatchObject({ busy: 0, waiting: 0 })
  })
})

describe('the load of the process', () => {
  const calm: Load = { eventLoopDelayMs: 5, heapPercent: 40 }

  async function monitorWith(loads: readonly Load[]) {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    let at = 0
    const monitor = startLoadMonitor({ eventLoopDelayMsMax: 500, heapPercentMax: 90 }, () => loads[at++] ?? calm)
    for (let i = 0; i < loads.length; i++) vi.advanceTimersByTime(1_000)
    vi.useRealTimers()
    return monitor
  }

  test.each([
    ['one late second', [calm, { ...calm, eventLoopDelayMs: 900 }], undefined],
    [
      'late seconds in a row',
      [
        { ...calm, eventLoopDelayMs: 900 },
        { ...calm, eventLoopDelayMs: 600 },
      ],
      'event_loop',
    ],
    [
      'a heap that stays full',
      [
        { ...calm, heapPercent: 95 },
        { ...calm, heapPercent: 91 },
      ],
      'memory',
    ],
    ['a heap that was collected', [{ ...calm, heapPercent: 95 }, { ...calm, heapPercent: 95 }, calm], undefined],
  ])('after %s', async (_name, loads, expected) => {
    const monitor = await monitorWith(loads)

    expect(monitor.shortOf()).toBe(expected)
    if (expected === undefined) expect(() => monitor.refuseWhenShort()).not.toThrow()
    else expect(() => monitor.refuseWhenShort()).toThrow(overloaded)
    monitor.close()
  })

  test('is measured: a loop that is blocked is late, an idle one is not', async () => {
    const monitor = startLoadMonitor({ eventLoopDelayMsMax: 100, heapPercentMax: 99 })
    try {
      expect(monitor.shortOf()).toBeUndefined()
      await vi.waitFor(
        () => {
          const until = performance.now() + 400
          while (performance.now() < until);
          expect(monitor.shortOf()).toBe('event_loop')
        },
        { timeout: 15_000, interval: 1 },
      )
      await vi.waitFor(() => expect(monitor.shortOf()).toBeUndefined(), { timeout: 15_000, interval: 200 })
    } finally {
      monitor.close()
    }
  })
})

describe('the disk', () => {
  test('is asked once a second, and what was taken meanwhile is taken off', async () => {
    const folder = scratchFolder('disk')
    let now = 0
    // The folder itself is made with the first package.
    const disk = openDiskSpace(join(folder.path, 'blobs/2026'), () => now)
    const before = await disk.space()
    expect(before.totalBytes).toBeGreaterThan(before.freeBytes)

    disk.take(5_000)
    expect((await disk.space()).freeBytes).toBe(before.freeBytes - 5_000)

    // They may not be on the disk yet, so they count through one more second.
    now = 1_000
    mkdirSync(join(folder.path, 'blobs/2026'), { recursive: true })
    const read = (await disk.space()).freeBytes
    now = 2_000
    await disk.space()
    now = 3_000
    expect(Math.abs((await disk.space()).freeBytes - read)).toBeLessThan(512 * mib)
    folder.remove()
  })
})

describe('health and metrics', () => {
  const parts = (freePercent: number) => ({
    disk: {
      space: async () => ({ freeBytes: freePercent * 1024 ** 3, totalBytes: 100 * 1024 ** 3 }),
      take: () => undefined,
    },
    thresholds: usualThresholds,
    databaseLoad: () => ({ busy: 20, idle: 0, waiting: freePercent < 50 ? 700 : 0, waitingMax: 1_000 }),
    monitor: {
      current: () => ({ eventLoopDelayMs: 812, heapPercent: 12 }),
      shortOf: () => (freePercent < 50 ? ('event_loop' as const) : undefined),
      refuseWhenShort: () => undefined,
      close: () => undefined,
    },
    budget: createBodyBudget(usualBudgets),
  })
  const said = async (freePercent: number) =>
    Object.fromEntries(
      await Promise.all(pressureChecks(parts(freePercent)).map(async (c) => [c.name, await c.check()] as const)),
    )

  test('say why something is refused, and nothing while all is well', async () => {
    expect(await said(4)).toMatchObject({
      disk: expect.stringMatching(/^4\.0 % free: only statuses/),
      'database connections': '700 of 1000 places in the waiting line are taken',
      'event loop': expect.stringContaining('812 ms late'),
    })
    expect(Object.values(await said(60)).filter((text) => text !== undefined)).toEqual([])
  })

  test('an alert stands from twenty percent on, and says how bad it is', async () => {
    expect(await storageFacts(parts(21))).toEqual([])
    expect(await storageFacts(parts(19))).toEqual([{ subject: 'blobs', data: { level: 'watched' } }])
    expect(await storageFacts(parts(4))).toEqual([{ subject: 'blobs', data: { level: 'critical' } }])
  })

  test('have a figure for each of them', async () => {
    const registry = new Registry()
    const { disk, databaseLoad, monitor, budget } = parts(4)
    budget.enter('document', 3 * mib)
    addPressureMetrics(registry, {
      space: disk.space,
      database: databaseLoad,
      load: monitor.current,
      bodies: () => budget.inFlight(),
    })

    const text = await registry.metrics()

    for (const line of [
      `tram_storage_free_bytes ${4 * 1024 ** 3}`,
      'tram_database_connections{state="waiting"} 700',
      'tram_event_loop_delay_seconds 0.812',
      'tram_heap_used_ratio 0.12',
      'tram_bodies_in_flight{class="large"} 1',
      `tram_body_bytes_in_flight{class="large"} ${3 * mib}`,
    ])
      expect(text).toContain(line)
  })
})
