// Reads a package from its bytes as they arrive. Markup goes to the XML parser; the base64 of attachments never does:
// it is scanned raw, so memory and time do not grow with it (design D7). The decisions are in assemble-package.ts.
import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../domain/errors.ts'
import type { StoredFacts } from '../domain/storage-reserve.ts'
import { preparePackage, type ReadPackage, type UnjudgedPackage } from './assemble-package.ts'
import { Base64Content } from './base64-content.ts'
import { judgeWhereItFits } from './header-thread.ts'
import { judgeHeader } from './judge-header.js'
import { MarkupParser } from './markup-parser.ts'
import { type Place, placeOf } from './place-of.ts'
import { storedFacts } from './stored-facts.ts'
import { contentSpellings } from './vocabulary.ts'
import { describeBytes } from './wrong-root.ts'

export type { ReadPackage } from './assemble-package.ts'

export interface PackageReaderLimits {
  /** Bytes of markup, which is everything but the content of attachments. */
  readonly headerBytesMax: number
  readonly attachmentsMax: number
  /** Elements inside each other. */
  readonly depthMax: number
}

/** Somebody who wants the content of attachments, which the reader itself never keeps. */
export interface ContentTaker {
  /** A further content begins, in the order of the package. What is answered is given its bytes, to be copied at once. */
  begin(): (decoded: Buffer) => void
}

export class PackageReader {
  readonly #limits: PackageReaderLimits
  readonly #parser: MarkupParser
  readonly #contents: ContentTaker | undefined
  #hasBegun = false
  /** Whether the byte order mark was looked for. */
  #isPastMark = false
  #markupBytes = 0
  /** Bytes that cannot be judged before more have come. */
  #held: Buffer = Buffer.alloc(0)
  /** After the name of the content element: `>` by `>`, so that the parser stops exactly where base64 begins. */
  #stepsSince: number | undefined
  #content: Base64Content | undefined

  constructor(limits: PackageReaderLimits, contents?: ContentTaker) {
    this.#limits = limits
    this.#contents = contents
    this.#parser = new MarkupParser(limits)
  }

  /** What was understood so far; it names a submission that is refused half-way. */
  get seen(): { readonly fromOrganId?: string; readonly documentId?: string } {
    const header = this.#parser.root?.find('edXMLEnvelope/edXMLHeader/MessageHeader')
    const fromOrganId = header?.valueOf('From/OrganId')
    const documentId = header?.valueOf('DocumentId') ?? header?.valueOf('ResponseFor/DocumentId')
    return {
      ...(fromOrganId === undefined ? {} : { fromOrganId }),
      ...(documentId === undefined ? {} : { documentId }),
    }
  }

  /** What decides whether there is room for the package, as soon as its header was read; attachments follow it. */
  get facts(): StoredFacts | undefined {
    if (!this.#parser.hasReadHeader) return undefined
    const header = this.#parser.root?.find('edXMLEnvelope/edXMLHeader')
    return header === undefined ? undefined : storedFacts(header)
  }

  /** Where the element at a canonical path stands, or what it would stand in. */
  placeOf(path: string): Place {
    const { root } = this.#parser
    return root === undefined ? { line: 1, column: 1 } : placeOf(root, path)
  }

  write(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const used = this.#take(bytes, false)
    // The caller may reuse its chunk, so what is held is a copy.
    this.#held = used === bytes.length ? nothing : Buffer.from(bytes.subarray(used))
  }

  /** Judges the header in place, whatever its size: for tools and for whoever reads one package at a time. */
  end(): ReadPackage {
    const unjudged = this.#prepared()
    return unjudged.complete(judgeHeader(unjudged.schema, unjudged.xml))
  }

  /** The same, with a large header judged on another thread, so that nobody else waits for it. */
  async finish(): Promise<ReadPackage> {
    const unjudged = this.#prepared()
    return unjudged.complete(await judgeWhereItFits(unjudged.schema, unjudged.xml))
  }

  #prepared(): UnjudgedPackage {
    this.#take(this.#held, true)
    this.#held = nothing
    if (!this.#hasBegun) throw new GatewayError('invalid', 'package_empty')
    if (this.#content !== undefined) this.#finishContent(this.#content)
    this.#parser.close()
    if (this.#parser.root === undefined) throw new Error('the XML parser accepted a document without a root element')
    return preparePackage(this.#parser.root, this.#parser.unknown)
  }

  /** Answers how many bytes were used; the rest comes again with the next chunk. */
  #take(bytes: Buffer, isLast: boolean): number {
    let at = this.#hasBegun ? 0 : this.#begin(bytes, isLast)
    while (this.#hasBegun && at < bytes.length) {
      if (this.#content !== undefined) {
        at = this.#takeContent(bytes, at, this.#content)
        continue
      }
      const next = this.#takeMarkup(bytes, at, isLast)
      if (next === at) break
      at = next
    }
    return at
  }

  /** Passes over a byte order mark and white space, and refuses anything else before the first `<`. */
  #begin(bytes: Buffer, isLast: boolean): number {
    if (!this.#isPastMark && bytes.length < 4 && !isLast) return 0
    let at = this.#isPastMark ? 0 : this.#passMark(bytes)
    while (isSpace(bytes[at])) {
      // It may be the first half of CR LF, which is one line end.
      if (bytes[at] === 0x0d && at + 1 === bytes.length && !isLast) return at
      at = this.#passSpace(bytes, at)
    }
    const first = bytes[at]
    if (first === undefined) return at
    if (first !== LESS) this.#refuseJunk(bytes.subarray(at))
    this.#hasBegun = true
    return at
  }

  #passMark(bytes: Buffer): number {
    this.#isPastMark = true
    const isUtf16 = utf16Beginnings.some((beginning) => bytes.subarray(0, beginning.length).equals(beginning))
    if (isUtf16) {
      const params = { encoding: 'UTF-16' }
      this.#parser.refuseHere('encoding_not_utf8', { found: 'UTF-16', expected: 'UTF-8', params })
    }
    return bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  }

  #passSpace(bytes: Buffer, at: number): number {
    const isReturnLineFeed = bytes[at] === 0x0d && bytes[at + 1] === 0x0a
    const isLine = bytes[at] === 0x0a || bytes[at] === 0x0d
    this.#parser.moveTo(this.#parser.line + (isLine ? 1 : 0), isLine ? 1 : this.#parser.column + 1)
    return at + (isReturnLineFeed ? 2 : 1)
  }

  #refuseJunk(rest: Buffer): never {
    const looksLike = describeBytes(rest)
    const params = { looksLike, line: this.#parser.line, column: this.#parser.column }
    this.#parser.refuseHere('not_xml', { found: looksLike, expected: '<', params })
  }

  #takeMarkup(bytes: Buffer, at: number, isLast: boolean): number {
    const end = this.#stepsSince === undefined ? this.#findContentName(bytes, at) : endOfTag(bytes, at)
    if (end === undefined) return this.#feed(bytes, at, isLast ? bytes.length : heldBack(bytes, at))
    this.#feed(bytes, at, end)
    if (this.#stepsSince === undefined) this.#stepsSince = this.#parser.constructsEnded
    else if (this.#stepsSince !== this.#parser.constructsEnded) this.#stepsSince = undefined
    if (this.#parser.openContent !== undefined && this.#stepsSince === undefined) this.#beginContent()
    return end
  }

  /** Where the next name ends that may belong to the content element. Anywhere else in a document it does no harm. */
  #findContentName(bytes: Buffer, at: number): number | undefined {
    let end: number | undefined
    for (const name of contentNames) {
      // The second name is only of interest before the first, so that attachments are not searched for it.
      const found = bytes.subarray(at, end).indexOf(name)
      if (found >= 0) end = at + found + name.length
    }
    return end
  }

  #feed(bytes: Buffer, from: number, to: number): number {
    const room = this.#limits.headerBytesMax - this.#markupBytes
    const allowed = to - from > room ? characterStart(bytes, from + room) : to
    this.#markupBytes += allowed - from
    const part = bytes.subarray(from, allowed)
    if (!isUtf8(part)) this.#refuseEncoding(part)
    this.#parser.write(part.toString('utf8'))
    if (allowed < to) {
      throw new GatewayError('too_large', 'header_too_large', { params: { limit: this.#limits.headerBytesMax } })
    }
    return to
  }

  /** Shows the parser what is valid, so that the place of the first wrong byte is known. */
  #refuseEncoding(part: Buffer): never {
    const good = validPrefix(part)
    this.#parser.write(part.toString('utf8', 0, good))
    const found = `0x${(part[good] ?? 0).toString(16).padStart(2, '0')}`
    const params = { encoding: found, line: this.#parser.line, column: this.#parser.column }
    this.#parser.refuseHere('encoding_not_utf8', { found, expected: 'UTF-8', params })
  }

  #beginContent(): void {
    this.#content = new Base64Content(this.#parser.line, this.#parser.column, this.#contents?.begin())
  }

  #takeContent(bytes: Buffer, at: number, content: Base64Content): number {
    const end = bytes.indexOf(LESS, at)
    content.push(end < 0 ? bytes.subarray(at) : bytes.subarray(at, end))
    if (end < 0) return bytes.length
    this.#finishContent(content)
    return end
  }

  #finishContent(content: Base64Content): void {
    const node = this.#parser.openContent
    if (node !== undefined) node.content = content.finish()
    this.#parser.moveTo(content.line, content.column)
    this.#content = undefined
  }
}

function endOfTag(bytes: Buffer, at: number): number | undefined {
  const found = bytes.indexOf(GREATER, at)
  return found < 0 ? undefined : found + 1
}

/** The last bytes of a chunk may be half a character, or half the name that is being looked for. */
function heldBack(bytes: Buffer, from: number): number {
  const at = bytes.length - longestName
  return at <= from ? from : Math.max(from, characterStart(bytes, at))
}

/** Moves back onto the first byte of the character, in UTF-8 at most three bytes away. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4 && start >= 0; start--) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start
  }
  return at
}

/** The length of the longest valid beginning, found by halving. */
function validPrefix(part: Buffer): number {
  let good = 0
  let bad = part.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isValidSoFar(part.subarray(0, middle))) good = middle
    else bad = middle
  }
  // What may still become a character may also be the beginning of the one that is wrong.
  return isUtf8(part.subarray(0, good)) ? good : characterStart(part, good - 1)
}

function isValidSoFar(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

const LESS = 0x3c
const GREATER = 0x3e
const nothing = Buffer.alloc(0)
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const utf16Beginnings = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0x00, 0x3c],
  [0x3c, 0x00],
].map((bytes) => Buffer.from(bytes))
const contentNames = contentSpellings.map((name) => Buffer.from(name))
const longestName = Math.max(...contentNames.map((name) => name.length))
