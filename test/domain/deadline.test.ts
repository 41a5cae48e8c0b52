import { describe, expect, test } from 'vitest'
import { buildCalendar } from '../../src/domain/calendar.ts'
import type { CalendarYear } from '../../src/domain/calendar-day.ts'
import { type DeadlinePolicy, type DocumentTimes, deadlinesOf } from '../../src/domain/deadline.ts'
import { vietnamTime } from '../../src/domain/vietnam-time.ts'
import { changedYear, line, officeHours, seededCalendar } from './calendar-fixture.ts'

const at = (local: string) => new Date(`${local}+07:00`)
const policy: DeadlinePolicy = {
  dispatchRule: 'noon_next_working_day',
  urgentMinutes: { 1: 60, 2: 60, 3: 15, 4: 15 },
}
const wholeDay: DeadlinePolicy = { ...policy, dispatchRule: 'end_of_next_working_day' }
const deadlines = (times: Partial<DocumentTimes>, rules = policy, calendar = seededCalendar) =>
  deadlinesOf({ signedOn: '2026-11-20', acceptedAt: at('2026-11-20T09:00'), priority: 0, ...times }, rules, calendar)

describe('dispatch', () => {
  test.each([
    ['before Tết', '2026-02-13', '2026-02-23T12:00:00.000+07:00'],
    ['before 30/4', '2026-04-29', '2026-05-04T12:00:00.000+07:00'],
    ['before Giỗ Tổ, which falls on a Sunday', '2026-04-24', '2026-04-28T12:00:00.000+07:00'],
    ['at the end of the year', '2026-12-31', '2027-01-04T12:00:00.000+07:00'],
    ['on an ordinary Monday', '2026-11-16', '2026-11-17T12:00:00.000+07:00'],
    ['on a Saturday', '2026-11-21', '2026-11-23T12:00:00.000+07:00'],
    ['before a Saturday that is worked', '2026-08-21', '2026-08-22T12:00:00.000+07:00'],
    ['on a Saturday that is worked', '2026-08-22', '2026-08-24T12:00:00.000+07:00'],
    ['in the middle of Tết', '2026-02-18', '2026-02-23T12:00:00.000+07:00'],
  ])('of what is signed %s (%s) is due at %s', (_, signedOn, due) => {
    expect(vietnamTime(deadlines({ signedOn }).dispatchDueAt)).toBe(due)
  })

  test('may have the whole next working day where the province says so', () => {
    expect(vietnamTime(deadlines({ signedOn: '2026-02-13' }, wholeDay).dispatchDueAt)).toBe(
      '2026-02-23T23:59:59.999+07:00',
    )
  })

  test.each([
    ['2026-02-23T11:59:59.999', false],
    ['2026-02-23T12:00:00.000', false],
    ['2026-02-23T12:00:00.001', true],
    ['2026-02-13T08:00', false],
    // The clock of the sender may be ahead; what came before its date is not late.
    ['2026-02-12T08:00', false],
  ])('at %s is late: %s', (accepted, isLate) => {
    expect(deadlines({ signedOn: '2026-02-13', acceptedAt: at(accepted) }).isLate).toBe(isLate)
  })

  test.each([
    ['2026-02-23T23:59:59.999', false],
    ['2026-02-24T00:00:00.000', true],
  ])('with the whole day, at %s is late: %s', (accepted, isLate) => {
    expect(deadlines({ signedOn: '2026-02-13', acceptedAt: at(accepted) }, wholeDay).isLate).toBe(isLate)
  })

  test('names its rule and the version of the calendar', () => {
    expect(deadlines({})).toMatchObject({ rule: 'noon_next_working_day', calendarVersion: 7 })
    expect(deadlines({}, wholeDay)).toMatchObject({ rule: 'end_of_next_working_day' })
  })

  test('moves when 24/11 is switched on', () => {
    const year = changedYear(2026, [line('2026-11-24', 'holiday')])
    const calendar = buildCalendar({ version: 8, years: [year], hours: officeHours })

    expect(vietnamTime(deadlines({ signedOn: '2026-11-23' }).dispatchDueAt)).toBe('2026-11-24T12:00:00.000+07:00')
    expect(vietnamTime(deadlines({ signedOn: '2026-11-23' }, policy, calendar).dispatchDueAt)).toBe(
      '2026-11-25T12:00:00.000+07:00',
    )
  })

  test.each(['0001-01-01', '9999-12-31'])(
    'of a document that says it was signed on %s has a deadline all the same',
    (signedOn) => {
      expect(deadlines({ signedOn }).isLate).toBe(signedOn === '0001-01-01')
    },
  )
})

describe('the notice of receipt', () => {
  test.each([
    ['in the morning', '2026-11-20T07:30', '2026-11-20', 'same_day'],
    ['before opening', '2026-11-20T00:00', '2026-11-20', 'same_day'],
    ['over lunch', '2026-11-20T12:30', '2026-11-20', 'same_day'],
    ['at closing time', '2026-11-20T17:00', '2026-11-20', 'same_day'],
    ['after closing time', '2026-11-20T17:00:00.001', '2026-11-23', 'next_working_day'],
    ['on a Saturday', '2026-11-21T09:00', '2026-11-23', 'next_working_day'],
    ['on a Saturday that is worked', '2026-08-22T09:00', '2026-08-22', 'same_day'],
    ['on the evening before Tết', '2026-02-13T18:00', '2026-02-23', 'next_working_day'],
    ['on New Year', '2027-01-01T09:00', '2027-01-04', 'next_working_day'],
  ])('of what comes %s is due by the end of the day', (_, accepted, day, receiptRule) => {
    const found = deadlines({ acceptedAt: at(accepted) })

    expect(found.receiptRule).toBe(receiptRule)
    expect(vietnamTime(found.receiptDueAt)).toBe(`${day}T23:59:59.999+07:00`)
  })
})

describe('presenting', () => {
  test.each([
    ['2026-11-20T09:00', '2026-11-23'],
    ['2026-11-21T09:00', '2026-11-23'],
    ['2026-11-16T18:00', '2026-11-17'],
  ])('what came at %s has until the end of %s', (accepted, day) => {
    expect(vietnamTime(deadlines({ acceptedAt: at(accepted) }).presentationDueAt)).toBe(`${day}T23:59:59.999+07:00`)
  })
})

describe('urgent documents', () => {
  test.each([
    [1, '2026-11-20T10:00:00.000+07:00'],
    [2, '2026-11-20T10:00:00.000+07:00'],
    [3, '2026-11-20T09:15:00.000+07:00'],
    [4, '2026-11-20T09:15:00.000+07:00'],
  ] as const)('of priority %i run from first sight where the hour of signing is unknown', (priority, due) => {
    const { urgent } = deadlines({ priority })

    expect(urgent).toMatchObject({ from: 'first_sight', isLate: false })
    expect(urgent === undefined ? '' : vietnamTime(urgent.dueAt)).toBe(due)
  })

  test.each([
    ['2026-11-20T08:45', false],
    ['2026-11-20T08:44:59.999', true],
  ])('signed at %s and accepted at 09:00 are late: %s', (signed, isLate) => {
    expect(deadlines({ priority: 3, signedAt: at(signed) }).urgent).toMatchObject({ from: 'signature', isLate })
  })

  test('run at night and on Sundays, and leave the deadline of the law as it is', () => {
    const found = deadlines({ signedOn: '2026-11-22', acceptedAt: at('2026-11-22T23:50'), priority: 3 })

    expect(found.urgent === undefined ? '' : vietnamTime(found.urgent.dueAt)).toBe('2026-11-23T00:05:00.000+07:00')
    expect(vietnamTime(found.dispatchDueAt)).toBe('2026-11-23T12:00:00.000+07:00')
  })

  test('are those with a priority', () => {
    expect(deadlines({ priority: 0, signedAt: at('2026-11-20T08:00') }).urgent).toBe(undefined)
  })
})

describe('a deadline', () => {
  const confirmed = (year: number): CalendarYear => ({
    ...changedYear(year, []),
    confirmed: { at: at('2025-12-01T08:00'), by: 'văn thư' },
  })
  const calendar = buildCalendar({ version: 9, years: [confirmed(2026), changedYear(2027, [])], hours: officeHours })

  test.each([
    ['within a confirmed year', '2026-11-20', '2026-11-20T09:00', []],
    ['on the last day but one', '2026-12-30', '2026-12-30T09:00', []],
    ['over the end of the year', '2026-12-31', '2026-12-31T09:00', [2027]],
    ['in a year nobody entered', '2033-03-01', '2033-03-01T09:00', [2033]],
    ['signed in one year and accepted long after', '2026-11-20', '2033-03-01T09:00', [2033]],
  ])('%s is provisional by what it touches', (_, signedOn, accepted, years) => {
    const found = deadlines({ signedOn, acceptedAt: at(accepted) }, policy, calendar)

    expect(found).toMatchObject({ provisional: years.length > 0, unconfirmedYears: years })
  })

  test('of a year nobody entered follows law and moon', () => {
    const found = deadlines({ signedOn: '2035-09-01', acceptedAt: at('2035-09-01T09:00') }, policy, calendar)

    // 02/9/2035 is a Sunday: Monday is the adjacent day, Tuesday makes up for the Sunday.
    expect(vietnamTime(found.dispatchDueAt)).toBe('2035-09-05T12:00:00.000+07:00')
    expect(found.provisional).toBe(true)
  })
})
