import { describe, expect, it } from 'vitest'
import { judgeAnswer, judgeFailure } from '../../src/delivery/push-answer.ts'
import type { AttemptOutcome } from '../../src/domain/delivery.ts'

type Headers = Record<string, string>

describe('an answer to a pushed package', () => {
  it.each<[number, Headers, AttemptOutcome['kind']]>([
    [200, {}, 'delivered'],
    [200, { 'content-type': 'application/json' }, 'delivered'],
    [201, {}, 'delivered'],
    [202, {}, 'delivered'],
    [204, {}, 'delivered'],
    [299, {}, 'delivered'],
    [200, { 'content-type': 'text/html' }, 'unreachable'],
    [200, { 'content-type': 'text/html; charset=utf-8' }, 'unreachable'],
    [200, { 'content-type': 'Text/HTML' }, 'unreachable'],
    [409, {}, 'delivered'],
    [409, { 'tram-outcome': 'refused' }, 'refused'],
    [422, {}, 'refused'],
    [400, { 'tram-outcome': 'refused' }, 'refused'],
    [404, { 'tram-outcome': 'Refused' }, 'refused'],
    [410, { 'tram-outcome': 'refused' }, 'refused'],
    [429, { 'tram-outcome': 'refused' }, 'refused'],
    [400, {}, 'unreachable'],
    [401, {}, 'unreachable'],
    [403, {}, 'unreachable'],
    [404, {}, 'unreachable'],
    [410, {}, 'unreachable'],
    [413, {}, 'unreachable'],
    [500, { 'tram-outcome': 'refused' }, 'unreachable'],
    [429, {}, 'busy'],
    [503, {}, 'busy'],
    [500, {}, 'unreachable'],
    [502, {}, 'unreachable'],
    [504, {}, 'unreachable'],
    [301, { location: 'http://127.0.0.1/' }, 'unreachable'],
    [307, {}, 'unreachable'],
    [304, {}, 'unreachable'],
  ])('%i with %o means %s', (status, headers, kind) => {
    expect(judgeAnswer('package', status, headers, '').kind).toBe(kind)
  })

  it.each([
    ['{"reason":"Sai mã đơn vị"}', 'Sai mã đơn vị'],
    ['{"detail":"thiếu tệp","title":"x"}', 'thiếu tệp'],
    ['{"message":"no"}', 'no'],
    ['{"reason":"  "}', '{"reason":"  "}'],
    ['{"reason":7}', '{"reason":7}'],
    ['{"__proto__":{"reason":"x"}}', '{"__proto__":{"reason":"x"}}'],
    ['null', 'null'],
    ['[1', '[1'],
    ['  bằng lời  ', 'bằng lời'],
    ['', 'HTTP 422'],
  ])('is a refusal in the words of the body %j', (body, reason) => {
    expect(judgeAnswer('package', 422, {}, body)).toEqual({ kind: 'refused', httpStatus: 422, reason })
  })

  it.each<[string, number | undefined]>([
    ['120', 120],
    [' 7 ', 7],
    ['0', 0],
    ['soon', undefined],
    ['', undefined],
  ])('honours Retry-After %j', (value, seconds) => {
    const outcome = judgeAnswer('package', 503, { 'retry-after': value }, '')

    expect(outcome).toEqual({
      ...{ kind: 'busy', httpStatus: 503 },
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    })
  })

  it('honours a Retry-After that is a date', () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString()
    const outcome = judgeAnswer('package', 429, { 'retry-after': inAMinute }, '')

    expect(outcome).toMatchObject({ kind: 'busy' })
    if (outcome.kind !== 'busy') throw new Error(outcome.kind)
    expect(outcome.retryAfterSeconds).toBeGreaterThan(55)
    expect(outcome.retryAfterSeconds).toBeLessThanOrEqual(61)
  })

  it('takes a date that has passed for at once', () => {
    const outcome = judgeAnswer('package', 429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, '')

    expect(outcome).toMatchObject({ retryAfterSeconds: 0 })
  })

  it('says of 410 that the endpoint is gone', () => {
    expect(judgeAnswer('package', 410, {}, 'đã đóng')).toEqual({
      ...{ kind: 'unreachable', cause: 'HTTP 410', httpStatus: 410, answer: 'đã đóng', nothingSent: false },
      endpointGone: true,
    })
  })
})

describe('an answer to a notice', () => {
  it.each<[number, AttemptOutcome['kind']]>([
    [200, 'notified'],
    [204, 'notified'],
    [409, 'notified'],
    [422, 'refused'],
    [500, 'unreachable'],
    [503, 'busy'],
  ])('%i means %s', (status, kind) => {
    expect(judgeAnswer('notice', status, {}, '').kind).toBe(kind)
  })
})

describe('a failure', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED'])(
    'before the connection stood (%s) sent nothing',
    (code) => {
      const error = Object.assign(new Error('no'), { code })

      expect(judgeFailure(error)).toEqual({ kind: 'unreachable', cause: code, nothingSent: true })
    },
  )

  it.each(['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'EPIPE'])(
    'while the push was under way (%s) is unclear',
    (code) => {
      expect(judgeFailure(Object.assign(new Error('no'), { code }))).toEqual({ kind: 'unclear', cause: code })
    },
  )

  it('without a code is unclear', () => {
    expect(judgeFailure(new DOMException('aborted', 'AbortError'))).toEqual({ kind: 'unclear', cause: 'AbortError' })
    expect(judgeFailure('odd')).toEqual({ kind: 'unclear', cause: 'odd' })
  })
})
