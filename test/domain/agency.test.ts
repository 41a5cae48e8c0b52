import { describe, expect, test } from 'vitest'
import {
  asQcvn102,
  asQd20,
  codeKey,
  currentCode,
  guessScheme,
  inOtherScheme,
  isCodeValid,
  levelOneOf,
  mayNationalDirectoryAlter,
} from '../../src/domain/agency.ts'
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

describe('the same code in the other scheme', () => {
  test.each([
    ['000.00.00.H38', 'H38'],
    ['000.00.14.H20', 'H20.14'],
    ['001.02.14.H20', 'H20.14.02.001'],
    ['000.02.02.H37', 'H37.02.02'],
    ['001.00.00.H35', 'H35.00.00.001'],
    ['000.00.20.A53', 'A53.20'],
  ])('%s reads %s, and back', (qcvn102, qd20) => {
    expect(asQd20(qcvn102)).toBe(qd20)
    expect(asQcvn102(qd20)).toBe(qcvn102)
    expect(inOtherScheme(qcvn102)).toBe(qd20)
    expect(inOtherScheme(` ${qd20.toLowerCase()} `)).toBe(qcvn102)
  })

  test.each([
    'H55.242',
    'H35.1',
    'H35.01.02.03',
    'H35.01.02.003.04',
    // Reads back as H37, another agency.
    'H37.00',
    'H35.20.00',
    'H37.DN.001',
    '28.22.H17',
    '0100100079',
    'SNV',
    '',
    'Z01',
  ])('does not exist for %j', (code) => {
    expect(inOtherScheme(code)).toBeUndefined()
  })
})

test.each([
  ['H35', 'H35'],
  ['h35.12 ', 'H35'],
  ['000.00.12.H35', 'H35'],
  ['28.22.H17', 'H17'],
  ['H37.DN.001', 'H37'],
  ['001.00.20.TT2', undefined],
  ['vxp.saas.03', undefined],
  ['0100100079', undefined],
  ['', undefined],
])('the level-1 group of %j is %s', (code, group) => {
  expect(levelOneOf(code)).toBe(group)
})

test.each([
  ['H63.05', 'H35', true],
  ['000.00.05.H63', 'H35', true],
  ['0100100079', 'H35', true],
  ['H35', 'H35', false],
  ['h35.12', 'H35', false],
  ['000.00.12.H35', 'h35', false],
  ['28.22.H35', 'H35', false],
  ['A53.H35', 'H35', false],
  // Whose these are cannot be told.
  ['vxp.saas.03', 'H35', false],
  ['H63.05', undefined, false],
])('the national directory may alter %s on the axis of %s: %s', (code, own, may) => {
  expect(mayNationalDirectoryAlter(code, own)).toBe(may)
})
