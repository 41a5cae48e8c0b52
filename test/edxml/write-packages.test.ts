// What is written here is read here, in the form that other readers expect, and nothing else leaves.
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { schemaFaults } from '../../src/edxml/judge-header.js'
import {
  type DocumentToWrite,
  type StatusToWrite,
  writeDocumentPackage,
  writeStatusPackage,
} from '../../src/edxml/write-package.ts'
import { pdfBytes, placeholdersOf, read } from '../support/edxml-fixtures.ts'

const sentAt = new Date('2026-11-20T18:30:00Z')
const letter: DocumentToWrite = {
  from: { organId: '000.00.12.H35', organName: 'Sở Nội vụ & Ban Thi đua' },
  to: [
    { organId: 'H35.1', organName: 'UBND huyện' },
    { organId: 'H35.2', organName: 'UBND xã', email: 'a@b.vn' },
  ],
  documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
  codeNumber: '743',
  codeNotation: 'SNV-VP',
  place: 'Lai Châu',
  promulgationDate: '2026-11-20',
  documentType: { type: '2', typeName: 'Công văn' },
  subject: 'V/v <khẩn> & "quan trọng"',
  signer: { position: 'GIÁM ĐỐC', fullName: 'Lò Thị Mai' },
  priority: 2,
  sentAt,
  attachments: [{ name: 'cong-van.pdf', bytes: pdfBytes }],
}
const answer: StatusToWrite = {
  from: { organId: 'H35.1', organName: 'UBND huyện' },
  responseFor: { organId: '000.00.12.H35', code: '743/SNV-VP', documentId: 'd1', promulgationDate: '2026-11-20' },
  code: '02',
  description: 'Gửi nhầm nơi nhận',
  staff: { department: 'Văn thư', staff: 'Lò Thị Mai' },
  at: sentAt,
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
    expect(xml).toContain('</ContentType>\n<edXML:ContentTransferEncoded xmlns:edXML=')
    expect(xml).not.toMatch(/\r|undefined|<edXML:[A-Za-z]+><\//)
    const envelope = xml.slice(xml.indexOf('<edXML:edXMLEnvelope'), xml.indexOf('</edXML:edXMLEnvelope>'))
    expect(envelope.match(/<\/?(?!edXML:)\w+/g)).toBeNull()
    expect(xml.slice(xml.indexOf('<AttachmentEncoded>')).match(/<\/?edXML:(?!ContentTransferEncoded)\w+/g)).toBeNull()
  })

  it('names an agency by its code where its name is not known', () => {
    const bytes = writeDocumentPackage({ ...letter, to: [{ organId: 'H35.1' }] })
    expect(read(bytes).package).toMatchObject({ to: [{ organId: 'H35.1', organName: 'H35.1' }] })
  })

  it('wraps what is neither PDF nor office file as a zip of one entry, and the same file gives the same bytes', () => {
    const text = Buffer.from('Danh sách kèm theo\n'.repeat(50))
    const bytes = writeDocumentPackage({ ...letter, attachments: [{ name: 'danh sách.txt', bytes: text }] })

    const { package: back } = read(bytes)

    expect(back).toMatchObject({
      attachments: [
        {
          ...{ name: 'danh sách.txt', declaredType: 'application/zip', mediaType: 'application/zip' },
          inner: { size: text.length, mediaType: 'text/plain' },
        },
      ],
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

describe('a status', () => {
  it('comes back as it was given', () => {
    const bytes = writeStatusPackage(answer)

    expect(read(bytes)).toMatchObject({
      package: {
        type: 'status',
        from: answer.from,
        code: '02',
        description: 'Gửi nhầm nơi nhận',
        staff: { department: 'Văn thư', staff: 'Lò Thị Mai' },
        timestamp: '2026-11-21T01:30:00+07:00',
      },
      findings: [],
    })
    expect(bytes.toString()).not.toContain('edXMLBody')
  })

  it('has two digits in its code', () => {
    expect(read(writeStatusPackage({ ...answer, code: '3' })).package).toMatchObject({ code: '03', codeText: '03' })
  })

  it('may speak of a document that has no number', () => {
    const bytes = writeStatusPackage({ ...answer, responseFor: { organId: 'H35.2', documentId: 'd1' } })
    expect(read(bytes).package).toMatchObject({ responseFor: { organId: 'H35.2', documentId: 'd1' } })
  })
})

describe('what does not fit the schema of outgoing packages does not leave', () => {
  function refusal(write: () => Buffer): GatewayError {
    try {
      write()
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      expect(Object.keys(error.facts.params ?? {})).toEqual(expect.arrayContaining(placeholdersOf(error.code)))
      return error
    }
    throw new Error('it was written')
  }

  it.each<[string, Partial<DocumentToWrite>, string, string]>([
    ['a long subject', { subject: 'đ'.repeat(501) }, 'edXMLHeader/MessageHeader/Subject', 'maxLength'],
    ['no subject', { subject: '' }, 'edXMLHeader/MessageHeader/Content', 'structure'],
    ['a long number', { codeNumber: '123456789012' }, 'edXMLHeader/MessageHeader/Code/CodeNumber', 'maxLength'],
    [
      'a day that is written otherwise',
      { promulgationDate: '20-11-2026' },
      'edXMLHeader/MessageHeader/PromulgationInfo/PromulgationDate',
      'pattern',
    ],
    ['a page count below nothing', { pageAmount: -1 }, 'edXMLHeader/MessageHeader/OtherInfo/PageAmount', 'type'],
    ['a code with a blank', { from: { organId: 'H35 1' } }, 'edXMLHeader/MessageHeader/From/OrganId', 'pattern'],
    ['no recipient', { to: [] }, 'edXMLHeader/MessageHeader/DocumentId', 'structure'],
    ['an empty file', { attachments: [{ name: 'a.pdf', bytes: Buffer.alloc(0) }] }, 'AttachmentEncoded', 'minLength'],
    ['a control character', { subject: 'a\u0001b' }, 'edXML', 'xml_malformed'],
  ])('%s', (_what, change, path, rule) => {
    const error = refusal(() => writeDocumentPackage({ content: 'x', ...letter, ...change }))

    expect(error).toMatchObject({ kind: 'invalid', code: 'package_not_writable' })
    const violation = error.facts.violations?.find((one) => one.path.startsWith(path) && one.rule === rule)
    expect(violation, JSON.stringify(error.facts.violations)).toBeDefined()
  })

  it('and the refusal repeats no value', () => {
    const secret = 'bí mật nhà nước'.repeat(50)
    const change = {
      subject: secret,
      place: secret,
      codeNotation: secret,
      promulgationDate: secret,
      steeringType: secret,
    }
    const error = refusal(() => writeDocumentPackage({ ...letter, ...change }))

    expect(error.facts.violations?.length).toBeGreaterThanOrEqual(5)
    expect(JSON.stringify(error.facts)).not.toContain('bí mật')
  })

  it.each<[string, Partial<StatusToWrite>]>([
    ['a code that is no number', { code: 'xong' }],
    ['no document', { responseFor: { organId: 'H35.1' } }],
    ['a long name', { staff: { staff: 'x'.repeat(301) } }],
  ])('nor a status with %s', (_what, change) => {
    expect(refusal(() => writeStatusPackage({ ...answer, ...change })).code).toBe('package_not_writable')
  })
})

describe('whatever is written fits its schema, byte for byte', () => {
  // Any text that XML can carry, but for white space at its ends, which no reader keeps.
  const textOf = (charactersMax: number) =>
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(charactersMax, 60) })
      .map((text) =>
        [...text.replace(/\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/gu, '').trim()].slice(0, charactersMax).join('').trim(),
      )
      .filter((text) => text !== '' && text !== 'null')
  const code = fc.stringMatching(/^[A-Z0-9]{1,8}(\.[A-Z0-9]{1,8}){0,2}$/)
  const party = fc.record(
    { organId: code, organName: textOf(200), organAdd: textOf(250), telephone: textOf(20), website: textOf(100) },
    { requiredKeys: ['organId'] },
  )
  const day = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10))
  const staff = fc.record({ department: textOf(300), staff: textOf(300), mobile: textOf(30) }, { requiredKeys: [] })
  const reference = fc.record(
    { organId: code, documentId: textOf(300), code: textOf(100), promulgationDate: day },
    { requiredKeys: ['organId', 'documentId'] },
  )
  const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  const document: fc.Arbitrary<DocumentToWrite> = fc.record(
    {
      kind: fc.constantFrom('new', 'recall', 'update', 'replace'),
      from: party,
      to: fc.array(party, { minLength: 1, maxLength: 3 }),
      documentId: textOf(300),
      codeNumber: textOf(11),
      codeNotation: textOf(30),
      place: textOf(50),
      promulgationDate: day,
      documentType: fc.record({ type: fc.nat({ max: 99 }).map(String), typeName: textOf(100) }),
      subject: textOf(500),
      content: textOf(500),
      signer: fc.record({ position: textOf(100), fullName: textOf(50) }),
      dueDate: day,
      priority: fc.constantFrom(0, 1, 2, 3, 4),
      typerNotation: textOf(10),
      promulgationAmount: fc.nat({ max: 65535 }),
      pageAmount: fc.nat({ max: 65535 }),
      appendixes: fc.array(textOf(250), { maxLength: 2 }),
      responseFor: fc.array(reference, { maxLength: 2 }),
      steeringType: fc.constantFrom('0', '1', '2', '3'),
      toPlaces: fc.array(textOf(150), { maxLength: 2 }),
      business: fc.record(
        {
          reason: textOf(500),
          documentId: textOf(300),
          staff,
          documentInfo: fc.boolean(),
          receivers: fc.array(fc.record({ organId: code, receiverType: fc.constantFrom('0', '1') }), { maxLength: 2 }),
          replacements: fc.array(fc.record({ documentId: textOf(300), organIds: fc.array(code, { maxLength: 2 }) }), {
            maxLength: 2,
          }),
        },
        { requiredKeys: [] },
      ),
      sentAt: moment,
      attachments: fc.array(
        fc.record({
          name: textOf(60).map((name) => `${name}.txt`),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        }),
        { maxLength: 2 },
      ),
    },
    {
      requiredKeys: [
        ...(['from', 'to', 'documentId', 'codeNumber', 'codeNotation', 'promulgationDate'] as const),
        ...(['documentType', 'subject', 'signer', 'sentAt', 'attachments'] as const),
      ],
    },
  )

  it('a document, and it is read back without a word said against its header', () => {
    fc.assert(
      fc.property(document, (wish) => {
        const bytes = writeDocumentPackage(wish)

        expect(schemaFaults('document-package-write', bytes.toString())).toEqual([])
        const { package: back, findings } = read(bytes)
        expect(back).toMatchObject({
          kind: wish.kind ?? 'new',
          documentId: wish.documentId,
          codeNumber: wish.codeNumber,
          subject: wish.subject,
          signer: wish.signer,
          to: wish.to,
          toPlaces: wish.toPlaces ?? [],
        })
        const aboutFiles = ['no_attachment', 'attachment_name_unsafe', 'attachment_name_differs', 'recipient_repeated']
        expect(findings.filter(({ code: found }) => !aboutFiles.includes(found))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('a status', () => {
    const status = fc.record(
      {
        from: party,
        responseFor: reference,
        code: fc.constantFrom('01', '2', '03', '16'),
        description: textOf(4000),
        staff,
        at: moment,
      },
      { requiredKeys: ['from', 'responseFor', 'code', 'at'] },
    )
    fc.assert(
      fc.property(status, (wish) => {
        const bytes = writeStatusPackage(wish)

        expect(schemaFaults('status-package-write', bytes.toString())).toEqual([])
        expect(read(bytes)).toMatchObject({
          package: { code: wish.code.padStart(2, '0'), responseFor: { documentId: wish.responseFor.documentId } },
          findings: [],
        })
      }),
      { numRuns: 200 },
    )
  })
})
