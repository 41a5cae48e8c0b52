// From defaults and changes to the rules in force for one agency on one day: a value, prepared once and used for many
// packages. The narrower scope wins: agency over province over default; within a scope the newest change of those that
// are valid on the day.
import type { RuleMode } from '../generated/json/rule-mode.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'
import type { Check, Rule, RuleId } from './rule.ts'
import type { ParameterChange, RuleBook } from './rule-book.ts'
import { ruleChecks } from './rule-checks.ts'

/** A row of the history: a change of one rule in one scope, or that it was taken back. */
export interface RuleOverride {
  readonly version: number
  readonly ruleId: string
  /** Absent: the whole province. */
  readonly agencyId?: string
  readonly change: 'set' | 'removed'
  readonly mode?: RuleMode
  readonly parameters?: ParameterChange
  /** ISO days, both included. */
  readonly validFrom?: string
  readonly validTo?: string
  readonly changedBy: string
  readonly changedAt: Date
  readonly reason: string
}

export type DecidedBy = 'default' | 'province' | 'agency'

/** A rule as it stands for somebody on a day. */
export interface RuleInForce {
  readonly rule: Rule
  readonly mode: RuleMode
  readonly decidedBy: DecidedBy
}

export interface RulesInForce {
  readonly rules: readonly RuleInForce[]
  readonly parameters: RuleParameters
}

export interface Scope {
  /** Absent: the province. */
  readonly agencyId?: string
  /** ISO, Vietnam. */
  readonly day: string
}

/** Rules that are looked at, ready for packages. */
export interface Policy {
  readonly version: number
  readonly rules: readonly PreparedRule[]
}

export interface PreparedRule {
  readonly ruleId: RuleId
  readonly mode: 'warn' | 'refuse'
  readonly severity: 'info' | 'warn'
  readonly isDeclarable: boolean
  readonly check: Check
}

export function rulesInForce(book: RuleBook, overrides: readonly RuleOverride[], scope: Scope): RulesInForce {
  let { parameters } = book
  const rules = book.rules.map((rule): RuleInForce => {
    let inForce: RuleInForce = { rule, mode: rule.mode, decidedBy: 'default' }
    for (const decidedBy of ['province', 'agency'] as const) {
      const override = overrideInForce(overrides, rule.ruleId, decidedBy, scope)
      if (override === undefined) continue
      inForce = { rule, mode: override.mode ?? inForce.mode, decidedBy }
      parameters = withParameters(book, parameters, rule.ruleId, override)
    }
    return inForce
  })
  return { rules, parameters }
}

export function preparePolicy(book: RuleBook, version: number, { rules, parameters }: RulesInForce): Policy {
  return {
    version,
    rules: rules.flatMap(({ rule, mode }): PreparedRule[] => {
      if (mode === 'ignore') return []
      const { ruleId, severity, isDeclarable } = rule
      return [{ ruleId, mode, severity, isDeclarable, check: ruleChecks[ruleId](parameters, book.kinds) }]
    }),
  }
}

/** The changes of a rule that stand: what was set before it was taken back counts no more. */
export function standingOverrides(overrides: readonly RuleOverride[]): RuleOverride[] {
  const removed = new Map<string, number>()
  for (const o of overrides) {
    if (o.change === 'removed') removed.set(scopeKey(o), Math.max(o.version, removed.get(scopeKey(o)) ?? 0))
  }
  return overrides.filter((o) => o.change === 'set' && o.version > (removed.get(scopeKey(o)) ?? 0))
}

function overrideInForce(
  overrides: readonly RuleOverride[],
  ruleId: RuleId,
  decidedBy: 'province' | 'agency',
  { agencyId, day }: Scope,
): RuleOverride | undefined {
  if (decidedBy === 'agency' && agencyId === undefined) return undefined
  const wanted = decidedBy === 'agency' ? agencyId : undefined
  return standingOverrides(overrides.filter((o) => o.ruleId === ruleId && o.agencyId === wanted))
    .filter(({ validFrom = '', validTo = '9999-12-31' }) => validFrom <= day && day <= validTo)
    .reduce<RuleOverride | undefined>(
      (newest, o) => (newest === undefined || o.version > newest.version ? o : newest),
      undefined,
    )
}

/** Parameters were checked when they were saved. A release that knows them no more goes by those it has. */
function withParameters(
  book: RuleBook,
  parameters: RuleParameters,
  ruleId: RuleId,
  override: RuleOverride,
): RuleParameters {
  if (override.parameters === undefined) return parameters
  const changed = book.change(parameters, ruleId, override.parameters)
  return changed.kind === 'changed' ? changed.parameters : parameters
}

function scopeKey({ ruleId, agencyId = '' }: RuleOverride): string {
  return `${ruleId} ${agencyId}`
}
