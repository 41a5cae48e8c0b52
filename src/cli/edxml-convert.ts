// `tram edxml convert`: a package to JSON, JSON to a package, or a package to our normal form.
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Attachment } from '../domain/document-package.ts'
import type { AttachmentToWrite } from '../edxml/write-package.ts'
import { systemClock } from '../platform/clock.ts'
import { edocView, statusView } from '../reports/document-view.ts'
import { type Arguments, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { type KeptContents, withContents } from './edxml-contents.ts'
import { extractAttachments } from './edxml-extract.ts'
import { type GivenPackage, packageJson, readPackageJson } from './edxml-json.ts'
import { checkOutput, handOverPackage, writeNew } from './edxml-output.ts'
import { limitsOf, type PackageFile, readPackageFile, unreadable } from './edxml-read.ts'
import { writtenBytes } from './edxml-write.ts'

export async function convert(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const file = args.word(1, 'the file')
  const isJson = await beginsLikeJson(file)
  if (isJson && args.flag('normal')) throw new UsageError('--normal takes a package, not JSON')
  if (isJson) await fromJson(file, args, context)
  else if (args.flag('normal')) await toNormalForm(file, args, context)
  else await toJson(file, args, context)
  return exitCodes.ok
}

async function fromJson(file: string, args: Arguments, context: CommandContext): Promise<void> {
  checkOutput(args)
  const given = await readPackageJson(file, args.text('files') ?? dirname(file))
  await handOverPackage(writtenBytes(given, systemClock.now()), given, args, context)
}

async function toNormalForm(file: string, args: Arguments, context: CommandContext): Promise<void> {
  checkOutput(args)
  await withContents(async (contents) => {
    const read = await readPackageFile(file, limitsOf(context.env), contents)
    const given = await givenBy(read, contents)
    const bytes = writtenBytes(given, systemClock.now())
    await handOverPackage(bytes, given, args, context)
    context.output.note(
      `Đây là bản ghi lại: SHA-256 của gói không còn là ${read.sha256}; chữ ký phong bì và vết chuyển tiếp cũ không còn · ` +
        `This is a re-written copy: the SHA-256 of the package is no longer ${read.sha256}; the envelope's signature and earlier hops are gone`,
    )
  })
}

async function givenBy({ package: read }: PackageFile, contents: KeptContents): Promise<GivenPackage> {
  if (read.type === 'status') return { type: 'status', status: statusView(read) }
  const files: AttachmentToWrite[] = []
  for (const attachment of read.attachments) {
    const { name, description } = attachment
    const bytes = await contents.bytesOf(attachment)
    files.push({ name, bytes, ...(description === undefined ? {} : { description }) })
  }
  return { type: 'edoc', kind: read.kind, document: edocView(read), files }
}

async function toJson(file: string, args: Arguments, { output, env }: CommandContext): Promise<void> {
  const folder = args.text('files')
  const withContent = args.flag('with-content')
  if (withContent && folder !== undefined) throw new UsageError('give --with-content or --files, not both')
  await withContents(async (contents) => {
    const read = await readPackageFile(file, limitsOf(env), contents)
    const attachments = read.package.type === 'edoc' ? read.package.attachments : []
    const json = packageJson(read, await inJson(attachments, contents, { folder, withContent }))
    if (attachments.length > 0 && !withContent && folder === undefined) {
      output.note(
        'JSON không kèm nội dung tệp: thêm --with-content hoặc --files THƯ-MỤC · the files are not in it: add --with-content or --files FOLDER',
      )
    }
    const out = args.text('out')
    if (out === undefined) return output.result(json)
    await writeNew(out, `${JSON.stringify(json, null, 2)}\n`)
    output.line(`Đã ghi · written: ${out}`)
    output.json({ file: out, attachments: attachments.length })
  })
}

interface FilesAsked {
  readonly folder: string | undefined
  readonly withContent: boolean
}

/** What is added to each attachment so that the package can be made again. */
async function inJson(
  attachments: readonly Attachment[],
  contents: KeptContents,
  { folder, withContent }: FilesAsked,
): Promise<object[]> {
  if (folder !== undefined) {
    const extracted = await extractAttachments(attachments, contents, folder)
    return extracted.map(({ name }) => ({ file: name }))
  }
  const added: object[] = []
  if (!withContent) return added
  for (const one of attachments) added.push({ content: (await contents.bytesOf(one)).toString('base64') })
  return added
}

/** JSON begins with a brace; what is neither JSON nor XML is told so by the reader of packages. */
async function beginsLikeJson(file: string): Promise<boolean> {
  const head = Buffer.alloc(1024)
  try {
    const handle = await open(file)
    const { bytesRead } = await handle.read(head).finally(() => handle.close())
    return /^\ufeff?\s*[{[]/.test(head.toString('utf8', 0, bytesRead))
  } catch (error) {
    throw unreadable(file, error)
  }
}
