// The kind of a document, by its name and by what its notation says (NĐ 30/2020 Phụ lục I, II.3).
import { messagePath } from './document-texts.ts'
import type { MakeCheck } from './rule.ts'

export const documentKindUnknown: MakeCheck =
  (_parameters, kinds) =>
  ({ document }) => {
    const typeName = document.documentType?.typeName
    if (typeName === undefined || kinds.find(typeName) !== undefined) return []
    return [{ path: `${messagePath}/DocumentType/TypeName`, params: { typeName }, found: typeName }]
  }

/**
 * Only kinds that have an abbreviation are looked at. A công văn has none and begins with its issuer, who may well be
 * called like a kind: CT is Chỉ thị and Cục Thuế.
 */
export const documentKindMismatch: MakeCheck =
  (_parameters, kinds) =>
  ({ document }) => {
    const typeName = document.documentType?.typeName
    const notation = document.codeNotation
    if (typeName === undefined || notation === undefined) return []
    const abbreviation = kinds.find(typeName)?.abbreviation
    const group = firstGroup(notation)
    if (abbreviation === undefined || sameLetters(group, abbreviation)) return []
    const params = { typeName, notation, abbreviation }
    return [{ path: `${messagePath}/Code/CodeNotation`, params, found: notation, expected: abbreviation }]
  }

/** `2019/QĐ-UBND` → `QĐ`. */
function firstGroup(notation: string): string {
  return (notation.split('/').at(-1) ?? '').split('-')[0]?.trim() ?? ''
}

/** Some senders write notations without accents. */
function sameLetters(a: string, b: string): boolean {
  return bareLetters(a) === bareLetters(b)
}

function bareLetters(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replace(/[Đđ]/g, 'D')
    .toUpperCase()
}
