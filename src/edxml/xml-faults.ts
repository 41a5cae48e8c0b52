// What the XML parser complains of, in words for whoever has to mend it. The parser has only English sentences to tell
// its faults apart. Nothing is decided by them here: a sentence that is not known, e.g. of a later release, is passed on.

export interface XmlFault {
  /** In Vietnamese and English: the reader knows no language of the answer. */
  readonly reason: string
  /** The name or the character the sentence speaks of. */
  readonly found?: string
}

export function xmlFault(sentence: string): XmlFault {
  for (const [pattern, reason] of faults) {
    const match = pattern.exec(sentence)
    if (match === null) continue
    const [, found] = match
    return found === undefined ? { reason } : { reason, found }
  }
  return { reason: sentence.trim().replace(/\.$/, '') }
}

const faults: readonly (readonly [RegExp, string])[] = [
  [/^unexpected close tag/, 'thẻ đóng không khớp với thẻ đang mở · the closing tag does not match the open one'],
  [/^unmatched closing tag: (.+)\.$/s, 'thẻ đóng không có thẻ mở · a closing tag without its opening tag'],
  [/^unclosed tag: (.+)$/s, 'thẻ chưa được đóng · an element is not closed'],
  [/^unexpected end/, 'nội dung kết thúc giữa chừng · it ends in the middle'],
  [/^document must contain a root element/, 'không có phần tử gốc · there is no root element'],
  [/^documents may contain only one root/, 'có nhiều hơn một phần tử gốc · there is more than one root element'],
  [/^text data outside of root node/, 'có chữ nằm ngoài phần tử gốc · there is text outside the root element'],
  [/^duplicate attribute: (.+)\.$/s, 'một thuộc tính được ghi hai lần · an attribute stands twice'],
  [
    /^(?:attribute without value|value required|unquoted attribute value|value must be quoted)/,
    'thuộc tính thiếu giá trị hoặc thiếu dấu nháy · an attribute lacks its value or the quotes around it',
  ],
  [/^no whitespace between attributes/, 'thiếu khoảng trắng giữa hai thuộc tính · no space between two attributes'],
  [
    /^(?:undefined entity|empty entity name|malformed character entity|disallowed character in entity name)/,
    'ký tự & chưa được mã hóa, hoặc thực thể không có trong XML · an & is not escaped, or the entity is unknown to XML',
  ],
  [
    /^(?:disallowed character in|malformed name|weird empty close tag|tags may not)/,
    'tên thẻ hoặc thuộc tính sai, có thể do ký tự < chưa được mã hóa · a name is wrong; perhaps a < is not escaped',
  ],
  [/^disallowed character/, 'có ký tự mà XML không cho phép · a character that XML does not allow'],
  [/^forward-slash in opening tag/, 'dấu / trong thẻ mở không đi liền dấu > · a / in a tag without > after it'],
  [/^malformed comment/, 'chú thích viết sai · a comment is malformed'],
  [/^the string "\]\]>" is disallowed/, 'có chuỗi ]]> ngoài CDATA · the string ]]> stands outside CDATA'],
  [
    /^(?:(?:an|the) XML declaration must|processing instructions are not allowed before root)/i,
    'khai báo <?xml …?> không nằm ở đầu gói tin · the declaration <?xml …?> is not at the very beginning',
  ],
  [
    /^(?:XML declaration|The character \? is|version number|standalone value|expected (?:one of|the name)|did not expect any more|whitespace required|incorrect syntax|inappropriately located)/,
    'khai báo <?xml …?> viết sai · the declaration <?xml …?> is malformed',
  ],
  [/^processing instruction without a target/, 'chỉ thị <? … ?> thiếu tên · an instruction <? … ?> has no name'],
  [
    /^(?:xml prefix|xmlns prefix|may not assign|the default namespace|invalid attempt to undefine)/,
    'không gian tên được khai báo sai · a namespace is declared wrongly',
  ],
]
