// Whether a phrase stands in a text: whole words, whatever the case, the blanks and the form of the accents.

/** The form in which texts and phrases are compared. */
export function foldText(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s+/gu, ' ')
}

/** File names join their words with other signs than blanks. */
export function foldFileName(name: string): string {
  return foldText(name).replace(/[\s._-]+/gu, ' ')
}

/** Where the phrase stands first as whole words, or -1. Both are folded. */
export function phraseAt(text: string, phrase: string): number {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1)) {
    if (!isWordPart(text, at - 1) && !isWordPart(text, at + phrase.length)) return at
  }
  return -1
}

export function holdsAny(text: string, phrases: readonly string[]): boolean {
  return phrases.some((phrase) => phraseAt(text, phrase) >= 0)
}

function isWordPart(text: string, at: number): boolean {
  return /[\p{L}\p{M}\p{N}]/u.test(text.charAt(at))
}
