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

/** The source element of a libxml2 path. Its steps, e.g. `*[3]`, count the children of the canonical form. */
export function elementAt(root: ElementNode, shape: Shape, xpath: string): ElementNode {
  let place = { node: root, shape }
  for (const step of xpath.split('/').slice(2)) {
    const position = Number(/\[(\d+)\]$/.exec(step)?.[1] ?? 1)
    const next = canonicalChildren(place.node, place.shape)[position - 1]
    if (next === undefined) break
    place = next
  }
  return place.node
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

function canonicalChildren(node: ElementNode, shape: Shape): { node: ElementNode; shape: Shape }[] {
  const found: { node: ElementNode; shape: Shape }[] = []
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

/** The text behind the references of the canonical form, each decoded once: `&amp;lt;` is `&lt;`. */
export function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:amp|lt|gt|#13);/g, (reference) => characters.get(reference) ?? reference)
}

// A carriage return in parsed text was written as a reference; as a bare character it would become a line feed.
const references: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\r', '&#13;'],
])
const characters: ReadonlyMap<string, string> = new Map(
  [...references].map(([character, reference]) => [reference, character]),
)
