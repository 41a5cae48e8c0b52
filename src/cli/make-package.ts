// A package made from the options of `tram send --make`, in the form a QLVB-ĐH system would write it.
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Priority } from '../domain/document-package.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { type AttachmentToWrite, writeDocumentPackage } from '../edxml/write-package.ts'
import { type Arguments, UsageError } from './command.ts'

const priorities: readonly Priority[] = [0, 1, 2, 3, 4]

export async function makePackage(args: Arguments, now: Date): Promise<Buffer> {
  const to = args.texts('to')
  if (to.length === 0) throw new UsageError('--to is needed')
  const files = args.texts('attach')
  if (files.length === 0) throw new UsageError('--attach is needed: a document has at least one file')
  const from = args.required('from')
  const subject = args.required('subject')
  const date = args.text('date') ?? vietnamDay(now)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new UsageError(`--date takes a day such as 2026-11-20, not "${date}"`)
  // Seconds of the day: two documents made by hand do not get the same number.
  const number = args.text('number') ?? String(Math.floor(now.getTime() / 1000) % 86_400)
  const notation = args.text('notation') ?? 'UBND-VP'
  const priority = priorities.find((level) => level === (args.number('priority') ?? 0))
  if (priority === undefined) throw new UsageError('--priority takes 0 to 4')
  return writeDocumentPackage({
    from: { organId: from },
    to: to.map((organId) => ({ organId })),
    documentId: args.text('document-id') ?? `${from},${date.replaceAll('-', '/')},${number}/${notation}`,
    codeNumber: number,
    codeNotation: notation,
    promulgationDate: date,
    documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
    subject,
    priority,
    // An outgoing package names who signed; one made by hand says so where nobody is named.
    signer: { position: 'Người ký', fullName: args.text('signer') ?? 'Không nêu tên' },
    sentAt: now,
    attachments: await Promise.all(files.map(readAttachment)),
  })
}

async function readAttachment(file: string): Promise<AttachmentToWrite> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read`, { cause: error })
  })
  return { name: basename(file), bytes }
}
