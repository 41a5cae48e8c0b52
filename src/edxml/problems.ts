// Refusals and findings with the place they speak of. The codes are those of schemas/errors/edxml.json.
import type { Finding } from '../domain/document-package.ts'
import { type ErrorKind, GatewayError, type Violation } from '../domain/errors.ts'
import type { ElementNode } from './element-tree.ts'

type Params = Readonly<Record<string, string | number>>

/** One reason to refuse. Several may be found before the package is refused with all of them. */
export interface Problem {
  readonly code: string
  readonly violation: Violation
  readonly params?: Params
}

interface ProblemFacts {
  /** When it differs from the path of the element, e.g. for an element that is missing in it. */
  readonly path?: string
  readonly rule?: string
  readonly found?: string
  readonly expected?: string
  readonly params?: Params
}

export function problemAt(code: string, node: ElementNode | undefined, facts: ProblemFacts = {}): Problem {
  const { path, rule, found, expected, params } = facts
  return {
    code,
    violation: {
      path: path ?? node?.path ?? '',
      ...(node === undefined ? {} : { line: node.line, column: node.column }),
      rule: rule ?? code,
      ...(found === undefined ? {} : { found: shortened(found) }),
      ...(expected === undefined ? {} : { expected }),
    },
    ...(params === undefined ? {} : { params }),
  }
}

/** The first problem gives the refusal its name; all of them are listed. */
export function refuse(problems: readonly [Problem, ...Problem[]], kind: ErrorKind = 'invalid'): never {
  const [first] = problems
  throw new GatewayError(kind, first.code, {
    violations: problems.map((p) => p.violation),
    ...(first.params === undefined ? {} : { params: first.params }),
  })
}

export function warning(code: string, node: ElementNode | undefined, params?: Params): Finding {
  return {
    code,
    severity: 'warn',
    ...(node === undefined ? {} : { path: node.path, line: node.line }),
    ...(params === undefined ? {} : { params }),
  }
}

export function shortened(text: string): string {
  const characters = [...text]
  return characters.length <= 200 ? text : `${characters.slice(0, 199).join('')}…`
}
