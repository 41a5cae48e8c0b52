// What is read, in every form in circulation, and what is told beside it.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DocumentPackage, StatusPackage } from '../../src/domain/document-package.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import {
  type EdxmlFixture,
  edxml,
  oneFile,
  pdfBytes,
  placeholdersOf,
  placeOf,
  qcvnNamespace,
  read,
  readInChunks,
  statusXml,
} from '../support/edxml-fixtures.ts'

function document(xml: string | Buffer): DocumentPackage {
  const { package: read1 } = read(xml)
  if (read1.type !== 'edoc') throw new Error('read as a status')
  return read1
}

function status(xml: string): StatusPackage {
  const { package: read1 } = read(xml)
  if (read1.type !== 'status') throw new Error('read as a document')
  return read1
}

/** The codes of the findings, each of which has a catalogue text whose placeholders are filled. */
function codes(xml: string): string[] {
  return read(xml).findings.map(({ code, params }) => {
    expect(Object.keys(params ?? {})).toEqual(expect.arrayContaining(placeholdersOf(code)))
    return code
  })
}

describe('a document', () => {
  it('is read with its fields, recipients in order, and its file by hash, size and kind', () => {
    expect(document(edxml())).toEqual({
      type: 'edoc',
      kind: 'new',
      from: { organId: '000.00.12.H35', organName: 'Sở Nội vụ' },
      to: [{ organId: '000.00.14.H35' }, { organId: 'H35.20' }],
      documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
      subject: 'V/v báo cáo kết quả quý IV',
      priority: 0,
      responseFor: [],
      toPlaces: [],
      traces: [],
      hasSignature: false,
      attachments: [
        {
          contentId: 'a1',
          name: 'cong-van.pdf',
          declaredType: 'application/pdf',
          mediaType: 'application/pdf',
          sha256: createHash('sha256').update(pdfBytes).digest('hex'),
          size: pdfBytes.length,
        },
      ],
    })
    expect(read(edxml()).findings).toEqual([])
  })

  it('is the same whatever the order of its elements', () => {
    const parts = [
      '<e:From><e:OrganName>Sở Nội vụ</e:OrganName><e:OrganId>000.00.12.H35</e:OrganId></e:From>',
      '<e:To><e:OrganId>000.00.14.H35</e:OrganId></e:To>',
      '<e:To><e:OrganId>H35.20</e:OrganId></e:To>',
      '<e:DocumentId>000.00.12.H35,2026/11/20,743/SNV-VP</e:DocumentId>',
      '<e:Subject>V/v báo cáo kết quả quý IV</e:Subject>',
    ]
    const shuffled = [4, 1, 3, 0, 2].map((i) => parts[i]).join('\n')
    expect(document(edxml({ messageHeader: shuffled }))).toEqual(document(edxml()))
  })

  it.each([
    ['another prefix', (xml: string) => xml.replaceAll('e:', 'edXML:').replaceAll('xmlns:e=', 'xmlns:edXML=')],
    ['no prefix at all', (xml: string) => xml.replaceAll(/<(\/?)e:/g, '<$1')],
    ['white space and a byte order mark in front', (xml: string) => `\ufeff\r\n ${xml}`],
    ['no declaration', (xml: string) => xml.replace(/<\?xml.*\?>\n/, '')],
    [
      'extras under the root',
      (xml: string) =>
        xml.replace('<e:edXMLEnvelope', '<Boundary>x</Boundary><ContentId>y</ContentId><e:edXMLEnvelope'),
    ],
    [
      'empty elements',
      (xml: string) =>
        xml.replace(
          '<e:Subject>',
          '<e:DueDate/><e:ResponseFor><e:Code></e:Code></e:ResponseFor><e:SignerInfo/><e:Subject>',
        ),
    ],
    ['the manifest under its older name', (xml: string) => xml.replaceAll('edXMLManifest', 'Manifest')],
    [
      'a prefixed attachment block',
      (xml: string) =>
        xml
          .replaceAll(/<(\/?)(Attachment|AttachmentEncoded|ContentId|AttachmentName|ContentType)>/g, '<$1e:$2>')
          .replaceAll('<e:AttachmentEncoded>', `<e:AttachmentEncoded xmlns:e="${qcvnNamespace}">`)
          .replaceAll('e:e:', 'e:'),
    ],
    [
      'wrapped base64',
      (xml: string) => xml.replace(pdfBytes.toString('base64'), (b) => `\r\n${b.replace(/.{20}/g, '$&\r\n')}\r\n`),
    ],
    ['cid: twice on one side', (xml: string) => xml.replace('cid:a1', 'cid:cid:a1')],
    ['no cid: on one side', (xml: string) => xml.replace('cid:a1', 'a1')],
    [
      'comments in between',
      (xml: string) => xml.replace('<e:Subject>', '<!-- <e:ContentTransferEncoded> --><e:Subject>'),
    ],
    [
      'a > inside an attribute of the content element',
      (xml: string) => xml.replace('<e:ContentTransferEncoded', '<e:ContentTransferEncoded a=">" '),
    ],
    ['a CDATA section', (xml: string) => xml.replace('V/v báo cáo', '<![CDATA[V/v báo]]> cáo')],
  ])('reads the same with %s', (_name, change) => {
    const changed = change(edxml())
    expect(changed).not.toBe(edxml())
    expect(document(changed)).toEqual(document(edxml()))
  })

  it('reads a file whose name and id stand after its content', () => {
    const content = pdfBytes.toString('base64')
    const block = `<Attachment><ContentTransferEncoded>${content}</ContentTransferEncoded><ContentType>application/pdf</ContentType><AttachmentName>cong-van.pdf</AttachmentName><ContentId>a1</ContentId></Attachment>`
    const xml = edxml({ files: [{ ...oneFile, block }] })
    expect(document(xml)).toEqual(document(edxml()))
  })

  it('reads attachments inside the envelope, as an early gateway wrote them', () => {
    const inside = `<e:edXMLAttachments><e:Attachment><e:AttachmentName>a.pdf</e:AttachmentName><e:AttachmentType>PDF</e:AttachmentType><e:AttachmentSize>9</e:AttachmentSize><e:AttachmentData>${pdfBytes.toString('base64')}</e:AttachmentData></e:Attachment></e:edXMLAttachments>`
    const xml = edxml({ files: [], manifest: '<e:Content>x</e:Content>' }).replace(
      '</e:edXMLEnvelope>',
      `${inside}</e:edXMLEnvelope>`,
    )
    expect(document(xml)).toMatchObject({
      attachments: [{ name: 'a.pdf', declaredType: 'PDF', mediaType: 'application/pdf' }],
      unknown: [{ path: 'edXMLBody/Content', text: 'x' }],
    })
    expect(codes(xml)).toEqual(['manifest_missing', 'unknown_elements'])
  })

  it('decodes every reference once and keeps texts as they are', () => {
    const decomposed = 'Sở Nông nghiệp'.normalize('NFD')
    const subject = `A &amp;amp; B &lt;b&gt; &#38;lt; 0012 1e5 &#13; ${decomposed} 𝕏`
    expect(document(edxml({ subject: `<e:Subject>${subject}</e:Subject>` })).subject).toBe(
      `A &amp; B <b> &lt; 0012 1e5 \r ${decomposed} 𝕏`,
    )
    const ampersands = '&amp;'.repeat(1999)
    expect(document(edxml({ subject: `<e:Subject>${ampersands}</e:Subject>` })).subject).toBe('&'.repeat(1999))
  })

  it('keeps two recipients of one code: who they are is the directory’s to say', () => {
    const to = '<e:To><e:OrganId>H35</e:OrganId></e:To><e:To><e:OrganId>h35</e:OrganId></e:To>'
    expect(document(edxml({ to })).to).toHaveLength(2)
    expect(read(edxml({ to })).findings).toMatchObject([
      { code: 'recipient_repeated', path: 'edXMLHeader/MessageHeader/To[2]', params: { organId: 'h35' } },
    ])
  })

  it.each([
    ['2026/11/20', '2026-11-20', []],
    ['2026-11-20', '2026-11-20', []],
    ['20/11/2026', '2026-11-20', []],
    ['2026/11/20  08:00:00', '2026-11-20', []],
    ['2026/02/30', undefined, ['date_malformed']],
    ['2026/11-20', undefined, ['date_malformed']],
    ['ngày 20', undefined, ['date_malformed']],
  ])('reads the date %s as %s', (text, iso, findings) => {
    const xml = edxml({
      more: `<e:PromulgationInfo><e:PromulgationDate>${text}</e:PromulgationDate></e:PromulgationInfo>`,
    })
    expect(document(xml)).toMatchObject({ promulgationDateText: text })
    expect(document(xml).promulgationDate).toBe(iso)
    expect(codes(xml)).toEqual(findings)
  })

  it('keeps an unknown priority beside reading it as normal, and says where it stands', () => {
    const xml = edxml({ more: '<e:OtherInfo>\n<e:Priority>7</e:Priority></e:OtherInfo>' })
    expect(document(xml)).toMatchObject({ priority: 0, otherInfo: { priorityText: '7' } })
    expect(read(xml).findings).toMatchObject([
      {
        code: 'priority_unknown',
        path: 'edXMLHeader/MessageHeader/OtherInfo/Priority',
        line: placeOf(xml, '<e:Priority>').line,
      },
    ])
  })

  it.each(['Bussiness', 'Business'])('reads what it is about when the element is spelt %s', (name) => {
    const info = `<e:${name}DocumentInfo><e:DocumentInfo>1</e:DocumentInfo><e:ReceiverList><e:Receiver><e:OrganId>H35.1</e:OrganId><e:ReceiverType>1</e:ReceiverType></e:Receiver></e:ReceiverList></e:${name}DocumentInfo>`
    const traces = `<e:TraceHeaderList><e:${name}><e:${name}DocType>2</e:${name}DocType><e:Paper>1</e:Paper><e:DocumentId>old</e:DocumentId>${info}</e:${name}><e:TraceHeader><e:OrganId>null</e:OrganId><e:Timestamp>2026/11/20 10:00:00</e:Timestamp></e:TraceHeader></e:TraceHeaderList>`
    expect(document(edxml({ traces }))).toMatchObject({
      kind: 'update',
      business: {
        documentId: 'old',
        paper: '1',
        documentInfo: '1',
        receivers: [{ organId: 'H35.1', receiverType: '1' }],
        replacements: [],
      },
      traces: [{ timestamp: '2026/11/20 10:00:00' }],
    })
  })

  it.each([
    '<Signature><SignedInfo/></Signature>',
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">x</Signature>',
  ])('records that %s is present', (headerRest) => {
    expect(document(edxml({ headerRest })).hasSignature).toBe(true)
    expect(document(edxml({ headerRest: '<e:DigitalSignature/>' })).hasSignature).toBe(false)
  })

  const other = { id: 'zz', name: 'khac.pdf', type: 'application/zip' }
  const differing = (id: string, name: string, type: string) =>
    `<e:Reference><e:ContentId>${id}</e:ContentId><e:AttachmentName>${name}</e:AttachmentName><e:ContentType>${type}</e:ContentType></e:Reference>`
  it.each<[string, EdxmlFixture, string[]]>([
    ['no identifier', { documentId: '' }, ['document_id_missing']],
    [
      'a recipient without a code',
      { to: '<e:To><e:OrganId>A</e:OrganId></e:To><e:To><e:OrganName>B</e:OrganName></e:To>' },
      ['recipient_without_code'],
    ],
    ['no file', { files: [] }, ['no_attachment']],
    ['a number that is none', { more: '<e:SteeringType>1 (chỉ đạo)</e:SteeringType>' }, ['number_malformed']],
    [
      'an unknown business type',
      {
        traces:
          '<e:TraceHeaderList><e:Bussiness><e:BussinessDocType>9</e:BussinessDocType></e:Bussiness></e:TraceHeaderList>',
      },
      ['business_type_unknown'],
    ],
    [
      'a file that is not in the manifest',
      { files: [oneFile, { ...other, reference: '' }] },
      ['attachment_not_in_manifest'],
    ],
    [
      'two names and two types',
      { files: [{ ...oneFile, reference: differing('a1', 'khac.pdf', 'text/plain') }] },
      ['attachment_name_differs', 'attachment_type_differs'],
    ],
    [
      'two ids of one file',
      { files: [oneFile, { ...other, reference: differing('yy', other.name, other.type) }] },
      ['attachment_id_differs'],
    ],
    [
      'a file of the manifest that did not come, beside one that did',
      { files: [oneFile, { ...other, block: '' }] },
      ['attachment_not_in_package'],
    ],
    [
      'bytes damaged by text decoding',
      { files: [{ ...oneFile, content: Buffer.from('%PDF-1.3\n%\ufffd\ufffd\ufffd\ufffd\n\x00').toString('base64') }] },
      ['attachment_damaged'],
    ],
  ])('is accepted with %s, and that is told', (_name, fixture, expected) => {
    expect(codes(edxml(fixture))).toEqual(expected)
  })

  it('needs no file to recall', () => {
    const traces =
      '<e:TraceHeaderList><e:Bussiness><e:BussinessDocType>1</e:BussinessDocType></e:Bussiness></e:TraceHeaderList>'
    expect(document(edxml({ traces, files: [] })).kind).toBe('recall')
    expect(codes(edxml({ traces, files: [] }))).toEqual([])
  })
})

describe('a status', () => {
  it('is read with the document it speaks of', () => {
    expect(status(statusXml())).toEqual({
      type: 'status',
      from: { organId: '000.00.14.H35' },
      responseFor: {
        organId: '000.00.12.H35',
        code: '743/SNV-VP',
        documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
        promulgationDate: '2026/11/20',
      },
      code: '03',
      codeText: '03',
      timestampText: '2026/11/20 09:15:00',
      timestamp: '2026-11-20T09:15:00+07:00',
    })
  })

  it.each([
    ['3', '03', []],
    ['16', '16', []],
    ['14', '14', ['status_code_unknown']],
    ['xong', 'xong', ['status_code_unknown']],
  ])('takes the code %s as %s', (text, code, findings) => {
    const xml = statusXml({ code: `<e:StatusCode>${text}</e:StatusCode>` })
    expect(status(xml)).toMatchObject({ code, codeText: text })
    expect(codes(xml)).toEqual(findings)
  })

  it('is known by Status in place of MessageHeader', () => {
    expect(status(statusXml({ wrapper: 'Status' }))).toEqual(status(statusXml()))
  })

  it('keeps a time that cannot be read, and says when no document is named', () => {
    const responseFor = '<e:ResponseFor><e:OrganId>A</e:OrganId><e:Code>1/B</e:Code></e:ResponseFor>'
    const xml = statusXml({ responseFor, rest: '<e:Timestamp>hôm qua</e:Timestamp>' })
    expect(status(xml)).toMatchObject({ timestampText: 'hôm qua' })
    expect(codes(xml)).toEqual(['status_document_missing', 'date_malformed'])
  })
})

describe('chunks', () => {
  const files = [
    { ...oneFile, content: pdfBytes.toString('base64').replace(/.{10}/g, '$&\r\n') },
    {
      id: 'b',
      name: 'tờ trình.txt',
      type: 'text/plain',
      content: Buffer.from('Tờ trình '.repeat(999)).toString('base64'),
    },
  ]
  const good = Buffer.from(
    `\ufeff\r\n${edxml({ files, more: '<!-- ContentTransferEncoded --><e:DueDate>1</e:DueDate>' })}`,
  )
  const bad = Buffer.from(good.toString().replace('</AttachmentEncoded>', '</Attachment>'))

  it('may end anywhere: byte by byte gives the same as at once', () => {
    expect(read(good, {}, 1)).toEqual(read(good))
  })

  it('may end anywhere, also for the place of an error', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(readInPieces(good, sizes)).toEqual(read(good))
        expect(readInPieces(bad, sizes)).toEqual(readInPieces(bad, [bad.length]))
      }),
      { numRuns: 60 },
    )
  })
})

function readInPieces(bytes: Buffer, sizes: readonly number[]): unknown {
  try {
    return readInChunks(bytes, sizes)
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, facts: error.facts }
    throw error
  }
}
