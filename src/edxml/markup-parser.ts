// Everything of a package but the attachments' content: well-formedness, namespaces and limits (saxes), and the tree of
// what is understood. Unknown elements are set aside, never refused.
import type { SaxesTagNS } from 'saxes'
import { attachmentName } from './attachment-names.ts'
import { ElementNode } from './element-tree.ts'
import { problemAt, refuse } from './problems.ts'
import { StrictParser } from './strict-parser.ts'
import { UnknownElements } from './unknown-elements.ts'
import { anyShape, edxmlNamespace, type Shape, signatureShape } from './vocabulary.ts'
import { describeRoot } from './wrong-root.ts'
import { xmlFault } from './xml-faults.ts'

export interface MarkupLimits {
  readonly attachmentsMax: number
  readonly depthMax: number
}

export class MarkupParser {
  root: ElementNode | undefined
  /** Set while the encoded content of an attachment stands next in the bytes. */
  openContent: ElementNode | undefined
  /** How many tags, comments and the like have come to their end. */
  constructsEnded = 0
  /** The header was read to its end: what it says stands. */
  hasReadHeader = false
  readonly unknown = new UnknownElements()
  readonly #limits: MarkupLimits
  readonly #parser: StrictParser
  readonly #open: ElementNode[] = []
  #lastClosed: ElementNode | undefined
  #depth = 0
  /** How many elements deep we are inside something that is not understood. */
  #skipping = 0
  #attachments = 0
  #isEnding = false
  /** Where the construct begins that is being read: the end of the one before, or of the text before it. */
  #markLine = 1
  #markColumn = 1

  constructor(limits: MarkupLimits) {
    this.#limits = limits
    this.#parser = new StrictParser({
      malformed: (reason) => this.#refuseMalformed(reason),
      unboundPrefix: (prefix) =>
        this.refuseHere('prefix_unbound', { found: prefix, params: { prefix, line: this.line } }),
    })
    this.#listen()
  }

  write(text: string): void {
    this.#parser.write(text)
  }

  close(): void {
    this.#isEnding = true
    this.#parser.close()
  }

  get line(): number {
    return this.#parser.line
  }

  /** Counted from 1. */
  get column(): number {
    return this.#parser.column + 1
  }

  /** Goes on counting from here, after bytes that the XML parser was not shown. */
  moveTo(line: number, column: number): void {
    this.#parser.line = line
    this.#parser.column = column - 1
    this.#markHere()
  }

  refuseHere(
    code: string,
    facts: { found?: string; expected?: string; params?: Record<string, string | number> },
  ): never {
    const problem = problemAt(code, undefined, { ...facts, path: this.#open.at(-1)?.path ?? '' })
    const violation = { ...problem.violation, line: this.line, column: this.column }
    return refuse([{ ...problem, violation }])
  }

  #listen(): void {
    const parser = this.#parser
    parser.on('doctype', () => this.refuseHere('doctype_forbidden', {}))
    parser.on('opentag', (tag) => this.#openTag(tag))
    parser.on('closetag', () => this.#closeTag())
    parser.on('text', (text) => this.#text(text))
    parser.on('cdata', (text) => this.#cdata(text))
    parser.on('comment', () => this.#passOver('<!--', 1))
    parser.on('processinginstruction', () => this.#passOver('<?', 0))
  }

  #refuseMalformed(sentence: string): never {
    const code = this.#isEnding ? 'xml_truncated' : 'xml_malformed'
    const { reason, ...found } = xmlFault(sentence)
    const params = { reason, line: this.line, column: this.column }
    return this.refuseHere(code, { ...found, ...this.#expectedTag(), params })
  }

  /** A closing tag is reported before it is found not to match; then nothing was read between the two. */
  #expectedTag(): { expected?: string } {
    const isAtTag = this.#markLine === this.line && this.#markColumn === this.column
    if (this.#lastClosed === undefined || !isAtTag) return {}
    return { expected: `</${this.#lastClosed.spelling}> (<${this.#lastClosed.spelling}>: ${this.#lastClosed.line})` }
  }

  #checkEncoding(encoding: string | undefined): void {
    if (encoding === undefined || /^utf-?8$/i.test(encoding)) return
    this.refuseHere('encoding_not_utf8', { found: encoding, expected: 'UTF-8', params: { encoding } })
  }

  #countAttributes(tag: SaxesTagNS): void {
    if (Object.keys(tag.attributes).length <= attributesMax) return
    this.refuseHere('attributes_too_many', { expected: `≤ ${attributesMax}`, params: { limit: attributesMax } })
  }

  #openTag(tag: SaxesTagNS): void {
    this.#refuseInsideContent(`<${tag.name}>`)
    this.#countAttributes(tag)
    if (++this.#depth > this.#limits.depthMax) {
      this.refuseHere('xml_too_deep', {
        expected: `≤ ${this.#limits.depthMax}`,
        params: { limit: this.#limits.depthMax },
      })
    }
    const shape = this.#understand(tag)
    if (shape === undefined) this.#skipping++
    else this.#enter(shape, tag)
    this.#markHere()
    this.constructsEnded++
  }

  #understand(tag: SaxesTagNS): Shape | undefined {
    if (this.#skipping > 0) {
      if (this.unknown.isInside) this.unknown.enter('', tag)
      return undefined
    }
    const parent = this.#open.at(-1)
    if (parent === undefined) return this.#checkRoot(tag)
    if (parent.shape.holds === 'anything') {
      parent.filled = true
      return undefined
    }
    const shape = parent.shape.spellings.get(tag.local)
    if (shape !== undefined && (tag.uri === edxmlNamespace || shape === signatureShape)) return shape
    this.unknown.enter(parent.path, tag)
    return undefined
  }

  #checkRoot(tag: SaxesTagNS): Shape {
    this.#checkEncoding(this.#parser.xmlDecl.encoding)
    if (tag.uri === edxmlNamespace && tag.local === anyShape.name) return anyShape
    const found = `{${tag.uri}}${tag.local}`
    this.refuseHere('not_edxml', {
      found,
      expected: `{${edxmlNamespace}}edXML`,
      params: { root: found, looksLike: describeRoot(tag.uri, tag.local) },
    })
  }

  #enter(shape: Shape, tag: SaxesTagNS): void {
    const isBlock = this.root?.shape.parts.includes(shape) ?? false
    // An attachment block inside the envelope belongs beside it.
    const parent = isBlock ? this.root : this.#open.at(-1)
    const node = new ElementNode(shape, parent, { spelling: tag.local, line: this.#markLine, column: this.#markColumn })
    parent?.children.push(node)
    this.root ??= node
    this.#open.push(node)
    if (shape.holds !== 'content') return
    this.#countAttachment()
    if (!tag.isSelfClosing) this.openContent = node
  }

  #countAttachment(): void {
    const limit = this.#limits.attachmentsMax
    if (++this.#attachments > limit)
      this.refuseHere('attachments_too_many', { expected: `≤ ${limit}`, params: { limit } })
  }

  #closeTag(): void {
    this.#depth--
    this.#markHere()
    this.constructsEnded++
    this.#lastClosed = undefined
    if (this.#skipping > 0) {
      this.#skipping--
      this.unknown.leave()
      return
    }
    this.#lastClosed = this.#open.pop()
    if (this.#lastClosed === this.openContent) this.openContent = undefined
    if (this.#lastClosed?.shape.name === 'edXMLHeader') this.hasReadHeader = true
  }

  #text(text: string): void {
    const node = this.#skipping > 0 ? undefined : this.#open.at(-1)
    if (this.#skipping > 0) this.unknown.addText(text)
    if (node?.shape.holds === 'text') node.text += text
    if (node?.shape.holds === 'anything' && text.trim() !== '') node.filled = true
    // Text is reported when the `<` after it was read.
    this.#markHere(-1)
  }

  #cdata(text: string): void {
    this.#refuseInsideContent('<![CDATA[')
    this.#text(text)
    this.#markHere()
    this.constructsEnded++
  }

  /** `rest` is how much of the construct has not been read when it is reported. */
  #passOver(found: string, rest: number): void {
    this.#refuseInsideContent(found)
    this.#markHere(rest)
    this.constructsEnded++
  }

  /** Whatever is not base64 inside the content would reach receivers that read it more leniently as another file. */
  #refuseInsideContent(found: string): void {
    const node = this.openContent
    if (node === undefined) return
    const params = { name: attachmentName(node.parent, this.root), line: this.line, column: this.column }
    this.refuseHere('attachment_not_base64', { found, expected: 'base64', params })
  }

  #markHere(offset = 0): void {
    this.#markLine = this.#parser.line
    this.#markColumn = this.#parser.column + 1 + offset
  }
}

// Real elements carry at most seven.
const attributesMax = 64
