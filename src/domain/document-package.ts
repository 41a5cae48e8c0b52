// The envelope with its attachments as the gateway knows it after validation, and what makes two of them the same.
// Wire names and shapes stay in edxml/; this is what they mean.
import { createHash } from 'node:crypto'

/** What the sender wants done: Bussiness/BussinessDocType 0–3 (domain edxml.md §1.5). */
export type DocumentKind = 'new' | 'recall' | 'update' | 'replace'

export const documentKinds: readonly DocumentKind[] = ['new', 'recall', 'update', 'replace']

/** Urgency 0 thường · 1 khẩn · 2 thượng khẩn · 3 hỏa tốc · 4 hỏa tốc hẹn giờ (edxml.md §1.5). */
export type Priority = 0 | 1 | 2 | 3 | 4

export interface Party {
  /** The code exactly as written, trimmed. */
  readonly organId: string
  readonly organName?: string
  readonly organizationInCharge?: string
  readonly organAdd?: string
  readonly email?: string
  readonly telephone?: string
  readonly fax?: string
  readonly website?: string
}

export interface DocumentReference {
  readonly organId?: string
  /** Number and notation in one string, e.g. `267/VPCP-TTĐT`. */
  readonly code?: string
  readonly promulgationDate?: string
  readonly documentId?: string
}

export interface StaffInfo {
  readonly department?: string
  readonly departmentId?: string
  readonly staff?: string
  readonly staffId?: string
  readonly mobile?: string
  readonly email?: string
}

export interface Attachment {
  /** Without any leading `cid:`. */
  readonly contentId: string
  readonly name: string
  readonly description?: string
  /** The type the sender wrote; it may lie. */
  readonly declaredType?: string
  /** What the bytes are by their magic number, e.g. `application/pdf`, `application/zip`. */
  readonly mediaType: string
  /** Lower-case hex SHA-256 of the decoded bytes. */
  readonly sha256: string
  /** SHA-256 of the one file inside, where the bytes are a ZIP wrapper around it (edxml-in-practice.md §7.2). */
  readonly innerSha256?: string
  /** That file: what people know the attachment by, so rules about files judge it and not the wrapper. */
  readonly inner?: WrappedFileFacts
  /** The file, or the one inside, carries macros. */
  readonly hasMacros?: true
  /** Decoded bytes. */
  readonly size: number
}

export interface WrappedFileFacts {
  readonly sha256: string
  readonly size: number
  /** By its bytes. */
  readonly mediaType: string
  /** As the ZIP calls it, often made up by the wrapper; never a path to write to. */
  readonly entryName: string
}

/** An element that edXML does not know, or not in this place. Its bytes travel on unchanged. */
export interface UnknownElement {
  /** Canonical names; an element of another namespace as `{namespace}name`. */
  readonly path: string
  /** Its own text, trimmed and perhaps cut. */
  readonly text?: string
  /** Of the whole, where not everything of it is kept here. */
  readonly sha256?: string
}

export interface DocumentPackage {
  readonly type: 'edoc'
  readonly kind: DocumentKind
  readonly from: Party
  /** One per `To` element, in package order; the same agency may stand there twice. */
  readonly to: readonly Party[]
  /** The sender's identity for the document, or undefined where the package has none. */
  readonly documentId?: string
  readonly codeNumber?: string
  readonly codeNotation?: string
  readonly place?: string
  /** As written. */
  readonly promulgationDateText?: string
  /** ISO `yyyy-MM-dd` when the text is a real date. */
  readonly promulgationDate?: string
  readonly documentType?: { readonly type?: string; readonly typeDetail?: string; readonly typeName?: string }
  readonly subject: string
  readonly content?: string
  readonly signer?: { readonly competence?: string; readonly position?: string; readonly fullName?: string }
  /** As written. */
  readonly dueDateText?: string
  /** ISO `yyyy-MM-dd` when the text is a real date. */
  readonly dueDate?: string
  readonly priority: Priority
  readonly otherInfo?: Readonly<Record<string, string | readonly string[]>>
  readonly responseFor: readonly DocumentReference[]
  readonly steeringType?: string
  readonly toPlaces: readonly string[]
  readonly business?: {
    readonly reason?: string
    readonly documentId?: string
    readonly paper?: string
    readonly staff?: StaffInfo
    readonly documentInfo?: string
    readonly documentReceiver?: string
    readonly receivers: readonly { readonly organId: string; readonly receiverType: string }[]
    readonly replacements: readonly { readonly documentId: string; readonly organIds: readonly string[] }[]
  }
  readonly traces: readonly { readonly organId?: string; readonly timestamp?: string }[]
  readonly attachments: readonly Attachment[]
  readonly hasSignature: boolean
  readonly unknown?: readonly UnknownElement[]
}

/** A status-feedback message (edxml.md §2.2). */
export interface StatusPackage {
  readonly type: 'status'
  readonly from: Party
  readonly responseFor: DocumentReference & { readonly organId: string }
  /** Two digits, padded; other texts as written. */
  readonly code: string
  /** As written, before padding. */
  readonly codeText: string
  readonly description?: string
  readonly staff?: StaffInfo
  /** As written, `yyyy/MM/dd HH:mm:ss` in Vietnam time by rule. */
  readonly timestampText?: string
  /** ISO 8601 with `+07:00` when the text is a real date. */
  readonly timestamp?: string
  readonly unknown?: readonly UnknownElement[]
}

export type AnyPackage = DocumentPackage | StatusPackage

/** A disagreement worth telling both sides that does not stop the package (design D11). */
export interface Finding {
  readonly code: string
  readonly severity: 'info' | 'warn'
  readonly path?: string
  readonly line?: number
  readonly column?: number
  readonly params?: Readonly<Record<string, string | number>>
}

/** How two spellings of one document identifier are compared: NFC, trimmed (contract §3, repeats). */
export function documentKey(documentId: string): string {
  return documentId.normalize('NFC').trim()
}

/**
 * Every key a document may be known by when somebody else writes its identifier: as it stands, and with the date in
 * its middle part written with slashes, which some builders write with dashes (edxml-in-practice.md §4.2).
 */
export function documentKeyVariants(documentId: string): string[] {
  const key = documentKey(documentId)
  const slashed = key.replace(/^([^,]+),(\d{4})-(\d{2})-(\d{2}),/, '$1,$2/$3/$4,')
  return [...new Set([key, slashed])]
}

/** Number and notation in one string as people say it, e.g. `743/UBND-KSTT`; undefined when both are missing. */
export function documentCode(d: { codeNumber?: string; codeNotation?: string }): string | undefined {
  if (d.codeNumber === undefined && d.codeNotation === undefined) return undefined
  return `${d.codeNumber ?? ''}/${d.codeNotation ?? ''}`
}

/**
 * What a repeat is judged by: header fields without To, TraceHeaderList and Signature, and the attachments by hash
 * after unwrapping (contract §3, design D17). Labels and ids of attachments are envelope, not content: rebuilt files
 * change them. For recall and update the business block is the content: it says what to do with whose document.
 */
export function comparableContent(d: DocumentPackage): Record<string, unknown> {
  const {
    to: _to,
    traces: _traces,
    hasSignature: _signature,
    business,
    attachments,
    promulgationDate: _iso,
    dueDateText,
    dueDate = dueDateText,
    unknown = [],
    ...fields
  } = d
  const novelties = unknown.filter(isHeaderContent).map(({ path, text = '', sha256 = '' }) => [path, text, sha256])
  return {
    ...fields,
    ...(dueDate === undefined ? {} : { dueDate }),
    ...(novelties.length === 0 ? {} : { unknown: novelties.map((n) => n.join(' ')).sort() }),
    ...(d.kind === 'recall' || d.kind === 'update' ? { business } : {}),
    attachments: attachments.map((a) => a.innerSha256 ?? a.sha256).sort(),
  }
}

/** What stands in the header beside `To` and says something: an empty element means that there is no value. */
function isHeaderContent({ path, text, sha256 }: UnknownElement): boolean {
  const saysSomething = text !== undefined || sha256 !== undefined
  return saysSomething && /^edXMLHeader\/MessageHeader\/(?!To\[)/.test(path)
}

/**
 * The identity under which a submission is a repeat, as a UUID (contract §3, repeats; design D17). New and replacing
 * documents: issuing agency and document id. Recall and update name their target and may say it several ways, so
 * their content is part of the key. Statuses: all that was said.
 */
export function repeatKey(p: AnyPackage, issuingAgencyId: string, documentId: string): string {
  const document = [issuingAgencyId, documentKey(documentId)]
  if (p.type === 'status') {
    const { type: _type, codeText: _text, from: _from, ...said } = p
    return keyOf(['status', ...document, said])
  }
  if (p.kind === 'new' || p.kind === 'replace') return keyOf(['document', ...document])
  return keyOf([p.kind, ...document, comparableContent(p)])
}

/** A UUID made of the SHA-256 of any value. */
export function keyOf(value: unknown): string {
  const hex = contentHash(value).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** SHA-256 of any value in a canonical JSON form (object keys sorted, texts in NFC, absent members left out). */
export function contentHash(value: unknown): Buffer {
  return createHash('sha256').update(canonicalJson(value)).digest()
}

export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** Paths at which two contents differ, for the answer to a repeat with other content. */
export function differingPaths(a: unknown, b: unknown, path = ''): string[] {
  if (canonicalJson(a ?? null) === canonicalJson(b ?? null)) return []
  if (!isPlainObject(a) || !isPlainObject(b)) return [path]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return names.flatMap((name) => differingPaths(a[name], b[name], path === '' ? name : `${path}/${name}`))
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
