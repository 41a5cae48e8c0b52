// ZIP files as somebody builds them who wants to hurt whoever opens them. `zipOf` of the product writes honest ones.
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string | Buffer
  readonly bytes: Buffer
  readonly flags?: number
  readonly method?: number
  /** What the headers say instead of the truth. */
  readonly statedSize?: number
  readonly statedPackedSize?: number
  /** Shares the data of the entry before it. */
  readonly overlaps?: boolean
}

export interface ZipLies {
  readonly entryCount?: number
  readonly centralAt?: number
  readonly comment?: Buffer
}

export function zipWith(entries: readonly ZipEntry[], lies: ZipLies = {}): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let at = 0
  let localAt = 0
  for (const entry of entries) {
    const { local, central } = records(entry)
    if (entry.overlaps !== true) {
      localAt = at
      locals.push(local)
      at += local.length
    }
    central.writeUInt32LE(localAt, 42)
    centrals.push(central)
  }
  const directory = Buffer.concat(centrals)
  return Buffer.concat([...locals, directory, endRecord(entries.length, directory.length, at, lies)])
}

/** So many levels of ZIP around so many copies: 42.zip has six and sixteen. */
export function nestedZip(levels: number, copies: number, bottom: Buffer): Buffer {
  let inside = bottom
  for (let level = 0; level < levels; level++) {
    const entries = Array.from({ length: copies }, (_, i) => ({ name: `lib ${i}.zip`, bytes: inside }))
    inside = zipWith(entries)
  }
  return inside
}

function records(entry: ZipEntry): { local: Buffer; central: Buffer } {
  const name = Buffer.from(entry.name)
  const packed = entry.method === 0 ? entry.bytes : deflateRawSync(entry.bytes, { level: 9 })
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt16LE(entry.flags ?? 0, 2)
  common.writeUInt16LE(entry.method ?? 8, 4)
  common.writeUInt32LE(crc32(entry.bytes), 10)
  common.writeUInt32LE(entry.statedPackedSize ?? packed.length, 14)
  common.writeUInt32LE(entry.statedSize ?? entry.bytes.length, 18)
  common.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, packed])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, Buffer.alloc(14), name])
  return { local, central }
}

function endRecord(count: number, centralSize: number, centralAt: number, lies: ZipLies): Buffer {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt16LE(lies.entryCount ?? count, 8)
  record.writeUInt16LE(lies.entryCount ?? count, 10)
  record.writeUInt32LE(centralSize, 12)
  record.writeUInt32LE(lies.centralAt ?? centralAt, 16)
  record.writeUInt16LE(lies.comment?.length ?? 0, 20)
  return Buffer.concat([record, lies.comment ?? Buffer.alloc(0)])
}
