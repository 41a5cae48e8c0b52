// The kinds of documents, found by name: four lists in use joined into one (schemas/rules/document-kinds.json).
import type { RuleDocumentKinds } from '../generated/json/rule-document-kinds.ts'

export type DocumentKindEntry = RuleDocumentKinds['kinds'][number]

export interface KindTable {
  readonly all: readonly DocumentKindEntry[]
  /** By the name as somebody wrote it, or another spelling of it. */
  find(typeName: string): DocumentKindEntry | undefined
}

export function kindTable({ kinds }: RuleDocumentKinds): KindTable {
  const byKey = new Map<string, DocumentKindEntry>()
  for (const kind of kinds) {
    for (const name of [kind.name, ...(kind.aliases ?? [])]) {
      const key = kindKey(name)
      if (byKey.has(key)) throw new Error(`the kind of document ${name} stands twice in the table`)
      byKey.set(key, kind)
    }
  }
  return { all: kinds, find: (typeName) => byKey.get(kindKey(typeName)) }
}

/** How two spellings of a kind are compared (edxml.md §1.4): NFC, without surrounding blanks, without case. */
export function kindKey(name: string): string {
  return name.normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase()
}
