// Where something stands in the bytes that were sent, for whoever knows its canonical path only: the rules judge a
// document that no longer remembers its lines.
import type { ElementNode } from './element-tree.ts'

export interface Place {
  /** Counted from 1. */
  readonly line: number
  readonly column: number
}

/** The element at a path such as `edXMLHeader/MessageHeader/To[2]/OrganId`, or what it would have stood in. */
export function placeOf(root: ElementNode, path: string): Place {
  let node = root.find('edXMLEnvelope') ?? root
  for (const step of path.split('/')) {
    const next = childAt(node, step) ?? (node.parent === root ? childAt(root, step) : undefined)
    if (next === undefined) break
    node = next
  }
  return { line: node.line, column: node.column }
}

function childAt(node: ElementNode, step: string): ElementNode | undefined {
  const [, name = '', number = '1'] = /^([^[]*)(?:\[(\d+)\])?$/.exec(step) ?? []
  return node.children.filter((child) => child.shape.name === name)[Number(number) - 1]
}
