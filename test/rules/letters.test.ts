// Letters of citizens against documents about such letters (R2).
import { describe, expect, test } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { codesOf, file, findingsOf, judge, policyWith } from './judging.ts'

const isFound = (document: Partial<DocumentPackage>) => codesOf(judge(document)).includes('excluded_letter')

describe('a letter of a citizen', () => {
  test.each([
    'Đơn khiếu nại của ông Lò Văn A',
    'Đơn tố cáo',
    'ĐƠN TỐ CÁO CÁN BỘ XÃ',
    'Đơn tố cáo'.normalize('NFD'),
    'Chuyển đơn khiếu nại của bà Giàng Thị B',
    'Chuyển đơn tố cáo để giải quyết theo thẩm quyền',
    'V/v chuyển đơn thư khiếu nại, tố cáo của công dân',
    'Đơn tranh chấp đất đai giữa hai hộ',
    'Đơn đề nghị giải quyết tranh chấp đất đai',
    'Đơn   khiếu\nnại lần 2',
    'Đơn khởi kiện vụ án hành chính',
    'Thư tố cáo nặc danh',
  ])('is told by its subject: %j', (subject) => {
    expect(findingsOf(judge({ subject }), 'excluded_letter')).toEqual([
      { code: 'excluded_letter', severity: 'warn', path: 'edXMLHeader/MessageHeader/Subject' },
    ])
  })

  test.each(['Đơn khiếu nại.pdf', 'don_to_cao.pdf', 'Scan-Don-khieu-nai-lan-1.pdf', 'ĐƠN TỐ CÁO (2).pdf'])(
    'is told by the name of a file: %s',
    (name) => {
      expect(isFound({ attachments: [file(name)] })).toBe(true)
    },
  )

  test('is told by its kind', () => {
    expect(isFound({ documentType: { typeName: 'Đơn khiếu nại' } })).toBe(true)
  })
})

describe('a document about letters passes without a word', () => {
  test.each([
    'Báo cáo công tác giải quyết khiếu nại, tố cáo quý III',
    'Luật Tố cáo số 25/2018/QH14',
    'Triển khai thi hành Luật Khiếu nại',
    'Báo cáo công tác giải quyết đơn thư năm 2026',
    'Báo cáo kết quả giải quyết đơn khiếu nại của ông Lò Văn A',
    'Trả lời đơn tố cáo của công dân',
    'Thụ lý đơn khiếu nại lần đầu',
    'Thông báo đình chỉ giải quyết đơn khiếu nại',
    'Quy trình xử lý đơn tố cáo',
    'Hướng dẫn viết đơn khiếu nại',
    'Ban hành mẫu đơn khiếu nại, đơn tố cáo',
    'Tập huấn Luật Khiếu nại, Luật Tố cáo',
    'Tranh chấp địa giới hành chính giữa hai xã',
    'Quyết định giải quyết khiếu nại lần hai',
    'Giấy mời tiếp công dân định kỳ',
    'Đơn giá bồi thường khi thu hồi đất',
    'Đơn vị tố cáo được khen thưởng',
    'Văn bản phản ánh, kiến nghị của doanh nghiệp',
    'Rà soát đơn thư khiếu nại tồn đọng',
  ])('%s', (subject) => {
    expect(isFound({ subject })).toBe(false)
  })

  test.each(['Mau don khieu nai.docx', 'Bao cao giai quyet don to cao.pdf', 'Danh sach don vi.xlsx'])('%s', (name) => {
    expect(isFound({ attachments: [file(name)] })).toBe(false)
  })
})

test('a sender may answer for it where the province refuses letters', () => {
  const policy = policyWith({ excluded_letter: { mode: 'refuse' } })
  const document = { subject: 'Đơn khiếu nại của ông A' }

  expect(judge(document, {}, policy).refusals.map(({ code }) => code)).toEqual(['excluded_letter'])
  expect(judge(document, { declaration: 'not-secret' }, policy)).toMatchObject({
    refusals: [],
    declared: [{ code: 'excluded_letter' }],
    findings: [{ params: { declared: 'not-secret' } }],
  })
})
