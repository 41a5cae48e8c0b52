// Text of other people as PostgreSQL can keep it.

/**
 * An endpoint may answer with any bytes, and a cut may fall inside a character. PostgreSQL's text holds neither a NUL
 * nor half a surrogate pair, and one such answer would fail the whole batch of results it is written with.
 */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\ufffd')
}
