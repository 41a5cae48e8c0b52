// Every refusal of the reader: its code, and the place it names.
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { PackageReader, type PackageReaderLimits } from '../../src/edxml/package-reader.ts'
import {
  edxml,
  generousLimits,
  oneFile,
  placeholdersOf,
  placeOf,
  qcvnNamespace,
  read,
  statusXml,
} from '../support/edxml-fixtures.ts'

/** The refusal, whose catalogue text is checked on the way: every placeholder must have a value. */
function refusal(xml: string | Buffer, limits: Partial<PackageReaderLimits> = {}, chunkBytes?: number): GatewayError {
  try {
    read(xml, limits, chunkBytes)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    expect(Object.keys(error.facts.params ?? {})).toEqual(expect.arrayContaining(placeholdersOf(error.code)))
    return error
  }
  throw new Error('the package was not refused')
}

const envelopeOf = (inner: string) => `<edXML xmlns="${qcvnNamespace}">${inner}</edXML>`

describe('what is not XML or not UTF-8', () => {
  const cases: readonly (readonly [string, string | Buffer, string])[] = [
    ['nothing at all', '', 'package_empty'],
    ['white space', ' \r\n\t', 'package_empty'],
    ['JSON', '{"edxml": 1}', 'not_xml'],
    ['a base64 text', Buffer.from(edxml()).toString('base64'), 'not_xml'],
    ['junk before the declaration', `1212${edxml()}`, 'not_xml'],
    ['a second declaration', `<?xml version="1.0"?>\n${edxml()}`, 'xml_malformed'],
    ['UTF-16 with its mark', Buffer.from(`\ufeff${edxml()}`, 'utf16le'), 'encoding_not_utf8'],
    ['UTF-16 without a mark', Buffer.from(edxml(), 'utf16le'), 'encoding_not_utf8'],
    [
      'another encoding in the declaration',
      edxml({ declaration: '<?xml version="1.0" encoding="windows-1258"?>' }),
      'encoding_not_utf8',
    ],
    ['NUL in a text', edxml({ subject: '<e:Subject>a\0b</e:Subject>' }), 'xml_malformed'],
    ['a closing tag of another element', edxml().replace('</e:Subject>', '</e:Sujbect>'), 'xml_malformed'],
    ['an attribute twice', edxml({ rootAttributes: ' a="1" a="2"' }), 'xml_malformed'],
    ['a second root', `${edxml()}<edXML/>`, 'xml_malformed'],
    ['text after the root', `${edxml()}x`, 'xml_malformed'],
    ['an undefined entity', edxml({ subject: '<e:Subject>&nbsp;</e:Subject>' }), 'xml_malformed'],
    ['a DOCTYPE', edxml({ declaration: '<?xml version="1.0"?><!DOCTYPE edXML>' }), 'doctype_forbidden'],
    [
      'an external entity',
      edxml({ declaration: '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/hostname">]>' }),
      'doctype_forbidden',
    ],
    [
      'an unbound prefix on an attribute',
      edxml({ manifest: '<e:edXMLManifest><e:Reference xlink:href=""/></e:edXMLManifest>' }),
      'prefix_unbound',
    ],
    ['an unbound prefix on an element', edxml({ more: '<x:A/>' }), 'prefix_unbound'],
  ]

  it.each(cases)('refuses %s', (_name, xml, code) => {
    expect(refusal(xml).code).toBe(code)
    expect(refusal(xml, {}, 1).code).toBe(code)
  })

  it('names the line and column of the first byte that is not UTF-8', () => {
    const text = edxml({ subject: '<e:Subject>Đắk @ Lắk</e:Subject>' })
    const bytes = Buffer.from(text)
    bytes[bytes.indexOf('@')] = 0xff

    const error = refusal(bytes)

    expect(error.code).toBe('encoding_not_utf8')
    expect(error.facts.violations?.[0]).toMatchObject({ ...placeOf(text, '@'), found: '0xff' })
  })

  it('refuses a package wherever it is cut', () => {
    const bytes = Buffer.from(edxml().trimEnd())
    for (let length = 1; length < bytes.length; length += 7) {
      const { code, kind } = refusal(bytes.subarray(0, length))
      expect([code, kind]).toEqual([
        expect.stringMatching(/^(xml_truncated|xml_malformed|encoding_not_utf8)$/),
        'invalid',
      ])
    }
  })

  it('says which element a wrong closing tag leaves open', () => {
    const xml = edxml({ from: '<e:From>\n<e:From><e:OrganId>A</e:OrganId></e:From>' })

    const [violation] = refusal(xml).facts.violations ?? []

    expect(violation).toMatchObject({ rule: 'xml_malformed', line: placeOf(xml, '</e:MessageHeader>').line })
    expect(violation?.expected).toContain('From')
  })
})

describe('the words for what is not well-formed', () => {
  const broken = (change: (xml: string) => string) => refusal(change(edxml())).facts

  it.each<[string, (xml: string) => string, string]>([
    ['a closing tag of another element', (xml) => xml.replace('</e:Subject>', '</e:Sujbect>'), 'không khớp'],
    ['a closing tag too many', (xml) => xml.replace('</e:Subject>', '</e:Subject></e:Subject>'), 'không khớp'],
    ['an & as it is', (xml) => xml.replace('báo cáo', 'báo & cáo;'), 'ký tự & chưa được mã hóa'],
    ['an unknown entity', (xml) => xml.replace('báo cáo', '&nbsp;'), 'ký tự & chưa được mã hóa'],
    ['a < as it is', (xml) => xml.replace('báo cáo', 'a < b'), 'ký tự < chưa được mã hóa'],
    ['a NUL', (xml) => xml.replace('báo cáo', 'a\0b'), 'ký tự mà XML không cho phép'],
    ['an attribute twice', (xml) => xml.replace('<edXML ', '<edXML a="1" a="2" '), 'thuộc tính được ghi hai lần'],
    ['an attribute without quotes', (xml) => xml.replace('<edXML ', '<edXML a=1 '), 'dấu nháy'],
    ['an attribute without a value', (xml) => xml.replace('<edXML ', '<edXML a '), 'thiếu giá trị'],
    ['a second root', (xml) => `${xml}<edXML/>`, 'nhiều hơn một phần tử gốc'],
    ['text after the root', (xml) => `${xml}x`, 'ngoài phần tử gốc'],
    ['a second declaration', (xml) => `<?xml version="1.0"?>\n${xml}`, 'khai báo <?xml'],
    ['a declaration without a version', (xml) => xml.replace('version="1.0" ', ''), 'khai báo <?xml'],
    ['an end in the middle', (xml) => xml.slice(0, -40), 'chưa được đóng'],
    ['an end within a tag', (xml) => xml.slice(0, xml.indexOf('</e:Subject>') + 5), 'chưa được đóng'],
  ])('of %s are Vietnamese before they are English', (_name, change, words) => {
    const { params, violations } = broken(change)

    expect(params?.reason).toContain(words)
    expect(params?.reason).toContain(' · ')
    expect(violations?.[0]?.found ?? '').not.toMatch(/unexpected|disallowed|unclosed/)
  })
})

describe('limits', () => {
  it('refuses elements nested deeper than allowed', () => {
    const deep = edxml({ more: '<e:X>'.repeat(61) + '</e:X>'.repeat(61) })
    expect(refusal(deep).code).toBe('xml_too_deep')
    expect(() => read(edxml({ more: '<e:X>'.repeat(60) + '</e:X>'.repeat(60) }))).not.toThrow()
  })

  it('refuses an element with very many attributes', () => {
    const attributes = Array.from({ length: 65 }, (_, i) => ` a${i}="1"`).join('')
    expect(refusal(edxml({ rootAttributes: attributes })).code).toBe('attributes_too_many')
  })

  it('refuses too much markup as too large, and does not count attachments as markup', () => {
    const long = edxml({ more: `<!-- ${'x'.repeat(20_000)} -->` })
    expect(refusal(long, { headerBytesMax: 10_000 })).toMatchObject({ kind: 'too_large', code: 'header_too_large' })
    const big = edxml({ files: [{ ...oneFile, content: 'QUJD'.repeat(50_000) }] })
    expect(() => read(big, { headerBytesMax: 10_000 })).not.toThrow()
  })

  it('refuses more attachments than allowed', () => {
    const files = [1, 2, 3].map((i) => ({ ...oneFile, id: `a${i}` }))
    expect(refusal(edxml({ files }), { attachmentsMax: 2 }).code).toBe('attachments_too_many')
  })
})

describe('what is XML and not edXML of QCVN 102', () => {
  it.each([
    ['<EdXMLEnvelope xmlns="http://www.go.vn/eDoc"/>', 'go.vn/eDoc'],
    ['<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>', 'SOAP'],
    ['<message><a/></message>', 'NSS'],
    ['<edXML/>', 'edXML (xmlns ?)'],
    ['<edXML xmlns="urn:other"/>', 'urn:other'],
    ['<html><p/></html>', 'HTML'],
  ])('refuses %s and says what it looks like', (xml, looksLike) => {
    const error = refusal(xml)
    expect(error.code).toBe('not_edxml')
    expect(error.facts.params?.looksLike).toContain(looksLike)
  })

  it('refuses a package without MessageHeader', () => {
    expect(refusal(envelopeOf('')).code).toBe('message_header_missing')
  })
})

describe('what a document must have', () => {
  it.each([
    ['no From', { from: '' }, 'sender_missing', 'From/OrganId'],
    [
      'a From whose code is the word null',
      { from: '<e:From><e:OrganId>null</e:OrganId></e:From>' },
      'sender_missing',
      'From/OrganId',
    ],
    [
      'a From with a name and no code',
      { from: '<e:From><e:OrganName>X</e:OrganName></e:From>' },
      'sender_missing',
      'From/OrganId',
    ],
    ['no To', { to: '' }, 'recipient_missing', 'To/OrganId'],
    [
      'only a To without a code',
      { to: '<e:To><e:OrganName>X</e:OrganName></e:To>' },
      'recipient_missing',
      'To/OrganId',
    ],
    ['no Subject', { subject: '' }, 'subject_missing', 'Subject'],
    ['an empty Subject', { subject: '<e:Subject>  </e:Subject>' }, 'subject_missing', 'Subject'],
  ])('refuses %s', (_name, fixture, code, path) => {
    const error = refusal(edxml(fixture))
    expect(error.code).toBe(code)
    expect(error.facts.violations).toMatchObject([{ path: `edXMLHeader/MessageHeader/${path}`, rule: code }])
    expect(error.facts.violations?.[0]?.line).toBeGreaterThan(3)
  })

  it('lists everything that is wrong at once', () => {
    const documentId = `<e:DocumentId>${'x'.repeat(601)}</e:DocumentId>`
    const more = `<e:ResponseFor><e:DocumentId>${'y'.repeat(601)}</e:DocumentId></e:ResponseFor>`
    const xml = edxml({ from: '', to: '', documentId, more })

    const violations = refusal(xml).facts.violations ?? []

    expect(violations.map((v) => v.rule)).toEqual(['sender_missing', 'recipient_missing', 'maxLength', 'maxLength'])
    expect(violations[2]).toMatchObject({ path: 'edXMLHeader/MessageHeader/DocumentId', ...placeOf(xml, documentId) })
    expect(violations[2]?.found).not.toContain('xxx')
  })

  it('points the schema at the right one of several recipients, in the sender’s own order', () => {
    const second = `<e:To><e:OrganId>${'n'.repeat(101)}</e:OrganId><e:OrganName>B</e:OrganName></e:To>`
    const xml = edxml({ to: `<e:To><e:OrganId>A</e:OrganId></e:To>\n${second}` })

    const error = refusal(xml)

    expect(error.code).toBe('schema_violation')
    expect(error.facts.violations).toMatchObject([
      {
        path: 'edXMLHeader/MessageHeader/To[2]/OrganId',
        ...placeOf(xml, '<e:OrganId>nnn'),
        ...{ rule: 'maxLength', expected: '≤ 100' },
      },
    ])
  })

  it.each([
    ['DocumentId', { documentId: `<e:DocumentId>${'x'.repeat(601)}</e:DocumentId>` }, '≤ 600'],
    ['Code/CodeNotation', { more: `<e:Code><e:CodeNotation>${'x'.repeat(301)}</e:CodeNotation></e:Code>` }, '≤ 300'],
    ['Code/CodeNumber', { more: `<e:Code><e:CodeNumber>${'x'.repeat(301)}</e:CodeNumber></e:Code>` }, '≤ 300'],
  ])('refuses a %s that no index can hold, and says the limit in signs', (name, fixture, expected) => {
    const error = refusal(edxml(fixture))

    expect(error.code).toBe('schema_violation')
    expect(error.facts.violations).toMatchObject([{ path: `edXMLHeader/MessageHeader/${name}`, expected }])
  })

  it('names an envelope that stands twice', () => {
    const xml = edxml()
    const envelope = xml.slice(xml.indexOf('<e:edXMLEnvelope'), xml.indexOf('</e:edXMLEnvelope>') + 18)

    const error = refusal(xml.replace(envelope, envelope + envelope))

    expect(error).toMatchObject({ code: 'element_repeated', facts: { params: { path: 'edXMLEnvelope' } } })
  })

  it('refuses two values where one is meant', () => {
    const xml = edxml({ more: '<e:Subject>khác</e:Subject>' })
    const error = refusal(xml)
    expect(error.code).toBe('element_repeated')
    expect(error.facts.violations).toMatchObject([placeOf(xml, '<e:Subject>khác')])
  })
})

describe('what a status must have', () => {
  it.each([
    [{ from: '' }, 'sender_missing'],
    [{ responseFor: '' }, 'status_addressee_missing'],
    [{ responseFor: '<e:ResponseFor><e:DocumentId>1</e:DocumentId></e:ResponseFor>' }, 'status_addressee_missing'],
    [{ code: '<e:StatusCode/>' }, 'status_code_missing'],
    [{ wrapper: 'Status', code: '' }, 'status_code_missing'],
  ])('refuses %o', (fixture, code) => {
    expect(refusal(statusXml(fixture)).code).toBe(code)
  })
})

describe('attachments', () => {
  it('refuses a package of whose promised files none is there, and names them', () => {
    const missing = { id: 'b2', name: 'phu-luc.xlsx', type: 'application/zip', block: '' }
    const xml = edxml({ files: [missing, { ...missing, id: 'b3' }] })

    const error = refusal(xml)

    expect(error).toMatchObject({ code: 'attachment_missing', facts: { params: { name: 'phu-luc.xlsx' } } })
    expect(error.facts.violations?.[0]).toMatchObject({
      path: 'edXMLBody/edXMLManifest/Reference[1]',
      found: 'phu-luc.xlsx',
    })
    expect(error.facts.violations).toHaveLength(2)
  })

  it.each([
    ['a letter outside the alphabet', 'QUJD*UJD', '*'],
    ['base64url', 'QUJD-_JD', '-'],
    ['a character that is not ASCII', 'QUJDđQUJ', 'đ'],
    ['an entity', 'QUJD&#65;UJD', '&'],
    ['a form feed', 'QUJD\fQUJD', '\f'],
    ['data after the padding', 'QUI=\nQUJD', 'QUJD'],
    ['three times padding', 'QQ===', '=</'],
  ])('refuses %s in base64 and names file, line and column', (_name, content, at) => {
    const text = `QUJD\r\nQUJD\n${content}`
    const xml = edxml({ files: [{ ...oneFile, content: text }] })
    for (const chunk of [1, 3, 1 << 16]) {
      const error = refusal(xml.replace('\f', '\x0c'), {}, chunk)
      if (at === '\f') {
        // Not even XML: the scanner sees it first, because the XML parser is not shown the content.
        expect(error.code).toBe('attachment_not_base64')
        continue
      }
      const start = xml.indexOf(text)
      const before = xml.slice(0, start + text.lastIndexOf(at === '=</' ? '=' : at)).split('\n')
      expect(error).toMatchObject({ code: 'attachment_not_base64', facts: { params: { name: 'cong-van.pdf' } } })
      expect(error.facts.violations?.[0]).toMatchObject({
        path: 'AttachmentEncoded/Attachment[1]/ContentTransferEncoded',
        line: before.length,
        column: (before.at(-1) ?? '').length + 1,
      })
    }
  })

  it.each(['QUJ', 'Q', 'QQ=', 'QUJDQ', '=', '===='])('refuses %s, which does not come out even', (content) => {
    expect(refusal(edxml({ files: [{ ...oneFile, content }] })).code).toBe('attachment_not_base64')
  })

  it.each(['<!-- x -->', '<![CDATA[QUJD]]>', '<b/>', '<?x y?>'])('refuses %s inside base64', (inside) => {
    for (const chunk of [1, 1 << 16]) {
      const error = refusal(edxml({ files: [{ ...oneFile, content: `QUJD${inside}QUJD` }] }), {}, chunk)
      expect(error).toMatchObject({ code: 'attachment_not_base64', facts: { params: { name: 'cong-van.pdf' } } })
    }
  })

  it('names the file when its name comes after the broken content', () => {
    const block =
      '<Attachment><ContentId>a1</ContentId><ContentTransferEncoded>File đính kèm</ContentTransferEncoded><AttachmentName>sau.pdf</AttachmentName></Attachment>'
    const error = refusal(edxml({ files: [{ ...oneFile, block }] }))
    expect(error.facts.params?.name).toBe('sau.pdf')
  })

  it('names every broken file', () => {
    const files = ['a', 'b'].map((id) => ({ id, name: `${id}.pdf`, content: '!' }))
    expect(refusal(edxml({ files })).facts.violations).toHaveLength(2)
  })

  it.each([
    ['no content', ''],
    ['white space', ' \n '],
  ])('refuses a file with %s', (_name, content) => {
    const error = refusal(edxml({ files: [{ ...oneFile, content }] }))
    expect(error).toMatchObject({ code: 'attachment_empty', facts: { params: { name: 'cong-van.pdf' } } })
  })

  it('refuses a self-closed content element as an empty file', () => {
    const block = '<Attachment><ContentId>a1</ContentId><ContentTransferEncoded/></Attachment>'
    expect(refusal(edxml({ files: [{ ...oneFile, block }] })).code).toBe('attachment_empty')
  })
})

describe('places', () => {
  it.each(['\n', '\r\n', '\r'])('stay right after an attachment of many lines ended by %j', (lineEnd) => {
    const content = `${'QUJD'.repeat(19)}${lineEnd}`.repeat(1500)
    const xml = edxml({ files: [{ ...oneFile, content }] }).replace('</AttachmentEncoded>', '</AttachmentEncodde>')
    const lines = xml.slice(0, xml.indexOf('</AttachmentEncodde>')).split(/\r\n|\r|\n/)

    for (const chunk of [1000, 1 << 20]) {
      const [violation] = refusal(xml, {}, chunk).facts.violations ?? []
      expect(violation).toMatchObject({ rule: 'xml_malformed', line: lines.length })
    }
  })

  it('count what stands before the document', () => {
    const xml = `\ufeff\n\n${edxml({ subject: '<e:Subject>' })}`
    expect(refusal(xml).facts.violations?.[0]?.line).toBe(placeOf(xml, '</e:MessageHeader>').line)
  })
})

it('tells what it had seen of a package that is refused half-way', () => {
  const reader = new PackageReader(generousLimits)
  expect(() => reader.write(Buffer.from(edxml({ files: [{ ...oneFile, content: 'QUJD<x/>' }] })))).toThrow(GatewayError)
  expect(reader.seen).toEqual({ fromOrganId: '000.00.12.H35', documentId: '000.00.12.H35,2026/11/20,743/SNV-VP' })
})
