// A package in JSON -> the bytes of our normal form, and what of it did not come through: the writer is strict, and
// knows fewer fields than there are.
import type { AnyPackage, DocumentPackage, Priority } from '../domain/document-package.ts'
import { isNonNegativeInteger, isoDate, isoTimestamp } from '../edxml/value-forms.ts'
import { present } from '../edxml/wire-object.ts'
import {
  type DocumentToWrite,
  type ReferenceToWrite,
  type StatusToWrite,
  writeDocumentPackage,
  writeStatusPackage,
} from '../edxml/write-package.ts'
import type { EdxmlDocument } from '../generated/json/edxml-document.ts'
import type { EdxmlReference } from '../generated/json/edxml-reference.ts'
import type { EdxmlStatus } from '../generated/json/edxml-status.ts'
import { edocView, statusView } from '../reports/document-view.ts'
import { type GivenPackage, sha256Of } from './edxml-json.ts'

export function writtenBytes(given: GivenPackage, now: Date): Buffer {
  return given.type === 'status'
    ? writeStatusPackage(statusToWrite(given.status, now))
    : writeDocumentPackage(documentToWrite(given, now))
}

type GivenDocument = Extract<GivenPackage, { type: 'edoc' }>

/** What is missing is left empty: the writer refuses it and names everything that it wants. */
function documentToWrite({ kind, document: d, files }: GivenDocument, now: Date): DocumentToWrite {
  return present({
    ...{ kind, from: d.from, to: d.to, subject: d.subject, content: d.content, place: d.place },
    documentId: d.documentId ?? '',
    codeNumber: d.codeNumber ?? '',
    codeNotation: d.codeNotation ?? '',
    promulgationDate: day(d.promulgationDate ?? d.promulgationDateText) ?? '',
    documentType: { ...d.documentType, type: d.documentType?.type ?? '', typeName: d.documentType?.typeName ?? '' },
    signer: { ...d.signer, position: d.signer?.position ?? '', fullName: d.signer?.fullName ?? '' },
    dueDate: day(d.dueDate ?? d.dueDateText),
    priority: priorities.find((priority) => priority === d.priority),
    ...otherInfo(d.otherInfo ?? {}),
    responseFor: (d.responseFor ?? []).map(reference),
    steeringType: d.steeringType,
    toPlaces: d.toPlaces ?? [],
    business: business(d.business),
    sentAt: instant(d.traces?.[0]?.timestamp) ?? now,
    attachments: files,
  })
}

const priorities: readonly Priority[] = [0, 1, 2, 3, 4]

function otherInfo(info: NonNullable<EdxmlDocument['otherInfo']>) {
  const text = (name: string) => (typeof info[name] === 'string' ? info[name] : undefined)
  const amount = (name: string) => {
    const value = text(name)
    return value !== undefined && isNonNegativeInteger(value) ? Number(value) : undefined
  }
  return {
    sphereOfPromulgation: text('sphereOfPromulgation'),
    typerNotation: text('typerNotation'),
    promulgationAmount: amount('promulgationAmount'),
    pageAmount: amount('pageAmount'),
    appendixes: [info.appendixes ?? []].flat(),
  }
}

function business(given: EdxmlDocument['business']): DocumentToWrite['business'] {
  if (given === undefined) return undefined
  const { reason, documentId, staff, documentInfo, receivers, replacements } = given
  const isDocumentChanged = documentInfo === undefined ? undefined : documentInfo !== '0'
  return present({ reason, documentId, staff, documentInfo: isDocumentChanged, receivers, replacements })
}

function statusToWrite(s: EdxmlStatus, now: Date): StatusToWrite {
  return present({
    from: s.from,
    responseFor: { ...reference(s.responseFor), organId: s.responseFor.organId ?? '' },
    code: s.code,
    description: s.description,
    staff: s.staff,
    at: instant(s.timestamp ?? s.timestampText) ?? now,
  })
}

function reference(given: EdxmlReference): ReferenceToWrite {
  return present({ ...given, promulgationDate: day(given.promulgationDate) })
}

/** ISO where it is a real date; else the text, which the writer refuses and names. */
function day(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (isoDate(text) ?? text)
}

export interface Difference {
  readonly path: string
  readonly before: string
  /** Undefined where nothing of it is there. */
  readonly after?: string
}

/** Every given value that the written package says otherwise, or not at all. What it says besides is our normal form. */
export function differences(given: GivenPackage, written: AnyPackage): Difference[] {
  const before = values(given.type === 'status' ? comparableStatus(given.status) : comparableDocument(given))
  const after = values(written.type === 'status' ? comparableStatus(statusView(written)) : comparableWritten(written))
  return [...before]
    .filter(([path, value]) => value !== after.get(path))
    .map(([path, value]) => present({ path, before: value, after: after.get(path) }))
}

/** Without what is only another way of saying the same: texts beside their dates, and what was known of the files. */
function comparableDocument({ kind, document, files }: GivenDocument): object {
  const {
    promulgationDateText,
    promulgationDate = promulgationDateText,
    dueDateText,
    dueDate = dueDateText,
    ...rest
  } = document
  const { attachments: _attachments, signature, traces = [], responseFor = [], ...fields } = rest
  return {
    ...{ ...fields, kind, promulgationDate: day(promulgationDate), dueDate: day(dueDate) },
    ...(signature === 'present_not_checked' ? { signature } : {}),
    responseFor: responseFor.map(comparableReference),
    traces: traces.map(({ organId, timestamp }) => ({ organId, timestamp: isoTime(timestamp) })),
    attachments: files.map(({ name, description, bytes }) => ({ name, description, sha256: sha256Of(bytes) })),
  }
}

function comparableWritten(written: DocumentPackage): object {
  const files = written.attachments.map(({ name, description, inner, sha256 }) => ({
    ...{ name, description, sha256: inner?.sha256 ?? sha256 },
  }))
  return {
    ...comparableDocument({ type: 'edoc', kind: written.kind, document: edocView(written), files: [] }),
    attachments: files,
  }
}

function comparableStatus({
  codeText: _text,
  timestampText,
  timestamp = timestampText,
  ...fields
}: EdxmlStatus): object {
  return { ...fields, timestamp, responseFor: comparableReference(fields.responseFor) }
}

function comparableReference(given: EdxmlReference): object {
  return { ...given, promulgationDate: day(given.promulgationDate) }
}

function isoTime(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (isoTimestamp(text) ?? text)
}

function instant(text: string | undefined): Date | undefined {
  const iso = text === undefined ? undefined : (isoTimestamp(text) ?? text)
  const date = iso === undefined ? undefined : new Date(iso)
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date
}

/** Every text and number with the path it stands at. */
function values(value: unknown, path = '', found = new Map<string, string>()): ReadonlyMap<string, string> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) values(member, path === '' ? name : `${path}/${name}`, found)
  } else if (value !== undefined && value !== '') found.set(path, String(value))
  return found
}
