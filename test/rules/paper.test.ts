// Which documents paper may follow (R10–R13), and the pilot of electronic-only kinds (R80).
import { describe, expect, test } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { codesOf, findingsOf, judge, policyWith } from './judging.ts'

const withPaper = { paper: '1', receivers: [], replacements: [] }
const path = 'edXMLHeader/TraceHeaderList/Bussiness/Paper'
const paperCodes = (document: Partial<DocumentPackage>, day = '2026-11-20', policy = policyWith()) =>
  codesOf(judge({ business: withPaper, ...document }, { day }, policy)).filter((code) => code.startsWith('paper'))

describe('paper beside an e-document', () => {
  test('is told when the document is on no list', () => {
    expect(judge({ business: withPaper }).findings).toEqual([{ code: 'paper_not_listed', severity: 'warn', path }])
  })

  test.each(['0', 'false', undefined])('is not there when Paper is %j', (paper) => {
    const business = { receivers: [], replacements: [], ...(paper === undefined ? {} : { paper }) }

    expect(codesOf(judge({ business }))).toEqual([])
  })

  test.each([
    ['personnel', { subject: 'Quyết định bổ nhiệm ông Lò Văn A giữ chức vụ Phó Giám đốc' }],
    ['personnel in capitals', { subject: 'QUYẾT ĐỊNH VỀ VIỆC ĐIỀU ĐỘNG CÁN BỘ' }],
    ['decomposed letters', { subject: 'Quyết định bổ nhiệm'.normalize('NFD') }],
    ['licences', { subject: 'Hồ sơ đề nghị cấp phép khai thác khoáng sản' }],
    ['awards', { subject: 'Tờ trình đề nghị tặng Bằng khen' }],
    ['budgets', { subject: 'Quyết định giao dự toán ngân sách năm 2027' }],
    ['capital, named in the summary', { subject: 'V/v điều chỉnh', content: 'Điều chỉnh kế hoạch vốn đầu tư công' }],
    ['the Government office', { to: [{ organId: '000.00.00.h35' }, { organId: '000.00.00.g22' }] }],
    ['the Government office by its newer code', { to: [{ organId: 'G22' }] }],
  ] as const)('is allowed for %s', (_, document) => {
    expect(paperCodes(document)).toEqual([])
  })

  test('follows the list of the province with its days', () => {
    const entry = { kinds: ['Công văn'], words: ['quy hoạch'], validFrom: '2026-01-01', validTo: '2026-06-30' }
    const entries = [{ ...entry, source: 'CV 1677/UBND-KSTT' }]
    const policy = policyWith({ paper_not_listed: { parameters: { entries } } })
    const allowed = { subject: 'V/v quy hoạch', documentType: { typeName: 'công văn' } }
    const issued = (promulgationDate: string) => ({ ...allowed, promulgationDate })

    expect(paperCodes(issued('2026-01-01'), undefined, policy)).toEqual([])
    expect(paperCodes(issued('2026-06-30'), undefined, policy)).toEqual([])
    expect(paperCodes(issued('2026-07-01'), undefined, policy)).toEqual(['paper_not_listed'])
    expect(paperCodes(issued('2025-12-31'), undefined, policy)).toEqual(['paper_not_listed'])
    expect(paperCodes({ ...issued('2026-05-05'), subject: 'V/v quy hoạc' }, undefined, policy)).toHaveLength(1)
    expect(
      paperCodes({ ...issued('2026-05-05'), documentType: { typeName: 'Báo cáo' } }, undefined, policy),
    ).toHaveLength(1)
    // A date that has not come yet is no date to go by: the day of sending is.
    expect(paperCodes(issued('2026-05-05'), '2026-04-01', policy)).toEqual([])
    expect(paperCodes(issued('2027-05-05'), '2026-04-01', policy)).toEqual([])
  })
})

describe('the pilot of electronic-only kinds', () => {
  const inPilot = { promulgationDate: '2019-05-20', documentType: { typeName: 'Giấy mời' }, subject: 'Mời họp' }

  test('tells paper beside its kinds while it lasts', () => {
    const judgement = judge({ ...inPilot, business: withPaper })

    expect(findingsOf(judgement, 'paper_for_electronic_only')).toMatchObject([
      { severity: 'warn', path, params: { source: expect.stringContaining('743/UBND-KSTT') } },
    ])
  })

  test.each([
    { promulgationDate: '2019-06-16' },
    { promulgationDate: '2019-05-07' },
    { promulgationDate: '2026-11-20' },
    { documentType: { typeName: 'Thông cáo' } },
    { subject: 'Quyết định khen thưởng' },
    { subject: 'Chỉ thị phát động thi đua' },
  ])('says nothing of others: %j', (document) => {
    expect(paperCodes({ ...inPilot, ...document })).not.toContain('paper_for_electronic_only')
  })

  test('can be opened again by a province', () => {
    const entries = [{ kinds: ['Báo cáo'], validFrom: '2026-01-01', source: 'QĐ của UBND tỉnh' }]
    const policy = policyWith({ paper_for_electronic_only: { mode: 'refuse', parameters: { entries } } })

    expect(judge({ business: withPaper }, {}, policy).refusals).toMatchObject([
      { code: 'paper_for_electronic_only', params: { source: 'QĐ của UBND tỉnh' } },
    ])
  })
})
