// The pattern language of operators: literal text with placeholders, e.g. `{qd20}-{year}.{serial}`. Not regular
// expressions, because a rule is tried on every package and one careless expression could stall them all: here a
// placeholder ends at the first place where the text after it stands, so no pattern ever goes back and tries again.

/** Whether a whole text has the form. */
export type Pattern = (text: string) => boolean

type Part = { readonly literal: string } | { readonly fits: (text: string) => boolean }

/** What is wrong with a pattern, in words for whoever wrote it; undefined when it can be used. */
export function patternFault(source: string): string | undefined {
  const steps = stepsOf(source)
  const unknown = steps.find((step) => step.placeholder !== undefined && !forms.has(step.placeholder))
  if (unknown !== undefined)
    return `{${unknown.placeholder}}: ${[...forms.keys()].map((name) => `{${name}}`).join(' ')}`
  if (steps.some((step) => /[{}]/.test(step.literal))) return '{ }'
  if (steps.some((step, index) => index > 0 && step.literal === '' && step.placeholder !== undefined)) return '}{'
  if (steps.every((step) => step.literal === '')) return '{…}'
  return undefined
}

/** `fold` is applied to the literal parts; whoever tries the pattern folds the text in the same way. */
export function compilePattern(source: string, fold: (text: string) => string = (text) => text): Pattern {
  const fault = patternFault(source)
  if (fault !== undefined) throw new Error(`unusable pattern ${source}: ${fault}`)
  const parts = stepsOf(source).flatMap(({ literal, placeholder }): Part[] => {
    const fits = placeholder === undefined ? undefined : forms.get(placeholder)
    return [...(literal === '' ? [] : [{ literal: fold(literal) }]), ...(fits === undefined ? [] : [{ fits }])]
  })
  return (text) => matches(parts, text)
}

function matches(parts: readonly Part[], text: string): boolean {
  let at = 0
  for (const [index, part] of parts.entries()) {
    if ('literal' in part) {
      if (!text.startsWith(part.literal, at)) return false
      at += part.literal.length
    } else {
      const end = endOfValue(parts, index, text, at)
      if (end <= at || !part.fits(text.slice(at, end))) return false
      at = end
    }
  }
  return at === text.length
}

/** Where the text that follows a placeholder stands: at the very end if it is the last, else the first time. */
function endOfValue(parts: readonly Part[], index: number, text: string, at: number): number {
  const next = parts[index + 1]
  if (next === undefined || !('literal' in next)) return text.length
  const isLast = index + 2 === parts.length
  return isLast ? text.length - next.literal.length : text.indexOf(next.literal, at + 1)
}

interface Step {
  readonly literal: string
  /** The placeholder after it, if any. */
  readonly placeholder: string | undefined
}

function stepsOf(source: string): Step[] {
  const pieces = source.split(/\{(\w*)\}/)
  const steps: Step[] = []
  for (let at = 0; at < pieces.length; at += 2) steps.push({ literal: pieces[at] ?? '', placeholder: pieces[at + 1] })
  return steps
}

const test = (expression: RegExp) => (text: string) => expression.test(text)

const forms: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['text', () => true],
  ['qcvn102', test(/^[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}$/)],
  ['qd20', test(/^[A-Y][0-9]{2}(\.[A-Z0-9]+)*$/)],
  ['year', test(/^(19|20)[0-9]{2}$/)],
  ['date', test(/^[0-9]{4}\/[0-9]{2}\/[0-9]{2}$/)],
  ['serial', test(/^[1-9][0-9]*$/)],
  ['digits', test(/^[0-9]+$/)],
  ['uuid', test(/^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/)],
])
