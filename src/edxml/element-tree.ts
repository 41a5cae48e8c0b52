// The understood part of a package as a tree that remembers where each element stood, so that every refusal and
// finding can name a line. Attachment content is never in it, only its facts.
import type { ContentFacts } from './base64-content.ts'
import type { Shape } from './vocabulary.ts'

export class ElementNode {
  readonly shape: Shape
  readonly parent: ElementNode | undefined
  /** The spelling that was read, which may be an alias of the shape's name. */
  readonly spelling: string
  /** Of the opening `<`, counted from 1. */
  readonly line: number
  readonly column: number
  /** Where it may repeat: its number among its like, from 1. Counted once, for a hostile package repeats by the thousand. */
  readonly #position: number
  readonly children: ElementNode[] = []
  text = ''
  content: ContentFacts | undefined
  /** Something stands inside an element that is not looked into. */
  filled = false
  /** Left out of the canonical form although it holds something, e.g. a `To` without a code. */
  setAside = false
  #countOf: Map<Shape, number> | undefined

  constructor(shape: Shape, parent: ElementNode | undefined, tag: { spelling: string; line: number; column: number }) {
    this.shape = shape
    this.parent = parent
    this.spelling = tag.spelling
    this.line = tag.line
    this.column = tag.column
    this.#position = shape.repeats && parent !== undefined ? parent.#count(shape) : 1
  }

  /** The text without surrounding white space, or undefined where the element says nothing. */
  get value(): string | undefined {
    const value = this.text.trim()
    if (value === '') return undefined
    // Some builders print a missing code as the word "null".
    return value === 'null' && identifiers.has(this.shape.name) ? undefined : value
  }

  /** An empty element means "no value" (edxml.md §1.1). */
  get isEmpty(): boolean {
    if (this.setAside) return true
    switch (this.shape.holds) {
      case 'text':
        return this.value === undefined
      case 'content':
        return this.content === undefined || (this.content.size === 0 && this.content.fault === undefined)
      case 'anything':
        return !this.filled
      case 'elements':
        return this.children.every((child) => child.isEmpty)
      default:
        return this.shape.holds satisfies never
    }
  }

  /** Non-empty children of that canonical name, in the order they were written. */
  all(name: string): ElementNode[] {
    return this.children.filter((child) => child.shape.name === name && !child.isEmpty)
  }

  /** The first non-empty element at a path of canonical names such as `MessageHeader/From`. */
  find(path: string): ElementNode | undefined {
    let node: ElementNode | undefined = this
    for (const name of path.split('/')) node = node?.all(name)[0]
    return node
  }

  valueOf(path: string): string | undefined {
    return this.find(path)?.value
  }

  /** Canonical path as it is shown to people: without the envelope, with a number on what may repeat. */
  get path(): string {
    const up = this.parent
    if (up === undefined || this.shape.name === 'edXMLEnvelope') return ''
    const step = this.shape.repeats ? `${this.shape.name}[${this.#position}]` : this.shape.name
    return up.path === '' ? step : `${up.path}/${step}`
  }

  #count(shape: Shape): number {
    this.#countOf ??= new Map()
    const count = (this.#countOf.get(shape) ?? 0) + 1
    this.#countOf.set(shape, count)
    return count
  }
}

const identifiers: ReadonlySet<string> = new Set(['OrganId', 'DocumentId'])
