import { describe, expect, test } from 'vitest'
import { isSafeFileName, safeFileName } from '../../src/domain/file-name.ts'

describe('a name is safe', () => {
  test.each([
    'cong-van.pdf',
    'Tờ trình số 12 ngày 20-11 (bản ký).docx',
    '.gitignore',
    'com.pdf',
    'common.txt',
    `${'ệ'.repeat(83)}.pdf`,
  ])('%s', (name) => {
    expect(safeFileName(name)).toBe(name)
    expect(isSafeFileName(name)).toBe(true)
  })
})

describe('a name is not safe', () => {
  test.each([
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['C:\\Windows\\a.exe', 'C__Windows_a.exe'],
    ['V/v họp: khẩn?.pdf', 'V_v họp_ khẩn_.pdf'],
    ['a\nb\t.pdf', 'ab.pdf'],
    ['hoa-don\u202efdp.exe', 'hoa-donfdp.exe'],
    ['\u2066a\u2069.pdf', 'a.pdf'],
    ['CON', '_CON'],
    ['nul.pdf', '_nul.pdf'],
    ['lpt1.tar.gz', '_lpt1.tar.gz'],
    ['bao-cao.pdf. . ', 'bao-cao.pdf'],
    [' dau.pdf', 'dau.pdf'],
    ['..', '_'],
    ['\u0000', '_'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
    expect(isSafeFileName(name)).toBe(false)
    expect(safeFileName(safe)).toBe(safe)
  })

  test('that no disk can hold: its beginning is cut between letters, its ending stays', () => {
    const safe = safeFileName(`${'Tờ trình '.repeat(40)}.docx`)

    expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255)
    expect(safe).toMatch(/^(Tờ trình )+.*\.docx$/)
    expect(safe).not.toContain('\ufffd')
  })
})
