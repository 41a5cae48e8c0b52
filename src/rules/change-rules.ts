// Changes of rules by operators: one at a time, judged against the rules as they are at that moment, written together
// with the audit row, and in force in this process before the operator gets the answer.
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { RuleChange } from '../generated/json/rule-change.ts'
import type { Database, Trx } from '../platform/database.ts'
import { type RuleOverride, rulesInForce, standingOverrides } from './policy.ts'
import type { PolicyCache } from './policy-cache.ts'
import { insertOverride, nextRulesVersion, readOverrides } from './policy-store.ts'
import type { Rule } from './rule.ts'
import type { RuleBook } from './rule-book.ts'

export interface ChangeRuleDeps {
  readonly db: Database
  readonly book: RuleBook
  readonly policies: PolicyCache
  readonly clock: Clock
  readonly newId: () => string
  readonly audit: (trx: Trx, entry: RuleAudit) => Promise<void>
}

export interface RuleAudit {
  readonly actor: string
  readonly action: 'rule.changed' | 'rule.change_removed'
  /** E.g. `rule:paper_not_listed`. */
  readonly object: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface RuleTarget {
  readonly actor: string
  readonly ruleId: string
  /** Absent: the province. */
  readonly agencyId?: string
}

/** `change` is what the operator wants; whose it is has been resolved into the target. */
export async function changeRule(
  deps: ChangeRuleDeps,
  target: RuleTarget,
  change: Omit<RuleChange, 'organId'>,
): Promise<void> {
  const rule = ruleOf(deps.book, target.ruleId)
  const { mode, parameters, validFrom, validTo, reason } = change
  if (mode === undefined && parameters === undefined) throw new GatewayError('invalid', 'rule_change_empty')
  if (validFrom !== undefined && validTo !== undefined && validTo < validFrom) {
    throw new GatewayError('invalid', 'rule_days_reversed', { params: { validFrom, validTo } })
  }
  await write(deps, target, 'rule.changed', (overrides, now) => {
    if (parameters !== undefined) checkParameters(deps.book, rule, parameters, overrides, target, vietnamDay(now))
    return {
      change: 'set',
      reason,
      ...(mode === undefined ? {} : { mode }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validTo === undefined ? {} : { validTo }),
    }
  })
}

export async function removeRuleChange(deps: ChangeRuleDeps, target: RuleTarget, reason: string): Promise<void> {
  const { ruleId } = ruleOf(deps.book, target.ruleId)
  await write(deps, target, 'rule.change_removed', (overrides) => {
    const standing = standingOverrides(overrides).some((o) => o.ruleId === ruleId && o.agencyId === target.agencyId)
    if (!standing) throw new GatewayError('not_found', 'rule_override_not_found', { params: { ruleId } })
    return { change: 'removed', reason }
  })
}

export function ruleOf(book: RuleBook, ruleId: string): Rule {
  const rule = book.find(ruleId)
  if (rule !== undefined) return rule
  throw new GatewayError('not_found', 'rule_not_found', { params: { ruleId: ruleId.slice(0, 100) } })
}

type Decided = Pick<RuleOverride, 'change' | 'mode' | 'parameters' | 'validFrom' | 'validTo' | 'reason'>

async function write(
  { db, policies, clock, newId, audit }: ChangeRuleDeps,
  target: RuleTarget,
  action: RuleAudit['action'],
  decide: (overrides: readonly RuleOverride[], now: Date) => Decided,
): Promise<void> {
  const { actor, ruleId, agencyId } = target
  await db.transaction().execute(async (trx) => {
    const version = await nextRulesVersion(trx)
    const now = clock.now()
    const decided = decide((await readOverrides(trx)).overrides, now)
    const scope = agencyId === undefined ? {} : { agencyId }
    await insertOverride(trx, newId(), { ...decided, ...scope, version, ruleId, changedBy: actor, changedAt: now })
    await audit(trx, { actor, action, object: `rule:${ruleId}`, data: { ...decided, ...scope, version } })
  })
  await policies.changed()
}

/** Against the rules of the scope without this change, on the day it is made. */
function checkParameters(
  book: RuleBook,
  { ruleId }: Rule,
  parameters: Readonly<Record<string, unknown>>,
  overrides: readonly RuleOverride[],
  { agencyId }: RuleTarget,
  day: string,
): void {
  const scope = agencyId === undefined ? { day } : { agencyId, day }
  const current = rulesInForce(book, overrides, scope).parameters
  const changed = book.change(current, ruleId, parameters)
  if (changed.kind === 'changed') return
  throw new GatewayError('invalid', 'rule_parameters_unusable', {
    params: { ruleId },
    violations: changed.violations,
  })
}
