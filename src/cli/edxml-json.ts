// A package as JSON and back, in the form of the gateway's own document view. What somebody else wrote is held against
// schemas/json/edxml-package.json.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type DocumentKind, documentKinds } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { AttachmentToWrite } from '../edxml/write-package.ts'
import type { EdxmlAttachment } from '../generated/json/edxml-attachment.ts'
import type { EdxmlDocument } from '../generated/json/edxml-document.ts'
import type { EdxmlPackage } from '../generated/json/edxml-package.ts'
import type { EdxmlStatus } from '../generated/json/edxml-status.ts'
import { edocView, statusView } from '../reports/document-view.ts'
import { CommandFailure } from './command.ts'
import { type PackageFile, unreadable } from './edxml-read.ts'

/** What a package shall say, with its files in hand, however they were given. */
export type GivenPackage =
  | {
      readonly type: 'edoc'
      readonly kind: DocumentKind
      readonly document: EdxmlDocument
      readonly files: readonly AttachmentToWrite[]
    }
  | { readonly type: 'status'; readonly status: EdxmlStatus }

export async function readPackageJson(file: string, folder: string): Promise<GivenPackage> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error)
  })
  const given = valid(parsed(text))
  if (given.type === 'status') return { type: 'status', status: given.status ?? missing('status') }
  const document = given.document ?? missing('document')
  const files: AttachmentToWrite[] = []
  for (const attachment of document.attachments ?? []) files.push(await fileOf(attachment, folder))
  const kind = documentKinds.find((one) => one === given.kind) ?? 'new'
  return { type: 'edoc', kind, document, files }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    if (error instanceof SyntaxError) throw badJson(`JSON: ${error.message}`, [])
    throw error
  }
}

function valid(value: unknown): EdxmlPackage {
  validate ??= compiled()
  if (validate(value)) return value
  const errors = validate.errors ?? []
  throw badJson(errors.map(({ instancePath, keyword }) => `${instancePath || '/'} (${keyword})`).join(', '), errors)
}

function missing(name: string): never {
  const error = { instancePath: '', keyword: 'required', message: name, params: {} }
  throw badJson(`/ (required: ${name})`, [error])
}

/** With the codes that the gateway has for a body in JSON. */
function badJson(
  reason: string,
  errors: readonly Pick<ErrorObject, 'instancePath' | 'keyword' | 'message' | 'params'>[],
): GatewayError {
  const violations = errors.map(({ instancePath, keyword, message = '', params }) => ({
    path: instancePath,
    rule: keyword,
    expected: [message, ...Object.values(params).map(String)].join(' '),
  }))
  return new GatewayError('invalid', 'bad_request', { violations, params: { reason } })
}

let validate: ValidateFunction<EdxmlPackage> | undefined

function compiled(): ValidateFunction<EdxmlPackage> {
  const ajv = new Ajv({ allErrors: true })
  const parts = ['party', 'reference', 'staff', 'attachment', 'unknown-element', 'document', 'status']
  for (const part of parts) ajv.addSchema(schema(part))
  return ajv.compile<EdxmlPackage>(schema('package'))
}

function schema(name: string): object {
  return JSON.parse(readFileSync(new URL(`../../schemas/json/edxml-${name}.json`, import.meta.url), 'utf8'))
}

async function fileOf(attachment: EdxmlAttachment, folder: string): Promise<AttachmentToWrite> {
  const { name, description } = attachment
  const bytes = await bytesOf(attachment, folder)
  const expected = attachment.inner?.sha256 ?? attachment.sha256
  if (expected !== undefined && expected !== sha256Of(bytes)) {
    throw new CommandFailure(
      `${name}: không phải tệp đã ghi trong JSON (SHA-256 khác) · not the file that the JSON speaks of (another SHA-256)`,
    )
  }
  return { name, bytes, ...(description === undefined ? {} : { description }) }
}

async function bytesOf({ name, content, file }: EdxmlAttachment, folder: string): Promise<Buffer> {
  if (content !== undefined) return decoded(content, name)
  if (file === undefined) {
    throw new CommandFailure(`${name}: JSON không có nội dung (content) hay tên tệp (file) · neither content nor file`)
  }
  // A package that a stranger described must not pick up any file of this machine.
  if (file !== basename(file) || file === '..') {
    throw new CommandFailure(
      `${name}: "file" chỉ là tên tệp trong thư mục --files · "file" is a name in --files, not "${file}"`,
    )
  }
  return readFile(join(folder, file)).catch((error: unknown) => {
    throw unreadable(join(folder, file), error)
  })
}

function decoded(content: string, name: string): Buffer {
  const letters = content.replace(/\s+/g, '')
  if (letters.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(letters)) return Buffer.from(letters, 'base64')
  throw new CommandFailure(`${name}: "content" không phải base64 · "content" is not base64`)
}

/** As the gateway shows it; `more` is added to each attachment, in their order. */
export function packageJson(read: Omit<PackageFile, 'file'>, more: readonly object[] = []): EdxmlPackage {
  const { size, sha256, package: p } = read
  if (p.type === 'status') return { type: 'status', kind: 'status', sha256, size, status: statusView(p) }
  const document = edocView(p)
  const attachments = document.attachments.map((view, index) => ({ ...view, ...more[index] }))
  return { type: 'edoc', kind: p.kind, sha256, size, document: { ...document, attachments } }
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
