// The shape every package that is written here has: envelope, manifest, attachment block, and how a file is labelled,
// wrapped and encoded. What stands in the header is decided in write-package.ts.
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { XMLBuilder } from 'fast-xml-parser'
import type { SchemaName } from './schema-check.ts'
import { edxmlNamespace } from './vocabulary.ts'
import { refuseUnwritable } from './write-check.ts'
import { zipOf } from './zip-entry.ts'

export interface AttachmentToWrite {
  readonly name: string
  readonly bytes: Buffer
  /** The media type to state; from the name when absent. A file that is zipped is always labelled as zip. */
  readonly contentType?: string
  readonly description?: string
}

/** What is written: text, elements, several of one name; undefined is left out. Names starting with @ are attributes. */
export type Writable = string | undefined | readonly Writable[] | { readonly [name: string]: Writable }

interface EncodableFile {
  readonly label: { readonly [name: string]: string | undefined }
  readonly bytes: Buffer
}

/** The bytes of a package: the header's elements, then the manifest and the files where there are any. */
export function packageBytes(schema: SchemaName, header: Writable, attachments: readonly AttachmentToWrite[]): Buffer {
  const files = attachments.map(encodable)
  const manifest = { '@version': '1.0', Reference: files.map(({ label }) => label) }
  const body = files.length === 0 ? undefined : { edXMLManifest: manifest }
  const envelope = envelopeXml({ edXMLHeader: header, edXMLBody: body })
  // A byte stands for each file: what is in them is no matter of the schema, and may be much.
  const skeleton = assemble(envelope, files, (file) => file.bytes.subarray(0, 1))
  refuseUnwritable(schema, skeleton.toString())
  return assemble(envelope, files, (file) => file.bytes)
}

/** PDF and office files as they are, everything else zipped: readers unwrap by the label. Both labels are alike. */
function encodable(attachment: AttachmentToWrite, index: number): EncodableFile {
  const contentId = contentIdOf(attachment, index)
  const extension = extname(attachment.name).toLowerCase()
  const rawType = rawTypes.get(extension)
  const label = (type: string) => ({
    ContentId: `cid:${contentId}`,
    ContentType: type,
    Description: attachment.description,
    AttachmentName: attachment.name,
  })
  if (rawType !== undefined) return { label: label(attachment.contentType ?? rawType), bytes: attachment.bytes }
  return { label: label('application/zip'), bytes: zipOf(`${contentId}${extension}`, attachment.bytes) }
}

/** In the shape of a UUID, as readers expect, and the same for the same file: a rebuilt package equals the first. */
function contentIdOf(attachment: AttachmentToWrite, index: number): string {
  const hex = createHash('sha256').update(`${index} ${attachment.name}`).update(attachment.bytes).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

function assemble(
  envelope: string,
  files: readonly EncodableFile[],
  contentOf: (file: EncodableFile) => Buffer,
): Buffer {
  const opening = `<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="${edxmlNamespace}">\n`
  const parts: (string | Buffer)[] = [opening, envelope]
  if (files.length > 0) parts.push('<AttachmentEncoded>\n')
  for (const file of files) {
    const { ContentId, AttachmentName, Description, ContentType } = file.label
    const fields = builder.build(pruned({ ContentId, AttachmentName, Description, ContentType }, '') ?? {})
    parts.push(`<Attachment>\n${fields}<edXML:ContentTransferEncoded xmlns:edXML="${edxmlNamespace}">`)
    parts.push(contentOf(file), '</edXML:ContentTransferEncoded>\n</Attachment>\n')
  }
  if (files.length > 0) parts.push('</AttachmentEncoded>\n')
  parts.push('</edXML>\n')
  return concatenated(parts)
}

function envelopeXml(envelope: Writable): string {
  const content = pruned(envelope, 'edXML:')
  return builder.build({ 'edXML:edXMLEnvelope': { '@xmlns:edXML': edxmlNamespace, ...content } })
}

type Members = { [name: string]: string | Members | (string | Members)[] }

/** Prefixes the names and leaves out what says nothing; undefined when nothing remains. */
function pruned(value: Writable, prefix: string): Members | undefined {
  if (typeof value !== 'object' || isList(value)) return undefined
  const members: Members = {}
  for (const [name, member] of Object.entries(value)) {
    const written = (isList(member) ? member : [member]).flatMap((one) => prunedOne(one, prefix))
    const key = name.startsWith('@') ? name : `${prefix}${name}`
    if (written.length > 0) members[key] = isList(member) ? written : (written[0] ?? '')
  }
  return Object.keys(members).some((name) => !name.startsWith('@')) ? members : undefined
}

function prunedOne(value: Writable, prefix: string): (string | Members)[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  const members = pruned(value, prefix)
  return members === undefined ? [] : [members]
}

function isList(value: Writable): value is readonly Writable[] {
  return Array.isArray(value)
}

/** One allocation for the whole package; bytes are encoded into it piece by piece. */
function concatenated(parts: readonly (string | Buffer)[]): Buffer {
  const sizes = parts.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : base64Length(part.length)))
  const target = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0))
  let at = 0
  for (const part of parts) {
    if (typeof part === 'string') at += target.write(part, at)
    else
      for (let i = 0; i < part.length; i += pieceBytes)
        at += target.write(part.toString('base64', i, i + pieceBytes), at, 'latin1')
  }
  return target
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

// A multiple of three, so that padding only stands at the end.
const pieceBytes = 48 * 1024

const openXml = 'application/vnd.openxmlformats-officedocument'
const openDocument = 'application/vnd.oasis.opendocument'
const rawTypes: ReadonlyMap<string, string> = new Map([
  ['.pdf', 'application/pdf'],
  ['.doc', 'application/msword'],
  ['.docx', `${openXml}.wordprocessingml.document`],
  ['.xls', 'application/vnd.ms-excel'],
  ['.xlsx', `${openXml}.spreadsheetml.sheet`],
  ['.ppt', 'application/vnd.ms-powerpoint'],
  ['.pptx', `${openXml}.presentationml.presentation`],
  ['.odt', `${openDocument}.text`],
  ['.ods', `${openDocument}.spreadsheet`],
  ['.rtf', 'application/rtf'],
  ['.zip', 'application/zip'],
])

const builder = new XMLBuilder({
  format: true,
  indentBy: '  ',
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: true,
})
