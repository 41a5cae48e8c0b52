// Formal secrecy marks and the innocent words around them (design D11; rules.md §3.4).
import { describe, expect, test } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { refusalOf } from '../../src/rules/check-package.ts'
import { aDocument, codesOf, file, findingsOf, judge, policyWith } from './judging.ts'

const secrecyCodes = ['secret_not_allowed', 'secret_suspected']
const header = 'edXMLHeader/MessageHeader'

function secrecyOf(document: Partial<DocumentPackage>): string[] {
  return codesOf(judge(document)).filter((code) => secrecyCodes.includes(code))
}

const innocentSubjects = [
  'V/v tăng cường công tác bảo mật thông tin',
  'Về việc bảo vệ bí mật nhà nước trong hoạt động của cơ quan',
  'Thông báo đổi mật khẩu tài khoản thư điện tử công vụ',
  'Báo cáo công tác giải quyết khiếu nại, tố cáo',
  'Báo cáo mật độ dân số năm 2026',
  'Mật độ xây dựng khu đô thị mới',
  'Mật ong rừng Mường Tè: hồ sơ chỉ dẫn địa lý',
  'Quan hệ thân mật giữa hai tỉnh kết nghĩa',
  'MẬT ĐỘ DÂN SỐ TỈNH LAI CHÂU NĂM 2026',
  'MẬT KHẨU HỆ THỐNG QUẢN LÝ VĂN BẢN',
  'MẬT MÃ DÂN SỰ: HƯỚNG DẪN CẤP PHÉP',
  'MẬT ONG RỪNG LAI CHÂU',
  'MẬT MÍA VÀ CÁC SẢN PHẨM TỪ MÍA',
  'MẬT GẤU: TĂNG CƯỜNG QUẢN LÝ',
  'MẬT THƯ TRONG TRÒ CHƠI CỦA ĐOÀN THANH NIÊN',
  'MẬT HOA DỪA NƯỚC',
  'MẬT DANH CÁC ĐỢT DIỄN TẬP',
  'MẬT HIỆU TRONG HỘI TRẠI',
  'MẬT TÔNG TÂY TẠNG: HỘI THẢO KHOA HỌC',
  'Mật mã dân sự: hướng dẫn cấp phép',
  'mật',
  'Mật',
  'Tối mật thư',
  'tối mật',
  'Tuyệt mật trong lịch sử: giới thiệu sách',
  'BẢO MẬT THÔNG TIN NĂM 2026',
  'BÍ MẬT NHÀ NƯỚC: TẬP HUẤN',
  'CÔNG TÁC BẢO VỆ BÍ MẬT NHÀ NƯỚC',
  'THÂN MẬT KÍNH MỜI',
  'CƠ MẬT VIỆN: HỒ SƠ DI TÍCH',
  'QUY CHẾ BẢO MẬT, AN TOÀN THÔNG TIN',
  'Ban hành Danh mục bí mật nhà nước của tỉnh',
  'Hướng dẫn xác định độ mật của văn bản',
  'Độ mật: không',
  'ĐỘ MẬT: THƯỜNG',
  'Độ mật:',
  'ĐỘ MẬT CỦA VĂN BẢN VÀ CÁCH XÁC ĐỊNH',
  'Mức độ mật: không mật',
  'Dấu mật và cách đóng dấu',
  'Danh sách cán bộ làm công tác cơ yếu, bảo mật',
  'Tăng cường kỷ luật phát ngôn, giữ gìn bí mật nhà nước',
  'Giải mật tài liệu lưu trữ lịch sử',
  'GIẢI MẬT TÀI LIỆU',
  'Chuyển giao công nghệ bảo mật và mật mã',
  'Học viện Kỹ thuật mật mã tuyển sinh',
  'HỌC VIỆN KỸ THUẬT MẬT MÃ TUYỂN SINH',
  'Mật nhân (Eurycoma longifolia): quy hoạch vùng trồng',
  'MẬT NHÂN: QUY HOẠCH VÙNG TRỒNG',
  'Khảo sát mật độ trạm BTS',
  'Thiết bị bảo mật máy tính; mật khẩu mặc định',
  'Mất mật khẩu chứng thư số',
  'MẤT CON DẤU',
  'MẬN TAM HOA MỘC CHÂU',
  'MẶT TRẬN TỔ QUỐC VIỆT NAM TỈNH',
  'MẶT BẰNG GIÁ ĐẤT',
  'MẤT AN TOÀN THÔNG TIN',
  'MẠNG LƯỚI TRƯỜNG HỌC',
  '(MẬT ĐỘ CAO) KHU DÂN CƯ MỚI',
  '"MẬT ONG" – nhãn hiệu tập thể',
  '“Mật ong bạc hà” được cấp chỉ dẫn địa lý',
  '1. Mật độ; 2. Diện tích',
  'Tỉ lệ (mật độ) che phủ rừng',
  'Túi mật: phác đồ phẫu thuật nội soi',
  'SỎI TÚI MẬT: PHÁC ĐỒ ĐIỀU TRỊ',
  'Đường mật, viêm đường mật',
  'Ngọt ngào như mật',
  'Kế hoạch tập huấn an ninh mạng, bảo mật dữ liệu',
  'Công tác bảo mật: TỐI ƯU HÓA',
  'TỐI ƯU HÓA MẬT ĐỘ TRẠM',
  'TỐI ĐA HÓA NGUỒN LỰC',
  'TUYỆT ĐỐI CHẤP HÀNH',
  'TUYỆT MẤT DẤU',
  'Thông cáo báo chí về bảo mật',
  'Rà soát văn bản mật đã giải mật',
  'Xử lý văn bản có đóng dấu mật gửi nhầm',
  'Mật độ giao thông trên Quốc lộ 4D',
  'Kinh phí mua thiết bị bảo mật USB',
  'MẬT_ĐỘ_DÂN_SỐ_2026',
  'MẬT-KHẨU-MẶC-ĐỊNH',
  'Mã độc đánh cắp mật khẩu: cảnh báo',
  'Gỗ mật, cây mật',
  'CÂY MẬT GẤU: BẢO TỒN',
  'Bảo mật (SSL) cho cổng thông tin',
  'Mật tải lưới điện 110 kV',
  'Đề nghị cung cấp MẬT KHẨU truy cập',
  'Luật Bảo vệ bí mật nhà nước số 117/2025/QH15',
]

const guiltySubjects = [
  'MẬT',
  ' MẬT ',
  'TỐI MẬT',
  'TUYỆT MẬT',
  '[MẬT]',
  '[MẬT] Báo cáo tình hình',
  '(MẬT)',
  '(MẬT) V/v bảo đảm an ninh',
  '(TỐI MẬT) Kế hoạch phòng thủ',
  '【TUYỆT MẬT】 Phương án',
  'MẬT: Báo cáo tình hình',
  'MẬT - Báo cáo tình hình',
  'MẬT – Báo cáo tình hình',
  'MẬT. Báo cáo tình hình',
  'MẬT, khẩn',
  'MẬT\nBáo cáo tình hình',
  'MẬT/KHẨN',
  'MẬT Báo cáo tình hình quý III',
  'MẬT V/v diễn tập khu vực phòng thủ',
  'MẬT BÁO CÁO TÌNH HÌNH',
  'MẬT KẾ HOẠCH PHÒNG THỦ',
  'MẬT 05/BC-BCH',
  'TỐI MẬT Báo cáo về biên giới',
  'TỐI MẬT BÁO CÁO VỀ BIÊN GIỚI',
  'TUYỆT MẬT phương án tác chiến',
  'TỐI  MẬT: phương án',
  'TỐI\u00a0MẬT: phương án',
  '*** MẬT ***',
  '"MẬT" Báo cáo',
  '- TUYỆT MẬT - Phương án',
  'ĐỘ MẬT: TỐI MẬT',
  'ĐỘ MẬT: MẬT',
  'Độ mật: Tối mật',
  'Độ mật: Mật; Độ khẩn: Hỏa tốc',
  'MỨC ĐỘ MẬT = TUYỆT MẬT',
  'ĐỘ MẬT TỐI MẬT',
  '[ĐỘ MẬT: MẬT] Báo cáo',
  'DẤU: TỐI MẬT',
  'MẬT'.normalize('NFD'),
  `${'TỐI MẬT'.normalize('NFD')}: báo cáo`,
  '\u200bMẬT: báo cáo',
  '\ufeff TUYỆT MẬT',
  'T Ố I M Ậ T',
  'M Ậ T',
  'MẬT_BÁO CÁO',
]

describe('a subject', () => {
  test('is tried on many', () => {
    expect(new Set(innocentSubjects).size).toBeGreaterThanOrEqual(80)
    expect(new Set(guiltySubjects).size).toBeGreaterThanOrEqual(30)
  })

  test.each(innocentSubjects)('passes without a word: %s', (subject) => {
    expect(secrecyOf({ subject })).toEqual([])
    expect(secrecyOf({ subject: subject.normalize('NFD') })).toEqual([])
  })

  test.each(guiltySubjects)('is refused: %j', (subject) => {
    const judgement = judge({ subject })

    expect(judgement.refusals).toEqual([
      {
        code: 'secret_not_allowed',
        isSecret: true,
        params: {},
        violation: { path: `${header}/Subject`, rule: 'secret_not_allowed' },
      },
    ])
  })

  test.each([
    'Báo cáo tình hình tháng 6 (MẬT)',
    'Kế hoạch [TỐI MẬT]',
    'Phương án ( TUYỆT MẬT ) năm 2026',
    'MẬT TÌNH HÌNH AN NINH NÔNG THÔN',
    'MẬT UBND tỉnh báo cáo',
  ])('that may be secret or not passes with a finding: %s', (subject) => {
    const judgement = judge({ subject })

    expect(judgement.refusals).toEqual([])
    expect(findingsOf(judgement, 'secret_suspected')).toEqual([
      { code: 'secret_suspected', severity: 'warn', path: `${header}/Subject` },
    ])
  })
})

const otherInfo = `${header}/OtherInfo`
const fields: readonly (readonly [string, Partial<DocumentPackage>])[] = [
  [`${header}/Content`, { content: 'MẬT: nội dung tóm tắt' }],
  [`${header}/DocumentType/TypeName`, { documentType: { typeName: 'TỐI MẬT' } }],
  [`${otherInfo}/SphereOfPromulgation`, { otherInfo: { sphereOfPromulgation: 'MẬT' } }],
  [`${otherInfo}/TyperNotation`, { otherInfo: { typerNotation: 'MẬT' } }],
  [`${otherInfo}/Appendixes/Appendix[2]`, { otherInfo: { appendixes: ['Phụ lục I', 'TUYỆT MẬT'] } }],
  [`${header}/ToPlaces/Place[2]`, { toPlaces: ['Như trên', '(MẬT) Lưu: VT'] }],
  [`${header}/SignerInfo/Competence`, { signer: { competence: 'MẬT' } }],
  [
    'edXMLHeader/TraceHeaderList/Bussiness/BussinessDocReason',
    { business: { reason: 'MẬT', receivers: [], replacements: [] } },
  ],
  ['AttachmentEncoded/Attachment[1]/AttachmentName', { attachments: [file('MẬT.pdf')] }],
  ['AttachmentEncoded/Attachment[1]/AttachmentName', { attachments: [file('[TỐI MẬT] phuong-an.pdf')] }],
  ['AttachmentEncoded/Attachment[1]/AttachmentName', { attachments: [file('MẬT_Bao_cao.pdf')] }],
  ['AttachmentEncoded/Attachment[1]/AttachmentName', { attachments: [file('MẬT-BaoCao.pdf')] }],
  [
    'AttachmentEncoded/Attachment[1]/Description',
    { attachments: [file('a.pdf', undefined, { description: 'TUYỆT MẬT' })] },
  ],
  [`${header}/DoMat`, { unknown: [{ path: `${header}/DoMat`, text: 'TỐI MẬT' }] }],
]

describe('a mark is found in every field that people fill in', () => {
  test.each(fields)('%s', (path, document) => {
    expect(judge(document).refusals.map((refusal) => refusal.violation)).toEqual([{ path, rule: 'secret_not_allowed' }])
  })

  test.each(['Mật độ dân số.xlsx', 'MẬT ĐỘ.pdf', 'mat-khau.pdf', 'Bảo mật (lần 2).docx', 'MẬT_KHẨU_MẪU.pdf'])(
    'the file name %s is innocent',
    (name) => {
      expect(secrecyOf({ attachments: [file(name)] })).toEqual([])
    },
  )
})

describe('number and notation', () => {
  test.each([
    ['125', 'BC-SNV(M)'],
    ['125', 'BC-SNV (M)'],
    ['125', 'BC-SNV/M'],
    ['125', 'BC-SNV-M'],
    ['125', 'SNV-M'],
    ['125', 'bc-snv-m'],
    ['125', 'KH-BCH-TM'],
    ['125', 'UBND-NC-TM'],
    ['125', 'KH-BCH (TM)'],
    ['125', 'KH-BCH-TUM'],
    ['125', 'KH-BCH(TUM)'],
    ['125', 'KH-BCH-MẬT'],
    ['125', 'KH-BCH (TỐI MẬT)'],
    ['125', 'KH-BCH (Tuyệt mật)'],
    ['125', 'MẬT'],
    ['125(M)', 'BC-SNV'],
    ['125 (TM)', 'BC-SNV'],
    ['125/M', 'BC-SNV'],
  ])('%s/%s is refused', (codeNumber, codeNotation) => {
    const [refusal] = judge({ codeNumber, codeNotation }).refusals

    expect(refusal?.code).toBe('secret_not_allowed')
    expect(refusal?.violation.path).toMatch(/^edXMLHeader\/MessageHeader\/Code\/Code(Number|Notation)$/)
    expect(refusal?.violation).not.toHaveProperty('found')
  })

  test.each([
    ['125', 'BC-SNV'],
    ['1234', 'UBND-TM'],
    ['12', 'STM-VP'],
    ['12', 'QĐ-TTM'],
    ['12', 'CT-BM'],
    ['07', 'VPCP-TTĐT'],
    ['16', '2019/QĐ-UBND'],
    ['05', 'BNV-VP'],
    ['41', 'TTr-STTTT'],
    ['12', 'TB-M1'],
    ['12M', 'BC-SNV'],
    ['12', 'KH-M5'],
    ['12', 'M-VP'],
    ['12', 'TM-KD'],
  ])('%s/%s passes', (codeNumber, codeNotation) => {
    expect(secrecyOf({ codeNumber, codeNotation })).toEqual([])
  })

  test('a province adds its own notations', () => {
    const policy = policyWith({ secret_not_allowed: { parameters: { notations: ['{text}-{text}-K'] } } })

    expect(codesOf(judge({ codeNotation: 'BC-SNV-K' }, {}, policy))).toContain('secret_not_allowed')
    expect(codesOf(judge({ codeNotation: 'BC-SNV-M' }, {}, policy))).not.toContain('secret_not_allowed')
  })
})

describe('a priority', () => {
  test.each(['5', '7', '-1', ' 9 '])('of %j may be a level of secrecy', (priorityText) => {
    const judgement = judge({ otherInfo: { priorityText } })

    expect(findingsOf(judgement, 'priority_out_of_range')).toEqual([
      { code: 'priority_out_of_range', severity: 'warn', path: `${otherInfo}/Priority` },
    ])
  })

  test('in words is only unknown', () => {
    expect(codesOf(judge({ otherInfo: { priorityText: 'hỏa tốc' } }))).toEqual([])
  })

  test('turns the package away where the province says so', () => {
    const policy = policyWith({ priority_out_of_range: { mode: 'refuse' } })

    expect(refusalOf(judge({ otherInfo: { priorityText: '5' } }, {}, policy))?.code).toBe('priority_out_of_range')
  })
})

describe('a refusal for secrecy', () => {
  const document = aDocument({
    subject: 'MẬT: kế hoạch phòng thủ',
    attachments: [file('TỐI MẬT ke hoach.exe', 'application/vnd.microsoft.portable-executable')],
  })

  test('is named after the secret and says nothing of the package, whatever else is wrong', () => {
    const error = refusalOf(judge(document, {}, policyWith({ attachment_format: { mode: 'refuse' } })))

    expect(error).toMatchObject({ kind: 'invalid', code: 'secret_not_allowed' })
    expect(error?.facts).toEqual({
      params: {},
      violations: [
        { path: `${header}/Subject`, rule: 'secret_not_allowed' },
        { path: 'AttachmentEncoded/Attachment[1]/AttachmentName', rule: 'secret_not_allowed' },
        { path: 'AttachmentEncoded/Attachment[1]/AttachmentName', rule: 'attachment_executable' },
      ],
    })
  })

  test('becomes a finding when the sender declares that the document is not secret', () => {
    const judgement = judge({ subject: 'MẬT: hồ sơ di tích' }, { declaration: 'not-secret' })

    expect(refusalOf(judgement)).toBe(undefined)
    expect(judgement.findings).toEqual([
      {
        code: 'secret_not_allowed',
        severity: 'warn',
        path: `${header}/Subject`,
        params: { declared: 'not-secret' },
      },
    ])
    expect(judgement.declared).toEqual([{ code: 'secret_not_allowed', path: `${header}/Subject` }])
  })

  test('is not lifted by a declaration for anything but secrecy', () => {
    const judgement = judge(document, { declaration: 'not-secret' })

    expect(refusalOf(judgement)).toMatchObject({ code: 'attachment_executable' })
  })
})
