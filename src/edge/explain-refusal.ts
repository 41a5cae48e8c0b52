// What a refusal says to people, in one language: the text of its code, and a sentence for each rule that was broken.
// Used for the answer itself and again when the refusal is looked up later.
import type { Violation } from '../domain/errors.ts'
import type { Violation as ViolationView } from '../generated/json/violation.ts'
import { type Catalogue, type CatalogueText, canFill, type Language, type TextValues } from './catalogue.ts'

export interface RefusalFacts {
  readonly code: string
  readonly params: TextValues
  readonly violations: readonly Violation[]
}

export interface Explanation extends CatalogueText {
  readonly violations: ViolationView[]
}

export function explainRefusal(catalogue: Catalogue, refusal: RefusalFacts, language: Language): Explanation {
  const facts = withoutSecrets(catalogue, refusal)
  return {
    ...catalogue.text(facts.code, facts.params, language),
    violations: facts.violations.map((violation, index) => {
      // The values of the refusal are those of the first thing that was wrong.
      const params = index === 0 && violation.rule === facts.code ? facts.params : {}
      const message = ruleMessage(catalogue, violation, params, language)
      return { ...violation, ...(message === undefined ? {} : { message }) }
    }),
  }
}

/** What a refusal may say and keep: nothing of a value that broke a confidential rule. */
export function withoutSecrets(catalogue: Catalogue, refusal: RefusalFacts): RefusalFacts {
  const isConfidential = (code: string) => catalogue.entries.get(code)?.confidential === true
  if (!isConfidential(refusal.code) && !refusal.violations.some((v) => isConfidential(v.rule))) return refusal
  return {
    code: refusal.code,
    params: {},
    violations: refusal.violations.map(({ found, ...violation }) =>
      found === undefined || isConfidential(violation.rule) ? violation : { ...violation, found },
    ),
  }
}

/** The rule's own sentence; its title where the sentence names a value that is not known here. */
function ruleMessage(
  catalogue: Catalogue,
  violation: Violation,
  params: TextValues,
  language: Language,
): string | undefined {
  const entry = catalogue.entries.get(violation.rule)
  if (entry === undefined) return undefined
  const { path, line, column, found, expected } = violation
  const known = Object.entries({ path, line, column, found, expected, ...params })
  const values: TextValues = Object.fromEntries(
    known.filter((pair): pair is [string, string | number] => pair[1] !== undefined),
  )
  const text = catalogue.text(entry.code, values, language)
  return canFill(entry.detail[language], values) ? text.detail : text.title
}
