// By what a document is known: its number (NĐ 30/2020 Phụ lục VI, 1.h) and its identifier (R43, edxml.md §5).
import { codeKey, guessScheme } from '../domain/agency.ts'
import { documentCode, documentKey } from '../domain/document-package.ts'
import { messagePath } from './document-texts.ts'
import { compilePattern } from './pattern.ts'
import type { MakeCheck } from './rule.ts'

const documentIdPath = `${messagePath}/DocumentId`

export const numberRepeated: MakeCheck =
  () =>
  ({ document, sameNumber }) => {
    const code = documentCode(document)
    if (sameNumber === undefined || code === undefined) return []
    const params = { code, documentId: sameNumber.documentId, date: sameNumber.date, packageId: sameNumber.packageId }
    return [{ path: `${messagePath}/Code/CodeNumber`, params, found: code }]
  }

export const documentIdPattern: MakeCheck = ({ document_id_pattern: { patterns } }) => {
  const forms = patterns.map((source) => compilePattern(source))
  return ({ document: { documentId } }) => {
    if (documentId === undefined || forms.some((matches) => matches(documentKey(documentId)))) return []
    const expected = patterns.join(' | ')
    return [{ path: documentIdPath, params: { documentId, expected }, found: documentId, expected }]
  }
}

/** A package that is sent on keeps its author's identifier, so this is worth telling and no more. */
export const documentIdForeign: MakeCheck =
  () =>
  ({ document: { documentId, from }, fromCodes = [] }) => {
    const leading = documentId === undefined ? undefined : leadingCode(documentId)
    if (documentId === undefined || leading === undefined) return []
    if ([from.organId, ...fromCodes].some((code) => codeKey(code) === codeKey(leading))) return []
    const params = { documentId, leading, organId: from.organId }
    return [{ path: documentIdPath, params, found: leading, expected: from.organId }]
  }

/** What stands before the first comma, or before a dash and a year, where it is written like an agency's code. */
function leadingCode(documentId: string): string | undefined {
  const [, code] = /^([^,]+),/.exec(documentId) ?? /^([^-]+)-\d{4}/.exec(documentId) ?? []
  return code !== undefined && ['qcvn102', 'qd20'].includes(guessScheme(code)) ? code.trim() : undefined
}
