// Every text of a document that a person wrote, with the place it stands at: what the rules about texts look at. Paths
// are those the reader shows (edXMLHeader/MessageHeader/…), so that a sender finds the element.
import type { DocumentPackage, Party } from '../domain/document-package.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'

/** The fields as the rules name them; `unknown`: an element that edXML does not have. */
export type TextField = keyof RuleParameters['field_too_long']['lengths'] | 'unknown'

export interface FieldText {
  readonly field: TextField
  readonly path: string
  readonly text: string
}

export function textsOf(document: DocumentPackage): FieldText[] {
  const texts: FieldText[] = []
  const add = (field: TextField, path: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') texts.push({ field, path, text })
  }
  addHeader(document, add)
  addOtherInfo(document, add)
  addBusiness(document, add)
  for (const [index, attachment] of document.attachments.entries()) {
    const path = attachmentPath(index)
    add('attachmentName', `${path}/AttachmentName`, attachment.name)
    add('attachmentDescription', `${path}/Description`, attachment.description)
  }
  for (const { path, text } of document.unknown ?? []) add('unknown', path, text)
  return texts
}

type Add = (field: TextField, path: string, text: string | undefined) => void

export const messagePath = 'edXMLHeader/MessageHeader'
export const businessPath = 'edXMLHeader/TraceHeaderList/Bussiness'

export function attachmentPath(index: number): string {
  return `AttachmentEncoded/Attachment[${index + 1}]`
}

export function recipientPath(index: number): string {
  return `${messagePath}/To[${index + 1}]`
}

/** The element a path ends in, as people know it from the standard. */
export function elementOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\[\d+\]$/, '')
}

function addHeader(document: DocumentPackage, add: Add): void {
  addParty(document.from, `${messagePath}/From`, add)
  for (const [index, recipient] of document.to.entries()) addParty(recipient, recipientPath(index), add)
  add('documentId', `${messagePath}/DocumentId`, document.documentId)
  add('codeNumber', `${messagePath}/Code/CodeNumber`, document.codeNumber)
  add('codeNotation', `${messagePath}/Code/CodeNotation`, document.codeNotation)
  add('place', `${messagePath}/PromulgationInfo/Place`, document.place)
  add('typeName', `${messagePath}/DocumentType/TypeName`, document.documentType?.typeName)
  add('subject', `${messagePath}/Subject`, document.subject)
  add('content', `${messagePath}/Content`, document.content)
  add('competence', `${messagePath}/SignerInfo/Competence`, document.signer?.competence)
  add('position', `${messagePath}/SignerInfo/Position`, document.signer?.position)
  add('fullName', `${messagePath}/SignerInfo/FullName`, document.signer?.fullName)
  for (const [index, line] of document.toPlaces.entries()) {
    add('toPlace', `${messagePath}/ToPlaces/Place[${index + 1}]`, line)
  }
}

function addParty(party: Party, path: string, add: Add): void {
  add('organId', `${path}/OrganId`, party.organId)
  add('organizationInCharge', `${path}/OrganizationInCharge`, party.organizationInCharge)
  add('organName', `${path}/OrganName`, party.organName)
  add('organAdd', `${path}/OrganAdd`, party.organAdd)
  add('email', `${path}/Email`, party.email)
  add('telephone', `${path}/Telephone`, party.telephone)
  add('fax', `${path}/Fax`, party.fax)
  add('website', `${path}/Website`, party.website)
}

function addOtherInfo({ otherInfo }: DocumentPackage, add: Add): void {
  if (otherInfo === undefined) return
  const path = `${messagePath}/OtherInfo`
  const { sphereOfPromulgation, typerNotation, appendixes } = otherInfo
  if (typeof sphereOfPromulgation === 'string') {
    add('sphereOfPromulgation', `${path}/SphereOfPromulgation`, sphereOfPromulgation)
  }
  if (typeof typerNotation === 'string') add('typerNotation', `${path}/TyperNotation`, typerNotation)
  if (typeof appendixes !== 'object') return
  for (const [index, name] of appendixes.entries()) add('appendix', `${path}/Appendixes/Appendix[${index + 1}]`, name)
}

function addBusiness({ business }: DocumentPackage, add: Add): void {
  if (business === undefined) return
  add('reason', `${businessPath}/BussinessDocReason`, business.reason)
  const path = `${businessPath}/StaffInfo`
  add('department', `${path}/Department`, business.staff?.department)
  add('staff', `${path}/Staff`, business.staff?.staff)
  add('mobile', `${path}/Mobile`, business.staff?.mobile)
  add('staffEmail', `${path}/Email`, business.staff?.email)
}
