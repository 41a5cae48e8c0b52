import { expect, test } from 'vitest'
import { vietnamDay, vietnamTime } from '../../src/domain/vietnam-time.ts'

test.each([
  ['2026-11-20T01:00:00Z', '2026-11-20T08:00:00.000+07:00', '2026-11-20'],
  ['2026-11-20T16:59:59.999Z', '2026-11-20T23:59:59.999+07:00', '2026-11-20'],
  ['2026-11-20T17:00:00Z', '2026-11-21T00:00:00.000+07:00', '2026-11-21'],
  ['2026-12-31T17:00:00Z', '2027-01-01T00:00:00.000+07:00', '2027-01-01'],
  ['2028-02-28T20:00:00Z', '2028-02-29T03:00:00.000+07:00', '2028-02-29'],
  // No summer time: the offset is the same in June.
  ['2026-06-20T01:00:00Z', '2026-06-20T08:00:00.000+07:00', '2026-06-20'],
])('%s is %s in Vietnam, on %s', (instant, time, day) => {
  expect(vietnamTime(new Date(instant))).toBe(time)
  expect(vietnamDay(new Date(instant))).toBe(day)
  expect(new Date(vietnamTime(new Date(instant))).getTime()).toBe(new Date(instant).getTime())
})
