// Collects what is worth telling while a package is decoded, each with the line it stands on.
import type { Finding } from '../domain/document-package.ts'
import type { ElementNode } from './element-tree.ts'
import { shortened, warning } from './problems.ts'
import { isNonNegativeInteger } from './value-forms.ts'

export class FindingsList {
  readonly all: Finding[] = []
  readonly #header: ElementNode | undefined
  /** Children by name, looked for once: every one of thousands may have something to tell. */
  readonly #children = new Map<ElementNode, Map<string, readonly ElementNode[]>>()

  /** Paths are those below `edXMLHeader`. */
  constructor(header: ElementNode | undefined) {
    this.#header = header
  }

  warn(code: string, path: string, params?: Readonly<Record<string, string | number>>): void {
    this.all.push(warning(code, this.#nearest(path), params))
  }

  /** The value through `read`; where it cannot be read, the text stays as it is and that is told. */
  date(text: string | undefined, path: string, read: (text: string) => string | undefined): string | undefined {
    const date = text === undefined ? undefined : read(text)
    if (text !== undefined && date === undefined) this.warn('date_malformed', path, { found: shortened(text) })
    return date
  }

  checkNumber(text: string | undefined, path: string): void {
    if (text === undefined || isNonNegativeInteger(text)) return
    this.warn('number_malformed', path, { found: shortened(text) })
  }

  /** The element, or the innermost one around the place where it would be. */
  #nearest(path: string): ElementNode | undefined {
    let node = this.#header
    for (const step of path.split('/')) {
      const { name = step, position = '1' } = /^(?<name>\w+)\[(?<position>\d+)\]$/.exec(step)?.groups ?? {}
      const next = node && this.#childrenOf(node, name)[Number(position) - 1]
      if (next === undefined) break
      node = next
    }
    return node
  }

  #childrenOf(node: ElementNode, name: string): readonly ElementNode[] {
    const byName = this.#children.get(node) ?? new Map<string, readonly ElementNode[]>()
    const children = byName.get(name) ?? node.all(name)
    this.#children.set(node, byName.set(name, children))
    return children
  }
}
