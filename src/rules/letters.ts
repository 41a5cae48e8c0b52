// Letters in which citizens dispute, complain or denounce (R2). Agencies write much about such letters, and that may
// pass: what comes before the phrase tells the one from the other.
import type { FieldText, TextField } from './document-texts.ts'
import { foldFileName, foldText, holdsAny, phraseAt } from './phrases.ts'
import type { MakeCheck } from './rule.ts'

export const excludedLetter: MakeCheck = ({ excluded_letter: words }) => {
  const phrases = words.phrases.map(foldText)
  const unlessBefore = words.unlessBefore.map(foldText)
  const isLetter = (field: FieldText): boolean => {
    const text = foldWords(field)
    return phrases.some((phrase) => {
      const at = phraseAt(text, phrase)
      return at >= 0 && !holdsAny(text.slice(0, at), unlessBefore)
    })
  }
  return ({ texts }) => texts.filter((text) => fields.has(text.field) && isLetter(text)).map(({ path }) => ({ path }))
}

function foldWords({ field, text }: FieldText): string {
  return field === 'attachmentName' ? foldFileName(text) : foldText(text)
}

const fields: ReadonlySet<TextField> = new Set([
  'subject',
  'content',
  'typeName',
  'attachmentName',
  'attachmentDescription',
])
