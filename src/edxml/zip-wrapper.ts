// A ZIP of one file is an encoding here: the reference library wraps whatever is neither PDF nor office file, under a
// random entry name and with the time of wrapping (edxml-in-practice.md §7.2). Two wrappings of one file differ in
// every byte, so a document is compared, and judged, by the file inside. The bytes handed on never change.
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { crc32, inflateRawSync } from 'node:zlib'
import type { WrappedFileFacts } from '../domain/document-package.ts'
import { type FileKind, recognise } from './media-type.ts'
import { oleDirectoryPlace } from './ole-file.ts'
import { type FileEnd, listZip, packedBytes, type ZipEntry } from './zip-listing.ts'

/** What is worth telling about a ZIP, each a code of the catalogue. */
export type ZipTrouble = 'zip_broken' | 'zip_encrypted' | 'zip_expands' | 'zip_not_inspected'

export interface WrappedFile extends WrappedFileFacts {
  readonly hasMacros: boolean
}

export interface ZipFacts {
  /** Undefined where there is no directory to count by. */
  readonly count?: number
  readonly entryNames?: readonly string[]
  readonly trouble?: ZipTrouble
  /** The only file inside. */
  readonly wrapped?: WrappedFile
}

/** Wrappers up to this size are opened; of larger ones only the directory at their end is read. */
export const wrapperBytesMax = 8 * 1024 * 1024
/** A file inside may be so large before it stays closed. */
const fileBytesMax = 64 * 1024 * 1024
// Documents shrink to a tenth, tables to a fiftieth; beyond two hundred it was made to fill a disk.
const ratioMax = 200
const ratioFreeBytes = 1024 * 1024

export function inspectZip(end: FileEnd): ZipFacts {
  const listing = listZip(end)
  if (listing === 'broken') return { trouble: 'zip_broken' }
  if (listing === 'beyond') return { trouble: 'zip_not_inspected' }
  const { count, entries } = listing
  const facts = { count, entryNames: entries.map(({ name }) => name) }
  const trouble = troubleOf(entries)
  const [only] = entries
  if (trouble !== undefined) return { ...facts, trouble }
  return only !== undefined && count === 1 ? { ...facts, ...openWrapper(end, only) } : facts
}

function troubleOf(entries: readonly ZipEntry[]): ZipTrouble | undefined {
  if (entries.some(({ isEncrypted }) => isEncrypted)) return 'zip_encrypted'
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  const packedSize = entries.reduce((sum, entry) => sum + entry.packedSize, 0)
  return size > packedSize * ratioMax + ratioFreeBytes ? 'zip_expands' : undefined
}

function openWrapper({ bytes: zip, startsAt }: FileEnd, entry: ZipEntry): Pick<ZipFacts, 'trouble' | 'wrapped'> {
  const isKnownMethod = entry.method === stored || entry.method === deflated
  if (startsAt > 0 || entry.size > fileBytesMax || !isKnownMethod) return { trouble: 'zip_not_inspected' }
  const packed = packedBytes(zip, entry)
  const bytes = packed && unpacked(packed, entry)
  if (bytes === undefined) return { trouble: 'zip_broken' }
  const { mediaType, hasMacros } = recogniseWhole(bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  // PostgreSQL stores no NUL, and no terminal shall obey a name.
  const entryName = entry.name.replace(/\p{Cc}/gu, '\ufffd')
  return { wrapped: { entryName, sha256, size: bytes.length, mediaType, hasMacros } }
}

/** A damaged or lying ZIP stays a ZIP; it is compared by its own bytes. */
function unpacked(packed: Buffer, { method, size, crc }: ZipEntry): Buffer | undefined {
  const bytes = method === stored ? packed : inflated(packed, size)
  return bytes !== undefined && bytes.length === size && crc32(bytes) === crc ? bytes : undefined
}

function inflated(packed: Buffer, size: number): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    // What zlib says of the data is expected here; anything else is not.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

function recogniseWhole(bytes: Buffer): FileKind {
  const place = oleDirectoryPlace(bytes.subarray(0, headBytes))
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b
  const listing = isZip ? listZip({ bytes, startsAt: 0 }) : 'broken'
  return recognise({
    head: bytes.subarray(0, headBytes),
    size: bytes.length,
    ...(place === undefined ? {} : { oleDirectory: bytes.subarray(place.offset, place.offset + place.length) }),
    ...(typeof listing === 'string' ? {} : { entryNames: listing.entries.map(({ name }) => name) }),
  })
}

/** Whether an entry stands for the attachment: the same kind of file, or a name made up by the wrapper. */
export function isWrapperOf(attachmentName: string, entryName: string): boolean {
  if (/\.zip$/i.test(attachmentName)) return false
  const sameKind = extname(attachmentName).toLowerCase() === extname(entryName).toLowerCase()
  return sameKind || uuidName.test(entryName)
}

const stored = 0
const deflated = 8
const headBytes = 4096
const uuidName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[^.]*)?$/i
