// What is written here is read here, in the form that other readers expect.
import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type DocumentToWrite, writeDocumentPackage, writeStatusPackage } from '../../src/edxml/write-package.ts'
import { pdfBytes, read } from '../support/edxml-fixtures.ts'

const sentAt = new Date('2026-11-20T18:30:00Z')
const letter: DocumentToWrite = {
  from: { organId: '000.00.12.H35', organName: 'Sở Nội vụ & Ban Thi đua' },
  to: [{ organId: 'H35.1' }, { organId: 'H35.2', email: 'a@b.vn' }],
  documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
  codeNumber: '743',
  codeNotation: 'SNV-VP',
  place: 'Lai Châu',
  promulgationDate: '2026-11-20',
  documentType: { type: '2', typeName: 'Công văn' },
  subject: 'V/v <khẩn> & "quan trọng"',
  priority: 2,
  sentAt,
  attachments: [{ name: 'cong-van.pdf', bytes: pdfBytes }],
}

describe('a document', () => {
  it('comes back as it was given, without findings', () => {
    const { package: back, findings, unknown } = read(writeDocumentPackage(letter))
    expect(back).toMatchObject({
      kind: 'new',
      from: letter.from,
      to: letter.to,
      documentId: letter.documentId,
      promulgationDateText: '2026/11/20',
      promulgationDate: '2026-11-20',
      subject: letter.subject,
      priority: 2,
      business: { reason: 'Văn bản điện tử mới', paper: '0' },
      traces: [{ organId: '000.00.12.H35', timestamp: '2026/11/21 01:30:00' }],
      attachments: [{ name: 'cong-van.pdf', size: pdfBytes.length, mediaType: 'application/pdf' }],
    })
    expect([findings, unknown]).toEqual([[], []])
  })

  it('is written in the form the oldest readers know', () => {
    const xml = writeDocumentPackage(letter).toString()
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<edXML xmlns="[^"]+QCVN_102_2016">\n<edXML:edXMLEnvelope xmlns:edXML=/,
    )
    expect(xml).toContain('</edXML:edXMLEnvelope>\n<AttachmentEncoded>\n<Attachment>\n<ContentId>cid:')
    expect(xml).not.toMatch(/\r|undefined|<edXML:[A-Za-z]+><\//)
    const order = [
      'From>',
      'To>',
      'DocumentId>',
      'Code>',
      'PromulgationInfo>',
      'DocumentType>',
      'Subject>',
      'OtherInfo>',
    ]
    const places = order.map((name) => xml.indexOf(`<edXML:${name}`))
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('wraps what is neither PDF nor office file as a zip of one entry, and the same file gives the same bytes', () => {
    const text = Buffer.from('Danh sách kèm theo\n'.repeat(50))
    const bytes = writeDocumentPackage({ ...letter, attachments: [{ name: 'danh sách.txt', bytes: text }] })

    const { package: back } = read(bytes)

    expect(back).toMatchObject({
      attachments: [{ name: 'danh sách.txt', declaredType: 'application/zip', mediaType: 'application/zip' }],
    })
    const encoded = /ContentTransferEncoded[^>]*>([^<]+)</.exec(bytes.toString())?.[1] ?? ''
    const zip = Buffer.from(encoded, 'base64')
    const start = 30 + zip.readUInt16LE(26)
    expect(inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(18)))).toEqual(text)
    expect(zip.readUInt32LE(zip.length - 22)).toBe(0x06054b50)
    expect(writeDocumentPackage({ ...letter, attachments: [{ name: 'danh sách.txt', bytes: text }] })).toEqual(bytes)
  })

  it('encodes large files without a seam', () => {
    const bytes = Buffer.concat([pdfBytes, Buffer.alloc(200_001, 7)])
    const { package: back } = read(writeDocumentPackage({ ...letter, attachments: [{ name: 'a.pdf', bytes }] }))
    expect(back).toMatchObject({ attachments: [{ size: bytes.length }] })
  })

  it('carries recall, update and replacement', () => {
    const responseFor = [
      { organId: '000.00.12.H35', code: '743/SNV-VP', documentId: 'd1', promulgationDate: '2026-11-20' },
    ]
    const recall = read(writeDocumentPackage({ ...letter, kind: 'recall', responseFor, attachments: [] }))
    expect(recall).toMatchObject({
      package: { kind: 'recall', responseFor: [{ documentId: 'd1', promulgationDate: '2026/11/20' }] },
      findings: [],
    })

    const receivers = [{ organId: 'H35.9', receiverType: '1' }]
    const update = read(writeDocumentPackage({ ...letter, kind: 'update', business: { documentId: 'd1', receivers } }))
    expect(update.package).toMatchObject({
      kind: 'update',
      business: { documentId: 'd1', documentInfo: '1', documentReceiver: '1', receivers },
    })

    const replacements = [{ documentId: 'd1', organIds: ['H35.1', 'H35.2'] }]
    const replace = read(writeDocumentPackage({ ...letter, kind: 'replace', business: { replacements } }))
    expect(replace.package).toMatchObject({ kind: 'replace', business: { replacements } })
  })
})

it('writes a status that comes back as it was given', () => {
  const bytes = writeStatusPackage({
    from: { organId: 'H35.1' },
    responseFor: { organId: '000.00.12.H35', code: '743/SNV-VP', documentId: 'd1', promulgationDate: '2026-11-20' },
    code: '02',
    description: 'Gửi nhầm nơi nhận',
    staff: { department: 'Văn thư', staff: 'Lò Thị Mai' },
    at: sentAt,
  })

  expect(read(bytes)).toMatchObject({
    package: {
      type: 'status',
      code: '02',
      description: 'Gửi nhầm nơi nhận',
      staff: { department: 'Văn thư', staff: 'Lò Thị Mai' },
      timestamp: '2026-11-21T01:30:00+07:00',
    },
    findings: [],
  })
  expect(bytes.toString()).not.toContain('edXMLBody')
})
