// What a file is by its bytes. Labels and names lie (edxml-in-practice.md §7.2), so nothing else is asked.
import { isUtf8 } from 'node:buffer'
import { oleFacts, oleMagic } from './ole-file.ts'

export interface FileView {
  /** The first bytes; the more, the surer. */
  readonly head: Buffer
  /** Of the whole file. */
  readonly size: number
  /** The beginning of the directory of an OLE file. */
  readonly oleDirectory?: Buffer
  /** The names in the directory of a ZIP; absent where it has none that can be read. */
  readonly entryNames?: readonly string[]
}

export interface FileKind {
  readonly mediaType: string
  readonly hasMacros: boolean
}

export function recognise(view: FileView): FileKind {
  const { head } = view
  const known = signatures.find(({ magic, at }) => head.subarray(at, at + magic.length).equals(magic))
  if (known?.mediaType === zip) return zipKind(head, view.entryNames ?? localEntryNames(head))
  if (known?.mediaType === oleStorage) return oleFacts(view.oleDirectory ?? Buffer.alloc(0))
  return { mediaType: known?.mediaType ?? unsignedKind(view), hasMacros: false }
}

/**
 * Bytes above 7F were replaced by EF BF BD when somebody read the file as text on its way; it cannot be repaired.
 * Four in the first bytes do not happen otherwise, unless the file is text and holds that character on purpose.
 */
export function isDamagedByTextDecoding(head: Buffer, mediaType: string): boolean {
  if (mediaType.startsWith('text/')) return false
  let count = 0
  for (let at = head.indexOf(replacement); at >= 0 && count < 4; at = head.indexOf(replacement, at + 3)) count++
  return count >= 4
}

/** What has no number of its own at its beginning. */
function unsignedKind({ head, size }: FileView): string {
  const isCut = size > head.length
  const isWideText = wideMarks.some((mark) => head.subarray(0, 2).equals(mark))
  if (isWideText || isText(head, isCut)) return textKind(decodedText(head), isCut)
  // After the text check: an executable has zero bytes in its first header, a letter that begins with MZ has none.
  return head.subarray(0, 2).equals(Buffer.from('MZ')) ? portableExecutable : 'application/octet-stream'
}

/** Office formats are ZIPs of many entries, whose names tell them apart. Anything else stays a plain ZIP. */
function zipKind(head: Buffer, names: readonly string[]): FileKind {
  const has = (beginning: string) => names.some((name) => name.startsWith(beginning))
  const stated = openDocumentType(head)
  if (stated !== undefined) return { mediaType: stated, hasMacros: has('Basic/') || has('Scripts/') }
  const hasMacros = names.some((name) => name.endsWith('vbaProject.bin'))
  const isOpenXml = names.includes('[Content_Types].xml') || has('_rels/')
  const office = isOpenXml ? officeFolders.find(({ folder }) => has(folder)) : undefined
  if (office !== undefined) return { mediaType: hasMacros ? office.withMacros : office.mediaType, hasMacros }
  const program = programEntries.find(({ entry }) => names.includes(entry))
  return { mediaType: program?.mediaType ?? zip, hasMacros: false }
}

/** An OpenDocument file begins with an entry that is not packed and holds its type. */
function openDocumentType(head: Buffer): string | undefined {
  if (head.length < 30 || localEntryNames(head)[0] !== 'mimetype') return undefined
  const at = 30 + 'mimetype'.length + head.readUInt16LE(28)
  return /^application\/vnd\.oasis\.opendocument\.[a-z-]+/.exec(head.toString('latin1', at, at + 80))?.[0]
}

/** Of the entries that begin within the head: all there is while the directory, which stands at the end, is not known. */
function localEntryNames(head: Buffer): string[] {
  const names: string[] = []
  for (let at = 0; at >= 0 && at + 30 <= head.length; at = head.indexOf(localEntry, at + 4)) {
    names.push(head.toString('utf8', at + 30, at + 30 + head.readUInt16LE(at + 26)))
  }
  return names
}

function isText(head: Buffer, isCut: boolean): boolean {
  if (head.length === 0) return false
  // The cut may fall inside a character of up to four bytes.
  const longest = isCut ? 3 : 0
  for (let drop = 0; drop <= longest; drop++) {
    const whole = head.subarray(0, head.length - drop)
    if (isUtf8(whole)) return !hasControlBytes(whole)
  }
  return false
}

function hasControlBytes(bytes: Buffer): boolean {
  return bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)
}

/** Without its byte order mark. */
function decodedText(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString('utf16le', 2)
  if (head[0] === 0xfe && head[1] === 0xff)
    return Buffer.from(head.subarray(0, head.length & ~1))
      .swap16()
      .toString('utf16le', 2)
  return head.toString('utf8').replace(/^\ufeff/, '')
}

function textKind(text: string, isCut: boolean): string {
  const known = textBeginnings.find(({ beginning }) => beginning.test(text))
  if (known !== undefined) return known.mediaType
  return isTable(text, isCut) ? 'text/csv' : 'text/plain'
}

/** Every line has the same number of separators, and there are at least two lines: a letter is not written so. */
function isTable(text: string, isCut: boolean): boolean {
  const lines = text.split(/\r\n|\n|\r/)
  const whole = (isCut ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== '')
  return [';', '\t', ','].some((separator) => {
    const counts = whole.map((line) => line.replace(/"[^"]*"/g, '').split(separator).length)
    return whole.length >= 2 && (counts[0] ?? 1) > 1 && counts.every((count) => count === counts[0])
  })
}

const zip = 'application/zip'
const oleStorage = 'application/x-ole-storage'
const portableExecutable = 'application/vnd.microsoft.portable-executable'
const localEntry = Buffer.from('PK\x03\x04', 'latin1')
const replacement = Buffer.from('\ufffd')
// A text file that Windows calls "Unicode" begins with one of them.
const wideMarks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

const openXml = 'application/vnd.openxmlformats-officedocument'
const officeFolders = [
  {
    folder: 'word/',
    mediaType: `${openXml}.wordprocessingml.document`,
    withMacros: 'application/vnd.ms-word.document.macroEnabled.12',
  },
  {
    folder: 'xl/',
    mediaType: `${openXml}.spreadsheetml.sheet`,
    withMacros: 'application/vnd.ms-excel.sheet.macroEnabled.12',
  },
  {
    folder: 'ppt/',
    mediaType: `${openXml}.presentationml.presentation`,
    withMacros: 'application/vnd.ms-powerpoint.presentation.macroEnabled.12',
  },
]
const programEntries = [
  { entry: 'AndroidManifest.xml', mediaType: 'application/vnd.android.package-archive' },
  { entry: 'META-INF/MANIFEST.MF', mediaType: 'application/java-archive' },
]

const textBeginnings = [
  { beginning: /^#!/, mediaType: 'text/x-shellscript' },
  { beginning: /^\s*@echo\s+off\b/i, mediaType: 'application/x-bat' },
  { beginning: /^\s*<(!doctype\s+html|html|script|hta:)/i, mediaType: 'text/html' },
  { beginning: /^\s*<\?xml\s/, mediaType: 'application/xml' },
]

const signatures = [
  ['%PDF-', 'application/pdf'],
  ['PK\x03\x04', zip],
  ['PK\x05\x06', zip],
  [oleMagic.toString('latin1'), oleStorage],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
  ['{\\rtf', 'application/rtf'],
  ['7z\xbc\xaf\x27\x1c', 'application/x-7z-compressed'],
  ['Rar!\x1a\x07', 'application/vnd.rar'],
  ['\x1f\x8b\x08', 'application/gzip'],
  ['BZh', 'application/x-bzip2'],
  ['\xfd7zXZ\0', 'application/x-xz'],
  ['MSCF\0\0\0\0', 'application/vnd.ms-cab-compressed'],
  ['\x7fELF', 'application/x-elf'],
  ['\xfe\xed\xfa\xce', 'application/x-mach-binary'],
  ['\xfe\xed\xfa\xcf', 'application/x-mach-binary'],
  ['\xce\xfa\xed\xfe', 'application/x-mach-binary'],
  ['\xcf\xfa\xed\xfe', 'application/x-mach-binary'],
  // Mach-O for several processors; a compiled Java class begins the same.
  ['\xca\xfe\xba\xbe', 'application/x-mach-binary'],
  ['\0asm', 'application/wasm'],
  // A Windows shortcut: its size and its class.
  ['L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F', 'application/x-ms-shortcut'],
  ['ustar', 'application/x-tar', 257],
].map(([magic = '', mediaType = '', at = 0]) => ({
  magic: Buffer.from(String(magic), 'latin1'),
  mediaType: String(mediaType),
  at: Number(at),
}))
