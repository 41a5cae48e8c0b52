// `tram edxml inspect`: what a package says, what its files really are, and what is worth knowing about it.
import {
  type Attachment,
  type DocumentPackage,
  type DocumentReference,
  documentCode,
  type Party,
  type StaffInfo,
  type StatusPackage,
} from '../domain/document-package.ts'
import { type Arguments, type CommandContext, type ExitCode, exitCodes } from './command.ts'
import { withContents } from './edxml-contents.ts'
import { findingLines, findingView, languageOf } from './edxml-explain.ts'
import { type ExtractedFile, extractAttachments } from './edxml-extract.ts'
import { packageJson } from './edxml-json.ts'
import { limitsOf, type PackageFile, readPackageFile } from './edxml-read.ts'
import { kindText, priorityText, receiverText } from './edxml-words.ts'
import type { Cell, Output } from './output.ts'
import { statusText, timeText } from './words.ts'

export async function inspect(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const file = args.word(1, 'the file')
  const folder = args.text('extract')
  await withContents(async (contents) => {
    const read = await readPackageFile(file, limitsOf(context.env), folder === undefined ? undefined : contents)
    const attachments = read.package.type === 'edoc' ? read.package.attachments : []
    const extracted = folder === undefined ? [] : await extractAttachments(attachments, contents, folder)
    show(read, extracted, args, context.output)
  })
  return exitCodes.ok
}

function show(read: PackageFile, extracted: readonly ExtractedFile[], args: Arguments, output: Output): void {
  const { file, size, sha256, findings } = read
  const language = languageOf(args)
  output.line(`${file}  ${size} bytes  sha256 ${sha256}`)
  output.line()
  if (read.package.type === 'edoc') showDocument(read.package, output)
  else showStatus(read.package, output)
  showFindings(findings.length, findingLines(findings, language), output)
  for (const { attachment, path } of extracted) output.line(`Đã ghi · written: ${path} ← ${attachment.name}`)
  output.json({
    ...{ file, ...packageJson(read) },
    findings: findings.map((finding) => findingView(finding, language)),
    ...(extracted.length === 0
      ? {}
      : { extracted: extracted.map(({ attachment, path }) => ({ name: attachment.name, path })) }),
  })
}

function showDocument(document: DocumentPackage, output: Output): void {
  const { signer, documentType, otherInfo = {} } = document
  showFields(output, [
    ['Loại gói tin · kind', kindText(document.kind)],
    ['Bên gửi · from', partyText(document.from)],
    ...document.to.map((to, index): Row => [index === 0 ? 'Bên nhận · to' : ' ', partyText(to)]),
    ['Mã văn bản · documentId', document.documentId],
    ['Số, ký hiệu · code', documentCode(document)],
    ['Ngày ban hành · date', joined([document.place, document.promulgationDate ?? document.promulgationDateText])],
    [
      'Loại văn bản · type',
      joined([documentType?.typeName, joined([documentType?.type, documentType?.typeDetail], '/')]),
    ],
    ['Trích yếu · subject', document.subject],
    ['Tóm tắt · content', document.content],
    ['Người ký · signer', joined([signer?.competence, signer?.position, signer?.fullName])],
    ['Hạn · due', document.dueDate ?? document.dueDateText],
    ['Độ khẩn · priority', priorityText(document.priority)],
    ...document.responseFor.map((reference): Row => ['Liên quan · response for', referenceText(reference)]),
    ['Chỉ đạo · steering', document.steeringType],
    ['Nơi nhận in · printed to', joined(document.toPlaces, '; ')],
    ...Object.entries(otherInfo).map(([name, value]): Row => [`Khác · ${name}`, joined([value].flat(), '; ')]),
    ['Chữ ký phong bì · signature', document.hasSignature ? 'có, không kiểm tra · present, not checked' : undefined],
  ])
  showBusiness(document, output)
  showAttachments(document.attachments, output)
  showUnknown(document.unknown ?? [], output)
}

function showBusiness({ business, traces }: DocumentPackage, output: Output): void {
  output.line()
  output.line('Nghiệp vụ · operations')
  showFields(output, [
    ['  Lý do · reason', business?.reason],
    ['  Về văn bản · acts on', business?.documentId],
    ['  Bản giấy · paper', business?.paper],
    ['  Sửa nội dung · document changed', business?.documentInfo],
    ['  Sửa nơi nhận · recipients changed', business?.documentReceiver],
    ...(business?.receivers ?? []).map(
      (r): Row => ['  Nơi nhận · recipient', `${r.organId} ${receiverText(r.receiverType)}`],
    ),
    ...(business?.replacements ?? []).map(
      (r): Row => ['  Thay thế · replaces', `${r.documentId} (${r.organIds.join(', ')})`],
    ),
    ['  Cán bộ · staff', staffText(business?.staff)],
    ...traces.map((hop): Row => ['  Vết · hop', joined([hop.organId ?? '?', hop.timestamp])]),
  ])
}

function showStatus(status: StatusPackage, output: Output): void {
  showFields(output, [
    ['Loại gói tin · kind', kindText('status')],
    ['Bên báo · from', partyText(status.from)],
    ['Báo tới · to', status.responseFor.organId],
    ['Về văn bản · about', referenceText(status.responseFor)],
    [
      'Trạng thái · status',
      joined([statusText(status.code), status.code === status.codeText ? undefined : `"${status.codeText}"`]),
    ],
    ['Diễn giải · description', status.description],
    ['Cán bộ · staff', staffText(status.staff)],
    ['Lúc · at', timeText(status.timestamp) ?? status.timestampText],
  ])
  showUnknown(status.unknown ?? [], output)
}

function showAttachments(attachments: readonly Attachment[], output: Output): void {
  output.line()
  output.line(`Tệp đính kèm · attachments: ${attachments.length}`)
  if (attachments.length === 0) return
  output.table(
    ['TÊN · NAME', 'KHAI BÁO · DECLARED', 'THỰC TẾ · REAL', 'BYTES', 'SHA256'],
    attachments.flatMap((a) => [
      [a.name, a.declaredType, withMacros(a), a.size, a.sha256],
      ...(a.inner === undefined
        ? []
        : [[`  ↳ ${a.inner.entryName}`, '', a.inner.mediaType, a.inner.size, a.inner.sha256]]),
    ]),
  )
}

function withMacros({ mediaType, hasMacros }: Attachment): string {
  return hasMacros === true ? `${mediaType} (macro)` : mediaType
}

function showUnknown(unknown: readonly { readonly path: string; readonly text?: string }[], output: Output): void {
  if (unknown.length === 0) return
  output.line()
  output.line(`Phần tử lạ · unknown elements: ${unknown.length}`)
  output.table(
    [],
    unknown.map(({ path, text }) => [`  ${path}`, text]),
  )
}

function showFindings(count: number, lines: readonly string[], output: Output): void {
  output.line()
  output.line(count === 0 ? 'Không có cảnh báo · no findings' : `Cảnh báo, lưu ý · findings: ${count}`)
  for (const line of lines) output.line(line)
}

type Row = readonly [label: string, value: string | undefined]

/** What the package does not say is left out. */
function showFields(output: Output, rows: readonly Row[]): void {
  output.table(
    [],
    rows.filter(([, value]) => value !== undefined && value !== '') satisfies readonly (readonly Cell[])[],
  )
}

function partyText({ organId, organName, organizationInCharge }: Party): string {
  return joined([organId, organName, organizationInCharge], ' · ') ?? ''
}

function referenceText({ organId, code, promulgationDate, documentId }: DocumentReference): string {
  return joined([code, promulgationDate, documentId, organId], ' · ') ?? ''
}

function staffText(staff: StaffInfo | undefined): string | undefined {
  return joined([staff?.staff, staff?.department, staff?.mobile, staff?.email])
}

function joined(parts: readonly (string | undefined)[], separator = ', '): string | undefined {
  const said = parts.filter((part) => part !== undefined && part !== '')
  return said.length === 0 ? undefined : said.join(separator)
}
