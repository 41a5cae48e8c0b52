// The rules as they come with the program: read from schemas/rules, held against their schemas, complete or no start.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { Violation } from '../domain/errors.ts'
import type { RuleDocumentKinds } from '../generated/json/rule-document-kinds.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'
import type { RuleSet } from '../generated/json/rule-set.ts'
import { type KindTable, kindTable } from './kind-table.ts'
import { patternFault } from './pattern.ts'
import type { Rule, RuleId } from './rule.ts'
import { ruleChecks } from './rule-checks.ts'

export interface RuleBook {
  /** In the order in which their findings are listed. */
  readonly rules: readonly Rule[]
  readonly parameters: RuleParameters
  readonly kinds: KindTable
  find(ruleId: string): Rule | undefined
  /** The parameters with those of one rule changed, or what is wrong with the change. */
  change(parameters: RuleParameters, ruleId: RuleId, change: ParameterChange): ChangedParameters
}

/** Some parameters of a rule, each as a whole. */
export type ParameterChange = Readonly<Record<string, unknown>>

export type ChangedParameters =
  | { readonly kind: 'changed'; readonly parameters: RuleParameters }
  | { readonly kind: 'unusable'; readonly violations: readonly Violation[] }

/** `schemas` is the folder that holds json/ and rules/. */
export function loadRuleBook(schemas: string): RuleBook {
  const validators = compileValidators(join(schemas, 'json'))
  const sets = ruleFiles.map((name) => readChecked(join(schemas, 'rules', `${name}.json`), validators.ruleSet))
  const entries = sets.flatMap((set) => Object.entries(set.rules))
  const parameters: unknown = Object.fromEntries(entries.map(([ruleId, rule]) => [ruleId, rule.parameters]))
  const isWhole = checkedBy(validators.parameters)
  if (!isWhole(parameters)) throw new Error(`the rules have wrong parameters: ${faultsOf(validators.parameters)}`)
  const bad = patternViolations(parameters)
  if (bad.length > 0) throw new Error(`the rules have unusable patterns: ${bad.map((v) => v.path).join(', ')}`)

  const rules = entries.map(([ruleId, rule]): Rule => {
    if (!isRuleId(ruleId)) throw new Error(`there is no rule ${ruleId}`)
    const { mode, severity, isDeclarable = false, about } = rule
    return { ruleId, mode, severity, isDeclarable, about }
  })
  const byId = new Map<string, Rule>(rules.map((rule) => [rule.ruleId, rule]))
  return {
    rules,
    parameters,
    kinds: kindTable(readChecked(join(schemas, 'rules/document-kinds.json'), validators.kinds)),
    find: (ruleId) => byId.get(ruleId),
    change: (current, ruleId, change) => changeParameters(current, ruleId, change, validators.parameters),
  }
}

const ruleFiles = ['secrecy', 'letters', 'files', 'kinds', 'header', 'paper', 'identity']

interface Validators {
  readonly ruleSet: ValidateFunction<RuleSet>
  readonly parameters: ValidateFunction<RuleParameters>
  readonly kinds: ValidateFunction<RuleDocumentKinds>
}

function compileValidators(folder: string): Validators {
  const ajv = new Ajv({ allErrors: true })
  addFormats.default(ajv)
  const read = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
  for (const name of sharedSchemas) ajv.addSchema(read(name))
  return {
    ruleSet: ajv.compile<RuleSet>(read('rule-set')),
    parameters: ajv.compile<RuleParameters>(read('rule-parameters')),
    kinds: ajv.compile<RuleDocumentKinds>(read('rule-document-kinds')),
  }
}

const sharedSchemas = ['bilingual-text', 'rule-mode', 'rule-words', 'rule-file-format', 'rule-paper-entry']

function readChecked<T>(path: string, validate: ValidateFunction<T>): T {
  const content: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!validate(content)) throw new Error(`${path}: ${faultsOf(validate)}`)
  return content
}

function faultsOf({ errors }: ValidateFunction): string {
  return (errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('; ')
}

function checkedBy<T>(validate: ValidateFunction<T>) {
  return (value: unknown): value is T => validate(value)
}

function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(ruleChecks, text)
}

function changeParameters(
  current: RuleParameters,
  ruleId: RuleId,
  change: ParameterChange,
  validate: ValidateFunction<RuleParameters>,
): ChangedParameters {
  const changed: unknown = { ...current, [ruleId]: { ...current[ruleId], ...change } }
  const isWhole = checkedBy(validate)
  if (!isWhole(changed)) {
    const violations = (validate.errors ?? []).map((error): Violation => {
      // The schema is that of all rules; the caller knows the parameters of one.
      const path = `parameters${error.instancePath.replace(`/${ruleId}`, '')}`
      return {
        path,
        rule: 'rule_parameters_unusable',
        ...(error.message === undefined ? {} : { expected: error.message }),
      }
    })
    return { kind: 'unusable', violations }
  }
  const violations = patternViolations(changed)
  return violations.length > 0 ? { kind: 'unusable', violations } : { kind: 'changed', parameters: changed }
}

/** What a schema cannot say: whether a pattern can be compiled. */
function patternViolations({ secret_not_allowed, document_id_pattern }: RuleParameters): Violation[] {
  const lists = { notations: secret_not_allowed.notations, patterns: document_id_pattern.patterns }
  return Object.entries(lists).flatMap(([name, patterns]) =>
    patterns.flatMap((pattern, index): Violation[] => {
      const expected = patternFault(pattern)
      if (expected === undefined) return []
      return [{ path: `parameters/${name}/${index}`, rule: 'rule_pattern_unusable', found: pattern, expected }]
    }),
  )
}
