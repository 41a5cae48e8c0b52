// The descriptive data of a document (QĐ 28/2018 Đ.10.2; R28): what must be there, how long it may be, its dates.
import type { DocumentPackage } from '../domain/document-package.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'
import { elementOf, messagePath, recipientPath } from './document-texts.ts'
import type { MakeCheck } from './rule.ts'

/** Of documents that speak for themselves; a recall or an update names one that has been described before. */
export const requiredField: MakeCheck = ({ required_field: { fields } }) => {
  const wanted = fields.map((field) => requirements[field])
  return ({ document }) => {
    if (document.kind !== 'new' && document.kind !== 'replace') return []
    return wanted.flatMap((missing) => missing(document)).map((path) => ({ path, params: { field: elementOf(path) } }))
  }
}

/** In characters as people count them. */
export const fieldTooLong: MakeCheck =
  ({ field_too_long: { lengths } }) =>
  ({ texts }) =>
    texts.flatMap(({ field, path, text }) => {
      const max = field === 'unknown' ? undefined : lengths[field]
      if (max === undefined || text.length <= max) return []
      const length = [...text.normalize('NFC')].length
      return length <= max ? [] : [{ path, params: { field: elementOf(path), length, max }, expected: `≤ ${max}` }]
    })

export const promulgationDateFuture: MakeCheck =
  () =>
  ({ document: { promulgationDate: date }, day }) =>
    date === undefined || date <= day
      ? []
      : [{ path: `${messagePath}/PromulgationInfo/PromulgationDate`, params: { date, today: day }, found: date }]

export const dueBeforePromulgation: MakeCheck =
  () =>
  ({ document: { dueDate, promulgationDate } }) =>
    dueDate === undefined || promulgationDate === undefined || !isIsoDay(dueDate) || dueDate >= promulgationDate
      ? []
      : [{ path: `${messagePath}/DueDate`, params: { due: dueDate, date: promulgationDate }, found: dueDate }]

function isIsoDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text)
}

type RequiredField = RuleParameters['required_field']['fields'][number]

/** Paths of what is missing. */
type Requirement = (document: DocumentPackage) => readonly string[]

function field(path: string, read: (document: DocumentPackage) => string | undefined): Requirement {
  return (document) => (isBlank(read(document)) ? [`${messagePath}/${path}`] : [])
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === ''
}

const requirements: Readonly<Record<RequiredField, Requirement>> = {
  documentId: field('DocumentId', (d) => d.documentId),
  codeNumber: field('Code/CodeNumber', (d) => d.codeNumber),
  codeNotation: field('Code/CodeNotation', (d) => d.codeNotation),
  place: field('PromulgationInfo/Place', (d) => d.place),
  promulgationDate: field('PromulgationInfo/PromulgationDate', (d) => d.promulgationDateText ?? d.promulgationDate),
  typeName: field('DocumentType/TypeName', (d) => d.documentType?.typeName),
  competence: field('SignerInfo/Competence', (d) => d.signer?.competence),
  position: field('SignerInfo/Position', (d) => d.signer?.position),
  fullName: field('SignerInfo/FullName', (d) => d.signer?.fullName),
  dueDate: field('DueDate', (d) => d.dueDateText ?? d.dueDate),
  fromOrganName: field('From/OrganName', (d) => d.from.organName),
  toOrganName: (d) => d.to.flatMap((to, index) => (isBlank(to.organName) ? [`${recipientPath(index)}/OrganName`] : [])),
  sentAt: (d) =>
    d.traces.some((trace) => !isBlank(trace.timestamp)) ? [] : ['edXMLHeader/TraceHeaderList/TraceHeader/Timestamp'],
}
