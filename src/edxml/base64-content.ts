// The text of one encoded attachment: strict base64 (RFC 4648 §4, white space allowed), decoded on the fly only to
// count, hash and recognise it. Lines and columns go on being counted.
import { createHash } from 'node:crypto'
import { type CapturedFile, FileCapture } from './file-capture.ts'

export interface ContentFault {
  readonly line: number
  readonly column: number
  readonly found: string
  readonly expected: string
}

export interface ContentFacts extends CapturedFile {
  readonly sha256: string
  readonly size: number
  /** The first thing wrong with the base64; the other facts mean nothing then. */
  readonly fault?: ContentFault
}

export class Base64Content {
  /** Of the next byte, counted from 1. */
  line: number
  column: number
  readonly #hash = createHash('sha256')
  readonly #file = new FileCapture()
  /** Up to three base64 characters that wait for their fourth. */
  #carry = ''
  #padding = 0
  #afterReturn = false
  #fault: ContentFault | undefined

  readonly #show: ((decoded: Buffer) => void) | undefined

  /** `show` is given the decoded bytes as they come; they are overwritten afterwards. */
  constructor(line: number, column: number, show?: (decoded: Buffer) => void) {
    this.line = line
    this.column = column
    this.#show = show
  }

  push(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; from += sliceBytes) {
      const slice = bytes.subarray(from, from + sliceBytes)
      if (!this.#takePlain(slice)) this.#takeCarefully(slice)
    }
  }

  finish(): ContentFacts {
    this.#checkEnd()
    this.#decode(this.#carry)
    return {
      ...this.#file.finish(),
      sha256: this.#hash.digest('hex'),
      size: this.#file.size,
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
    }
  }

  /**
   * The way of nearly all bytes: native code only. It may be taken when the slice holds nothing special; then Node's
   * lenient decoder, which skips what it does not know, gives the full length only if every byte was in the alphabet.
   */
  #takePlain(bytes: Buffer): boolean {
    if (this.#fault !== undefined || this.#padding > 0) return false
    if (specialBytes.some((byte) => bytes.includes(byte))) return false
    const text = this.#carry + bytes.toString('latin1')
    const whole = text.length - (text.length % 4)
    const decoded = scratch.write(whole === text.length ? text : text.slice(0, whole), 'base64')
    const rest = text.slice(whole)
    if (decoded !== (whole / 4) * 3 || !onlyData.test(rest)) return false
    this.#keep(scratch.subarray(0, decoded))
    this.#carry = rest
    this.column += bytes.length
    this.#afterReturn = false
    return true
  }

  /** Byte by byte: line ends, padding, and whatever is wrong. The counters are local because the loop is hot. */
  #takeCarefully(bytes: Buffer): void {
    let kept = 0
    let lineStart = -this.column + 1
    let afterReturn = this.#afterReturn
    let padding = this.#padding
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0
      const kind = kindOf[byte]
      if (kind === DATA && padding === 0) compacted[kept++] = byte
      else if (kind === PADDING && padding < 2) padding++
      else if (kind !== SPACE) this.#refuse(byte, i - lineStart + 1, padding > 0)
      if (byte > 0x0d) {
        afterReturn = false
        continue
      }
      if (byte === 0x0a || byte === 0x0d) {
        // CR LF is one line end, counted with its first half.
        if (byte === 0x0d || !afterReturn) this.line++
        lineStart = i + 1
      }
      afterReturn = byte === 0x0d
    }
    this.column = bytes.length - lineStart + 1
    this.#afterReturn = afterReturn
    this.#padding = padding
    const text = this.#carry + compacted.toString('latin1', 0, kept)
    const whole = text.length - (text.length % 4)
    this.#decode(text.slice(0, whole))
    this.#carry = text.slice(whole)
  }

  #decode(text: string): void {
    if (text === '' || this.#fault !== undefined) return
    this.#keep(scratch.subarray(0, scratch.write(text, 'base64')))
  }

  #keep(decoded: Buffer): void {
    this.#hash.update(decoded)
    this.#file.take(decoded)
    this.#show?.(decoded)
  }

  #refuse(byte: number, column: number, isLate: boolean): void {
    const found = byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `0x${byte.toString(16).padStart(2, '0')}`
    this.#fault ??= {
      line: this.line,
      column,
      found,
      expected: isLate ? 'end of base64 after =' : 'base64: A–Z a–z 0–9 + / =',
    }
  }

  #checkEnd(): void {
    const isComplete = this.#carry.length === 0 ? this.#padding === 0 : this.#carry.length + this.#padding === 4
    if (isComplete) return
    const found = `${this.#carry.length} + ${this.#padding} ×=`
    this.#fault ??= { line: this.line, column: this.column, found, expected: 'base64 in groups of four characters' }
  }
}

// Bounds the scratch space whatever chunk size the caller reads with.
const sliceBytes = 1 << 16

// Shared by all readers: each use begins and ends within one synchronous call.
const scratch = Buffer.allocUnsafe(sliceBytes)
const compacted = Buffer.allocUnsafe(sliceBytes)

// White space and padding need counting; `-` and `_` are base64url, which Node's decoder takes for base64.
const specialBytes = [...'\t\n\r -_='].map((c) => c.charCodeAt(0))

// For the few characters that are not decoded yet.
const onlyData = /^[A-Za-z0-9+/]*$/

const DATA = 1
const SPACE = 2
const PADDING = 3

const kindOf = new Uint8Array(256)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') kindOf[c.charCodeAt(0)] = DATA
for (const c of '\t\n\r ') kindOf[c.charCodeAt(0)] = SPACE
kindOf['='.charCodeAt(0)] = PADDING
