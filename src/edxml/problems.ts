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
      ...(expected === undefined ? {} : { expected: shortened(expected, expectedCharactersMax) }),
    },
    ...(params === undefined ? {} : { params: boundedParams(params) }),
  }
}

/** The first problem gives the refusal its name; all of them are listed. */
export function refuse(problems: readonly [Problem, ...Problem[]], kind: ErrorKind = 'invalid'): never {
  const [first] = problems
  throw new GatewayError(kind, first.code, {
    violations: boundedList(
      problems.map((p) => p.violation),
      (found) => ({ path: '', rule: 'violations_cut', found, expected: `≤ ${listedMax}` }),
    ),
    ...(first.params === undefined ? {} : { params: first.params }),
  })
}

export function warning(code: string, node: ElementNode | undefined, params?: Params): Finding {
  return {
    code,
    severity: 'warn',
    ...(node === undefined ? {} : { path: node.path, line: node.line }),
    ...(params === undefined ? {} : { params: boundedParams(params) }),
  }
}

/** As many findings as anybody reads, and how many there are. */
export function boundedFindings(findings: readonly Finding[]): readonly Finding[] {
  return boundedList(findings, (count) => warning('findings_cut', undefined, { count, limit: listedMax }))
}

export function shortened(text: string, charactersMax = 200): string {
  if (text.length <= charactersMax) return text
  // A character takes at most two units, so a megabyte need not be taken apart to be shortened.
  const characters = [...text.slice(0, 2 * charactersMax + 2)]
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax - 1).join('')}…`
}

/** A name of a megabyte would make an answer of a megabyte. */
function boundedParams(params: Params): Params {
  const entries = Object.entries(params)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? shortened(value) : value]),
  )
}

function boundedList<T>(all: readonly T[], rest: (count: string) => T): readonly T[] {
  return all.length <= listedMax ? all : [...all.slice(0, listedMax), rest(String(all.length))]
}

// What is wrong the same way ten thousand times is understood after the first ten; the answer and the row in which a
// refusal or a finding is kept must not grow with it. As many as a package has files by default.
const listedMax = 200

// The schema names everything it would have taken.
const expectedCharactersMax = 500
