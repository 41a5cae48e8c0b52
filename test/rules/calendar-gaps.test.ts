// The yearly alert, from the calendar to the record and back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdAlerts } from '../../src/alerts/hold-alerts.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { calendarGaps } from '../../src/rules/calendar-gaps.ts'
import { type CalendarApp, catalogue, startCalendar } from './calendar-app.ts'

const confirmed = { at: new Date('2025-12-01T01:00:00Z'), by: 'văn thư' }
const year = (of: number, isConfirmed: boolean) => ({ year: of, days: [], ...(isConfirmed ? { confirmed } : {}) })
const subjects = (years: Parameters<typeof calendarGaps>[0]['years'], today: string) =>
  calendarGaps({ years }, today).map(({ subject }) => subject)

describe('a gap', () => {
  test.each([
    ['2026-10-31', []],
    ['2026-11-01', ['2027']],
    ['2026-12-31', ['2027']],
    ['2027-01-01', ['2027']],
  ])('with 2026 confirmed and 2027 not, is on %s: %s', (today, expected) => {
    expect(subjects([year(2026, true), year(2027, false)], today)).toEqual(expected)
  })

  test('is the running year too, while nobody has confirmed it', () => {
    expect(subjects([year(2026, false)], '2026-06-01')).toEqual(['2026'])
    expect(subjects([year(2026, false)], '2026-11-01')).toEqual(['2026', '2027'])
    expect(subjects([year(2026, true), year(2027, true)], '2026-12-31')).toEqual([])
  })

  test('says whether there is something to confirm or a year to enter', () => {
    expect(calendarGaps({ years: [year(2026, false)] }, '2026-11-01')).toEqual([
      { cause: 'calendar_year_missing', subject: '2026', data: { year: 2026, entered: true, startsOn: '2026-01-01' } },
      { cause: 'calendar_year_missing', subject: '2027', data: { year: 2027, entered: false, startsOn: '2027-01-01' } },
    ])
  })

  test('has its text in the catalogue', () => {
    expect(catalogue.text('calendar_year_missing', { year: 2027 }, 'vi').detail).toBe(
      'Lịch làm việc năm 2027 chưa được xác nhận.',
    )
  })
})

describe('its alert', () => {
  let app: CalendarApp
  beforeAll(async () => {
    app = await startCalendar()
  })
  afterAll(async () => await app.close())

  const sweep = async (today: string) => {
    const { state } = await app.cache.fresh()
    const facts = calendarGaps(state, today)
    await holdAlerts(app.open.db, { cause: 'calendar_year_missing', facts, newId: uuidv7 })
  }
  const alerts = async () =>
    await app.open.db
      .selectFrom('alerts')
      .select(['cause', 'subject', 'count', 'closed_at'])
      .orderBy('opened_at')
      .orderBy('subject')
      .execute()
  const open = async () => (await alerts()).filter((alert) => alert.closed_at === null).map(({ subject }) => subject)

  test('stands while the year is not confirmed, once, and closes by itself', async () => {
    await app.open.db
      .insertInto('alerts')
      .values({ alert_id: uuidv7(), cause: 'endpoint_gone', subject: 'SYS-A', data: '{}' })
      .execute()

    await sweep('2026-11-01')
    await sweep('2026-11-02')
    expect(await open()).toEqual(expect.arrayContaining(['2026', '2027', 'SYS-A']))
    expect((await alerts()).map(({ count }) => count)).toEqual([1, 1, 1])

    await app.call('POST', '/2027/confirm', { reason: 'Thông báo' })
    await sweep('2026-11-03')
    expect((await open()).sort()).toEqual(['2026', 'SYS-A'])

    await app.call('PUT', '/2027', {
      days: [{ day: '2027-01-01', kind: 'holiday', label: { vi: 'a', en: 'a' }, source: 's' }],
      reason: 'x',
    })
    await sweep('2026-11-04')
    expect((await open()).sort()).toEqual(['2026', '2027', 'SYS-A'])
    expect(await alerts()).toHaveLength(4)

    await app.call('POST', '/2026/confirm', { reason: 'Thông báo' })
    await app.call('POST', '/2027/confirm', { reason: 'Thông báo' })
    await sweep('2026-11-05')
    expect(await open()).toEqual(['SYS-A'])
  })
})
