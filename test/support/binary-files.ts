// ZIP and OLE files for tests, built by hand so that each can be wrong in one place.
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipPart {
  readonly name: string
  readonly bytes?: Buffer
  readonly encrypted?: boolean
  /** 8, deflated, when absent. */
  readonly method?: number
  /** What the directory says, when that is not so. */
  readonly statedSize?: number
  readonly statedPackedSize?: number
}

/** As the reference library streams it: local headers say nothing about sizes, the directory at the end does. */
export function zipFile(parts: readonly ZipPart[], comment = ''): Buffer {
  const locals: Buffer[] = []
  const headers: Buffer[] = []
  let at = 0
  for (const part of parts) {
    const { bytes = Buffer.from(part.name), method = 8 } = part
    const packed = method === 8 ? deflateRawSync(bytes) : bytes
    const name = Buffer.from(part.name)
    const flags = 0x0808 | (part.encrypted === true ? 1 : 0)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(method, 8)
    local.writeUInt16LE(name.length, 26)
    const header = Buffer.alloc(46)
    header.writeUInt32LE(0x02014b50, 0)
    header.writeUInt16LE(flags, 8)
    header.writeUInt16LE(method, 10)
    header.writeUInt32LE(crc32(bytes), 16)
    header.writeUInt32LE(part.statedPackedSize ?? packed.length, 20)
    header.writeUInt32LE(part.statedSize ?? bytes.length, 24)
    header.writeUInt16LE(name.length, 28)
    header.writeUInt32LE(at, 42)
    locals.push(local, name, packed)
    headers.push(header, name)
    at += 30 + name.length + packed.length
  }
  const directory = Buffer.concat(headers)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)])
}

export interface OleWish {
  readonly names: readonly string[]
  /** Hex, of the root. */
  readonly classId?: string
  /** Sectors of content before the directory. */
  readonly sectorsBefore?: number
}

/** The container of the older office files, with a directory of these names. */
export function oleFile({ names, classId, sectorsBefore = 0 }: OleWish): Buffer {
  const header = Buffer.alloc(512)
  header.write('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1')
  header.writeUInt16LE(9, 30)
  header.writeUInt32LE(sectorsBefore, 48)
  const entries = ['Root Entry', ...names].map((name, index) => {
    const entry = Buffer.alloc(128)
    entry.write(name, 'utf16le')
    entry.writeUInt16LE(2 * name.length + 2, 64)
    entry.writeUInt8(index === 0 ? 5 : 2, 66)
    if (index === 0 && classId !== undefined) entry.write(classId, 80, 'hex')
    return entry
  })
  return Buffer.concat([header, Buffer.alloc(512 * sectorsBefore, 0x20), ...entries, Buffer.alloc(512)])
}
