// The canonical JSON view of a package: what the reader made of it, for systems that would rather not read edXML.
import type { AnyPackage, Attachment, DocumentPackage, StatusPackage } from '../domain/document-package.ts'
import { safeFileName } from '../domain/file-name.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { DocumentView } from '../generated/json/document-view.ts'
import type { EdocAttachment } from '../generated/json/edoc-attachment.ts'
import type { EdocView } from '../generated/json/edoc-view.ts'
import type { StatusView } from '../generated/json/status-view.ts'

export interface StoredDocument {
  readonly package_id: string
  readonly type: DocumentView['type']
  readonly kind: DocumentView['kind']
  readonly document_id: string
  /** What the reader made of the package, as intake or feedback stored it. */
  readonly document: unknown
  readonly sha256: Buffer
  readonly size: number
  readonly accepted_at: Date
}

export function documentView(stored: StoredDocument): DocumentView {
  const read = stored.document as AnyPackage
  return {
    packageId: stored.package_id,
    type: stored.type,
    kind: stored.kind,
    documentId: stored.document_id,
    sha256: stored.sha256.toString('hex'),
    size: stored.size,
    acceptedAt: vietnamTime(stored.accepted_at),
    ...(read.type === 'edoc' ? { document: edocView(read) } : { status: statusView(read) }),
  }
}

export function edocView(document: DocumentPackage): EdocView {
  const {
    type: _type,
    kind: _kind,
    dueDate,
    dueDateText,
    attachments,
    hasSignature,
    unknown = [],
    ...header
  } = document
  return {
    ...mutable(header),
    // A package stored before the two were told apart has whatever was written in the one.
    ...(dueDateText === undefined && dueDate === undefined ? {} : { dueDateText: dueDateText ?? dueDate }),
    ...(dueDate !== undefined && isoDay.test(dueDate) ? { dueDate } : {}),
    signature: hasSignature ? 'present_not_checked' : 'absent',
    attachments: attachments.map(attachmentView),
    unknown: mutable(unknown),
  }
}

function attachmentView(attachment: Attachment): EdocAttachment {
  const { innerSha256: _inner, ...facts } = attachment
  return { ...mutable(facts), safeName: safeFileName(attachment.name) }
}

export function statusView(status: StatusPackage): StatusView {
  const { type: _type, unknown = [], ...said } = status
  return { ...mutable(said), unknown: mutable(unknown) }
}

/** The generated types know no `readonly`; nothing here writes. */
function mutable<T>(value: T): Mutable<T> {
  return value as Mutable<T>
}

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T

const isoDay = /^\d{4}-\d{2}-\d{2}$/
