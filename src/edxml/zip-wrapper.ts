// A ZIP of one file is an encoding here: the reference library wraps whatever is neither PDF nor office file, under a
// random entry name and with the time of wrapping (edxml-in-practice.md §7.2). Two wrappings of one file differ in
// every byte, so a document is compared by the file inside.
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { inflateRawSync } from 'node:zlib'

export interface WrappedFile {
  readonly entryName: string
  /** Lower-case hex SHA-256 of the file inside. */
  readonly sha256: string
}

/** Wrappers up to this size are looked into; larger ones are compared as they are. */
export const wrapperBytesMax = 8 * 1024 * 1024
/** A file inside may be so large, and so many times its packed size, before it counts as a bomb and stays closed. */
const fileBytesMax = 64 * 1024 * 1024
const ratioMax = 200

/** The only file of a ZIP, or undefined for anything else: several entries, encrypted, damaged, too large. */
export function wrappedFile(zip: Buffer): WrappedFile | undefined {
  const central = onlyCentralHeader(zip)
  if (central === undefined) return undefined
  const { packed, method, size, entryName } = central
  if (size > fileBytesMax || size > packed.length * ratioMax + 1024) return undefined
  const bytes = method === 0 ? packed : inflated(packed, size)
  if (bytes === undefined || bytes.length !== size) return undefined
  return { entryName, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Whether an entry stands for the attachment: the same kind of file, or a name made up by the wrapper. */
export function isWrapperOf(attachmentName: string, entryName: string): boolean {
  if (/\.zip$/i.test(attachmentName)) return false
  const sameKind = extname(attachmentName).toLowerCase() === extname(entryName).toLowerCase()
  return sameKind || uuidName.test(entryName)
}

interface CentralHeader {
  readonly entryName: string
  readonly method: number
  readonly size: number
  readonly packed: Buffer
}

function onlyCentralHeader(zip: Buffer): CentralHeader | undefined {
  // The end record is the last thing but for a comment of at most 64 KB.
  const end = zip.lastIndexOf(endSignature)
  if (end < 0 || end + 22 > zip.length || zip.readUInt16LE(end + 10) !== 1) return undefined
  const at = zip.readUInt32LE(end + 16)
  if (at + 46 > zip.length || zip.readUInt32LE(at) !== 0x02014b50) return undefined
  const isEncrypted = (zip.readUInt16LE(at + 8) & 1) === 1
  const method = zip.readUInt16LE(at + 10)
  if (isEncrypted || (method !== 0 && method !== 8)) return undefined
  const packedSize = zip.readUInt32LE(at + 20)
  const localAt = zip.readUInt32LE(at + 42)
  if (localAt + 30 > zip.length || zip.readUInt32LE(localAt) !== 0x04034b50) return undefined
  const dataAt = localAt + 30 + zip.readUInt16LE(localAt + 26) + zip.readUInt16LE(localAt + 28)
  if (dataAt + packedSize > zip.length) return undefined
  return {
    entryName: zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)),
    method,
    size: zip.readUInt32LE(at + 24),
    packed: zip.subarray(dataAt, dataAt + packedSize),
  }
}

function inflated(packed: Buffer, size: number): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch {
    // A damaged or lying ZIP stays a ZIP; it is compared by its own bytes.
    return undefined
  }
}

const endSignature = Buffer.from('PK\x05\x06', 'latin1')
const uuidName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.[^.]*)?$/i
