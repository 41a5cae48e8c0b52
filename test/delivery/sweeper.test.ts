import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import type { Doorbell } from '../../src/delivery/doorbell.ts'
import { type Sweeper, type SweepTask, startSweeper } from '../../src/delivery/sweeper.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'
import { keptLines } from './kept-lines.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows(8)
})
afterAll(() => rows.close())

let open: Sweeper | undefined
afterEach(() => open?.close())

function start(options: { isSilent?: boolean; tasks?: SweepTask[]; serveLane?: (id: string) => Promise<void> } = {}) {
  const rung = new Set<string>()
  const served = new Set<string>()
  const { logger, messages } = keptLines()
  const doorbell: Doorbell = {
    ring: (systemIds) => {
      for (const id of systemIds) rung.add(id)
    },
    isSilent: () => options.isSilent ?? false,
    settle: async () => undefined,
  }
  const serveLane = options.serveLane ?? (async (id: string) => void served.add(id))
  const sweeper = startSweeper({
    lanesRest: async () => false,
    db: rows.db,
    doorbell,
    serveLane,
    tasks: options.tasks ?? [],
    everyMs: 10,
    logger,
  })
  open = sweeper
  return { sweeper, rung, served, messages }
}

describe('the sweeper', () => {
  it('rings lanes whose work is due, and leaves serving to those who hear it', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane)

    const { rung, served } = start()

    await vi.waitFor(() => expect(rung).toContain(lane))
    expect(served.size).toBe(0)
  })

  it('serves due lanes itself while no queue answers', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane)

    const { served, rung } = start({ isSilent: true })

    await vi.waitFor(() => expect(served).toContain(lane))
    await vi.waitFor(() => expect(rung).toContain(lane))
  })

  it('opens again what a dead worker held, and rings for it', async () => {
    const lane = await rows.lane()
    const deliveryId = await rows.delivery(lane)
    await claimDeliveries(rows.db, lane, 1, 0, 300)

    const { rung, messages } = start()

    await vi.waitFor(() => expect(rung).toContain(lane))
    expect(await rows.row(deliveryId)).toMatchObject({ state: 'waiting', reason_code: 'worker_lost' })
    expect(messages()).toContain('sweep.reopened')
  })

  // Giving up is the least urgent of its steps; a row that cannot be given up must not stop a province's post.
  it('keeps ringing though giving up fails', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane)
    await sql`create function refuse_expiry() returns trigger language plpgsql as 'begin raise exception ''no''; end'`.execute(
      rows.db,
    )
    await sql`create trigger refuse_expiry before update on deliveries for each row when (new.state = 'expired')
      execute function refuse_expiry()`.execute(rows.db)
    const overdue = await rows.delivery(await rows.lane(), { dueIn: 60, giveUpIn: -1 })

    const { rung, messages } = start()
    await vi.waitFor(() => expect(messages()).toContain('sweep.failed'))
    rung.clear()

    await vi.waitFor(() => expect(rung).toContain(lane))
    await sql`drop trigger refuse_expiry on deliveries`.execute(rows.db)
    await vi.waitFor(async () => expect(await rows.row(overdue)).toMatchObject({ state: 'expired' }))
  })

  it('goes on after a lane could not be served', async () => {
    const lane = await rows.lane()
    await rows.delivery(lane)
    let asked = 0

    const { messages } = start({
      isSilent: true,

      serveLane: async () => {
        asked += 1
        throw new Error('database away')
      },
    })

    await vi.waitFor(() => expect(asked).toBeGreaterThan(3))
    expect(messages()).toContain('sweep.failed')
  })

  it('runs the housekeeping of other slices, each at its own pace', async () => {
    const often = vi.fn(async () => undefined)
    const seldom = vi.fn(async () => undefined)

    start({
      tasks: [
        { name: 'often', everyMs: 5, run: often },
        { name: 'seldom', everyMs: 3_600_000, run: seldom },
      ],
    })

    await vi.waitFor(() => expect(often.mock.calls.length).toBeGreaterThan(5))
    expect(seldom).toHaveBeenCalledTimes(1)
  })

  it('closes at once, and not before a running step has ended', async () => {
    let isRunning = false
    let end: () => void = () => undefined
    const step = async () => {
      isRunning = true
      await new Promise<void>((resolve) => {
        end = resolve
      })
      isRunning = false
    }
    const { sweeper } = start({ tasks: [{ name: 'step', everyMs: 3_600_000, run: step }] })
    await vi.waitFor(() => expect(isRunning).toBe(true))

    const closed = sweeper.close()
    end()
    await closed

    expect(isRunning).toBe(false)
  })

  it('closes though a step hangs', async () => {
    const { sweeper } = start({ tasks: [{ name: 'hangs', everyMs: 5, run: () => new Promise(() => undefined) }] })

    await sweeper.close()
  }, 5_000)
})
