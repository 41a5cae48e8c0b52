// `tram edxml make`: a valid package from a few words, or from JSON.
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type DocumentKind, documentKinds } from '../domain/document-package.ts'
import { needsReason, statusCodes } from '../domain/feedback.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import { present } from '../edxml/wire-object.ts'
import type { AttachmentToWrite } from '../edxml/write-package.ts'
import type { EdxmlDocument } from '../generated/json/edxml-document.ts'
import type { EdxmlParty } from '../generated/json/edxml-party.ts'
import type { EdxmlStatus } from '../generated/json/edxml-status.ts'
import { systemClock } from '../platform/clock.ts'
import { type Arguments, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { type GivenPackage, readPackageJson } from './edxml-json.ts'
import { checkOutput, handOverPackage } from './edxml-output.ts'
import { unreadable } from './edxml-read.ts'
import { writtenBytes } from './edxml-write.ts'

export async function make(args: Arguments, context: CommandContext): Promise<ExitCode> {
  checkOutput(args)
  const now = systemClock.now()
  const given = await givenPackage(args, now)
  await handOverPackage(writtenBytes(given, now), given, args, context)
  return exitCodes.ok
}

async function givenPackage(args: Arguments, now: Date): Promise<GivenPackage> {
  const input = args.text('input')
  if (input !== undefined) return readPackageJson(input, args.text('files') ?? dirname(input))
  if (args.text('status') !== undefined) return { type: 'status', status: statusOf(args, now) }
  const kind = args.oneOf('kind', documentKinds) ?? 'new'
  const files = await Promise.all(args.texts('attach').map(readAttachment))
  return { type: 'edoc', kind, document: documentOf(args, { kind, hasFiles: files.length > 0 }, now), files }
}

function documentOf(args: Arguments, { kind, hasFiles }: Operation, now: Date): EdxmlDocument {
  const from = party(args.required('from'))
  const to = args.texts('to').map(party)
  if (to.length === 0) throw new UsageError('--to is needed')
  const { codeNumber, codeNotation } = numberAndNotation(args.required('code'))
  const promulgationDate = day(args, 'date') ?? vietnamDay(now)
  const madeUpId = `${from.organId},${promulgationDate.replaceAll('-', '/')},${codeNumber}/${codeNotation}`
  return present({
    ...{ from, to, codeNumber, codeNotation, promulgationDate },
    documentId: args.text('document-id') ?? madeUpId,
    place: args.text('place'),
    documentType: { type: '2', typeName: args.text('type-name') ?? 'Công văn' },
    subject: args.required('subject'),
    content: args.text('content'),
    signer: { position: args.text('position') ?? 'Người ký', fullName: args.text('signer') ?? 'Không nêu tên' },
    dueDate: day(args, 'due'),
    priority: priorityOf(args),
    responseFor: kind === 'recall' ? [targetOf(args, from)] : [],
    toPlaces: args.texts('to-place'),
    business: businessOf(args, { kind, hasFiles }, to),
  })
}

function priorityOf(args: Arguments): number {
  const priority = args.number('priority') ?? 0
  if (!Number.isInteger(priority) || priority > 4) throw new UsageError('--priority takes 0 to 4')
  return priority
}

interface Operation {
  readonly kind: DocumentKind
  readonly hasFiles: boolean
}

/** What an operation acts on (edXML §2.1): one document for recall and update, any number for a replacement. */
function businessOf(
  args: Arguments,
  { kind, hasFiles }: Operation,
  to: readonly EdxmlParty[],
): EdxmlDocument['business'] {
  const targets = args.texts('target')
  const reason = args.text('reason')
  if (kind === 'new') {
    if (targets.length > 0) throw new UsageError('--target goes with --kind recall, update or replace')
    return reason === undefined ? undefined : { reason }
  }
  const [documentId] = targets
  if (documentId === undefined) throw new UsageError(`--kind ${kind} needs --target: the document it acts on`)
  if (kind !== 'replace' && targets.length > 1) throw new UsageError(`--kind ${kind} takes one --target`)
  const receivers = [
    ...args.texts('add').map((organId) => ({ organId, receiverType: '1' })),
    ...args.texts('remove').map((organId) => ({ organId, receiverType: '0' })),
  ]
  const organIds = to.map(({ organId }) => organId)
  return present({
    reason,
    ...(kind === 'replace'
      ? { replacements: targets.map((target) => ({ documentId: target, organIds })) }
      : { documentId }),
    ...(kind === 'update' ? { receivers, documentInfo: hasFiles || receivers.length === 0 ? '1' : '0' } : {}),
  })
}

/** A recall names its document a second time, as other programs look for it there. */
function targetOf(args: Arguments, from: EdxmlParty) {
  const [documentId] = args.texts('target')
  return present({
    organId: from.organId,
    documentId,
    code: args.text('target-code'),
    promulgationDate: day(args, 'target-date'),
  })
}

function statusOf(args: Arguments, now: Date): EdxmlStatus {
  const code = args.oneOf('status', statusCodes) ?? ''
  const description = args.text('description')
  if (needsReason(code) && description === undefined) throw new UsageError(`status ${code} needs --description: why`)
  const [to, ...others] = args.texts('to')
  if (to === undefined || others.length > 0) throw new UsageError('a status needs one --to: the agency that reads it')
  const staff = present({
    staff: args.text('staff'),
    department: args.text('department'),
    mobile: args.text('mobile'),
    email: args.text('email'),
  })
  return present({
    from: party(args.required('from')),
    responseFor: present({
      organId: party(to).organId,
      documentId: args.required('document-id'),
      code: args.text('code'),
      promulgationDate: day(args, 'date'),
    }),
    code,
    description,
    staff: Object.keys(staff).length === 0 ? undefined : staff,
    // A package tells seconds and no less.
    timestamp: args.text('at') ?? vietnamTime(now).replace(/\.\d+/, ''),
  })
}

/** `H35.12`, or `H35.12=Sở Nội vụ`. */
function party(text: string): EdxmlParty {
  const at = text.indexOf('=')
  return at < 0 ? { organId: text } : { organId: text.slice(0, at).trim(), organName: text.slice(at + 1).trim() }
}

function numberAndNotation(code: string): { codeNumber: string; codeNotation: string } {
  const at = code.indexOf('/')
  if (at <= 0 || at === code.length - 1)
    throw new UsageError(`--code takes number/notation such as 743/SNV-VP, not "${code}"`)
  return { codeNumber: code.slice(0, at), codeNotation: code.slice(at + 1) }
}

function day(args: Arguments, name: string): string | undefined {
  const text = args.text(name)
  if (text === undefined || /^\d{4}-\d{2}-\d{2}$/.test(text)) return text
  throw new UsageError(`--${name} takes a day such as 2026-11-20, not "${text}"`)
}

async function readAttachment(file: string): Promise<AttachmentToWrite> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  return { name: basename(file), bytes }
}
