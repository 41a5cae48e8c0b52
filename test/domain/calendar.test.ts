import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildCalendar, clockMs } from '../../src/domain/calendar.ts'
import { type CalendarYear, countsInCalendar } from '../../src/domain/calendar-day.ts'
import { putInForce } from '../../src/domain/calendar-in-force.ts'
import { dayNumber, dayText, isDay, weekdayOf } from '../../src/domain/civil-day.ts'
import { lunarDay } from '../../src/domain/lunar-date.ts'
import { proposedDays } from '../../src/domain/proposed-days.ts'
import { provinceOf } from '../../src/domain/province.ts'
import { vietnamTime } from '../../src/domain/vietnam-time.ts'
import { changedYear, line, minutesWalked, officeHours, seededCalendar, seededYears } from './calendar-fixture.ts'

const at = (local: string) => new Date(`${local}+07:00`)
const hours = (count: number) => count * 3_600_000
const withoutData = buildCalendar({ version: 1, years: [], hours: officeHours })

describe('lunar dates', () => {
  // rules.md §5.2, and the years in which the Chinese calendar has another day.
  test.each([
    [1985, '1985-01-21', '1985-04-29'],
    [2007, '2007-02-17', '2007-04-26'],
    [2024, '2024-02-10', '2024-04-18'],
    [2025, '2025-01-29', '2025-04-07'],
    [2026, '2026-02-17', '2026-04-26'],
    [2027, '2027-02-06', '2027-04-16'],
    [2028, '2028-01-26', '2028-04-04'],
    [2029, '2029-02-13', '2029-04-23'],
    [2030, '2030-02-02', '2030-04-12'],
    [2031, '2031-01-23', '2031-04-01'],
  ])('of %i: Tết on %s, Giỗ Tổ on %s', (year, newYear, commemoration) => {
    expect([lunarDay(year, 1, 1), lunarDay(year, 3, 10)]).toEqual([newYear, commemoration])
  })

  test('count months after the leap month and at the end of the year', () => {
    // 2025 has a second sixth month, 2023 a second second one.
    expect([lunarDay(2025, 8, 15), lunarDay(2023, 3, 10), lunarDay(2025, 12, 23)]).toEqual([
      ...['2025-10-06', '2023-04-29', '2026-02-10'],
    ])
  })

  test('go on from month to month without a gap of more than two months', () => {
    for (let year = 1900; year < 2199; year += 1) {
      const firsts = Array.from({ length: 12 }, (_, index) => dayNumber(lunarDay(year, index + 1, 1)))
      const lengths = [...firsts, dayNumber(lunarDay(year + 1, 1, 1))].map(
        (day, index, all) => day - (all[index - 1] ?? 0),
      )
      for (const length of lengths.slice(1)) expect([29, 30, 58, 59, 60]).toContain(length)
    }
  })
})

describe('days as numbers', () => {
  test('know what is a day', () => {
    expect(['2028-02-29', '2026-02-29', '2026-04-31', '2026-13-01', '26-01-01', '', '2026-1-1'].map(isDay)).toEqual([
      ...[true, false, false, false, false, false, false],
    ])
    expect(() => dayNumber('2026-02-30')).toThrow(RangeError)
  })

  test.each([
    ['1969-12-31', 3],
    ['1970-01-01', 4],
    ['2026-11-20', 5],
    ['2026-11-22', 7],
  ])('%s is weekday %i', (day, weekday) => {
    expect(weekdayOf(dayNumber(day))).toBe(weekday)
  })

  test('survive the way there and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -800_000, max: 3_000_000 }), (number) => dayNumber(dayText(number)) === number),
    )
  })
})

describe('a proposed year', () => {
  // Every one of these breaks was the official one.
  test.each([
    [2019, ['2019-02-04', '2019-02-05', '2019-02-06', '2019-02-07', '2019-02-08']],
    [2023, ['2023-01-20', '2023-01-23', '2023-01-24', '2023-01-25', '2023-01-26']],
    [2024, ['2024-02-08', '2024-02-09', '2024-02-12', '2024-02-13', '2024-02-14']],
    [2025, ['2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30', '2025-01-31']],
    [2026, ['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20']],
  ])('gives the working days of Tết %i off', (year, expected) => {
    expect(restsOf(year).filter((day) => ['01', '02'].includes(day.slice(5, 7)) && day.slice(5) > '01-04')).toEqual(
      expected,
    )
  })

  test.each([
    [2021, ['2021-09-02', '2021-09-03']],
    [2022, ['2022-09-01', '2022-09-02']],
    [2023, ['2023-09-01', '2023-09-04']],
    [2024, ['2024-09-02', '2024-09-03']],
    [2025, ['2025-09-01', '2025-09-02']],
    [2026, ['2026-09-01', '2026-09-02']],
  ])('gives the working days of Quốc khánh %i off', (year, expected) => {
    expect(restsOf(year).filter((day) => day.slice(5, 7) === '09')).toEqual(expected)
  })

  test('makes up for holidays on a weekend one after the other', () => {
    // Giỗ Tổ on a Saturday, 30/4 on the Sunday, 01/5 on the Monday: made up on Tuesday and Wednesday.
    expect(restsOf(2023).filter((day) => ['04', '05'].includes(day.slice(5, 7)))).toEqual([
      ...['2023-05-01', '2023-05-02', '2023-05-03'],
    ])
  })

  test('has eleven days of the law, each once, with a day off for every one on a weekend', () => {
    for (let year = 2000; year <= 2100; year += 1) {
      const counting = proposedDays(year).filter(countsInCalendar)
      const holidays = counting.filter(({ kind }) => kind === 'holiday').map(({ day }) => day)
      const weekend = holidays.filter((day) => weekdayOf(dayNumber(day)) >= 6)
      const made = counting.filter(({ kind }) => kind === 'makeup-rest').map(({ day }) => day)

      // In a few years Giỗ Tổ falls on 30/4.
      expect(holidays.length).toBe(lunarDay(year, 3, 10) === `${year}-04-30` ? 10 : 11)
      expect(new Set([...holidays, ...made]).size).toBe(holidays.length + made.length)
      expect(made.length).toBe(weekend.length)
      expect(made.filter((day) => weekdayOf(dayNumber(day)) >= 6)).toEqual([])
    }
  })

  test('keeps 24/11 in sight without counting it', () => {
    const day = proposedDays(2026).find((entry) => entry.day === '2026-11-24')

    expect(day).toMatchObject({ kind: 'holiday', status: 'proposed' })
    expect(seededCalendar.isWorkingDay('2026-11-24')).toBe(true)
    expect(proposedDays(2025).some((entry) => entry.day === '2025-11-24')).toBe(false)
  })

  function restsOf(year: number): string[] {
    return proposedDays(year)
      .filter((entry) => countsInCalendar(entry) && weekdayOf(dayNumber(entry.day)) < 6)
      .map(({ day }) => day)
  }
})

describe('the calendar that comes with the program', () => {
  test('has the years 2024 to 2031, each day once, in order, and no year confirmed', () => {
    expect(seededYears.map(({ year }) => year)).toEqual([2024, 2025, 2026, 2027, 2028, 2029, 2030, 2031])
    for (const { year, days, ...rest } of seededYears) {
      const dates = days.map(({ day }) => day)
      expect(dates).toEqual([...new Set(dates)].sort())
      expect(dates.every((day) => isDay(day) && day.startsWith(`${year}-`))).toBe(true)
      expect(rest).toEqual({})
    }
  })

  test.each([2027, 2028, 2029, 2030, 2031])('says of %i, which no notice covers, what law and moon say', (year) => {
    expect(seededYears.find((known) => known.year === year)?.days).toEqual(proposedDays(year))
  })

  test.each([2024, 2025, 2026])('differs in %i from law and moon by the exchanged days only', (year) => {
    const proposed = new Set(proposedDays(year).map(({ day, kind }) => `${day} ${kind}`))
    const entered = seededYears.find((known) => known.year === year)?.days ?? []
    const others = entered.filter(({ day, kind }) => !proposed.delete(`${day} ${kind}`))

    expect([...proposed]).toEqual([])
    expect(others.filter(({ kind }) => kind === 'working-swap').length).toBe(others.length / 2)
  })

  test.each([
    ['2024-04-29', false],
    ['2024-05-04', true],
    ['2025-04-26', true],
    ['2025-05-02', false],
    ['2026-01-02', false],
    ['2026-01-10', true],
    ['2026-08-22', true],
    ['2026-08-31', false],
    ['2026-11-20', true],
    ['2026-11-21', false],
  ])('knows of %s whether it is worked: %s', (day, isWorking) => {
    expect(seededCalendar.isWorkingDay(day)).toBe(isWorking)
  })
})

describe('working days', () => {
  test.each([
    ['2026-02-13', '2026-02-23'],
    ['2026-04-29', '2026-05-04'],
    ['2026-04-24', '2026-04-28'],
    ['2026-12-31', '2027-01-04'],
    ['2026-08-21', '2026-08-22'],
    ['2026-08-22', '2026-08-24'],
    ['2026-08-28', '2026-09-03'],
    ['2026-11-20', '2026-11-23'],
    ['2026-11-21', '2026-11-23'],
  ])('after %s come on %s', (day, next) => {
    expect(seededCalendar.nextWorkingDay(day)).toBe(next)
  })

  test('are counted from the day after', () => {
    expect(seededCalendar.addWorkingDays('2026-02-13', 0)).toBe('2026-02-13')
    expect(seededCalendar.addWorkingDays('2026-02-13', 3)).toBe('2026-02-25')
    expect(() => seededCalendar.addWorkingDays('2026-02-13', -1)).toThrow(RangeError)
  })

  test('of a year nobody entered are worked out, and the year is not confirmed', () => {
    expect(withoutData.isWorkingDay('2035-09-02')).toBe(false)
    expect(withoutData.nextWorkingDay('2026-04-24')).toBe('2026-04-28')
    expect(withoutData.unconfirmedYears('2034-12-31', '2036-01-01')).toEqual([2034, 2035, 2036])
  })

  test('of a mistyped century follow the ordinary week', () => {
    expect(withoutData.nextWorkingDay('0001-12-29')).toBe('0001-12-31')
    expect(withoutData.nextWorkingDay('9999-12-31')).toBe('+010000-01-03')
  })

  test('follow what was entered, also where it leaves a holiday out', () => {
    const years = [{ year: 2026, days: [line('2026-11-24', 'holiday')] }]
    const calendar = buildCalendar({ version: 1, years, hours: officeHours })

    expect([calendar.isWorkingDay('2026-11-24'), calendar.isWorkingDay('2026-09-02')]).toEqual([false, true])
  })

  test.each([
    ['confirmed', false],
    ['unverified', false],
    ['proposed', true],
  ] as const)('entered as %s are worked: %s', (status, isWorking) => {
    const year = changedYear(2026, [line('2026-11-24', 'holiday', status)])

    expect(buildCalendar({ version: 1, years: [year], hours: officeHours }).isWorkingDay('2026-11-24')).toBe(isWorking)
  })

  test('say why', () => {
    expect(seededCalendar.factsOf('2026-04-27')).toMatchObject({
      ...{ day: '2026-04-27', weekday: 1, isWorking: false },
      entry: { kind: 'makeup-rest', status: 'unverified' },
    })
    expect(seededCalendar.factsOf('2026-11-21')).toEqual({ day: '2026-11-21', weekday: 6, isWorking: false })
    expect(seededCalendar.factsOf('2026-11-24')).toMatchObject({ isWorking: true, entry: { status: 'proposed' } })
  })

  test('a confirmed year is not among the unconfirmed ones', () => {
    const confirmed: CalendarYear = { ...changedYear(2026, []), confirmed: { at: at('2025-12-01T08:00'), by: 'vt' } }
    const calendar = buildCalendar({ version: 1, years: [confirmed], hours: officeHours })

    expect(calendar.unconfirmedYears('2026-01-01', '2026-12-31')).toEqual([])
    expect(calendar.unconfirmedYears('2026-12-31', '2027-01-04')).toEqual([2027])
  })
})

describe('working time', () => {
  test.each([
    ['2026-11-20T08:00', hours(1), '2026-11-20T09:00'],
    ['2026-11-20T11:00', hours(0.5), '2026-11-20T11:30'],
    ['2026-11-20T11:00', hours(1), '2026-11-20T14:00'],
    ['2026-11-20T12:00', hours(1), '2026-11-20T14:30'],
    ['2026-11-20T06:00', hours(1), '2026-11-20T08:30'],
    ['2026-11-20T16:00', hours(2), '2026-11-23T08:30'],
    ['2026-11-20T17:00', 1, '2026-11-23T07:30:00.001'],
    ['2026-11-21T10:00', hours(7.5), '2026-11-23T17:00'],
    ['2026-02-13T16:59', hours(1), '2026-02-23T08:29'],
    ['2026-12-31T16:00', hours(1.5), '2027-01-04T08:00'],
    ['2026-11-21T10:00', 0, '2026-11-21T10:00'],
  ])('from %s, %i ms end at %s', (from, ms, end) => {
    expect(vietnamTime(seededCalendar.addWorkingTime(at(from), ms))).toBe(vietnamTime(at(end)))
  })

  test.each([
    ['2026-11-20T07:30', '2026-11-20T17:00', hours(7.5)],
    ['2026-11-20T11:30', '2026-11-20T13:30', 0],
    ['2026-11-20T17:00', '2026-11-23T07:30', 0],
    ['2026-02-13T07:30', '2026-02-23T17:00', hours(15)],
    ['2026-11-23T08:00', '2026-11-20T16:00', -hours(1.5)],
    ['2026-11-20T08:00', '2026-11-20T08:00:00.001', 1],
  ])('from %s to %s are %i ms', (from, to, ms) => {
    expect(seededCalendar.workingTimeBetween(at(from), at(to))).toBe(ms)
  })

  test('cannot be added backwards or in parts of a millisecond', () => {
    expect(() => seededCalendar.addWorkingTime(at('2026-11-20T08:00'), -1)).toThrow(RangeError)
    expect(() => seededCalendar.addWorkingTime(at('2026-11-20T08:00'), 0.5)).toThrow(RangeError)
  })

  const oddHours = buildCalendar({
    version: 1,
    years: seededYears,
    hours: {
      weekdays: [1, 3, 6, 7],
      spans: [
        { from: '00:00', to: '00:07' },
        { from: '22:59', to: '24:00' },
      ],
    },
  })
  const calendars = fc.constantFrom(seededCalendar, oddHours, withoutData)
  const minute = fc
    .integer({ min: at('2025-12-20T00:00').getTime() / 60_000, max: at('2026-03-10T00:00').getTime() / 60_000 })
    .map((minutes) => new Date(minutes * 60_000))
  const length = fc.integer({ min: 0, max: 12 * 24 * 60 })

  test('agrees with a walk minute by minute', () => {
    fc.assert(
      fc.property(calendars, minute, length, (calendar, from, minutes) => {
        const to = new Date(from.getTime() + minutes * 60_000)

        expect(calendar.workingTimeBetween(from, to)).toBe(minutesWalked(calendar, from, to) * 60_000)
        expect(calendar.workingTimeBetween(to, from)).toBe(0 - calendar.workingTimeBetween(from, to))
      }),
      { numRuns: 60 },
    )
  })

  test('added is the first moment by which it has gone', () => {
    const instant = fc
      .integer({ min: at('2024-01-01T00:00').getTime(), max: at('2031-12-31T00:00').getTime() })
      .map((ms) => new Date(ms))
    fc.assert(
      fc.property(calendars, instant, fc.integer({ min: 1, max: 40 * 24 * 3_600_000 }), (calendar, from, ms) => {
        const end = calendar.addWorkingTime(from, ms)

        expect(calendar.workingTimeBetween(from, end)).toBe(ms)
        expect(calendar.workingTimeBetween(from, new Date(end.getTime() - 1))).toBe(ms - 1)
      }),
      { numRuns: 300 },
    )
  })

  test('adds up over any moment in between', () => {
    fc.assert(
      fc.property(calendars, minute, minute, minute, (calendar, a, b, c) => {
        const parts = calendar.workingTimeBetween(a, b) + calendar.workingTimeBetween(b, c)

        expect(parts).toBe(calendar.workingTimeBetween(a, c))
      }),
    )
  })
})

describe('working hours', () => {
  test.each([
    ['no day', { weekdays: [], spans: officeHours.spans }],
    ['no span', { weekdays: [1], spans: [] }],
    ['a span backwards', { weekdays: [1], spans: [{ from: '11:30', to: '07:30' }] }],
    [
      'a span that overlaps',
      {
        weekdays: [1],
        spans: [
          { from: '07:30', to: '11:30' },
          { from: '11:00', to: '12:00' },
        ],
      },
    ],
    ['a time that no clock shows', { weekdays: [1], spans: [{ from: '7:30', to: '11:30' }] }],
  ] as const)('with %s make no calendar', (_, wrong) => {
    expect(() => buildCalendar({ version: 1, years: [], hours: wrong })).toThrow(RangeError)
  })

  test.each([
    ['00:00', 0],
    ['07:30', 27_000_000],
    ['24:00', 86_400_000],
  ])('read %s as %i ms', (text, ms) => {
    expect(clockMs(text)).toBe(ms)
  })
})

describe('provinces', () => {
  const defaults = {
    dispatchRule: 'noon_next_working_day',
    urgentMinutes: { 1: 60, 2: 60, 3: 15, 4: 15 },
    hours: officeHours,
  } as const
  const own = {
    ...defaults,
    dispatchRule: 'end_of_next_working_day',
    hours: { ...officeHours, weekdays: [1, 2, 3, 4, 5, 6] },
  } as const

  test('have rules and hours of their own, the others the default ones', () => {
    const inForce = putInForce({ version: 3, years: seededYears, defaults, provinces: new Map([['H38', own]]) })

    expect(inForce.of('H38').policy.dispatchRule).toBe('end_of_next_working_day')
    expect(inForce.of('H38').calendar.nextWorkingDay('2026-11-20')).toBe('2026-11-21')
    for (const other of [inForce.of('H35'), inForce.of(undefined)]) {
      expect(other.policy.dispatchRule).toBe('noon_next_working_day')
      expect(other.calendar.nextWorkingDay('2026-11-20')).toBe('2026-11-23')
      expect(other.calendar.version).toBe(3)
    }
  })

  test.each([
    ['H35', 'H35'],
    ['h35.08', 'H35'],
    ['H35.08.02.01', 'H35'],
    ['000.00.08.H35', 'H35'],
    ['000.00.00.G09', undefined],
    ['G09.01', undefined],
    ['0100109106', undefined],
    ['H3', undefined],
    ['H355', undefined],
    ['', undefined],
  ])('by the code %s: %s', (code, province) => {
    expect(provinceOf(code)).toBe(province)
  })
})
