// Judges a package by the rules in force: what is worth telling both sides, and what turns it away. Pure: what must be
// asked of the database or the directory comes in with the facts.
import type { Finding } from '../domain/document-package.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { textsOf } from './document-texts.ts'
import type { Policy, PreparedRule } from './policy.ts'
import type { Hit, PackageFacts, Question } from './rule.ts'

export interface Judgement {
  readonly findings: readonly Finding[]
  readonly refusals: readonly Refusal[]
  /** Refusals that the sender's declaration turned into findings: for the receipt and the audit trail. */
  readonly declared: readonly Declared[]
}

export interface Refusal {
  readonly code: string
  readonly violation: Violation
  readonly params: Readonly<Record<string, string | number>>
  /** Nothing of the package may be said or kept. */
  readonly isSecret: boolean
}

export interface Declared {
  readonly code: string
  readonly path: string
}

export function checkPackage(facts: PackageFacts, policy: Policy): Judgement {
  const question: Question = { ...facts, texts: textsOf(facts.document) }
  const findings: Finding[] = []
  const refusals: Refusal[] = []
  const declared: Declared[] = []
  // A recall repeats the subject and often the file of what it takes back. Refusing it would keep a secret in circulation.
  const mayRefuse = facts.document.kind !== 'recall'
  for (const rule of policy.rules) {
    const isDeclared = rule.isDeclarable && facts.declaration === 'not-secret'
    // A package of ten thousand recipients with one mistake each is told so twenty times.
    for (const hit of rule.check(question).slice(0, hitsPerRuleMax)) {
      if (rule.mode === 'refuse' && !isDeclared && mayRefuse) refusals.push(refusalFor(rule, hit))
      else findings.push(findingFor(rule, hit, isDeclared))
      if (rule.mode === 'refuse' && isDeclared && mayRefuse) declared.push({ code: rule.ruleId, path: hit.path })
    }
  }
  // Findings name files, numbers, dates: of a package that is turned away as a secret nothing is handed on.
  const isSecret = refusals.some((refusal) => refusal.isSecret)
  return { findings: isSecret ? [] : findings, refusals, declared }
}

const hitsPerRuleMax = 20

/** Everything that turns the package away in one refusal, named after the gravest; none when it may pass. */
export function refusalOf({ refusals }: Judgement): GatewayError | undefined {
  // Where something may be secret, no value is said of any other rule either: a file's name may hold the secret.
  const isSecret = refusals.some((refusal) => refusal.isSecret)
  const [first] = [...refusals].sort((a, b) => Number(b.isSecret) - Number(a.isSecret))
  if (first === undefined) return undefined
  return new GatewayError('invalid', first.code, {
    params: isSecret ? {} : first.params,
    violations: refusals.map(({ violation: { path, rule, found, expected } }) => ({
      path,
      rule,
      ...(isSecret || found === undefined ? {} : { found }),
      ...(isSecret || expected === undefined ? {} : { expected }),
    })),
  })
}

function findingFor({ ruleId, mode, severity }: PreparedRule, { path, params }: Hit, isDeclared: boolean): Finding {
  const all = isDeclared ? { ...params, declared: 'not-secret' } : params
  return {
    code: ruleId,
    severity: mode === 'refuse' ? 'warn' : severity,
    ...(path === '' ? {} : { path }),
    ...(all === undefined ? {} : { params: shortenedAll(all) }),
  }
}

function refusalFor({ ruleId, isDeclarable }: PreparedRule, { path, params = {}, found, expected }: Hit): Refusal {
  return {
    code: ruleId,
    isSecret: isDeclarable,
    params: shortenedAll(params),
    violation: {
      path,
      rule: ruleId,
      ...(found === undefined ? {} : { found: shortened(found) }),
      ...(expected === undefined ? {} : { expected: shortened(expected) }),
    },
  }
}

function shortenedAll(params: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? shortened(value) : value]),
  )
}

/** As everywhere in refusals: at most 200 characters of what was sent. */
function shortened(text: string): string {
  if (text.length <= 200) return text
  return `${[...text].slice(0, 199).join('')}…`
}
