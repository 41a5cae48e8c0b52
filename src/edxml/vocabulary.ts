// The elements of an edXML package as this gateway understands them: canonical name, the other spellings in circulation,
// and the order the reference library writes them in (edxml.md §1.3, edxml-in-practice.md §2–§7). Data only.

export const edxmlNamespace = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

/** What an element holds: elements, text, base64 content that is never kept, or anything at all that is not looked into. */
export type Holds = 'elements' | 'text' | 'content' | 'anything'

export interface Shape {
  readonly name: string
  readonly holds: Holds
  readonly repeats: boolean
  /** Children in canonical order. */
  readonly parts: readonly Shape[]
  /** Every spelling that is read as a child, the canonical ones included. */
  readonly spellings: ReadonlyMap<string, Shape>
  readonly aliases: readonly string[]
}

interface ShapeOptions {
  readonly repeats?: boolean
  readonly aliases?: readonly string[]
  /** Children that are read here and belong elsewhere in the canonical order. */
  readonly alsoReads?: readonly Shape[]
}

function shape(name: string, holds: Holds, parts: readonly Shape[], options: ShapeOptions = {}): Shape {
  const spellings = new Map<string, Shape>()
  for (const part of [...parts, ...(options.alsoReads ?? [])]) {
    for (const spelling of [part.name, ...part.aliases]) spellings.set(spelling, part)
  }
  return { name, holds, parts, spellings, repeats: options.repeats ?? false, aliases: options.aliases ?? [] }
}

const group = (name: string, parts: readonly Shape[], options?: ShapeOptions) => shape(name, 'elements', parts, options)
const text = (name: string, options?: ShapeOptions) => shape(name, 'text', [], options)
const texts = (...names: string[]) => names.map((name) => text(name))
/** Known to be written, and of no meaning here: read, and neither shown nor told. */
const ignored = (...names: string[]) => names.map((name) => shape(name, 'anything', []))

const organizationParts = texts(
  'OrganId',
  'OrganizationInCharge',
  'OrganName',
  'OrganAdd',
  'Email',
  'Telephone',
  'Fax',
  'Website',
)

// One model of the field sends several StaffInfo; the first one counts.
const staffInfo = group('StaffInfo', texts('Department', 'DepartmentId', 'Staff', 'StaffId', 'Email', 'Mobile'), {
  repeats: true,
})

const from = group('From', organizationParts)
const responseFor = group('ResponseFor', texts('OrganId', 'Code', 'DocumentId', 'PromulgationDate'), { repeats: true })

const otherInfo = group('OtherInfo', [
  ...texts('Priority', 'SphereOfPromulgation', 'TyperNotation', 'PromulgationAmount', 'PageAmount', 'Direction'),
  ...texts('ReplyFors', 'ReferenceCodes'),
  group('Appendixes', [text('Appendix', { repeats: true })]),
])

const documentHeaderParts = [
  from,
  group('To', organizationParts, { repeats: true }),
  text('DocumentId'),
  group('Code', texts('CodeNumber', 'CodeNotation')),
  group('PromulgationInfo', texts('Place', 'PromulgationDate')),
  group('DocumentType', texts('Type', 'TypeDetail', 'TypeName')),
  ...texts('Subject', 'Content'),
  group('SignerInfo', texts('Competence', 'Position', 'FullName')),
  text('DueDate'),
  otherInfo,
  responseFor,
  text('SteeringType'),
  group('ResponseForTask', [text('TaskCode', { repeats: true })]),
  text('ApplicationType'),
  group('ToPlaces', [text('Place', { repeats: true })]),
]

const statusOnlyParts = [staffInfo, ...texts('StatusCode', 'Description', 'Timestamp')]

const business = group(
  'Bussiness',
  [
    text('BussinessDocType', { aliases: ['BusinessDocType'] }),
    text('BussinessDocReason', { aliases: ['BusinessDocReason'] }),
    ...texts('DocumentId', 'Paper'),
    group(
      'BussinessDocumentInfo',
      [
        ...texts('DocumentInfo', 'DocumentReceiver'),
        group('ReceiverList', [group('Receiver', texts('OrganId', 'ReceiverType'), { repeats: true })]),
      ],
      { aliases: ['BusinessDocumentInfo'] },
    ),
    group('ReplacementInfoList', [
      group('ReplacementInfo', [text('DocumentId'), group('OrganIdList', [text('OrganId', { repeats: true })])], {
        repeats: true,
      }),
    ]),
    staffInfo,
  ],
  { aliases: ['Business'] },
)

const traceHeaderList = group('TraceHeaderList', [
  group('TraceHeader', texts('OrganId', 'Timestamp'), { repeats: true }),
  business,
  text('Paper'),
])

/** Read for its presence only, in whatever namespace it stands: what has legal force is the signature in the PDF. */
export const signatureShape = shape('Signature', 'anything', [], { aliases: ['DigitalSignature'] })

const manifest = group(
  'edXMLManifest',
  [group('Reference', texts('ContentId', 'ContentType', 'Description', 'AttachmentName'), { repeats: true })],
  { aliases: ['Manifest'] },
)

/** The spellings of the base64 element; the reader looks for these words to leave the XML parser out of the content. */
export const contentSpellings = ['ContentTransferEncoded', 'AttachmentData'] as const

const attachmentBlock = group(
  'AttachmentEncoded',
  [
    group(
      'Attachment',
      [
        ...texts('ContentId', 'AttachmentName', 'Description', 'FieldName', 'MimeType'),
        text('ContentType', { aliases: ['AttachmentType'] }),
        shape('ContentTransferEncoded', 'content', [], { aliases: ['AttachmentData'] }),
      ],
      // The early gateway that wrote AttachmentType and AttachmentData also stated a size.
      { repeats: true, alsoReads: ignored('AttachmentSize') },
    ),
  ],
  // It wrote the block inside the envelope under this name.
  { aliases: ['edXMLAttachments'] },
)

function packageShape(headerParts: readonly Shape[], rest: readonly Shape[], body: readonly Shape[], block: Shape[]) {
  const header = group('edXMLHeader', [group('MessageHeader', headerParts, { aliases: ['Status'] }), ...rest])
  // The C# library writes three labels of a MIME part before the envelope.
  const alsoReads = ignored('Boundary', 'ContentId', 'ContentType')
  return group('edXML', [group('edXMLEnvelope', [header, ...body], { alsoReads: block }), ...block], { alsoReads })
}

const documentRest = [traceHeaderList, signatureShape]
const documentBody = [group('edXMLBody', [manifest])]

/** Everything that is understood in either kind of package: what the reader builds its tree by. */
export const anyShape = packageShape([...documentHeaderParts, ...statusOnlyParts], documentRest, documentBody, [
  attachmentBlock,
])

/** A document package in canonical form, checked by document-package.xsd. */
export const documentShape = packageShape(documentHeaderParts, [traceHeaderList], documentBody, [attachmentBlock])

/** A status package in canonical form, checked by status-package.xsd. */
export const statusShape = packageShape([from, responseFor, ...statusOnlyParts], [], [], [])
