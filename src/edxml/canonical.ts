// The canonical form of a package: one namespace, one spelling, one order, empties left out, unknowns left out
// (design D8). XSD 1.0 can describe this form and not the ones in circulation, so this is what the schema checks.
import type { ElementNode } from './element-tree.ts'
import { edxmlNamespace, type Shape } from './vocabulary.ts'

export interface Canonical {
  readonly xml: string
  /** Elements that stand twice where one is meant; which of them counts is the sender's to say. */
  readonly repeated: readonly ElementNode[]
}

export function canonicalise(root: ElementNode, shape: Shape): Canonical {
  const repeated: ElementNode[] = []
  const xml = `<edXML xmlns="${edxmlNamespace}">${contentOf(root, shape, repeated)}</edXML>`
  return { xml, repeated }
}

/**
 * Finds the source element of a libxml2 path, whose steps, e.g. `*[3]`, count the children of the canonical form. They
 * are put in order once for all paths: a hostile package breaks the schema in thousands of places.
 */
export function elementFinder(root: ElementNode, shape: Shape): (xpath: string) => ElementNode {
  const childrenOf = new Map<ElementNode, readonly Place[]>()
  return (xpath) => {
    let place: Place = { node: root, shape }
    for (const step of xpath.split('/').slice(2)) {
      const children = childrenOf.get(place.node) ?? canonicalChildren(place.node, place.shape)
      childrenOf.set(place.node, children)
      const next = children[Number(/\[(\d+)\]$/.exec(step)?.[1] ?? 1) - 1]
      if (next === undefined) break
      place = next
    }
    return place.node
  }
}

interface Place {
  readonly node: ElementNode
  readonly shape: Shape
}

function contentOf(node: ElementNode, shape: Shape, repeated: ElementNode[]): string {
  // The place of the content stays empty: it was read and judged already.
  if (shape.holds === 'content') return ''
  if (shape.holds === 'text') return escaped(node.value ?? '')
  let xml = ''
  let before: ElementNode | undefined
  for (const child of canonicalChildren(node, shape)) {
    if (!child.shape.repeats && before?.shape === child.node.shape) {
      repeated.push(child.node)
      continue
    }
    before = child.node
    const { name } = child.shape
    xml += `<${name}>${contentOf(child.node, child.shape, repeated)}</${name}>`
  }
  return xml
}

function canonicalChildren(node: ElementNode, shape: Shape): Place[] {
  const found: Place[] = []
  for (const part of shape.parts) {
    for (const child of node.children) {
      if (child.shape.name === part.name && !child.isEmpty) found.push({ node: child, shape: part })
    }
  }
  return found
}

function escaped(text: string): string {
  return /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (character) => references.get(character) ?? character) : text
}

// A carriage return in parsed text was written as a reference; as a bare character it would become a line feed.
const references: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\r', '&#13;'],
])
