// The files of a package (R52; Quy chế Đắk Lắk Đ.4.3): by what their bytes are and by their names, which lie.
import type { Attachment } from '../domain/document-package.ts'
import { attachmentPath } from './document-texts.ts'
import { foldFileName, foldText } from './phrases.ts'
import type { Check, Hit, MakeCheck } from './rule.ts'

interface FileFacts {
  readonly attachment: Attachment
  /** By the bytes of the file people know it as; undefined where nobody looked into its wrapper. */
  readonly mediaType: string | undefined
  /** In lower case without the dot; empty where the name has none. */
  readonly extension: string
}

interface NamesAndContents {
  readonly extensions: readonly string[]
  readonly mediaTypes: readonly string[]
}

export const attachmentExecutable: MakeCheck = ({ attachment_executable }) => {
  const isExecutable = isOneOf(attachment_executable)
  return forEachFile((file) => {
    const { inner } = file.attachment
    const hidden = inner === undefined ? '' : extensionOf(inner.entryName)
    return isExecutable(file) || attachment_executable.extensions.includes(hidden) ? [nameOf(file)] : []
  })
}

export const attachmentArchive: MakeCheck = ({ attachment_archive }) => {
  const isArchive = isOneOf(attachment_archive)
  return forEachFile((file) => (isArchive(file) ? [nameOf(file)] : []))
}

/** Programs and archives are left to their own rules, also where a province lets them pass. */
export const attachmentFormat: MakeCheck = ({ attachment_format, attachment_archive, attachment_executable }) => {
  const extensions = new Set(attachment_format.extensions)
  const mediaTypes = new Set(attachment_format.mediaTypes)
  const hasOwnRule = [attachment_archive, attachment_executable].map(isOneOf)
  return forEachFile((file) => {
    if (hasOwnRule.some((matches) => matches(file))) return []
    const isAllowed =
      (file.extension === '' || extensions.has(file.extension)) &&
      (file.mediaType === undefined || mediaTypes.has(file.mediaType))
    return isAllowed ? [] : [{ ...nameOf(file), expected: attachment_format.extensions.join(', ') }]
  })
}

export const attachmentNameMismatch: MakeCheck = ({ attachment_name_mismatch: { formats } }) => {
  const contents = new Map(
    formats.flatMap(({ extensions, mediaTypes }) => extensions.map((extension) => [extension, mediaTypes] as const)),
  )
  return forEachFile((file) => {
    const expected = contents.get(file.extension)
    const { mediaType } = file
    if (mediaType === undefined || expected === undefined || expected.includes(mediaType)) return []
    const fitting = formats.find(({ mediaTypes }) => mediaTypes.includes(mediaType))?.extensions[0]
    return [{ ...nameOf(file), ...(fitting === undefined ? {} : { expected: `.${fitting}` }) }]
  })
}

export const attachmentMacros: MakeCheck = () =>
  forEachFile((file) => (file.attachment.hasMacros === true ? [nameOf(file)] : []))

export const attachmentSize: MakeCheck = ({ attachment_size: { bytesMax } }) =>
  forEachFile((file) => {
    const size = file.attachment.inner?.size ?? file.attachment.size
    if (size <= bytesMax) return []
    const { found, params } = nameOf(file)
    return [{ found, params: { ...params, size: megabytes(size), max: megabytes(bytesMax) } }]
  })

export const packageSize: MakeCheck =
  ({ package_size: { bytesMax } }) =>
  ({ size }) =>
    size <= bytesMax ? [] : [{ path: '', params: { size: megabytes(size), max: megabytes(bytesMax) } }]

/**
 * Which file is the document itself is written nowhere. If any file that is not an annex is a PDF, that one is taken to
 * be the signed document: many senders add its .docx for convenience.
 */
export const mainFileNotPdf: MakeCheck = ({ main_file_not_pdf }) => {
  const annexWords = main_file_not_pdf.annexWords.map(foldText)
  const isAnnex = ({ name, description }: Attachment) =>
    [name, description ?? ''].some((text) => annexWords.some((word) => beginsWithWord(foldFileName(text), word)))
  return ({ document }) => {
    if (document.kind !== 'new' && document.kind !== 'replace') return []
    const files = document.attachments.map(factsOf)
    const main = files.filter(({ attachment }) => !isAnnex(attachment))
    const candidates = main.length === 0 ? files : main
    const [first] = candidates
    const mayBePdf = ({ mediaType }: FileFacts) => mediaType === undefined || mediaType === 'application/pdf'
    if (first === undefined || candidates.some(mayBePdf)) return []
    return [hitOf(nameOf(first), document.attachments.indexOf(first.attachment))]
  }
}

function forEachFile(look: (file: FileFacts) => readonly Omit<Hit, 'path'>[]): Check {
  return ({ document }) =>
    document.attachments.flatMap((attachment, index) => look(factsOf(attachment)).map((hit) => hitOf(hit, index)))
}

function hitOf(hit: Omit<Hit, 'path'>, index: number): Hit {
  return { ...hit, path: `${attachmentPath(index)}/AttachmentName` }
}

function factsOf(attachment: Attachment): FileFacts {
  const { inner, innerSha256 } = attachment
  const isUnseen = inner === undefined && innerSha256 !== undefined
  return {
    attachment,
    mediaType: isUnseen ? undefined : (inner?.mediaType ?? attachment.mediaType),
    extension: extensionOf(attachment.name),
  }
}

/** After the last dot, as far as it can be an ending: "Công văn số 12.2026" has none. Trailing dots are not seen by Windows. */
function extensionOf(name: string): string {
  const ending = /\.([A-Za-z0-9]{1,10})(?::[^.]*)?[. ]*$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return /[a-z]/.test(ending) ? ending : ''
}

function isOneOf({ extensions, mediaTypes }: NamesAndContents): (file: FileFacts) => boolean {
  const names = new Set(extensions)
  const contents = new Set(mediaTypes)
  return ({ extension, mediaType }) => names.has(extension) || (mediaType !== undefined && contents.has(mediaType))
}

function nameOf({ attachment, mediaType }: FileFacts) {
  const { name } = attachment
  return { found: name, params: { name, content: mediaType ?? attachment.mediaType } }
}

function beginsWithWord(text: string, word: string): boolean {
  const bare = text.replace(/^[\p{P}\p{S}\p{Z}\p{N}]+/u, '')
  return bare.startsWith(word) && !/^\p{L}/u.test(bare.slice(word.length))
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
