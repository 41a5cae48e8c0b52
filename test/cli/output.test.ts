import { describe, expect, it } from 'vitest'
import { Arguments } from '../../src/cli/command.ts'
import { fileName, promisedDigests } from '../../src/cli/fetch-package.ts'
import { alignedTable, shortened } from '../../src/cli/output.ts'
import { ageText, timeText } from '../../src/cli/words.ts'

describe('tables', () => {
  it('align Vietnamese in either Unicode form, and set numbers to the right', () => {
    const lines = alignedTable(
      ['TÊN', 'SỐ'],
      [
        ['Sở Y tế'.normalize('NFD'), 7],
        ['Ủy ban', 1200],
      ],
    )

    expect(lines).toEqual(['TÊN        SỐ', 'Sở Y tế     7', 'Ủy ban   1200'])
  })

  it('let no line break or control character of a subject through to the terminal', () => {
    expect(alignedTable(['x'], [['a\n\u001b[2Jb']])).toEqual(['x', 'a [2Jb'])
  })

  it('shorten by letters and not by bytes', () => {
    expect(shortened('đấy là', 4)).toBe('đấy…')
    expect(shortened('đấy', 4)).toBe('đấy')
  })
})

describe('words', () => {
  it.each([
    [0, '0s'],
    [59.4, '59s'],
    [3599, '59m'],
    [11_100, '3h05'],
    [180_000, '2d02h'],
  ])('an age of %d seconds is %s', (seconds, text) => {
    expect(ageText(seconds)).toBe(text)
  })

  it('a time is shown without its zone, which is the same everywhere', () => {
    expect(timeText('2026-11-20T08:00:00.123+07:00')).toBe('2026-11-20 08:00:00')
  })
})

describe('options', () => {
  const args = new Arguments([], { ms: '500ms', s: '20s', m: '5m', plain: '3', bad: 'soon', n: 'x1' })

  it('take times in several units', () => {
    expect(['ms', 's', 'm', 'plain', 'absent'].map((name) => args.milliseconds(name))).toEqual([
      500,
      20_000,
      300_000,
      3000,
      undefined,
    ])
  })

  it('refuse what is neither a time nor a number', () => {
    expect(() => args.milliseconds('bad')).toThrow('--bad takes a time')
    expect(() => args.number('n')).toThrow('--n takes a number')
  })
})

describe('fetched files', () => {
  it.each([
    ['743/UBND-KSTT', '743-UBND-KSTT.d-1.edxml'],
    ['../../etc/passwd', 'etc-passwd.d-1.edxml'],
    ['...', 'van-ban.d-1.edxml'],
    ['12/QĐ-UBND\u0000', '12-QĐ-UBND.d-1.edxml'],
  ])('of %j are called %s', (code, name) => {
    expect(fileName({ deliveryId: 'd-1', code, type: 'edoc' })).toBe(name)
  })

  it('are checked against every digest that was promised', () => {
    const sha256 = 'ab'.repeat(32)
    const digest = `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`

    expect(promisedDigests({ headers: { digest, etag: `"${sha256}"` } }, { sha256 })).toEqual([
      ['the mailbox list', sha256],
      ['Digest', sha256],
      ['ETag', sha256],
    ])
  })
})
