// Numbers, identifiers and recipients; and the pattern language that identifiers are held against.
import { describe, expect, test } from 'vitest'
import { checkPackage, refusalOf } from '../../src/rules/check-package.ts'
import { compilePattern, patternFault } from '../../src/rules/pattern.ts'
import { aDocument, codesOf, findingsOf, judge, policyWith, today } from './judging.ts'

const header = 'edXMLHeader/MessageHeader'

describe('a document identifier', () => {
  const policy = policyWith({ document_id_pattern: { mode: 'warn' } })
  const fits = (documentId: string) => !codesOf(judge({ documentId }, {}, policy)).includes('document_id_pattern')

  test('may have any form as long as no province asks for one', () => {
    expect(codesOf(judge({ documentId: 'GW-20251014073327634-773' }))).toEqual([])
  })

  test.each([
    '000.00.01.H35-2026.1',
    '000.00.01.H35-2026.1204',
    'H35.01-2026.7',
    'H35-2026.7',
    '000.00.00.G22,2015/09/30,7816/VPCP-TTĐT',
    '000.00.00.G22,2014/02/30,15,01/2020',
  ])('%s has one of the forms', (documentId) => {
    expect(fits(documentId)).toBe(true)
  })

  test.each([
    '9fbfbad2-f1f8-4256-a2eb-50fb1061cddb',
    '000.00.01.H35-2026.0',
    '000.00.01.H35-2026.',
    '000.00.01.H35-26.1',
    '000.00.01.H35-2026.Y.1',
    '00.00.01.H35-2026.1',
    'Z35.01-2026.7',
    'h35.01-2026.7',
    'H35.01-2026.7 x',
    '000.00.00.G22,2015-09-30,7816/VPCP',
    ',2015/09/30,7816/VPCP',
    '000.00.00.G22,2015/09/30,',
    'test-doc',
  ])('%s has none', (documentId) => {
    expect(fits(documentId)).toBe(false)
  })

  test('that has none is shown with the forms wanted', () => {
    const own = policyWith({ document_id_pattern: { mode: 'refuse', parameters: { patterns: ['TC-{uuid}'] } } })

    expect(refusalOf(judge({ documentId: 'test-doc' }, {}, own))).toMatchObject({
      code: 'document_id_pattern',
      facts: {
        params: { documentId: 'test-doc', expected: 'TC-{uuid}' },
        violations: [{ path: `${header}/DocumentId`, found: 'test-doc', expected: 'TC-{uuid}' }],
      },
    })
    expect(refusalOf(judge({ documentId: 'TC-9fbfbad2-f1f8-4256-a2eb-50fb1061cddb' }, {}, own))).toBe(undefined)
  })

  test('is not asked for by this rule where there is none', () => {
    const { documentId: _none, ...document } = aDocument()

    expect(codesOf(checkPackage({ document, day: today, size: 1 }, policy))).toEqual([])
  })

  test.each(['000.00.04.H35,2026/11/20,125/BC-SNV', '000.00.04.H35-2026.5', 'H35.04-2026.5'])(
    '%s of another agency is told',
    (documentId) => {
      expect(findingsOf(judge({ documentId }), 'document_id_foreign')).toMatchObject([
        { severity: 'warn', path: `${header}/DocumentId`, params: { organId: '000.00.01.H35' } },
      ])
    },
  )

  test.each([
    '000.00.01.h35,2026/11/20,125/BC-SNV',
    'H35.01-2026.5',
    '9fbfbad2-f1f8-4256-a2eb-50fb1061cddb',
    'GW-20251014073327634-773',
    'VPCP-00021',
    'test,doc',
  ])('%s is not', (documentId) => {
    expect(codesOf(judge({ documentId }, { fromCodes: ['000.00.01.H35', 'H35.01'] }))).toEqual([])
  })
})

describe('a pattern', () => {
  test.each([
    ['{nothing}-x', '{nothing}'],
    ['{text}{text}', '}{'],
    ['{text}', '{…}'],
    ['', '{…}'],
    ['a{b', '{ }'],
    ['{}', '{}'],
    ['x}', '{ }'],
  ])('%j cannot be used', (source, fault) => {
    expect(patternFault(source)).toContain(fault)
    expect(() => compilePattern(source)).toThrow()
  })

  test.each([
    ['{text}-{text}-TM', 'A-B-TM', true],
    ['{text}-{text}-TM', 'A-B-C-TM', true],
    ['{text}-{text}-TM', 'A-TM-B-TM', true],
    ['{text}-{text}-TM', 'A-TM', false],
    ['{text}-{text}-TM', '-A-TM', false],
    ['{text}(M)', '(M)', false],
    ['{text}(M)', 'x(M)(M)', true],
    ['ab', 'ab', true],
    ['ab', 'abc', false],
    ['x{digits}y', 'x12y', true],
    ['x{digits}y', 'x12', false],
    ['x{digits}', 'x1٣', false],
    ['.*{text}', '.*a', true],
    ['.*{text}', 'bb', false],
  ])('%s on %s', (source, text, expected) => {
    expect(compilePattern(source)(text)).toBe(expected)
  })

  test('takes a time that grows with the text and no faster', () => {
    const matches = compilePattern('{text}a{text}a{text}a{text}a{text}a{text}b')
    const startedAt = performance.now()

    expect(matches('a'.repeat(100_000))).toBe(false)

    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})

describe('a number used before', () => {
  const sameNumber = { packageId: '0190', documentId: 'H35.01-2026.5', date: '2026-03-01' }

  test('is told with the other document and its date', () => {
    expect(findingsOf(judge({}, { sameNumber }), 'number_repeated')).toEqual([
      {
        code: 'number_repeated',
        severity: 'warn',
        path: `${header}/Code/CodeNumber`,
        params: { code: '125/BC-SNV', documentId: 'H35.01-2026.5', date: '2026-03-01', packageId: '0190' },
      },
    ])
  })
})

describe('a closed recipient', () => {
  const successors = [
    { code: 'H35.05', name: 'Sở Khoa học và Công nghệ' },
    { code: 'H35.06', name: 'Sở Xây dựng' },
  ]
  const recipients = [
    { organId: 'H35.04', closed: false, successors: [] },
    { organId: 'H35.16', closed: true, successors },
    { organId: 'H35.17', closed: true, successors: [] },
  ]

  test('is nobody’s business unless a province says so', () => {
    expect(codesOf(judge({}, { recipients }))).toEqual([])
  })

  test('turns the package away with the successors named', () => {
    const policy = policyWith({ recipient_closed: { mode: 'refuse' } })
    const named = 'H35.05 Sở Khoa học và Công nghệ; H35.06 Sở Xây dựng'

    expect(refusalOf(judge({}, { recipients }, policy))).toMatchObject({
      kind: 'invalid',
      code: 'recipient_closed',
      facts: {
        params: { organId: 'H35.16', successors: named },
        violations: [
          { path: `${header}/To[2]/OrganId`, rule: 'recipient_closed', found: 'H35.16', expected: named },
          { path: `${header}/To[3]/OrganId`, rule: 'recipient_closed', found: 'H35.17' },
        ],
      },
    })
  })

  test('is told where the province only warns', () => {
    const policy = policyWith({ recipient_closed: { mode: 'warn' } })

    expect(findingsOf(judge({}, { recipients }, policy), 'recipient_closed')).toHaveLength(2)
  })
})
