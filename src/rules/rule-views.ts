// The rules as operators see them: what is looked at, how strictly, who decided it, and every change that led there.
import { currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { RuleOverride as RuleOverrideView } from '../generated/json/rule-override.ts'
import type { RuleRecord } from '../generated/json/rule-record.ts'
import { type RuleOverride, rulesInForce, type Scope, standingOverrides } from './policy.ts'
import type { RuleId } from './rule.ts'
import type { RuleBook } from './rule-book.ts'

/** What the catalogue says of a rule's code. */
export type RuleTexts = (
  code: string,
  language: keyof BilingualText,
) => { readonly title: string; readonly source: string }

export interface ViewContext {
  readonly book: RuleBook
  readonly overrides: readonly RuleOverride[]
  readonly scope: Scope
  readonly directory: Directory
  readonly texts: RuleTexts
  readonly language: keyof BilingualText
}

export function ruleRecords(context: ViewContext): RuleRecord[] {
  const { book, overrides, scope, texts, language } = context
  const { rules, parameters } = rulesInForce(book, overrides, scope)
  const standing = standingOverrides(overrides).filter((o) => isInScope(o, scope))
  return rules.map(({ rule, mode, decidedBy }) => ({
    ruleId: rule.ruleId,
    title: texts(rule.ruleId, language).title,
    source: texts(rule.ruleId, language).source,
    description: rule.about[language],
    severity: rule.severity,
    isDeclarable: rule.isDeclarable,
    defaultMode: rule.mode,
    mode,
    parameters: { ...parameters[rule.ruleId] },
    decidedBy,
    overrides: standing.filter((o) => o.ruleId === rule.ruleId).map((o) => overrideView(o, context)),
  }))
}

/** Every change ever made to the rule, in all scopes, newest first. */
export function ruleHistory(ruleId: RuleId, context: ViewContext): RuleOverrideView[] {
  return context.overrides
    .filter((o) => o.ruleId === ruleId)
    .map((o) => overrideView(o, context))
    .reverse()
}

/** An agency's rules are shown with what the province has decided. */
function isInScope(override: RuleOverride, { agencyId }: Scope): boolean {
  return override.agencyId === undefined || override.agencyId === agencyId
}

function overrideView(o: RuleOverride, { directory, scope }: ViewContext): RuleOverrideView {
  const agency = o.agencyId === undefined ? undefined : directory.agencies.get(o.agencyId)
  return {
    version: o.version,
    change: o.change,
    scope: o.agencyId === undefined ? 'province' : 'agency',
    ...(agency === undefined ? {} : { organId: currentCode(agency, scope.day), organName: agency.name }),
    ...(o.mode === undefined ? {} : { mode: o.mode }),
    ...(o.parameters === undefined ? {} : { parameters: { ...o.parameters } }),
    ...(o.validFrom === undefined ? {} : { validFrom: o.validFrom }),
    ...(o.validTo === undefined ? {} : { validTo: o.validTo }),
    changedBy: o.changedBy,
    changedAt: vietnamTime(o.changedAt),
    reason: o.reason,
  }
}
