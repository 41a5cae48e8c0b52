// Characters that are not what they should be (R52: Unicode, TCVN 6909:2001). Findings name the place, not the text.
import type { TextField } from './document-texts.ts'
import type { Check, MakeCheck } from './rule.ts'

export const replacementCharacter: MakeCheck = () => textsThat((text) => text.includes('\ufffd'))

export const textNotComposed: MakeCheck = () => textsThat((text) => text !== text.normalize('NFC'))

export const legacyCharset: MakeCheck = () => textsThat(isLegacyText, prose)

function textsThat(isWrong: (text: string) => boolean, fields?: ReadonlySet<TextField>): Check {
  return ({ texts }) =>
    texts
      .filter(({ field, text }) => (fields === undefined || fields.has(field)) && isWrong(text))
      .map(({ path }) => ({ path }))
}

const prose: ReadonlySet<TextField> = new Set(['subject', 'content', 'typeName'])

/**
 * Text typed for an old font and read as Latin-1: `Quy ®Þnh vÒ c«ng t¸c` (TCVN3), `Baùo caùo keát quaû` (VNI). Both
 * have letter pairs that neither Vietnamese nor its neighbours have, and never a letter that only Unicode has.
 */
export function isLegacyText(text: string): boolean {
  if (vietnameseOnly.test(text)) return false
  return fonts.some(({ pairs, min }) => (text.match(pairs)?.length ?? 0) >= min)
}

// ă, đ, ơ, ư and every vowel with two marks.
const vietnameseOnly = /[ĂăĐđĨĩŨũƠơƯư\u1ea0-\u1ef9]/u

// A sign within a word, đ or Đ as ® or § before a letter, a capital of the upper half after a small letter.
const tcvn3 = /[A-Za-z][¨©ª«¬µ¶·¸¹»¼½¾][a-zÀ-ÿ]|[®§][a-zÀ-ÿ¨©ª«¬µ¶·¸¹]|[a-z][À-ÖØ-Þ×](?=[a-z\s,.;]|$)/gu

// The mark of a vowel as a letter of its own after it.
const vni =
  /[aA][ùøûõïâêáàåãäéèúüëÙØÛÕÏÂÊÁÀÅÃÄÉÈÚÜË]|[eE][ùøûõïâáàåãäÙØÛÕÏÂÁÀÅÃÄ]|[oO][ùøûõïâåäÙØÛÕÏÂÅÄ]|[uUôÔöÖ][ùøûõïÙØÛÕÏ]/gu

// One such pair may be a trade mark or a slip; French alone has two of the second kind ("naïve où").
const fonts = [
  { pairs: tcvn3, min: 2 },
  { pairs: vni, min: 3 },
]
