// What a schema would have taken, told without the English of libxml2 and without the value that was there. Only the
// wording depends on its sentences; one that is not known is passed on.
import { edxmlNamespace } from './vocabulary.ts'

export function expectedBy(message: string): string {
  const text = message.replaceAll(`{${edxmlNamespace}}`, '').trim()
  for (const [pattern, prefix] of limits) {
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) return `${prefix}${found.trim()}`
  }
  return sentences.find(([pattern]) => pattern.test(text))?.[1] ?? withoutValue(text)
}

/** What the sentence names, behind its sign. */
const limits: readonly (readonly [RegExp, string])[] = [
  [/maximum length of '(\d+)'/, '≤ '],
  [/minimum length of '(\d+)'/, '≥ '],
  [/maximum value allowed \('([^']+)'\)/, '≤ '],
  [/minimum value allowed \('([^']+)'\)/, '≥ '],
  [/accepted by the pattern '(.*)'\.?$/s, ''],
  [/not an element of the set \{(.*)\}\.?$/s, ''],
  [/is not a valid value of the \w+ type '(?:\w+:)?([^']+)'/, ''],
  [/Expected is (?:one of )?\((.*)\)/s, ''],
]

const sentences: readonly (readonly [RegExp, string])[] = [
  [/Element content is not allowed/, 'chỉ có chữ · text only'],
  [/Character content\b.* is not allowed/s, 'chỉ có phần tử · elements only'],
  [/The attribute '.*' is not allowed/s, 'không có thuộc tính này · no such attribute'],
  [/This element is not expected\.?$/, 'không có phần tử này · no such element'],
]

/** Values are document content and belong to no message. */
function withoutValue(text: string): string {
  return text.replace(/(The value |Element '[^']*': )'.*' (is not|has)/s, '$1… $2')
}
