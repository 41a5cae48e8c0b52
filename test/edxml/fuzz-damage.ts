// The kinds of damage a package can take, each a small change of its text. `breaking` mostly leaves no XML behind;
// `misleading` leaves XML and changes what it says.
import { corpus } from './fuzz-corpus.ts'

export interface Place {
  /** An index into the text. */
  readonly at: number
  /** How much, or how far. */
  readonly size: number
  /** Which of several. */
  readonly pick: number
}

export type Kind = (text: string, place: Place) => string

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
const chosen = (from: readonly string[], pick: number): string => from[pick % from.length] ?? ''
const insert = (text: string, at: number, what: string) => text.slice(0, at) + what + text.slice(at)
const remove = (text: string, at: number, length: number) => text.slice(0, at) + text.slice(at + length)
const another = (pick: number) => (corpus[pick % corpus.length] ?? Buffer.alloc(0)).toString('latin1')

/** The match of a pattern that stands next after `at`, or the first one. */
function nextMatch(text: string, pattern: RegExp, at: number): RegExpExecArray | undefined {
  const all = new RegExp(pattern.source, 'g')
  all.lastIndex = at
  return all.exec(text) ?? new RegExp(pattern.source).exec(text) ?? undefined
}

function replaceNext(text: string, pattern: RegExp, at: number, replacement: (found: string) => string): string {
  const match = nextMatch(text, pattern, at)
  if (match === undefined) return text
  return text.slice(0, match.index) + replacement(match[0]) + text.slice(match.index + match[0].length)
}

const tagName = /(?<=<\/?)[A-Za-z][\w:.-]*/
const wholeElement = /<([\w:]+)[^<>]*>[^<]*<\/\1>/
const base64Run = /(?<=>)[A-Za-z0-9+/\r\n]{16,}={0,2}/

export const breaking: readonly Kind[] = Object.values<Kind>({
  flipBit: (text, { at, pick }) =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (pick % 8))) + text.slice(at + 1),
  setByte: (text, { at, pick }) => text.slice(0, at) + String.fromCharCode(pick % 256) + text.slice(at + 1),
  insertSpecialByte: (text, { at, pick }) => insert(text, at, chosen(specialBytes, pick)),
  removeBytes: (text, { at, size }) => remove(text, at, size + 1),
  doubleBytes: (text, { at, size }) => insert(text, at, text.slice(at, at + size + 1)),
  repeatBytes: (text, { at, size, pick }) =>
    insert(text, at, text.slice(at, at + (size % 60) + 1).repeat((pick % 50) + 1)),
  truncate: (text, { at }) => text.slice(0, at),
  truncateInsideConstruct: (text, { at, size, pick }) => {
    const place = nextMatch(text, cuts[pick % cuts.length] ?? /</, at)
    return text.slice(0, place === undefined ? at : place.index + (size % 5))
  },
  goOnAsAnother: (text, { at, pick, size }) => text.slice(0, at) + another(pick).slice(Math.max(0, at - size)),
  insertPieceOfAnother: (text, { at, size, pick }) => {
    const other = another(pick)
    return insert(text, at, other.slice(pick % other.length, (pick % other.length) + size + 1))
  },
  renameOneTag: (text, { at, pick }) => replaceNext(text, tagName, at, () => chosen(names, pick)),
  insertAttribute: (text, { at, pick }) => replaceNext(text, />/, at, () => `${chosen(attributes, pick)}>`),
  insertCharacter: (text, { at, pick }) => insert(text, at, chosen(substitutes, pick)),
  insertMarkup: (text, { at, pick }) => insert(text, at, chosen(markup, pick)),
  insertMarkupBetweenElements: (text, { at, pick }) => replaceNext(text, /></, at, () => `>${chosen(markup, pick)}<`),
  declareEncoding: (text, { pick }) => text.replace(/encoding="[^"]*"/, `encoding="${chosen(encodings, pick)}"`),
})

export const misleading: readonly Kind[] = Object.values<Kind>({
  renameElements: (text, { at, pick }) => {
    const name = nextMatch(text, tagName, at)?.[0] ?? ''
    const other = `${name.replace(/[^:]*$/, '')}${chosen(names, pick)}`
    return text.replaceAll(`<${name}>`, `<${other}>`).replaceAll(`</${name}>`, `</${other}>`)
  },
  renameElement: (text, { at, pick }) =>
    replaceNext(text, wholeElement, at, (found) =>
      found.replace(/[A-Za-z]+(?=>[^<]*<)/, chosen(names, pick)).replace(/[A-Za-z]+(?=>$)/, chosen(names, pick)),
    ),
  removeElement: (text, { at }) => replaceNext(text, wholeElement, at, () => ''),
  repeatElement: (text, { at, size }) => replaceNext(text, wholeElement, at, (found) => found.repeat((size % 300) + 2)),
  emptyElement: (text, { at }) => replaceNext(text, wholeElement, at, (found) => found.replace(/>[^<]*</, '><')),
  moveElement: (text, { at, pick }) => {
    const found = nextMatch(text, wholeElement, at)
    if (found === undefined) return text
    const rest = remove(text, found.index, found[0].length)
    return replaceNext(rest, /(?=<\w)/, pick % rest.length, () => found[0])
  },
  putIntoElement: (text, { at, pick }) =>
    replaceNext(text, wholeElement, at, (found) =>
      found.replace(
        />[^<]*</,
        () => `>${chosen([...numbers, ...substitutes, another(pick), 'x'.repeat(pick % 6_000)], pick)}<`,
      ),
    ),
  substituteLetter: (text, { at, pick }) =>
    replaceNext(text, /(?<=>)[^<]*[A-Za-z]{2}/, at, (found) => found.slice(0, -1) + chosen(substitutes, pick)),
  changeNumber: (text, { at, pick }) => replaceNext(text, /(?<=>)\d[\d/. :-]*(?=<)/, at, () => chosen(numbers, pick)),
  insertElement: (text, { at, pick }) =>
    replaceNext(
      text,
      /(?<=>)\s*(?=<\w)/,
      at,
      () => `<${chosen(names, pick)}>${chosen(numbers, pick)}</${chosen(names, pick)}>`,
    ),
  spoilBase64: (text, { at, size, pick }) =>
    replaceNext(text, base64Run, at, (found) => insert(found, size % found.length, chosen(base64Junk, pick))),
  shortenBase64: (text, { at, size }) =>
    replaceNext(text, base64Run, at, (found) => remove(found, size % found.length, (size % 4) + 1)),
  repeatBase64: (text, { at, size }) => replaceNext(text, base64Run, at, (found) => found.repeat((size % 4) + 2)),
  // The file itself is damaged and encoded again, so that what looks into a ZIP meets it.
  damageFile: (text, { at, size, pick }) =>
    replaceNext(text, base64Run, at, (found) => {
      const file = Buffer.from(found, 'base64')
      for (const step of [0, 7]) if (file.length > 0) file[(size + step * pick) % file.length] = (pick + step) % 256
      return file.toString('base64')
    }),
  damageEndOfFile: (text, { at, size, pick }) =>
    replaceNext(text, base64Run, at, (found) => {
      const file = Buffer.from(found, 'base64')
      if (file.length > 0) file[Math.max(0, file.length - 1 - (size % 100))] = pick % 256
      return file.toString('base64')
    }),
  windowsLines: (text) => text.replace(/\r?\n/g, '\r\n'),
  oldMacLines: (text) => text.replace(/\r?\n/g, '\r'),
  unixLines: (text) => text.replace(/\r?\n/g, '\n'),
  encodeTwice: (text) => latin1(text),
  renamePrefix: (text) => text.replaceAll('e:', 'ns0:').replaceAll(':e=', ':ns0='),
})

/** Places where parsers lose their way: inside tags, attributes, references, sections, base64, characters. */
const cuts = [
  /<\/?\w/,
  /<\w+:?\w* \w/,
  /="/,
  /"[^"]/,
  /&\w/,
  /<!\[CDATA/,
  /]]/,
  /<!-/,
  /--/,
  /<\?x/,
  /\?/,
  base64Run,
  /=</,
  /[\xc3-\xe1]/,
  /\r/,
]

const specialBytes = [
  '\0',
  '\x08',
  '\x0b',
  '\x1b',
  '\x7f',
  '\x80',
  '\xa0',
  '\xc0\xaf',
  '\xc2',
  '\xe0\x80\xaf',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '\xff',
  '\xfe\xff',
  '\xef\xbb\xbf',
  '\xef\xbf\xbe',
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  '--',
  '\r',
  '\n',
  '\t',
]

const substitutes = [
  '\u0301',
  '\u202e',
  '\u2028',
  '\u200b',
  '\ufeff',
  '\ufffd',
  '\u{1f600}',
  '\u{10ffff}',
  'ﬀ',
  'İ',
  '１',
  '٣',
  'Ệ'.normalize('NFD'),
  '&amp;',
  '&#65;',
  '&#0;',
  '&#x110000;',
  '&#xD800;',
  '&lol;',
  '&',
  '&#',
  '&amp',
].map(latin1)

const numbers = [
  '-1',
  '0',
  '00',
  '1e9',
  '0x10',
  '65536',
  '4294967296',
  '9007199254740993',
  '9'.repeat(400),
  '',
  ' ',
  '+1',
  '1.5',
  'NaN',
  '2026/02/30',
  '0000/00/00',
  '31/12/2026',
  '2026-12-31T00:00:00',
  '9999/99/99',
  '١',
  '１２',
].map(latin1)

const attributes = [
  ' xmlns=""',
  ' xmlns="urn:x"',
  ' xmlns:e="urn:x"',
  ' xmlns:edXML="urn:x"',
  ' xmlns:e=""',
  ' a="1" a="2"',
  ' a=1',
  ' a',
  ' x:a="1"',
  ' xml:space="preserve"',
  ' a="<"',
  ' a="&lol;"',
  ` ${Array.from({ length: 70 }, (_, i) => `a${i}=""`).join(' ')}`,
  ' a="\0"',
  '/',
  ' ',
]

const markup = [
  '<!DOCTYPE edXML [<!ENTITY x "y">]>',
  '<!-- x -->',
  '<!-- -- -->',
  '<?pi x?>',
  '<?xml version="1.0"?>',
  '<![CDATA[x]]>',
  '<![CDATA[',
  '<X/>',
  '<X>',
  '</X>',
  '<x:X/>',
  '<!>',
  '<',
  '</',
  '<OrganId>',
  '<edXML>',
  '<ContentTransferEncoded>',
  '</ContentTransferEncoded>',
  'ContentTransferEncoded',
  'AttachmentData>',
  '<AttachmentData>QUJD</AttachmentData>',
]

const names = [
  'From',
  'To',
  'OrganId',
  'Subject',
  'DocumentId',
  'StatusCode',
  'ResponseFor',
  'Attachment',
  'AttachmentEncoded',
  'ContentTransferEncoded',
  'AttachmentData',
  'edXMLManifest',
  'Reference',
  'Bussiness',
  'TraceHeader',
  'Status',
  'Signature',
  'MessageHeader',
  'edXML',
  'Khac',
]

const encodings = ['UTF-16', 'us-ascii', '', 'utf8', 'x'.repeat(300)]

const base64Junk = [...'=-_* \t\f\0'].concat('==', '\r\n', '&#65;', '\xc3\xa9')
