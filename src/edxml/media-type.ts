// What a file is by its first bytes. Labels lie (edxml-in-practice.md §7.2), so nothing else is asked.
import { isUtf8 } from 'node:buffer'

/** `isCut` says that the file goes on after `head`. */
export function mediaTypeOf(head: Buffer, isCut: boolean): string {
  const known = signatures.find(({ magic }) => head.subarray(0, magic.length).equals(magic))
  if (known !== undefined) return known.mediaType === zip ? zipKind(head) : known.mediaType
  if (isText(head, isCut)) return 'text/plain'
  // After the text check: an executable has zero bytes in its first header, a letter that begins with MZ has none.
  if (head.subarray(0, 2).equals(Buffer.from('MZ'))) return 'application/vnd.microsoft.portable-executable'
  return 'application/octet-stream'
}

/**
 * Bytes above 7F were replaced by EF BF BD when somebody read the file as text on its way; it cannot be repaired.
 * Four in the first bytes do not happen otherwise, unless the file is text and holds that character on purpose.
 */
export function isDamagedByTextDecoding(head: Buffer, mediaType: string): boolean {
  if (mediaType === 'text/plain') return false
  let count = 0
  for (let at = head.indexOf(replacement); at >= 0 && count < 4; at = head.indexOf(replacement, at + 3)) count++
  return count >= 4
}

/** Office formats are zips of many entries; the first names tell them apart. Anything else stays a plain zip. */
function zipKind(head: Buffer): string {
  const names = entryNames(head)
  if (names[0] === 'mimetype') {
    const at = 30 + names[0].length + head.readUInt16LE(28)
    const stated = /^application\/vnd\.oasis\.opendocument\.[a-z-]+/.exec(head.toString('latin1', at, at + 80))
    if (stated !== null) return stated[0]
  }
  if (!names.some((name) => name === '[Content_Types].xml' || name.startsWith('_rels/'))) return zip
  return officeFolders.find(({ folder }) => names.some((name) => name.startsWith(folder)))?.mediaType ?? zip
}

function entryNames(head: Buffer): string[] {
  const names: string[] = []
  for (let at = 0; at >= 0 && at + 30 <= head.length; at = head.indexOf(localEntry, at + 4)) {
    names.push(head.toString('latin1', at + 30, at + 30 + head.readUInt16LE(at + 26)))
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

const zip = 'application/zip'
const localEntry = Buffer.from('PK\x03\x04', 'latin1')
const replacement = Buffer.from('\ufffd')

const openXml = 'application/vnd.openxmlformats-officedocument'
const officeFolders = [
  { folder: 'word/', mediaType: `${openXml}.wordprocessingml.document` },
  { folder: 'xl/', mediaType: `${openXml}.spreadsheetml.sheet` },
  { folder: 'ppt/', mediaType: `${openXml}.presentationml.presentation` },
]

const signatures = [
  ['%PDF-', 'application/pdf'],
  ['PK\x03\x04', zip],
  ['PK\x05\x06', zip],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'application/x-ole-storage'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
  ['{\\rtf', 'application/rtf'],
  ['7z\xbc\xaf\x27\x1c', 'application/x-7z-compressed'],
  ['Rar!\x1a\x07', 'application/vnd.rar'],
  ['\x7fELF', 'application/x-elf'],
].map(([magic = '', mediaType = '']) => ({ magic: Buffer.from(magic, 'latin1'), mediaType }))
