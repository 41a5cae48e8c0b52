import { describe, expect, test } from 'vitest'
import type { CalendarYear } from '../../src/domain/calendar-day.ts'
import { putInForce } from '../../src/domain/calendar-in-force.ts'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import type { CurrentCalendar } from '../../src/rules/calendar-cache.ts'
import { documentDeadlines } from '../../src/rules/document-deadlines.ts'
import { changedYear, officeHours } from '../domain/calendar-fixture.ts'
import { calendarFile, catalogue } from './calendar-app.ts'

const at = (local: string) => new Date(`${local}+07:00`)
const confirmed = (year: number): CalendarYear => ({
  ...changedYear(year, []),
  confirmed: { at: at('2025-12-01T08:00'), by: 'văn thư' },
})

function deadlinesBy(years: readonly CalendarYear[]) {
  const wholeDay = { ...calendarFile.defaults, dispatchRule: 'end_of_next_working_day', hours: officeHours } as const
  const stored = years.map(({ year, days, ...rest }) => ({
    ...{ year, ...rest, version: 5 },
    days: days.map((day) => ({ ...day, enteredBy: 'tram' })),
  }))
  const calendar: CurrentCalendar = putInForce({
    ...{ version: 5, years: stored, defaults: calendarFile.defaults, provinces: new Map([['H38', wholeDay]]) },
  })
  return documentDeadlines({ fresh: async () => calendar })
}
const deadlines = deadlinesBy([confirmed(2026)])

function document(more: Partial<DocumentPackage> = {}): DocumentPackage {
  return {
    ...{ type: 'edoc', kind: 'new', from: { organId: 'H35.08' }, to: [], promulgationDate: '2026-02-13', subject: 'x' },
    ...{ priority: 0, responseFor: [], toPlaces: [], traces: [], attachments: [], hasSignature: false },
    ...more,
  }
}

describe('a document', () => {
  test('in time has its deadlines and nothing to tell', async () => {
    expect(await deadlines(document(), at('2026-02-23T12:00'))).toEqual({
      dispatchDueAt: at('2026-02-23T12:00'),
      isLate: false,
      receiptDueAt: at('2026-02-23T23:59:59.999'),
      calendarVersion: 5,
      findings: [],
    })
  })

  test('that is late is told so, with the day it was signed and the moment it was due', async () => {
    const { isLate, findings } = await deadlines(document(), at('2026-02-23T12:00:00.001'))

    expect(isLate).toBe(true)
    expect(findings).toMatchObject([{ code: 'dispatch_late', severity: 'warn' }])
    expect(catalogue.text('dispatch_late', findings[0]?.params, 'vi').detail).toBe(
      'Văn bản ký ngày 13/02/2026, hạn gửi chậm nhất là 12:00 23/02/2026.',
    )
  })

  test('that is late by an unconfirmed calendar is only told that it may be', async () => {
    const { isLate, findings } = await deadlinesBy([])(document(), at('2026-02-23T12:00:00.001'))

    expect(isLate).toBe(true)
    expect(findings).toMatchObject([{ code: 'dispatch_late_provisional', severity: 'info' }])
  })

  test('follows the rules of the province it comes from', async () => {
    const from = { organId: '000.00.08.H38' }

    expect((await deadlines(document({ from }), at('2026-02-23T18:00'))).isLate).toBe(false)
    expect((await deadlines(document(), at('2026-02-23T18:00'))).isLate).toBe(true)
  })

  test('that replaces another one is dispatched like a new one', async () => {
    expect((await deadlines(document({ kind: 'replace' }), at('2026-02-24T08:00'))).isLate).toBe(true)
  })

  test.each<[string, Partial<DocumentPackage>]>([
    ['that recalls', { kind: 'recall' }],
    ['that updates', { kind: 'update' }],
    ['of a mistyped century', { promulgationDate: '0202-02-13' }],
    ['of the end of all calendars', { promulgationDate: '9999-12-31' }],
  ])('%s has no deadline of dispatch, and one of receipt', async (_, more) => {
    expect(await deadlines(document(more), at('2026-02-24T08:00'))).toEqual({
      ...{ receiptDueAt: at('2026-02-24T23:59:59.999'), calendarVersion: 5, findings: [] },
    })
  })

  test('without a date has no deadline of dispatch', async () => {
    const { promulgationDate: _, ...undated } = document()

    expect(await deadlines(undated, at('2026-02-24T08:00'))).not.toHaveProperty('dispatchDueAt')
  })
})
