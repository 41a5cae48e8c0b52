// A canonical document package -> the domain's DocumentPackage. What cannot be understood keeps its text and becomes a
// finding; refusals were made before.
import {
  type Attachment,
  type DocumentKind,
  type DocumentPackage,
  documentKinds,
  type Priority,
} from '../domain/document-package.ts'
import { decodeParty, decodeReference, decodeStaff } from './decode-common.ts'
import type { FindingsList } from './findings-list.ts'
import { shortened } from './problems.ts'
import { isoDate, isoTimestamp } from './value-forms.ts'
import { present, type WireObject } from './wire-object.ts'

/** What the wire object does not hold. */
export interface ReadBesides {
  readonly attachments: readonly Attachment[]
  readonly hasSignature: boolean
}

export function decodeDocument(envelope: WireObject, besides: ReadBesides, findings: FindingsList): DocumentPackage {
  const wholeHeader = envelope.group('edXMLHeader')
  const header = wholeHeader.group('MessageHeader')
  const traceList = wholeHeader.group('TraceHeaderList')
  const kind = decodeKind(traceList.group('Bussiness'), findings)
  const documentId = header.text('DocumentId')
  if (documentId === undefined) findings.warn('document_id_missing', 'MessageHeader/DocumentId')
  return present({
    type: 'edoc',
    kind,
    from: decodeParty(header.group('From')),
    to: header.groups('To').map(decodeParty),
    documentId,
    ...decodeIssue(header, findings),
    documentType: decodeDocumentType(header, findings),
    subject: header.text('Subject') ?? '',
    content: header.text('Content'),
    signer: decodeSigner(header),
    ...decodeDueDate(header, findings),
    priority: decodePriority(header, findings),
    otherInfo: decodeOtherInfo(header, findings),
    responseFor: decodeResponses(header, findings),
    steeringType: decodeSteeringType(header, findings),
    toPlaces: header.group('ToPlaces').texts('Place'),
    business: decodeBusiness(traceList, findings),
    traces: decodeTraces(traceList, findings),
    ...besides,
  })
}

/** A package that says nothing about its business is a new document. */
function decodeKind(business: WireObject, findings: FindingsList): DocumentKind {
  const text = business.text('BussinessDocType')
  if (text === undefined) return 'new'
  const kind = /^\d{1,2}$/.test(text) ? documentKinds[Number(text)] : undefined
  if (kind !== undefined) return kind
  findings.warn('business_type_unknown', 'TraceHeaderList/Bussiness/BussinessDocType', { found: shortened(text) })
  return 'new'
}

function decodeIssue(header: WireObject, findings: FindingsList) {
  const code = header.group('Code')
  const promulgation = header.group('PromulgationInfo')
  const promulgationDateText = promulgation.text('PromulgationDate')
  const path = 'MessageHeader/PromulgationInfo/PromulgationDate'
  return present({
    codeNumber: code.text('CodeNumber'),
    codeNotation: code.text('CodeNotation'),
    place: promulgation.text('Place'),
    promulgationDateText,
    promulgationDate: findings.date(promulgationDateText, path, isoDate),
  })
}

function decodeDocumentType(header: WireObject, findings: FindingsList) {
  if (!header.has('DocumentType')) return undefined
  const documentType = header.group('DocumentType')
  const type = documentType.text('Type')
  const typeDetail = documentType.text('TypeDetail')
  findings.checkNumber(type, 'MessageHeader/DocumentType/Type')
  findings.checkNumber(typeDetail, 'MessageHeader/DocumentType/TypeDetail')
  return present({ type, typeDetail, typeName: documentType.text('TypeName') })
}

function decodeSigner(header: WireObject) {
  if (!header.has('SignerInfo')) return undefined
  const signer = header.group('SignerInfo')
  return present({
    competence: signer.text('Competence'),
    position: signer.text('Position'),
    fullName: signer.text('FullName'),
  })
}

function decodeDueDate(header: WireObject, findings: FindingsList) {
  const dueDateText = header.text('DueDate')
  return present({ dueDateText, dueDate: findings.date(dueDateText, 'MessageHeader/DueDate', isoDate) })
}

function decodePriority(header: WireObject, findings: FindingsList): Priority {
  const text = header.group('OtherInfo').text('Priority')
  const priority = text === undefined ? 0 : knownPriority(text)
  if (priority !== undefined) return priority
  findings.warn('priority_unknown', 'MessageHeader/OtherInfo/Priority', { found: shortened(text ?? '') })
  return 0
}

export function knownPriority(text: string): Priority | undefined {
  return priorities.find((priority) => String(priority) === text.replace(/^0+(?=\d)/, ''))
}

const priorities: readonly Priority[] = [0, 1, 2, 3, 4]

function decodeOtherInfo(header: WireObject, findings: FindingsList) {
  const info = header.group('OtherInfo')
  const members = Object.fromEntries(
    [
      ...otherTexts.map(([name, member]) => [member, info.text(name)] as const),
      ['appendixes', someOf(info.group('Appendixes').texts('Appendix'))] as const,
      ['taskCodes', someOf(header.group('ResponseForTask').texts('TaskCode'))] as const,
      ['applicationType', header.text('ApplicationType')] as const,
    ].flatMap(([member, value]) => (value === undefined ? [] : [[member, value] as const])),
  )
  for (const name of ['PromulgationAmount', 'PageAmount']) {
    findings.checkNumber(info.text(name), `MessageHeader/OtherInfo/${name}`)
  }
  // A priority we do not know is read as normal; its number must not be lost over that.
  const priority = info.text('Priority')
  const isLost = priority !== undefined && knownPriority(priority) === undefined
  const all = isLost ? { ...members, priorityText: priority } : members
  return Object.keys(all).length === 0 ? undefined : all
}

const otherTexts = [
  ['SphereOfPromulgation', 'sphereOfPromulgation'],
  ['TyperNotation', 'typerNotation'],
  ['PromulgationAmount', 'promulgationAmount'],
  ['PageAmount', 'pageAmount'],
  ['Direction', 'direction'],
  ['ReplyFors', 'replyFors'],
  ['ReferenceCodes', 'referenceCodes'],
] as const

function someOf(texts: readonly string[]): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts
}

function decodeResponses(header: WireObject, findings: FindingsList) {
  return header.groups('ResponseFor').map((response, index) => {
    const reference = decodeReference(response)
    const path = `MessageHeader/ResponseFor[${index + 1}]/PromulgationDate`
    findings.date(reference.promulgationDate, path, isoDate)
    return reference
  })
}

/** Two scales are in use and cannot be told apart (edxml.md §1.5), so the number is passed on and not understood. */
function decodeSteeringType(header: WireObject, findings: FindingsList): string | undefined {
  const text = header.text('SteeringType')
  findings.checkNumber(text, 'MessageHeader/SteeringType')
  return text
}

function decodeBusiness(traceList: WireObject, findings: FindingsList) {
  // Older packages have Paper beside Bussiness; alone it says nothing about the business.
  if (!traceList.has('Bussiness')) return undefined
  const business = traceList.group('Bussiness')
  const info = business.group('BussinessDocumentInfo')
  const paper = business.text('Paper') ?? traceList.text('Paper')
  findings.checkNumber(paper, `${businessPath}/Paper`)
  for (const flag of ['DocumentInfo', 'DocumentReceiver']) {
    findings.checkNumber(info.text(flag), `${businessPath}/BussinessDocumentInfo/${flag}`)
  }
  return present({
    reason: business.text('BussinessDocReason'),
    documentId: business.text('DocumentId'),
    paper,
    staff: decodeStaff(business),
    documentInfo: info.text('DocumentInfo'),
    documentReceiver: info.text('DocumentReceiver'),
    receivers: info.group('ReceiverList').groups('Receiver').flatMap(decodeReceiver),
    replacements: business.group('ReplacementInfoList').groups('ReplacementInfo').flatMap(decodeReplacement),
  })
}

const businessPath = 'TraceHeaderList/Bussiness'

function decodeReceiver(receiver: WireObject) {
  const organId = receiver.text('OrganId')
  return organId === undefined ? [] : [{ organId, receiverType: receiver.text('ReceiverType') ?? '' }]
}

function decodeReplacement(replacement: WireObject) {
  const documentId = replacement.text('DocumentId')
  return documentId === undefined ? [] : [{ documentId, organIds: replacement.group('OrganIdList').texts('OrganId') }]
}

/** A hop may be without a code: the axis writes its own so. */
function decodeTraces(traceList: WireObject, findings: FindingsList) {
  return traceList.groups('TraceHeader').map((hop, index) => {
    const timestamp = hop.text('Timestamp')
    findings.date(timestamp, `TraceHeaderList/TraceHeader[${index + 1}]/Timestamp`, isoTimestamp)
    return present({ organId: hop.text('OrganId'), timestamp })
  })
}
