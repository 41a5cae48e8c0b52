// The directory of a ZIP, which stands at its end (APPNOTE.TXT §4.3): what it holds, without unpacking any of it. Local
// headers are not asked: the reference library writes them without sizes (edxml-in-practice.md §7.2).

export interface ZipEntry {
  readonly name: string
  readonly isEncrypted: boolean
  readonly method: number
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  /** Of its local header, in the whole file. */
  readonly localAt: number
}

export interface ZipListing {
  /** As the end record says. */
  readonly count: number
  /** All, or the first thousand. */
  readonly entries: readonly ZipEntry[]
}

/** The end of a file, from which a directory is read. */
export interface FileEnd {
  readonly bytes: Buffer
  /** Where they begin in the whole file; 0 when they are all of it. */
  readonly startsAt: number
}

/** `broken`: there is no whole directory. `beyond`: it begins before the bytes that were kept. */
export function listZip(end: FileEnd): ZipListing | 'broken' | 'beyond' {
  const { bytes, startsAt } = end
  // The end record is the last thing but for a comment of at most 64 KB.
  const at = bytes.lastIndexOf(endSignature)
  if (at < 0 || at + endBytes > bytes.length) return 'broken'
  const count = bytes.readUInt16LE(at + 10)
  const directoryAt = bytes.readUInt32LE(at + 16)
  // Sizes and offsets of more than four gigabytes stand elsewhere; such a file is never looked into.
  if (directoryAt === 0xffff_ffff || directoryAt < startsAt) return 'beyond'
  const entries = readEntries(bytes.subarray(directoryAt - startsAt, at), Math.min(count, entriesMax))
  return entries === undefined ? 'broken' : { count, entries }
}

function readEntries(directory: Buffer, count: number): ZipEntry[] | undefined {
  const entries: ZipEntry[] = []
  let at = 0
  while (entries.length < count) {
    if (at + headerBytes > directory.length || directory.readUInt32LE(at) !== headerSignature) return undefined
    const nameEnd = at + headerBytes + directory.readUInt16LE(at + 28)
    if (nameEnd > directory.length) return undefined
    entries.push({
      name: directory.toString('utf8', at + headerBytes, nameEnd),
      isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      localAt: directory.readUInt32LE(at + 42),
    })
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}

/** The bytes of an entry as they are packed; undefined where the headers contradict each other. */
export function packedBytes(zip: Buffer, entry: ZipEntry): Buffer | undefined {
  const { localAt, packedSize } = entry
  if (localAt + 30 > zip.length || zip.readUInt32LE(localAt) !== localSignature) return undefined
  const from = localAt + 30 + zip.readUInt16LE(localAt + 26) + zip.readUInt16LE(localAt + 28)
  return from + packedSize > zip.length ? undefined : zip.subarray(from, from + packedSize)
}

const endSignature = Buffer.from('PK\x05\x06', 'latin1')
const endBytes = 22
const headerSignature = 0x02014b50
const headerBytes = 46
const localSignature = 0x04034b50

// Names tell what kind of file it is, and the first ones tell it.
const entriesMax = 1000
