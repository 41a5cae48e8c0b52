// What is kept of a file while its bytes stream by: enough to recognise it, and a small ZIP to look into. Never more than
// a few megabytes, however large the file is.
import { type FileKind, isDamagedByTextDecoding, recognise } from './media-type.ts'
import { oleDirectoryPlace, oleHeaderBytes, type Place } from './ole-file.ts'
import { inspectZip, wrapperBytesMax, type ZipFacts } from './zip-wrapper.ts'

export interface CapturedFile extends FileKind {
  readonly isDamaged: boolean
  /** Where it begins like a ZIP. */
  readonly zip?: ZipFacts
}

export class FileCapture {
  size = 0
  readonly #head = Buffer.alloc(headBytes)
  #headLength = 0
  #directory: { readonly place: Place; readonly bytes: Buffer } | undefined
  /** The end of what may be a ZIP, which is all of a small one; undefined once it cannot be one. */
  #end: Buffer[] | undefined = []
  #endLength = 0

  /** The bytes may be overwritten afterwards, so what is kept is copied. */
  take(bytes: Buffer): void {
    const from = this.size
    this.size += bytes.length
    if (this.#headLength < headBytes) this.#takeHead(bytes)
    if (this.#directory !== undefined) this.#takeDirectory(bytes, from)
    if (this.#end !== undefined) this.#takeEnd(bytes)
  }

  finish(): CapturedFile {
    const head = this.#head.subarray(0, this.#headLength)
    const zip = this.#isZip() ? inspectZip(this.#takeOutEnd()) : undefined
    const kind = recognise({
      head,
      size: this.size,
      ...(this.#directory === undefined ? {} : { oleDirectory: this.#directory.bytes }),
      ...(zip?.entryNames === undefined ? {} : { entryNames: zip.entryNames }),
    })
    const isDamaged = isDamagedByTextDecoding(head, kind.mediaType)
    return { ...kind, isDamaged, ...(zip === undefined ? {} : { zip }) }
  }

  #takeHead(bytes: Buffer): void {
    const before = this.#headLength
    this.#headLength += bytes.copy(this.#head, before)
    if (before >= oleHeaderBytes || this.#headLength < oleHeaderBytes) return
    const place = oleDirectoryPlace(this.#head.subarray(0, this.#headLength))
    // The directory never lies in the header, so nothing of it has gone by yet.
    if (place !== undefined) this.#directory = { place, bytes: Buffer.alloc(place.length) }
  }

  #takeDirectory(bytes: Buffer, from: number): void {
    const { place, bytes: directory } = this.#directory ?? { place: { offset: 0, length: 0 }, bytes: nothing }
    const first = Math.max(from, place.offset)
    const last = Math.min(from + bytes.length, place.offset + place.length)
    if (first < last) bytes.copy(directory, first - place.offset, first - from, last - from)
  }

  #takeEnd(bytes: Buffer): void {
    if (this.#end === undefined) return
    if (this.#headLength >= 2 && !this.#isZip()) {
      this.#end = undefined
      return
    }
    this.#end.push(Buffer.from(bytes))
    this.#endLength += bytes.length
    const keep = this.size <= wrapperBytesMax ? wrapperBytesMax : endBytesMax
    for (let [first] = this.#end; first !== undefined && this.#endLength - first.length >= keep; [first] = this.#end) {
      this.#end.shift()
      this.#endLength -= first.length
    }
  }

  #isZip(): boolean {
    return this.#headLength >= 2 && this.#head[0] === 0x50 && this.#head[1] === 0x4b
  }

  #takeOutEnd(): { bytes: Buffer; startsAt: number } {
    const bytes = Buffer.concat(this.#end ?? [])
    this.#end = undefined
    return { bytes, startsAt: this.size - bytes.length }
  }
}

const nothing = Buffer.alloc(0)

// Enough to see past the first entries of an office file.
const headBytes = 4096

// The comment at the end of a ZIP has at most 64 KB; the rest takes a directory of two thousand files.
const endBytesMax = 256 * 1024
