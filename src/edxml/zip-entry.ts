// A zip of exactly one file, as the reference library wraps attachments that are neither PDF nor office files
// (edxml-in-practice.md §7.2). Sizes stand in the local header, so streaming and directory readers both open it.
import { crc32, deflateRawSync } from 'node:zlib'

export function zipOf(name: string, bytes: Buffer): Buffer {
  const entryName = Buffer.from(name)
  const packed = deflateRawSync(bytes)
  const facts = { crc: crc32(bytes), packedSize: packed.length, size: bytes.length, nameLength: entryName.length }
  const local = Buffer.concat([localHeader(facts), entryName, packed])
  const central = Buffer.concat([centralHeader(facts), entryName])
  return Buffer.concat([local, central, endRecord(local.length, central.length)])
}

interface EntryFacts {
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  readonly nameLength: number
}

function localHeader(facts: EntryFacts): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  writeCommon(header, facts, 4)
  return header
}

function centralHeader(facts: EntryFacts): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(zipVersion, 4)
  writeCommon(header, facts, 6)
  return header
}

/** The fields that both headers share, in the same order. */
function writeCommon(header: Buffer, facts: EntryFacts, at: number): void {
  header.writeUInt16LE(zipVersion, at)
  header.writeUInt16LE(namesAreUtf8, at + 2)
  header.writeUInt16LE(deflated, at + 4)
  header.writeUInt16LE(0, at + 6)
  header.writeUInt16LE(firstDosDay, at + 8)
  header.writeUInt32LE(facts.crc, at + 10)
  header.writeUInt32LE(facts.packedSize, at + 14)
  header.writeUInt32LE(facts.size, at + 18)
  header.writeUInt16LE(facts.nameLength, at + 22)
}

function endRecord(centralAt: number, centralSize: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(1, 8)
  record.writeUInt16LE(1, 10)
  record.writeUInt32LE(centralSize, 12)
  record.writeUInt32LE(centralAt, 16)
  return record
}

const zipVersion = 20
const namesAreUtf8 = 0x0800
const deflated = 8
// 1 January 1980: the same bytes give the same zip, so a package written twice is recognised as the same.
const firstDosDay = (1 << 5) | 1
