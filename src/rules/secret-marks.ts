// Tells a secrecy mark from an innocent word. "Mật" is also a depth of colour in half the language: mật độ (density),
// mật khẩu (password), mật ong (honey). What makes a mark is how it is written: in capitals, at the head of the field,
// and standing alone.
import type { RuleParameters } from '../generated/json/rule-parameters.ts'

/** `formal`: the field says of itself that it is secret. `doubtful`: it may, and a person should look. */
export type MarkReading = 'formal' | 'doubtful' | 'none'

export type MarkReader = (text: string) => MarkReading

export function markReader(words: RuleParameters['secret_not_allowed']): MarkReader {
  const marks = words.marks.map(upperFold)
  const leads = words.leads.map(upperFold)
  const judge = markJudge({
    marks,
    compounds: words.compounds.map(upperFold),
    followers: words.followers.map(upperFold),
  })
  const mayHoldMark = quickLook(marks)
  const bracketed = marks.flatMap((mark) => [`(${mark})`, `[${mark}]`, `{${mark}}`])
  return (raw) => {
    if (!mayHoldMark.test(raw)) return 'none'
    const text = foldBlanks(raw)
    const upper = text.replaceAll('\n', ' ').toUpperCase()
    if (!marks.some((mark) => upper.includes(mark))) return 'none'
    const start = text.replace(leadingSigns, '')
    const reading = judge(start)
    if (reading !== 'none') return reading
    const afterLead = leads.map((lead) => readAfterLead(start, lead, judge)).find((found) => found !== 'none')
    if (afterLead !== undefined) return afterLead
    // In brackets further on: "Báo cáo tháng 6 (MẬT)" may be a mark, or speak of one.
    const tight = text.replace(/([([{]) /gu, '$1').replace(/ ([)\]}])/gu, '$1')
    return bracketed.some((form) => tight.includes(form)) ? 'doubtful' : 'none'
  }
}

/**
 * Most texts hold no mark, and this tells it without folding them: a text with a mark has that mark's last accented
 * letter, or accents written apart. A mark without accents, should a province add one, makes every text worth a look.
 */
function quickLook(marks: readonly string[]): RegExp {
  const letters = marks.map((mark) => [...mark].findLast((letter) => letter > '\u007f'))
  if (letters.includes(undefined)) return /(?:)/u
  const forms = letters.map((letter = '') => `${letter}${letter.toLowerCase()}`).join('')
  return new RegExp(`[${forms}]|\\p{M}`, 'u')
}

interface MarkWords {
  readonly marks: readonly string[]
  readonly compounds: readonly string[]
  readonly followers: readonly string[]
}

/** Reads a text whose leading brackets and blanks are gone. */
function markJudge({ marks, compounds, followers }: MarkWords): MarkReader {
  return (text) => {
    const line = text.replaceAll('\n', ' ')
    const mark = marks.find((candidate) => line.startsWith(candidate) && !continuesWord(line, candidate.length))
    if (mark === undefined) return 'none'
    // TỐI MẬT and TUYỆT MẬT are nothing but marks, whatever follows them.
    if (mark.includes(' ')) return 'formal'
    const rest = text.slice(mark.length)
    // MẬT BÁO CÁO is a report that is secret, although MẬT BÁO (a tip-off) is a word.
    if (beginsWithAny(rest.trimStart().toUpperCase(), followers)) return 'formal'
    if (beginsWithAny(line.toUpperCase().replace(/[-–—]/gu, ' '), compounds)) return 'none'
    // Alone on its line, or before a bracket, a dash, a colon, a number: "MẬT", "MẬT: …", "MẬT - …", "MẬT) …".
    if (!/^ \p{L}/u.test(rest)) return 'formal'
    // Capitals that end with the mark set it off from its sentence: "MẬT Báo cáo tình hình". In a line of capitals the
    // next word may as well belong to it ("MẬT PHƯƠNG THUỐC"), so only a person can tell.
    return isInCapitals(rest) ? 'doubtful' : 'formal'
  }
}

/**
 * "ĐỘ MẬT: TỐI MẬT". After a colon the level counts in any case of letters, for a lead has said what it is; without one
 * both must be in capitals.
 */
function readAfterLead(text: string, lead: string, judge: MarkReader): MarkReading {
  const upper = text.toUpperCase()
  if (!upper.startsWith(lead) || continuesWord(upper, lead.length)) return 'none'
  const isSaid = /^ ?[:=]/.test(text.slice(lead.length))
  if (isSaid) return judge(upper.slice(lead.length).replace(leadingSigns, ''))
  return text.startsWith(lead) ? judge(text.slice(lead.length).replace(leadingSigns, '')) : 'none'
}

/** The text that patterns of notations are tried on: without blanks, in capitals. */
export function foldNotation(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, '').toUpperCase()
}

function beginsWithAny(text: string, phrases: readonly string[]): boolean {
  return phrases.some((phrase) => text.startsWith(phrase) && !continuesWord(text, phrase.length))
}

function continuesWord(text: string, at: number): boolean {
  return /[\p{L}\p{M}\p{N}]/u.test(text.charAt(at))
}

/** By the first word of more than one letter. */
function isInCapitals(text: string): boolean {
  const word = /\p{L}{2,}/u.exec(text)?.[0]
  return word === undefined || word === word.toUpperCase()
}

/** One form of accents, visible characters only, single blanks or line ends. File names join words with underscores. */
function foldBlanks(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\s_]+/gu, (blanks) => (/[\r\n]/.test(blanks) ? '\n' : ' '))
}

function upperFold(text: string): string {
  return foldBlanks(text).toUpperCase()
}

const leadingSigns = /^[\p{P}\p{S}\p{Z}\s]+/u
