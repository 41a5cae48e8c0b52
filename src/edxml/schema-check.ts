// What the published XSD says about the canonical form, in terms of the bytes that were sent.
import { elementFinder } from './canonical.ts'
import type { ElementNode } from './element-tree.ts'
import { type Problem, problemAt } from './problems.ts'
import { expectedBy } from './schema-words.ts'
import type { Shape } from './vocabulary.ts'

/** The read profiles hold for the canonical form of what arrives, the write profiles for what this gateway originates. */
export type SchemaName = 'document-package' | 'status-package' | 'document-package-write' | 'status-package-write'

export interface SchemaFault {
  /** In the words of libxml2. */
  readonly message: string
  /** Steps such as `*[3]`. */
  readonly xpath: string
}

export interface HeaderJudgement {
  readonly faults: readonly SchemaFault[]
  /** What the object parser made of it; only where there is no fault. */
  readonly object?: unknown
}

/** The faults of the canonical form of `root`, in document order. */
export function schemaProblems(faults: readonly SchemaFault[], root: ElementNode, shape: Shape): Problem[] {
  const elementAt = elementFinder(root, shape)
  return faults.map(({ message, xpath }) => schemaProblem(elementAt(xpath), message))
}

/** Texts are told by their length: they are document content. */
function schemaProblem(node: ElementNode, message: string): Problem {
  const rule = ruleOf(message)
  const length = node.value === undefined ? undefined : [...node.value].length
  return problemAt('schema_violation', node, {
    rule,
    ...(length === undefined ? {} : { found: `${length} ký tự / characters` }),
    expected: expectedBy(message),
    params: { path: node.path, line: node.line },
  })
}

/** The facet that was broken, `type` for a value of another kind, and `structure` for what is missing or misplaced. */
export function ruleOf(message: string): string {
  const facet = /\[facet '(\w+)'\]/.exec(message)?.[1]
  return facet ?? (message.includes('is not a valid value of the') ? 'type' : 'structure')
}
