// Kinds, required fields, lengths, dates and characters of the header (QĐ 28/2018 Đ.10; NĐ 30/2020; edxml.md §1.3).
import { describe, expect, test } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { isLegacyText } from '../../src/rules/text-quality.ts'
import { aDocument, book, codesOf, file, findingsOf, judge, policyWith } from './judging.ts'

const header = 'edXMLHeader/MessageHeader'

test('a document that is as it should be gives no finding', () => {
  expect(judge({})).toEqual({ findings: [], refusals: [], declared: [] })
})

describe('the kind', () => {
  test('joins four lists in one table', () => {
    const kinds = book.kinds.all

    expect(kinds.filter((kind) => kind.nd30 !== undefined).map((kind) => kind.nd30)).toEqual(
      Array.from({ length: 27 }, (_, index) => index + 1),
    )
    expect(kinds.filter((k) => k.group === 'administrative' && k.nd30 === undefined).map((k) => k.name)).toEqual([
      'Công văn',
      'Thư công',
    ])
    expect(kinds.flatMap((k) => k.listB ?? []).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 32 }, (_, i) => i + 1),
    )
    expect(kinds.flatMap((k) => k.listA ?? []).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    )
    expect(kinds.flatMap((k) => k.archiveCode ?? []).sort()).toEqual(
      Array.from({ length: 32 }, (_, index) => String(index + 1).padStart(2, '0')),
    )
    expect(kinds.flatMap((k) => k.pilot ?? []).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 17 }, (_, i) => i + 1),
    )
    expect(book.kinds.find('Tờ trình')).toMatchObject({ nd30: 16, abbreviation: 'TTr', archiveCode: '15', pilot: 12 })
  })

  test.each(['Công văn', ' công VĂN ', 'CÔNG  VĂN', 'Công văn'.normalize('NFD'), 'Giấy uỷ quyền', 'Thông tư', 'Sao y'])(
    '%j is known',
    (typeName) => {
      expect(book.kinds.find(typeName)).toBeDefined()
    },
  )

  test('that nobody knows is good to know', () => {
    expect(findingsOf(judge({ documentType: { typeName: 'Văn bản điện tử mới' } }), 'document_kind_unknown')).toEqual([
      {
        code: 'document_kind_unknown',
        severity: 'info',
        path: `${header}/DocumentType/TypeName`,
        params: { typeName: 'Văn bản điện tử mới' },
      },
    ])
  })

  test.each([
    ['Quyết định', 'CV-UBND'],
    ['Quyết định', 'UBND-VX'],
    ['Quy định', 'QĐ-UBND'],
    ['Báo cáo', '2026/TB-SNV'],
    ['Tờ trình', 'TT-BNV'],
  ])('%s with the notation %s is good to know', (typeName, codeNotation) => {
    const judgement = judge({ documentType: { typeName }, codeNotation })

    expect(findingsOf(judgement, 'document_kind_mismatch')).toMatchObject([
      { severity: 'info', params: { typeName, notation: codeNotation } },
    ])
  })

  test.each([
    ['Quyết định', 'QĐ-UBND'],
    ['Quyết định', '2019/QĐ-UBND'],
    ['Quyết định', 'QD-UBND'],
    ['QUYẾT ĐỊNH', 'qđ-ubnd'],
    ['Quy định', 'QyĐ-UBND'],
    ['Tờ trình', 'TTr-STTTT'],
    ['Thông tư', 'TT-BNV'],
    ['Công văn', 'UBND-VX'],
    ['Công văn', 'CT-TTHT'],
    ['Luật', 'QH15'],
    ['Văn bản lạ', 'XY-Z'],
  ])('%s with the notation %s passes', (typeName, codeNotation) => {
    expect(codesOf(judge({ documentType: { typeName }, codeNotation }))).not.toContain('document_kind_mismatch')
  })
})

describe('a required field', () => {
  const { codeNumber: _n, codeNotation: _k, signer: _s, documentType: _t, ...bare } = aDocument()
  const { promulgationDate: _d, promulgationDateText: _x, place: _p, documentId: _i, ...barest } = bare

  test('that is empty is told with its place', () => {
    const judgement = judge({ signer: { fullName: 'Lò Văn A', position: ' ' } })

    expect(judgement.findings).toEqual([
      {
        code: 'required_field',
        severity: 'warn',
        path: `${header}/SignerInfo/Position`,
        params: { field: 'Position' },
      },
    ])
  })

  test('is each of those that the regulation names', () => {
    const policy = policyWith()
    const { findings } = judgeOnly(barest, policy)

    expect(findings.map(({ path }) => path?.slice(header.length + 1))).toEqual([
      'Code/CodeNumber',
      'Code/CodeNotation',
      'PromulgationInfo/PromulgationDate',
      'DocumentType/TypeName',
      'SignerInfo/Position',
      'SignerInfo/FullName',
    ])
  })

  test('may be another one where the province says so', () => {
    const fields = ['documentId', 'place', 'competence', 'dueDate', 'fromOrganName', 'toOrganName', 'sentAt']
    const policy = policyWith({ required_field: { mode: 'refuse', parameters: { fields } } })
    const document: DocumentPackage = {
      ...barest,
      from: { organId: 'H35.01' },
      to: [{ organId: 'H35.02', organName: 'Sở Tài chính' }, { organId: 'H35.03' }],
      traces: [],
    }

    expect(judgeOnly(document, policy).refusals.map((r) => r.violation.path)).toEqual([
      `${header}/DocumentId`,
      `${header}/PromulgationInfo/Place`,
      `${header}/SignerInfo/Competence`,
      `${header}/DueDate`,
      `${header}/From/OrganName`,
      `${header}/To[2]/OrganName`,
      'edXMLHeader/TraceHeaderList/TraceHeader/Timestamp',
    ])
  })

  test.each(['recall', 'update'] as const)('is not asked of a package of kind %s', (kind) => {
    expect(judgeOnly({ ...barest, kind }, policyWith()).findings).toEqual([])
  })

  function judgeOnly(document: DocumentPackage, policy: ReturnType<typeof policyWith>) {
    const missing = Object.fromEntries(Object.keys(aDocument()).map((name) => [name, undefined]))
    return judge({ ...missing, ...document }, {}, policy)
  }
})

describe('lengths', () => {
  test.each([
    ['Subject', { subject: 'á'.repeat(501) }, 501, 500],
    ['OrganName', { to: [{ organId: 'H35.01', organName: 'x'.repeat(201) }] }, 201, 200],
    ['CodeNumber', { codeNumber: '1'.repeat(12) }, 12, 11],
    ['CodeNotation', { codeNotation: `BC-${'X'.repeat(30)}` }, 33, 30],
    ['FullName', { signer: { position: 'x', fullName: 'x'.repeat(51) } }, 51, 50],
    ['Place', { toPlaces: ['x'.repeat(151)] }, 151, 150],
    ['TyperNotation', { otherInfo: { typerNotation: 'x'.repeat(11) } }, 11, 10],
    ['AttachmentName', { attachments: [file(`${'x'.repeat(500)}.pdf`)] }, 504, 500],
  ] as const)('of %s beyond the standard are told', (field, document, length, max) => {
    expect(findingsOf(judge(document), 'field_too_long').map(({ params }) => params)).toEqual([{ field, length, max }])
  })

  test.each([
    { subject: 'á'.repeat(500) },
    { subject: 'ậ'.repeat(500).normalize('NFD') },
    { subject: '😀'.repeat(500) },
  ])('count characters as people do', (document) => {
    expect(codesOf(judge(document))).not.toContain('field_too_long')
  })

  test('of more places than anybody would read are not all listed', () => {
    const toPlaces = Array.from({ length: 5000 }, () => 'x'.repeat(151))

    expect(findingsOf(judge({ toPlaces }), 'field_too_long')).toHaveLength(20)
  })
})

describe('dates', () => {
  test('of issue after today are told', () => {
    expect(findingsOf(judge({ promulgationDate: '2026-11-21' }), 'promulgation_date_future')).toMatchObject([
      { params: { date: '2026-11-21', today: '2026-11-20' } },
    ])
  })

  test('of a deadline before the issue are told', () => {
    expect(findingsOf(judge({ dueDate: '2026-11-19' }), 'due_before_promulgation')).toMatchObject([
      { params: { due: '2026-11-19', date: '2026-11-20' } },
    ])
  })

  test.each([
    { dueDate: '2026-11-20' },
    { dueDate: '2027-01-01' },
    { dueDate: 'trước 15/11' },
    { promulgationDate: '2020-01-01' },
  ])('in order pass: %j', (document) => {
    expect(codesOf(judge(document))).toEqual([])
  })
})

describe('characters', () => {
  test('that were lost on the way are told', () => {
    expect(findingsOf(judge({ subject: 'B\ufffdo c\ufffdo' }), 'replacement_character')).toEqual([
      { code: 'replacement_character', severity: 'warn', path: `${header}/Subject` },
    ])
  })

  test('in decomposed form are good to know', () => {
    expect(judge({ subject: 'Báo cáo'.normalize('NFD') }).findings).toEqual([
      { code: 'text_not_composed', severity: 'info', path: `${header}/Subject` },
    ])
  })

  test.each([
    'Quy ®Þnh vÒ c«ng t¸c v¨n th−',
    'B¸o c¸o kÕt qu¶ n¨m 2026',
    'QuyÕt ®Þnh vÒ viÖc khen th−ëng',
    'Baùo caùo naêm 2026',
    'Baùo caùo keát quaû coâng taùc',
    'Quyeát ñònh veà vieäc khen thöôûng',
    'COÂNG VAÊN VEÀ VIEÄC',
  ])('of an old font are told: %s', (subject) => {
    expect(isLegacyText(subject)).toBe(true)
    expect(codesOf(judge({ subject }))).toContain('legacy_charset')
  })

  test.each([
    'Báo cáo kết quả công tác năm 2026',
    'BAO CAO KET QUA CONG TAC',
    'Quyết định về việc hoà giải ở cơ sở; thuỷ lợi, quý III, xuân, quê',
    'hoa qua xoai, tuy nhien, quoc gia',
    'Hop tac voi Zürich, Köln va Malmö',
    'Naïve café où crème brûlée',
    'Windows® Server và Microsoft® Office',
    'Microsoft® Windows® 11',
    'Nhiệt độ 25°C, 10m², 5µm',
    'Bảo quản ở 2–8°C',
    '«Một cửa» điện tử',
    'Điều 5 § 2 khoản 1',
    'Vo hai quyen, uy quyen',
    'TOÀ ÁN NHÂN DÂN',
    'HOÀ BÌNH',
    'Straße, Grüße',
    'Curaçao, São Tomé',
  ])('of today pass: %s', (subject) => {
    expect(isLegacyText(subject)).toBe(false)
  })
})
