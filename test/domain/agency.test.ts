import { describe, expect, test } from 'vitest'
import { codeKey, currentCode, guessScheme, isCodeValid } from '../../src/domain/agency.ts'
import { agency, code, today } from './directory-fixture.ts'

describe('the scheme a code is written in', () => {
  test.each([
    ['000.00.12.H35', 'qcvn102'],
    ['  000.00.12.h35 ', 'qcvn102'],
    ['H35', 'qd20'],
    ['H35.20', 'qd20'],
    ['h35.20.5', 'qd20'],
    ['G09.1.VP', 'qd20'],
    ['Z01BCA.C06', 'qd20'],
    ['0100109106', 'enterprise'],
    ['0100109106001', 'enterprise'],
    ['0100109106-001', 'enterprise'],
    // One group too many, a letter in a group, a relay's own suffix, plain words: real, and of no known scheme.
    ['001.00.20.TT2', 'legacy'],
    ['000.0A.12.H35', 'legacy'],
    ['000.00.12.H35.01', 'legacy'],
    ['SNV-LaiChau', 'legacy'],
    ['010010910', 'legacy'],
    ['Z01', 'legacy'],
    ['H35.', 'legacy'],
    ['', 'legacy'],
    [`H35.${'1'.repeat(32)}`, 'legacy'],
  ])('of %j is guessed as %s', (written, scheme) => {
    expect(guessScheme(written)).toBe(scheme)
  })
})

test.each([
  ['000.00.12.h35', '000.00.12.H35'],
  [' H35.20\t', 'H35.20'],
  ['Trạm'.normalize('NFD'), 'TRẠM'.normalize('NFC')],
])('compares the code %j as %j', (written, key) => {
  expect(codeKey(written)).toBe(key)
})

describe('a code', () => {
  test.each([
    ['has no bounds', true, code('A')],
    ['begins that day', true, code('A', today)],
    ['begins the day after', false, code('A', '2026-11-21')],
    ['ends that day', true, code('A', undefined, today)],
    ['ended the day before', false, code('A', undefined, '2026-11-19')],
    ['has the day between its bounds', true, code('A', '2026-01-01', '2026-12-31')],
    ['has a period that is over', false, code('A', '2025-01-01', '2025-12-31')],
  ])('that %s is in force: %s', (_what, expected, written) => {
    expect(isCodeValid(written, today)).toBe(expected)
  })
})

describe('the code an agency is written with today', () => {
  test.each([
    ['its QĐ 20 code before its QCVN 102 code', ['000.00.12.H35', 'H35.12'], 'H35.12'],
    ['its QCVN 102 code before a legacy one', ['SNV', '000.00.12.H35'], '000.00.12.H35'],
    ['an enterprise code before a legacy one', ['CTY', '0100109106'], '0100109106'],
    [
      'a worse code in force before a better one that has ended',
      [code('H35.12', undefined, '2026-11-19'), 'SNV'],
      'SNV',
    ],
    [
      'a worse code in force before a better one yet to begin',
      [code('H35.12', '2026-11-21'), '000.00.12.H35'],
      '000.00.12.H35',
    ],
    [
      'the best code when none is in force',
      ['SNV', 'H35.12'].map((written) => code(written, undefined, '2020-12-31')),
      'H35.12',
    ],
    ['the first of two that are equally good', ['H35.12', 'H35.13'], 'H35.12'],
  ])('is %s', (_rule, codes, expected) => {
    expect(currentCode(agency('snv', codes), today)).toBe(expected)
  })

  test('does not exist without any code', () => {
    expect(() => currentCode(agency('snv', []), today)).toThrow('snv has no code')
  })
})
