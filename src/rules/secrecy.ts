// State secrets are outside the exchange (QĐ 28/2018 Đ.1.2; R1). A hit names the place and never what stands there.

import { messagePath } from './document-texts.ts'
import { compilePattern, type Pattern } from './pattern.ts'
import type { Check, MakeCheck, Question } from './rule.ts'
import { foldNotation, type MarkReading, markReader } from './secret-marks.ts'

export const secretNotAllowed: MakeCheck = ({ secret_not_allowed: words }) => {
  const marked = fieldsThatRead('formal', markReader(words))
  const notations = words.notations.map((source) => compilePattern(source, foldNotation))
  return (question) => {
    const path = secretNotation(question, notations)
    const hits = marked(question)
    return path === undefined || hits.some((hit) => hit.path === path) ? hits : [{ path }, ...hits]
  }
}

export const secretSuspected: MakeCheck = ({ secret_not_allowed: words }) =>
  fieldsThatRead('doubtful', markReader(words))

/** N30 Phụ lục VI puts urgency and secrecy into one digit, so a level of secrecy may stand where urgency belongs. */
export const priorityOutOfRange: MakeCheck = () => (question) => {
  const written = question.document.otherInfo?.priorityText
  const isNumber = typeof written === 'string' && /^-?\d+$/.test(written.trim())
  return isNumber ? [{ path: `${messagePath}/OtherInfo/Priority` }] : []
}

function fieldsThatRead(wanted: MarkReading, read: (text: string) => MarkReading): Check {
  return ({ texts }) => texts.filter(({ text }) => read(text) === wanted).map(({ path }) => ({ path }))
}

/** The number alone, the notation alone, or both as people write them may bear the suffix. */
function secretNotation({ document }: Question, patterns: readonly Pattern[]): string | undefined {
  const { codeNumber, codeNotation } = document
  const path = `${messagePath}/Code`
  const isSecret = (text: string) => patterns.some((matches) => matches(foldNotation(text)))
  if (codeNotation !== undefined && isSecret(`${codeNumber ?? '1'}/${codeNotation}`)) return `${path}/CodeNotation`
  return codeNumber !== undefined && isSecret(codeNumber) ? `${path}/CodeNumber` : undefined
}
