import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dispatchDue } from '../../src/domain/deadline.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { type CalendarCache, openCalendarCache } from '../../src/rules/calendar-cache.ts'
import { seedCalendar } from '../../src/rules/calendar-seed.ts'
import { latestVersion, readCalendar, versionsBefore } from '../../src/rules/calendar-store.ts'
import { confirmYear, removeSettings, replaceYear, type SaveCalendarDeps } from '../../src/rules/save-calendar.ts'
import { line } from '../domain/calendar-fixture.ts'
import { freshDatabase } from '../support/services.ts'
import { type CalendarApp, calendarFile, startCalendar } from './calendar-app.ts'

let app: CalendarApp
let deps: SaveCalendarDeps
beforeAll(async () => {
  app = await startCalendar()
  const { cache, clock } = app
  deps = { db: app.open.db, cache, clock, audit: async () => undefined }
})
afterAll(async () => await app.close())

const request = { actor: { name: 'lan' }, reason: 'thông báo' }
const now = { now: () => new Date('2026-11-20T03:00:00Z') }

describe('the seed', () => {
  test('fills an empty calendar once, however many processes start at once', async () => {
    const fresh = await freshDatabase()
    const open = openDatabase({ url: fresh.url, connectionsMax: 6, onIdleError: () => undefined })
    const { db } = open

    const versions = await Promise.all([1, 2, 3].map(() => seedCalendar({ db, clock: now }, calendarFile)))

    expect(versions).toEqual([1, 1, 1])
    expect(await seedCalendar({ db, clock: now }, calendarFile)).toBe(1)
    const calendar = await readCalendar(db, 1)
    expect(calendar.defaults).toEqual(calendarFile.defaults)
    expect(calendar.years.map(({ year, days }) => ({ year, days: days.map(({ enteredBy, ...day }) => day) }))).toEqual(
      calendarFile.years,
    )
    expect(calendar.years.some(({ confirmed }) => confirmed !== undefined)).toBe(false)
    await open.close()
    await fresh.drop()
  })

  test('adds only the years that nobody has entered, and leaves the rules alone', async () => {
    const fresh = await freshDatabase()
    const open = openDatabase({ url: fresh.url, connectionsMax: 6, onIdleError: () => undefined })
    const { db } = open
    const older = { ...calendarFile, years: calendarFile.years.filter(({ year }) => year < 2027) }
    await seedCalendar({ db, clock: now }, older)
    const newer = {
      defaults: { ...calendarFile.defaults, dispatchRule: 'end_of_next_working_day' as const },
      years: calendarFile.years.map(({ year }) => ({ year, days: [line(`${year}-01-01`, 'holiday')] })),
    }

    expect(await seedCalendar({ db, clock: now }, newer)).toBe(2)

    const calendar = await readCalendar(db, 2)
    expect(calendar.defaults).toEqual(calendarFile.defaults)
    expect(calendar.years.map(({ year, version }) => [year, version])).toEqual([
      ...[2024, 2025, 2026].map((year) => [year, 1]),
      ...[2027, 2028, 2029, 2030, 2031].map((year) => [year, 2]),
    ])
    await open.close()
    await fresh.drop()
  })
})

describe('versions', () => {
  test('keep every older calendar as it was', async () => {
    const before = await readCalendar(app.open.db, await latestVersion(app.open.db))

    await replaceYear(deps, request, { year: 2028, days: [line('2028-03-01', 'holiday')] })
    await confirmYear(deps, request, 2028)
    await replaceYear(deps, request, { year: 2028, days: [line('2028-03-02', 'holiday')] })

    const latest = await latestVersion(app.open.db)
    expect(latest).toBe(before.version + 3)
    expect(await readCalendar(app.open.db, before.version)).toEqual(before)
    const days = await Promise.all(
      [1, 2, 3].map(async (n) => {
        const { years } = await readCalendar(app.open.db, before.version + n)
        const year = years.find((known) => known.year === 2028)
        return [year?.days.map(({ day }) => day).join(), year?.confirmed?.by]
      }),
    )
    expect(days).toEqual([
      ['2028-03-01', undefined],
      ['2028-03-01', 'lan'],
      ['2028-03-02', undefined],
    ])
  })

  test('come one after the other when many change at once', async () => {
    const before = await latestVersion(app.open.db)
    const years = Array.from({ length: 8 }, (_, n) => 2040 + n)

    await Promise.all(years.map((year) => confirmYear(deps, request, year)))

    expect(await latestVersion(app.open.db)).toBe(before + 8)
    const rows = await versionsBefore(app.open.db, before + 9, 8)
    expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: 8 }, (_, n) => before + 8 - n))
    expect(rows.map(({ subject }) => Number(subject)).sort()).toEqual(years)
  })

  test('are not made by a change that is refused or whose audit row cannot be written', async () => {
    const before = await latestVersion(app.open.db)
    const broken = { ...deps, audit: () => Promise.reject(new Error('no partition')) }

    await expect(removeSettings(deps, request, 'H99')).rejects.toMatchObject({ code: 'calendar_settings_not_found' })
    await expect(confirmYear(broken, request, 2029)).rejects.toThrow('no partition')

    expect(await latestVersion(app.open.db)).toBe(before)
    expect((await readCalendar(app.open.db, before)).years.find(({ year }) => year === 2029)?.confirmed).toBe(undefined)
  })
})

describe('the calendar in memory', () => {
  let nowMs = 0
  const other = async () => await openCalendarCache({ db: app.open.db, onCheckFailed: fail, monotonicMs: () => nowMs })
  beforeEach(() => {
    nowMs = 0
  })
  const isHoliday = (cache: CalendarCache, day: string) => !cache.current().of(undefined).calendar.isWorkingDay(day)

  test('shows a change at once where it was made, and elsewhere after a second', async () => {
    const elsewhere = await other()

    await replaceYear(deps, request, { year: 2050, days: [line('2050-03-01', 'holiday')] })

    expect(isHoliday(app.cache, '2050-03-01')).toBe(true)
    nowMs = 999
    await elsewhere.fresh()
    expect(isHoliday(elsewhere, '2050-03-01')).toBe(false)
    nowMs = 1_000
    await elsewhere.fresh()
    expect(isHoliday(elsewhere, '2050-03-01')).toBe(true)
  })

  test('answers at once from the copy in hand and renews it behind', async () => {
    const elsewhere = await other()
    await replaceYear(deps, request, { year: 2051, days: [line('2051-03-01', 'holiday')] })
    nowMs = 1_000

    expect(isHoliday(elsewhere, '2051-03-01')).toBe(false)

    await expect.poll(() => isHoliday(elsewhere, '2051-03-01')).toBe(true)
  })

  test('stays the same value while nothing changes', async () => {
    const elsewhere = await other()
    const before = elsewhere.current()
    nowMs = 5_000

    expect(await elsewhere.fresh()).toBe(before)
  })

  test('stays in use while the database is away', async () => {
    const failures: unknown[] = []
    const url = app.open.pool.options.connectionString ?? ''
    const away = openDatabase({ url, connectionsMax: 1, onIdleError: () => undefined })
    const onCheckFailed = (error: unknown) => failures.push(error)
    const cache = await openCalendarCache({ db: away.db, onCheckFailed, monotonicMs: () => nowMs })
    Reflect.set(away.pool, 'connect', () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' })))
    nowMs = 1_000

    const calendar = await cache.fresh()

    expect(failures).toHaveLength(1)
    expect(dispatchDue('2026-02-13', 'noon_next_working_day', calendar.of(undefined).calendar)).toEqual(
      new Date('2026-02-23T12:00:00+07:00'),
    )
    await away.close()
  })
})

function fail(error: unknown): void {
  throw error
}
