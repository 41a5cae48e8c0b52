// The packages that fuzzing begins with: what our writer makes of every kind, and the forms of other programs.
import { writeDocumentPackage, writeStatusPackage } from '../../src/edxml/write-package.ts'
import { edxml, oneFile, pdfBytes, qcvnNamespace, statusXml } from '../support/edxml-fixtures.ts'
import { zipWith } from './hostile-zips.ts'

const sentAt = new Date('2026-11-20T01:00:00Z')
const letter = Buffer.from('Kính gửi: Sở Tài chính\nVề việc kiểm thử liên thông.\n')

const written = {
  from: { organId: 'H35.12', organName: 'Sở Nội vụ', email: 'snv@laichau.gov.vn' },
  to: [{ organId: 'H35.14', organName: 'Sở Tài chính' }, { organId: '000.00.20.H35' }],
  documentId: 'H35.12,2026/11/20,743/SNV-VP',
  codeNumber: '743',
  codeNotation: 'SNV-VP',
  place: 'Lai Châu',
  promulgationDate: '2026-11-20',
  documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
  subject: 'V/v báo cáo kết quả quý IV & phương hướng',
  signer: { competence: 'TL.', position: 'Chánh Văn phòng', fullName: 'Lò Thị Mai' },
  dueDate: '2026-12-01',
  priority: 2 as const,
  toPlaces: ['Như trên', 'Lưu: VT'],
  sentAt,
}

const files = [
  { name: 'cong-van.pdf', bytes: pdfBytes },
  { name: 'phu lục 1.txt', bytes: letter },
]

const target = { documentId: 'H35.12,2026/11/19,740/SNV-VP' }

function documents(): Buffer[] {
  const responseFor = [{ organId: 'H35.14', code: '12/STC', documentId: 'x', promulgationDate: '2026-11-01' }]
  return [
    writeDocumentPackage({ ...written, attachments: files }),
    writeDocumentPackage({ ...written, responseFor, attachments: files }),
    writeDocumentPackage({ ...written, kind: 'recall', business: { ...target, reason: 'Gửi nhầm' }, attachments: [] }),
    writeDocumentPackage({
      ...written,
      kind: 'update',
      business: { ...target, receivers: [{ organId: 'H35.20', receiverType: '1' }] },
      attachments: [],
    }),
    writeDocumentPackage({
      ...written,
      kind: 'replace',
      business: { replacements: [{ ...target, organIds: ['H35.14', 'H35.20'] }] },
      attachments: files,
    }),
  ]
}

function foreignForms(): string[] {
  const wrapper = zipWith([{ name: '7f229065-682c-47b1-830c-3f0e4f4664f9.txt', bytes: letter }])
  const encoded = (bytes: Buffer) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n')
  return [
    edxml(),
    edxml({ declaration: '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n' }).replaceAll(
      '\n',
      '\r\n',
    ),
    edxml({
      files: [
        { ...oneFile, type: 'text/plain', name: 'a.txt', content: encoded(wrapper) },
        { id: 'a2', name: 'hai.docx', content: encoded(zipWith([{ name: 'word/document.xml', bytes: letter }])) },
      ],
    }),
    edxml({
      subject: '<e:Subject><![CDATA[V/v <gấp> & quan trọng]]></e:Subject>',
      more: '<!-- ghi chú --><e:Moi a="1"><e:Con>x</e:Con></e:Moi><?pi data?>',
      traces: `<e:TraceHeaderList><e:TraceHeader><e:OrganId>null</e:OrganId><e:Timestamp>20/11/2026 08:00:00</e:Timestamp></e:TraceHeader>
<e:Business><e:BusinessDocType>0</e:BusinessDocType></e:Business></e:TraceHeaderList>`,
      headerRest: '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>',
    }),
    `<edXML xmlns="${qcvnNamespace}"><edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>A</OrganId></From><To><OrganId>B</OrganId></To><Subject>x</Subject></MessageHeader></edXMLHeader><edXMLAttachments><Attachment><AttachmentName>a.pdf</AttachmentName><AttachmentType>PDF</AttachmentType><AttachmentSize>3</AttachmentSize><AttachmentData>QUJD</AttachmentData></Attachment></edXMLAttachments></edXMLEnvelope></edXML>`,
  ]
}

function statuses(): (string | Buffer)[] {
  return [
    statusXml(),
    statusXml({ wrapper: 'Status', code: '<e:StatusCode>3</e:StatusCode>' }),
    writeStatusPackage({
      from: { organId: 'H35.14' },
      responseFor: { organId: 'H35.12', code: '743/SNV-VP', documentId: written.documentId },
      code: '02',
      description: 'Gửi nhầm nơi nhận',
      staff: { department: 'Văn thư', staff: 'Lò Thị Mai' },
      at: sentAt,
    }),
  ]
}

export const corpus: readonly Buffer[] = [...documents(), ...foreignForms(), ...statuses()].map((one) =>
  Buffer.from(one),
)
