// The two clocks of a delivery: what is noted for its sender when, what ends, and how clocks stand still.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createStartClocks,
  fitClocks,
  letClocksRun,
  moveAllStoppedClocks,
  moveClocks,
  restartClocks,
  runClocks,
  stopClocks,
} from '../../src/delivery/clocks.ts'
import { clocksOf, movedOn } from '../../src/domain/delivery-policy.ts'
import { defaultPolicy, plainCalendar, startClocks } from '../support/delivery-policy.ts'
import { type DeliveryFixture, type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

const vn = (text: string) => new Date(`${text}+07:00`)

describe('the clocks of a delivery', () => {
  // A Tuesday.
  const at = vn('2026-11-17T10:00:00')
  const clocks = (priority: 0 | 1 | 2 | 3 | 4, more = {}) =>
    clocksOf({ type: 'edoc', priority, isInMailbox: false, ...more }, at, defaultPolicy, plainCalendar)

  it.each([
    [0, '2026-11-18T10:00:00'],
    [1, '2026-11-17T11:00:00'],
    [2, '2026-11-17T11:00:00'],
    [3, '2026-11-17T10:15:00'],
    [4, '2026-11-17T10:15:00'],
  ] as const)('priority %i is told of at %s', (priority, told) => {
    expect(clocks(priority).reportAt).toEqual(vn(told))
  })

  it('count working time only', () => {
    const friday = vn('2026-11-20T16:50:00')
    const { reportAt } = clocksOf(
      { type: 'edoc', priority: 3, isInMailbox: false },
      friday,
      defaultPolicy,
      plainCalendar,
    )

    expect(reportAt).toEqual(vn('2026-11-23T07:35:00'))
  })

  it('give a life of thirty working days, warn after three quarters of it, and never end in a mailbox', () => {
    const { giveUpAt, warnAt } = clocks(0)
    expect(giveUpAt).toEqual(vn('2026-12-29T10:00:00'))
    expect(plainCalendar.workingTimeBetween(at, warnAt ?? at)).toBe(22.5 * plainCalendar.workingDayMs)
    expect(clocks(0, { isInMailbox: true })).toEqual({ reportAt: vn('2026-11-18T10:00:00') })
  })

  it('tell of no status that is late', () => {
    expect(clocks(0, { type: 'status' })).toEqual({ giveUpAt: vn('2026-12-29T10:00:00') })
  })

  it('go on with the working time they had left', () => {
    const stoppedAt = vn('2026-11-17T10:05:00')
    const moved = movedOn({ reportAt: vn('2026-11-17T10:15:00') }, stoppedAt, vn('2026-11-20T16:55:00'), plainCalendar)

    expect(moved).toEqual({ reportAt: vn('2026-11-23T07:35:00') })
  })

  it('are shared within a second and follow the policy of each system', () => {
    let asked = 0
    const start = createStartClocks({
      clock: { now: () => at },
      calendar: () => plainCalendar,
      policyOf: (systemId) => {
        asked += 1
        return systemId === 'slow' ? slow : defaultPolicy
      },
    })
    const slow = { ...defaultPolicy, reportAfter: defaultPolicy.reportAfter.map(() => ({ workingDays: 3 })) }
    const ordinary = { type: 'edoc', priority: 0, isInMailbox: false } as const

    expect(start(ordinary)).toBe(start(ordinary))
    expect(start({ ...ordinary, systemId: 'slow' }).reportAt).toEqual(vn('2026-11-20T10:00:00'))
    expect(asked).toBe(3)
  })
})

describe('clocks as rows', () => {
  let rows: DeliveryRows
  beforeAll(async () => {
    rows = await openDeliveryRows()
  })
  afterAll(() => rows.close())

  const second = (n: number | undefined) =>
    n === undefined ? sql`null` : sql`now() + make_interval(secs => ${n}::float8)`

  async function clocked(
    lane: string,
    { reportIn, warnIn, giveUpIn, ...fixture }: DeliveryFixture & { reportIn?: number; warnIn?: number } = {},
  ) {
    const id = await rows.delivery(lane, fixture)
    await sql`update deliveries set report_at = ${second(reportIn)}, warn_at = ${second(warnIn)},
      give_up_at = ${second(giveUpIn)}, clock_at = least(${second(reportIn)}, ${second(warnIn)}, ${second(giveUpIn)})
      where delivery_id = ${id}`.execute(rows.db)
    return id
  }
  const noted = async (id: string) => {
    const found = await rows.db
      .selectFrom('report_items')
      .select(['what', 'incident'])
      .where('delivery_id', '=', id)
      .execute()
    return found.map((item) => `${item.what} ${item.incident}`)
  }
  const clockOf = async (id: string) => (await rows.row(id)).clock_at as Date | number

  it('a late delivery is noted once, and goes on', async () => {
    const lane = await rows.lane()
    const id = await clocked(lane, { reportIn: -1, warnIn: 1_000, giveUpIn: 2_000 })

    await runClocks(rows.db)
    await runClocks(rows.db)

    expect(await noted(id)).toEqual([`delayed delayed:${lane}`])
    expect(await rows.row(id)).toMatchObject({ state: 'waiting' })
    expect((await rows.events(id)).map((e) => e.type)).toEqual(['delivery.delayed'])
    expect(await clockOf(id)).toEqual((await rows.row(id)).warn_at)
  })

  it('a warning comes before the end, and the end is told with its reason', async () => {
    const lane = await rows.lane()
    const warned = await clocked(lane, { reportIn: -100, warnIn: -1, giveUpIn: 100 })
    const over = await clocked(lane, { reportIn: -100, warnIn: -50, giveUpIn: -1 })
    await sql`update deliveries set reason_code = 'receiver_busy' where delivery_id = ${over}`.execute(rows.db)

    await runClocks(rows.db)

    expect(await noted(warned)).toEqual([`about_to_expire about_to_expire:${lane}`])
    expect(await noted(over)).toEqual([`undelivered expired:${lane}`])
    expect(await rows.row(over)).toMatchObject({ state: 'expired', reason_code: 'receiver_busy', clock_at: null })
  })

  it('what nobody fetches from a mailbox is late, and stays', async () => {
    const lane = await rows.lane({ channel: 'mailbox' })
    const id = await clocked(lane, { state: 'available', reportIn: -1 })

    await runClocks(rows.db)

    expect(await noted(id)).toEqual([`delayed delayed:${lane}`])
    expect(await rows.row(id)).toMatchObject({ state: 'available' })
    expect(await clockOf(id)).toBe(Number.POSITIVE_INFINITY)
  })

  it('what is under way when its life ends ends with the attempt', async () => {
    const id = await clocked(await rows.lane(), { giveUpIn: -1 })
    await sql`update deliveries set state = 'in_flight', lease_token = gen_random_uuid(), lease_until = now() + interval '1 minute'
      where delivery_id = ${id}`.execute(rows.db)

    await runClocks(rows.db)

    expect(await rows.row(id)).toMatchObject({ state: 'in_flight' })
    expect(Number(await clockOf(id))).toBeGreaterThan(Date.now())
  })

  it('stand still while a lane is stopped, and go on afterwards', async () => {
    const lane = await rows.lane()
    const id = await clocked(lane, { reportIn: 600, giveUpIn: 6_000 })
    const before = await rows.row(id)
    await stopClocks(rows.db, randomUUID(), lane, 'by_operator')
    await sql`update clock_stops set started_at = now() - interval '40 days' where system_id = ${lane}`.execute(rows.db)
    await sql`update deliveries set created_at = now() - interval '41 days', report_at = now() - interval '1 day',
      clock_at = now() - interval '1 day' where delivery_id = ${id}`.execute(rows.db)
    const stopped = await rows.row(id)

    await runClocks(rows.db)
    expect(await noted(id)).toEqual([])
    await letClocksRun(rows.db, lane)
    await moveAllStoppedClocks(rows.db, { calendar: () => plainCalendar })

    const { report_at, clock_at, give_up_at } = await rows.row(id)
    const now = new Date()
    const left = plainCalendar.workingTimeBetween(new Date(now.getTime() - 40 * 86_400_000), stopped.report_at as Date)
    expect(Math.abs(plainCalendar.workingTimeBetween(now, report_at as Date) - left)).toBeLessThan(60_000)
    expect(clock_at).toEqual(report_at)
    expect(Number(give_up_at)).toBeGreaterThan(Number(before.give_up_at))
    await runClocks(rows.db)
    expect(await noted(id)).toEqual([])
    expect(
      await rows.db
        .selectFrom('clock_stops')
        .select('moved_at')
        .where('system_id', '=', lane)
        .executeTakeFirstOrThrow(),
    ).not.toEqual({ moved_at: null })
  })

  it('stand still for all of them', async () => {
    const id = await clocked(await rows.lane(), { reportIn: -1 })
    await stopClocks(rows.db, randomUUID(), undefined, 'maintenance')

    await runClocks(rows.db)

    expect(await noted(id)).toEqual([])
    await letClocksRun(rows.db, undefined)
    await moveAllStoppedClocks(rows.db, { calendar: () => plainCalendar })
    await runClocks(rows.db)
    // It was late before they stopped.
    expect(await noted(id)).toEqual([])
  })

  it('stand still for what an operator holds', async () => {
    const id = await clocked(await rows.lane(), {
      state: 'held',
      heldReason: 'by_operator',
      reportIn: -1,
      giveUpIn: -1,
    })

    await runClocks(rows.db)

    expect(await rows.row(id)).toMatchObject({ state: 'held' })
    await sql`update deliveries set created_at = now() - interval '1 day' where delivery_id = ${id}`.execute(rows.db)
    const options = { calendar: () => plainCalendar, clock: { now: () => new Date() } }
    const releasedAt = Date.now()
    await moveClocks(rows.db, [id], new Date(releasedAt - 3_600_000), options)
    expect(Number((await rows.row(id)).give_up_at)).toBeGreaterThanOrEqual(releasedAt)
  })

  it('begin anew for what is opened again', async () => {
    const id = await clocked(await rows.lane(), { reportIn: -1_000, giveUpIn: -10 })

    await restartClocks(rows.db, [id], startClocks)

    const { report_at, clock_at } = await rows.row(id)
    expect(Number(report_at)).toBeGreaterThan(Date.now())
    expect(clock_at).toEqual(report_at)
  })

  it('of what goes from a mailbox to a push begin a life, and the other way end it', async () => {
    const lane = await rows.lane()
    const pushed = await clocked(lane, { reportIn: 1_000 })
    const boxed = await clocked(lane, { state: 'available', reportIn: -1, warnIn: 500, giveUpIn: 1_000 })

    await fitClocks(rows.db, [pushed, boxed], startClocks)

    expect(Number((await rows.row(pushed)).give_up_at)).toBeGreaterThan(Date.now())
    expect(await rows.row(boxed)).toMatchObject({ give_up_at: null, warn_at: null })
    expect(await clockOf(boxed)).toBe(Number.POSITIVE_INFINITY)
  })
})
