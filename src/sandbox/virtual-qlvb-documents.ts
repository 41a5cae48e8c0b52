// The documents that a virtual system sends: the everyday post of a province, with a small PDF.
import { vietnamDay } from '../domain/vietnam-time.ts'
import { writeDocumentPackage } from '../edxml/write-package.ts'
import { type Chance, pick } from './virtual-qlvb-behaviour.ts'

export interface Correspondent {
  readonly code: string
  readonly name: string
}

export interface MadeDocument {
  readonly documentId: string
  readonly code: string
  readonly subject: string
  readonly bytes: Buffer
}

export interface DocumentWish {
  readonly from: Correspondent
  readonly to: readonly Correspondent[]
  /** Unique for the sender on that day. */
  readonly number: number
  readonly now: Date
}

export function makeDocument({ from, to, number, now }: DocumentWish, chance: Chance): MadeDocument {
  const kind = pick(documentTypes, chance)
  const subject = pick(subjects, chance)
  const day = vietnamDay(now)
  const notation = `${kind.abbreviation === '' ? '' : `${kind.abbreviation}-`}${pick(offices, chance)}`
  const code = `${number}/${notation}`
  const documentId = `${from.code},${day.replaceAll('-', '/')},${code}`
  const urgent = chance() < 0.1
  const bytes = writeDocumentPackage({
    from: { organId: from.code, organName: from.name },
    to: to.map(({ code: organId, name: organName }) => ({ organId, organName })),
    documentId,
    codeNumber: String(number),
    codeNotation: notation,
    place: 'Lai Châu',
    promulgationDate: day,
    documentType: { type: '2', typeDetail: kind.detail, typeName: kind.name },
    subject,
    signer: { position: pick(positions, chance), fullName: pick(signers, chance) },
    priority: urgent ? 1 : 0,
    pageAmount: 1,
    sentAt: now,
    attachments: [{ name: `${number}-van-ban.pdf`, bytes: onePagePdf(`VAN BAN THU NGHIEM SO ${number} NGAY ${day}`) }],
  })
  return { documentId, code, subject, bytes }
}

/** A whole PDF of one page with one line. The built-in font has no Vietnamese letters, so the line is plain ASCII. */
export function onePagePdf(line: string): Buffer {
  const drawing = `BT /F1 14 Tf 72 760 Td (${line.replace(/[()\\]/g, ' ')}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let pdf = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = pdf.length
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\n`
  return Buffer.from(`${pdf}${end}startxref\n${pdf.length}\n%%EOF\n`, 'latin1')
}

/** Rows of list B of SĐ1:2022 with the abbreviations of NĐ 30/2020. */
const documentTypes = [
  { name: 'Công văn', detail: '18', abbreviation: '' },
  { name: 'Quyết định', detail: '2', abbreviation: 'QĐ' },
  { name: 'Thông báo', detail: '7', abbreviation: 'TB' },
  { name: 'Kế hoạch', detail: '10', abbreviation: 'KH' },
  { name: 'Báo cáo', detail: '14', abbreviation: 'BC' },
  { name: 'Giấy mời', detail: '25', abbreviation: 'GM' },
] as const

const subjects = [
  'V/v đôn đốc thực hiện chế độ báo cáo tháng 11',
  'V/v tăng cường phòng, chống rét cho cây trồng, vật nuôi',
  'V/v rà soát, cập nhật dữ liệu dân cư trên địa bàn',
  'V/v tham gia ý kiến dự thảo Kế hoạch chuyển đổi số',
  'V/v bảo đảm an toàn thông tin trong dịp cuối năm',
  'V/v triển khai chữ ký số chuyên dùng Chính phủ',
  'Mời họp giao ban công tác cải cách hành chính',
  'V/v giải ngân vốn đầu tư công quý IV',
  'V/v kiểm tra công tác văn thư, lưu trữ',
  'V/v phối hợp tuyên truyền pháp luật ở xã vùng cao',
] as const

const offices = ['VP', 'VX', 'TH', 'KTN', 'NC', 'CĐS'] as const
const positions = ['GIÁM ĐỐC', 'PHÓ GIÁM ĐỐC', 'CHÁNH VĂN PHÒNG', 'PHÓ CHỦ TỊCH'] as const
const signers = ['Nguyễn Văn Thành', 'Lò Văn Hương', 'Trần Thị Bích', 'Giàng A Dê', 'Hoàng Quốc Khánh'] as const
