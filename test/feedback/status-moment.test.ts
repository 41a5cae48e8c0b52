import { describe, expect, it } from 'vitest'
import { momentOf } from '../../src/feedback/compose-status.ts'

const clock = { now: () => new Date('2026-11-20T01:00:00Z') }

describe('the time of a JSON status', () => {
  it.each([
    [undefined, '2026-11-20T01:00:00.000Z'],
    ['2026-11-20T10:00:00+07:00', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20T03:00:00Z', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20T10:00:00.250+0700', '2026-11-20T03:00:00.250Z'],
    ['2026-11-20T10:00:00', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20T10:00', '2026-11-20T03:00:00.000Z'],
  ])('%s is %s', (at, expected) => {
    expect(momentOf(at, clock).toISOString()).toBe(expected)
  })

  it.each([
    '',
    'hôm qua',
    '2026-11-20',
    '2026-13-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-11-20T10:00:00\u0000+07:00',
  ])('is refused as %j', (at) => {
    expect(() => momentOf(at, clock)).toThrow('bad_time')
  })
})
