import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CalendarDay } from '../../src/domain/calendar-day.ts'
import { proposedDays } from '../../src/domain/proposed-days.ts'
import { line } from '../domain/calendar-fixture.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type Answer, type CalendarApp, calendarFile, startCalendar } from './calendar-app.ts'

let app: CalendarApp
beforeAll(async () => {
  app = await startCalendar()
})
afterAll(async () => await app.close())

const call: CalendarApp['call'] = (...args) => app.call(...args)
const version = async () => (await call('GET', '')).body.version
const reason = 'Thông báo 123/TB-BNV'
const violations = ({ body }: Answer) =>
  body.violations?.map(({ path, rule }: { path: string; rule: string }) => `${path} ${rule}`)
const seeded = (year: number): readonly CalendarDay[] =>
  calendarFile.years.find((known) => known.year === year)?.days ?? []
const settings = { ...calendarFile.defaults }

describe('looking', () => {
  test('shows every year with its days and what to look at twice', async () => {
    const { status, body } = await call('GET', '')

    expect(status).toBe(200)
    expectSchema('calendar', body)
    expect(body.years.map(({ year }: { year: number }) => year)).toEqual(calendarFile.years.map(({ year }) => year))
    expect(body.years.flatMap(({ warnings }: { warnings: unknown[] }) => warnings)).toEqual([])
    expect(body.settings).toEqual([{ province: 'default', ...settings }])
  })

  test('shows one year, also one that nobody has entered', async () => {
    const [entered, workedOut] = [await call('GET', '?year=2026'), await call('GET', '?year=2036')]

    expect(entered.body.years).toMatchObject([{ year: 2026, entered: true, confirmed: false }])
    expect(entered.body.years[0].days[0]).toEqual({ ...seeded(2026)[0], enteredBy: 'tram' })
    expectSchema('calendar', workedOut.body)
    expect(workedOut.body.years).toMatchObject([
      { year: 2036, entered: false, confirmed: false, days: proposedDays(2036) },
    ])
  })

  test.each([
    'GET /',
    'GET /versions',
    'GET /check?signedOn=2026-11-20',
    'PUT /2026',
    'POST /2026/confirm',
    'PUT /settings/H35',
    'DELETE /settings/H35',
  ])('is for operators only: %s', async (route) => {
    const [method, path] = route.split(' ') as ['GET', string]

    expect((await call(method, path.replace(/^\/$/, ''), undefined, 'nobody')).status).toBe(401)
  })

  test.each([
    '?year=1899',
    '?year=2200',
    '?year=next',
    '?version=0',
    '?version=1.5',
    '?nonsense=1',
    '/check',
    '/check?signedOn=2026-02-30',
    '/check?signedOn=20-11-2026',
    '/check?signedOn=2026-11-20&at=2026-11-20',
    '/check?signedOn=2026-11-20&at=2026-13-20T10:00',
    '/check?signedOn=2026-11-20&priority=5',
    '/check?signedOn=2026-11-20&province=lao-cai',
    '/versions?limit=0',
    '/versions?cursor=x',
  ])('refuses %s', async (query) => {
    expect((await call('GET', query)).status).toBe(400)
  })

  test('says which version is the newest where one is asked for that does not exist', async () => {
    const answer = await call('GET', '?version=999')

    expect([answer.status, answer.body.code]).toEqual([404, 'calendar_version_not_found'])
    expect(answer.body.detail).toContain('999')
    expect((await call('GET', '/check?signedOn=2026-11-20&version=999')).status).toBe(404)
  })
})

describe('entering a year', () => {
  test('takes the place of what was there, marks it unconfirmed, and can be looked back on', async () => {
    const before = await version()
    const days = [...seeded(2027), line('2027-11-24', 'holiday')].filter(({ status }) => status !== 'proposed')

    const { status, body } = await call('PUT', '/2027', { days, reason, basedOn: before }, 'Nguyễn Thị Lan')

    expect(status).toBe(200)
    expectSchema('calendar', body)
    expect(body.version).toBe(before + 1)
    expect(body.years[0]).toMatchObject({ year: 2027, entered: true, confirmed: false, version: before + 1 })
    const entered = Object.fromEntries(body.years[0].days.map((day: { day: string }) => [day.day, day]))
    expect(entered['2027-11-24']).toMatchObject({ enteredBy: 'Nguyễn Thị Lan', status: 'confirmed' })
    expect(entered['2027-01-01']).toMatchObject({ enteredBy: 'tram' })
    const old = await call('GET', `?year=2027&version=${before}`)
    expect(old.body.years[0].days.map(({ enteredBy, ...day }: { enteredBy: string }) => day)).toEqual(seeded(2027))
    expect(old.body).toMatchObject({ version: before, latest: before + 1 })
  })

  test('moves deadlines at once, while the old version still says what it said', async () => {
    const check = '/check?signedOn=2030-05-06'
    const before = await version()
    expect((await call('GET', check)).body.dispatch.dueAt).toBe('2030-05-07T12:00:00.000+07:00')

    await call('PUT', '/2030', { days: [...seeded(2030), line('2030-05-07', 'makeup-rest')], reason })

    expect((await call('GET', check)).body.dispatch.dueAt).toBe('2030-05-08T12:00:00.000+07:00')
    const old = await call('GET', `${check}&version=${before}`)
    expect(old.body).toMatchObject({ calendarVersion: before, dispatch: { dueAt: '2030-05-07T12:00:00.000+07:00' } })
  })

  test('of the same days again changes nothing, so a repeated call does not undo a confirmation', async () => {
    const days = [...seeded(2029)]
      .reverse()
      .map(({ status, ...day }) => (status === 'proposed' ? { ...day, status } : day))
    await call('PUT', '/2029', { days, reason })
    await call('POST', '/2029/confirm', { reason })
    const before = await version()

    const again = await call('PUT', '/2029', { days, reason })

    expect(again.body).toMatchObject({ version: before, years: [{ confirmed: true }] })
  })

  test('names every mistake at once and keeps what was there', async () => {
    const before = await version()
    const days = [
      line('2026-01-01', 'holiday'),
      line('2027-01-01', 'holiday'),
      line('2026-01-01', 'holiday'),
      line('2026-08-24', 'working-swap'),
      line('2026-08-22', 'makeup-rest'),
    ]

    const answer = await call('PUT', '/2026', { days, reason })

    expect([answer.status, answer.body.code]).toEqual([422, 'calendar_day_other_year'])
    expect(violations(answer)).toEqual([
      '/days/1/day calendar_day_other_year',
      '/days/2/day calendar_day_twice',
      '/days/3/day calendar_swap_on_workday',
      '/days/4/day calendar_rest_on_weekend',
    ])
    expect(answer.body.detail).toContain('2027-01-01')
    expect(await version()).toBe(before)
  })

  test.each([
    ['no day', { days: [], reason }],
    ['no reason', { days: [line('2026-01-01', 'holiday')] }],
    ['a blank reason', { days: [line('2026-01-01', 'holiday')], reason: ' ' }],
    ['a day that is none', { days: [line('2026-02-30', 'holiday')], reason }],
    ['a kind that is none', { days: [{ ...line('2026-01-01', 'holiday'), kind: 'party' }], reason }],
    ['a field that is unknown', { days: [{ ...line('2026-01-01', 'holiday'), off: true }], reason }],
  ])('with %s is refused', async (_, body) => {
    expect((await call('PUT', '/2026', body)).status).toBe(400)
  })

  test('on an older version is refused, because somebody else has changed the calendar', async () => {
    const old = await version()
    await call('PUT', '/2031', { days: [line('2031-01-01', 'holiday')], reason })

    const answer = await call('PUT', '/2031', { days: [line('2031-01-02', 'holiday')], reason, basedOn: old })

    expect([answer.status, answer.body.code]).toEqual([409, 'calendar_changed'])
    expect((await call('GET', '?year=2031')).body.years[0].days).toMatchObject([{ day: '2031-01-01' }])
  })

  test('says in both languages what looks forgotten', async () => {
    const days = [line('2028-01-01', 'holiday'), line('2028-09-02', 'holiday'), line('2028-12-30', 'working-swap')]

    const { body } = await call('PUT', '/2028', { days, reason })

    expect(body.years[0].warnings.map(({ code, day }: { code: string; day?: string }) => [code, day])).toEqual([
      ['calendar_holiday_missing', '2028-04-30'],
      ['calendar_holiday_missing', '2028-05-01'],
      ['calendar_holiday_missing', '2028-04-04'],
      ['calendar_new_year_short', '2028-01-26'],
      ['calendar_national_day_short', '2028-09-02'],
      ['calendar_rests_unbalanced', undefined],
    ])
    expect(body.years[0].warnings.map(({ message }: { message: { vi: string } }) => message.vi).join()).not.toMatch(
      /[{}]/,
    )
    expect(body.years[0].warnings[5].message.en).toBe(
      'There are 0 days off in lieu, against 2 holidays on weekends and 1 days worked in exchange.',
    )
  })
})

describe('confirming a year', () => {
  test('turns its unverified days into confirmed ones, leaves proposals, and happens once', async () => {
    app.clock.set(new Date('2026-12-01T08:00:00+07:00'))

    const first = await call('POST', '/2026/confirm', { reason }, 'Trần Văn Minh')
    const second = await call('POST', '/2026/confirm', { reason }, 'Lê Thu')

    expect(first.status).toBe(200)
    expect(second.body).toEqual(first.body)
    expect(first.body.years[0]).toMatchObject({
      ...{ confirmed: true, confirmedBy: 'Trần Văn Minh', confirmedAt: '2026-12-01T08:00:00.000+07:00' },
    })
    const statuses = new Set(
      first.body.years[0].days.map(({ day, status }: CalendarDay) => `${day === '2026-11-24'} ${status}`),
    )
    expect([...statuses].sort()).toEqual(['false confirmed', 'true proposed'])
  })

  test('also takes a year that was only worked out', async () => {
    const { body } = await call('POST', '/2037/confirm', { reason })

    expect(body.years[0]).toMatchObject({ year: 2037, entered: true, confirmed: true })
    expect(body.years[0].days).toHaveLength(proposedDays(2037).length)
  })

  test('of a year that changed since it was looked at is refused', async () => {
    const old = await version()
    await call('PUT', '/2038', { days: [line('2038-01-01', 'holiday')], reason })

    const answer = await call('POST', '/2038/confirm', { reason, basedOn: old })

    expect([answer.status, answer.body.code]).toEqual([409, 'calendar_changed'])
  })

  test('makes deadlines within it final', async () => {
    await call('POST', '/2026/confirm', { reason })

    const [within, beyond] = [
      await call('GET', '/check?signedOn=2026-11-20&at=2026-11-20T09:00'),
      await call('GET', '/check?signedOn=2026-12-31&at=2026-12-31T09:00'),
    ]

    expect(within.body).toMatchObject({ provisional: false, unconfirmedYears: [] })
    expect(beyond.body).toMatchObject({ provisional: true, unconfirmedYears: [2027] })
  })
})

describe('checking a deadline', () => {
  test.each([
    ['2026-02-13', '2026-02-23T12:00:00.000+07:00', 11],
    ['2026-04-29', '2026-05-04T12:00:00.000+07:00', 6],
    ['2026-04-24', '2026-04-28T12:00:00.000+07:00', 5],
    ['2026-12-31', '2027-01-04T12:00:00.000+07:00', 5],
  ])('signed on %s gives %s and says why for each of %i days', async (signedOn, dueAt, days) => {
    const { status, body } = await call('GET', `/check?signedOn=${signedOn}`)

    expect(status).toBe(200)
    expectSchema('calendar-check', body)
    expect(body.dispatch.dueAt).toBe(dueAt)
    expect(body.days).toHaveLength(days)
    expect(body.days.slice(1, -1).some(({ isWorking }: { isWorking: boolean }) => isWorking)).toBe(false)
    expect(body.days.at(-1)).toMatchObject({ day: dueAt.slice(0, 10), isWorking: true })
  })

  test('explains itself as one would on the phone', async () => {
    const { body } = await call('GET', '/check?signedOn=2026-04-24&at=2026-04-28T12:00:00.001%2B07:00&priority=3')

    expect(body.summary.vi).toMatch(/^Văn bản ký ngày 24\/04\/2026 phải gửi chậm nhất 12:00 28\/04\/2026; đã gửi trễ\./)
    expect(
      body.days.map(({ weekday, why }: { weekday: { vi: string }; why: { vi: string } }) => `${weekday.vi}: ${why.vi}`),
    ).toEqual([
      'Thứ Sáu: Ngày làm việc',
      'Thứ Bảy: Nghỉ hằng tuần',
      expect.stringMatching(/^Chủ nhật: Nghỉ lễ: Giỗ Tổ/),
      expect.stringMatching(/^Thứ Hai: Nghỉ bù: Nghỉ bù Giỗ Tổ/),
      'Thứ Ba: Ngày làm việc',
    ])
    expect(body).toMatchObject({
      dispatch: { isLate: true },
      urgent: { from: 'first_sight', dueAt: '2026-04-28T12:15:00.001+07:00' },
    })
  })

  test('says of a proposed holiday that it does not count', async () => {
    const { body } = await call('GET', '/check?signedOn=2026-11-23')

    expect(body.days.at(-1)).toMatchObject({
      day: '2026-11-24',
      isWorking: true,
      why: { vi: expect.stringContaining('chưa tính') },
    })
  })

  test.each([
    ['2026-11-20T12:00', false],
    ['2026-11-20T12:00:00.001', true],
    ['2026-11-20T05:00:00Z', false],
    ['2026-11-20T05:00:00.001Z', true],
    // As it arrives where somebody typed the plus sign into an address.
    ['2026-11-20T12:00:00 07:00', false],
    ['2026-11-20T12:00:01 07:00', true],
  ])('accepted at %s is late: %s', async (at, isLate) => {
    const { status, body } = await call('GET', `/check?signedOn=2026-11-19&at=${encodeURIComponent(at)}`)

    expect(status).toBe(200)
    expect(body.dispatch.isLate).toBe(isLate)
  })

  test('is as of now where no moment is given', async () => {
    app.clock.set(new Date('2026-11-20T10:00:00+07:00'))

    expect((await call('GET', '/check?signedOn=2026-11-20')).body.at).toBe('2026-11-20T10:00:00.000+07:00')
  })

  test.each(['0000-01-01', '9999-12-31'])('bears a signature of %s', async (signedOn) => {
    expect((await call('GET', `/check?signedOn=${signedOn}&at=2026-11-20T10:00`)).status).toBe(200)
  })
})

describe('the rules of a province', () => {
  const own = {
    dispatchRule: 'end_of_next_working_day',
    urgentMinutes: { 1: 120, 2: 60, 3: 30, 4: 30 },
    hours: {
      weekdays: [1, 2, 3, 4, 5],
      spans: [
        { from: '07:00', to: '11:30' },
        { from: '13:30', to: '16:30' },
      ],
    },
  }

  test('hold for it alone, until they are removed', async () => {
    const check = '/check?signedOn=2026-11-19&at=2026-11-20T16:45&priority=3'
    const put = await call('PUT', '/settings/H38', { ...own, reason })
    expect(put.status).toBe(200)
    expectSchema('calendar', put.body)
    expect(put.body.settings).toEqual([
      { province: 'default', ...settings },
      { province: 'H38', ...own },
    ])

    const [mine, others] = [await call('GET', `${check}&province=H38`), await call('GET', `${check}&province=H35`)]

    expect(mine.body).toMatchObject({
      dispatch: { rule: 'end_of_next_working_day', dueAt: '2026-11-20T23:59:59.999+07:00', isLate: false },
      receipt: { rule: 'next_working_day' },
      urgent: { dueAt: '2026-11-20T17:15:00.000+07:00' },
    })
    expect(others.body).toMatchObject({
      dispatch: { rule: 'noon_next_working_day', isLate: true },
      receipt: { rule: 'same_day' },
    })
    const removed = await call('DELETE', '/settings/H38', { reason: 'theo quy định chung' })
    expect(removed.body.settings).toEqual([{ province: 'default', ...settings }])
    expect((await call('GET', `${check}&province=H38`)).body.dispatch.isLate).toBe(true)
    expect((await call('GET', `?version=${put.body.version}`)).body.settings).toHaveLength(2)
  })

  test('can be the default', async () => {
    await call('PUT', '/settings/default', { ...settings, dispatchRule: 'end_of_next_working_day', reason })

    expect((await call('GET', '/check?signedOn=2026-11-19')).body.dispatch.rule).toBe('end_of_next_working_day')
    await call('PUT', '/settings/default', { ...settings, reason })
    expect((await call('GET', '/check?signedOn=2026-11-19')).body.dispatch.rule).toBe('noon_next_working_day')
  })

  test.each([
    ['no days', { weekdays: [], spans: own.hours.spans }, ['/hours/weekdays calendar_hours_empty']],
    ['no hours', { weekdays: [1], spans: [] }, ['/hours/spans calendar_hours_empty']],
    [
      'hours backwards',
      { weekdays: [1], spans: [{ from: '11:30', to: '07:30' }] },
      ['/hours/spans/0 calendar_hours_reversed'],
    ],
    [
      'hours that overlap',
      {
        weekdays: [1],
        spans: [
          { from: '07:30', to: '12:00' },
          { from: '11:00', to: '17:00' },
        ],
      },
      ['/hours/spans/1 calendar_hours_overlap'],
    ],
  ])('with %s are refused', async (_, hours, expected) => {
    const answer = await call('PUT', '/settings/H38', { ...own, hours, reason })

    expect(answer.status).toBe(422)
    expect(violations(answer)).toEqual(expected)
    expect(answer.body.next).not.toBe('')
  })

  test.each([
    ['lao-cai', own],
    ['H38', { ...own, dispatchRule: 'whenever' }],
    ['H38', { ...own, urgentMinutes: { 1: 0, 2: 60, 3: 30, 4: 30 } }],
    ['H38', { ...own, hours: { weekdays: [1, 8], spans: own.hours.spans } }],
    ['H38', { ...own, hours: { weekdays: [1], spans: [{ from: '7:00', to: '25:00' }] } }],
  ])('of %s with a value that cannot be are refused', async (province, body) => {
    expect((await call('PUT', `/settings/${province}`, { ...body, reason })).status).toBe(400)
  })

  test.each([
    ['H77', 404, 'calendar_settings_not_found'],
    ['default', 409, 'calendar_default_settings_needed'],
  ])('of %s cannot be removed', async (province, status, code) => {
    const answer = await call('DELETE', `/settings/${province}`, { reason })

    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
})

describe('the list of versions', () => {
  test('says who changed what, when and why, page by page', async () => {
    app.clock.set(new Date('2026-12-02T08:00:00+07:00'))
    await call('POST', '/2039/confirm', { reason: 'một' }, 'Lan')
    await call('PUT', '/settings/H10', { ...settings, reason: 'hai' }, 'Minh')

    const first = await call('GET', '/versions?limit=2')
    const rest = await call('GET', `/versions?cursor=${first.body.nextCursor}&limit=500`)

    for (const { body } of [first, rest]) expectSchema('calendar-version-list', body)
    const latest = await version()
    const at = '2026-12-02T08:00:00.000+07:00'
    expect(first.body.items).toEqual([
      { version: latest, at, by: 'Minh', reason: 'hai', change: 'settings_changed', province: 'H10' },
      { version: latest - 1, at, by: 'Lan', reason: 'một', change: 'year_confirmed', year: 2039 },
    ])
    expect(rest.body.items.map((item: { version: number }) => item.version)).toEqual(
      Array.from({ length: latest - 2 }, (_, n) => latest - 2 - n),
    )
    expect(rest.body.items.at(-1)).toMatchObject({ version: 1, by: 'tram', change: 'seeded' })
    expect(rest.body.nextCursor).toBe(undefined)
  })

  test('is mirrored in the audit trail, with the state before and after', async () => {
    await call('PUT', '/2039', { days: [line('2039-01-01', 'holiday')], reason: 'ba' }, 'Lan')

    const row = await app.open.db
      .selectFrom('audit')
      .selectAll()
      .orderBy('audit_id', 'desc')
      .limit(1)
      .executeTakeFirst()

    expect(row).toMatchObject({
      ...{ actor: 'Lan', action: 'calendar.year_replaced', object: 'calendar:2039' },
      data: {
        ...{ version: await version(), reason: 'ba' },
        before: { year: 2039, confirmed: { by: 'Lan' } },
        after: { year: 2039, days: [{ day: '2039-01-01', enteredBy: 'Lan' }] },
      },
    })
  })
})
