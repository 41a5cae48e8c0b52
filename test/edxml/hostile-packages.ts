// Packages that somebody writes to hurt: the classic attacks on XML parsers, on base64, on ZIP readers and on whoever
// uses a name as a path. Each says what must come of it: the code of the refusal, or `accepted`.
import { edxml, oneFile } from '../support/edxml-fixtures.ts'
import { nestedZip, zipWith } from './hostile-zips.ts'

export interface HostilePackage {
  readonly name: string
  /** Made when it is asked for: together they are large. */
  readonly make: () => string | Buffer
  readonly verdict: string
}

const hostile = (name: string, verdict: string, make: () => string | Buffer): HostilePackage => ({
  name,
  verdict,
  make,
})
const many = (count: number, part: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join('')
const withDeclaration = (declaration: string, subject = '') =>
  edxml({ declaration, ...(subject === '' ? {} : { subject: `<e:Subject>${subject}</e:Subject>` }) })
const withSubject = (subject: string) => edxml({ subject: `<e:Subject>${subject}</e:Subject>` })
const withMore = (more: string) => edxml({ more })

/** A package whose subject holds these bytes. */
function withBytes(...bytes: number[]): Buffer {
  const [before = '', after = ''] = withSubject('@').split('@')
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}

function withFile(name: string, bytes: Buffer): string {
  return edxml({ files: [{ id: 'a1', name, content: bytes.toString('base64') }] })
}

const text = Buffer.from('Công văn về việc kiểm thử\n'.repeat(20))

const laughs = many(9, (i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)

const entities = [
  hostile('a billion laughs', 'doctype_forbidden', () =>
    withDeclaration(`<!DOCTYPE edXML [<!ENTITY l0 "ha">${laughs}]>`, '&l9;'),
  ),
  hostile('a quadratic entity', 'doctype_forbidden', () =>
    withDeclaration(`<!DOCTYPE edXML [<!ENTITY a "${'a'.repeat(100_000)}">]>`, '&a;'.repeat(10_000)),
  ),
  hostile('an external entity of a file', 'doctype_forbidden', () =>
    withDeclaration('<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '&x;'),
  ),
  hostile('an external entity of an address', 'doctype_forbidden', () =>
    withDeclaration('<!DOCTYPE edXML [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>', '&x;'),
  ),
  hostile('a parameter entity', 'doctype_forbidden', () =>
    withDeclaration('<!DOCTYPE edXML [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>'),
  ),
  hostile('an external DTD', 'doctype_forbidden', () =>
    withDeclaration('<?xml version="1.0"?><!DOCTYPE edXML SYSTEM "http://127.0.0.1:9/edxml.dtd">'),
  ),
  hostile('a public DTD', 'doctype_forbidden', () =>
    withDeclaration('<!DOCTYPE edXML PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://127.0.0.1:9/x.dtd">'),
  ),
  hostile(
    'an internal DTD that never ends',
    'xml_truncated',
    () => `<!DOCTYPE edXML [${'<!ELEMENT a ANY>'.repeat(60_000)}`,
  ),
  hostile('a DOCTYPE in small letters', 'xml_malformed', () => withDeclaration('<!doctype edXML>')),
  hostile('an entity that nobody declared', 'xml_malformed', () => withSubject('&lol;')),
  hostile('a reference to NUL', 'xml_malformed', () => withSubject('&#0;')),
  hostile('a reference to a control character', 'xml_malformed', () => withSubject('&#x8;')),
  hostile('a reference beyond Unicode', 'xml_malformed', () => withSubject('&#x110000;')),
  hostile('a reference to half a character', 'xml_malformed', () => withSubject('&#xD800;')),
  hostile('a reference of a million digits', 'accepted', () => withSubject(`&#${'0'.repeat(900_000)}65;`)),
  hostile('a name of an entity that is a megabyte long', 'xml_malformed', () =>
    withSubject(`&${'a'.repeat(900_000)};`),
  ),
]

const sizes = [
  hostile('20,000 elements inside each other', 'xml_too_deep', () => withMore('<e:X>'.repeat(20_000))),
  hostile('100,000 attributes on one element', 'attributes_too_many', () =>
    withMore(`<e:X ${many(85_000, (i) => `a${i}="" `)}/>`),
  ),
  hostile('10,000 namespaces on one element', 'attributes_too_many', () =>
    withMore(`<e:X ${many(10_000, (i) => `xmlns:n${i}="urn:${i}" `)}/>`),
  ),
  hostile('64 namespaces on each of 55 elements inside each other', 'accepted', () =>
    withMore(many(55, (d) => `<e:X ${many(60, (i) => `xmlns:n${d}-${i}="urn:${i}" `)}>`) + '</e:X>'.repeat(55)),
  ),
  hostile('150,000 unknown elements', 'accepted', () => withMore('<e:X/>'.repeat(150_000))),
  hostile('100,000 unknown elements under 55 long names', 'accepted', () => {
    const names = Array.from({ length: 55 }, (_, i) => `${'N'.repeat(200)}${i}`)
    const [opening, closing] = [
      names.map((n) => `<${n}>`).join(''),
      names
        .reverse()
        .map((n) => `</${n}>`)
        .join(''),
    ]
    return withMore(`${opening}${'<a/>'.repeat(100_000)}${closing}`)
  }),
  hostile('an element with a name of a megabyte', 'accepted', () => withMore(`<${'X'.repeat(1_000_000)}/>`)),
  hostile('an attribute with a name of a megabyte', 'accepted', () => withMore(`<e:X ${'x'.repeat(1_000_000)}=""/>`)),
  hostile('an attribute with a value of a megabyte', 'accepted', () => withMore(`<e:X a="${'x'.repeat(1_000_000)}"/>`)),
  hostile('an unbound prefix of a megabyte', 'prefix_unbound', () => withMore(`<${'x'.repeat(1_000_000)}:X/>`)),
  hostile('a closing tag of a megabyte that closes nothing', 'xml_malformed', () =>
    withMore(`</${'X'.repeat(1_000_000)}>`),
  ),
  hostile('a root with a name of a megabyte', 'not_edxml', () => `<${'x'.repeat(1_000_000)}/>`),
  hostile('a namespace of a megabyte', 'not_edxml', () => `<edXML xmlns="${'u'.repeat(1_000_000)}"/>`),
  hostile('an encoding with a name of a megabyte', 'encoding_not_utf8', () =>
    withDeclaration(`<?xml version="1.0" encoding="${'x'.repeat(900_000)}"?>`),
  ),
  hostile('a subject of a megabyte', 'accepted', () => withSubject('x'.repeat(1_000_000))),
  hostile('a subject of two megabytes', 'header_too_large', () => withSubject('x'.repeat(2_000_000))),
  hostile('two megabytes of one tag', 'header_too_large', () => `<${'x'.repeat(2_000_000)}`),
  hostile('five megabytes of space before the document', 'accepted', () => ' '.repeat(5_000_000) + edxml()),
  hostile('100,000 comments', 'accepted', () => withMore('<!---->'.repeat(100_000))),
  hostile('100,000 processing instructions', 'accepted', () => withMore('<?a?>'.repeat(100_000))),
  hostile('80,000 CDATA sections in one text', 'accepted', () =>
    withMore(`<e:Content>${'<![CDATA[]]>'.repeat(80_000)}ngắn</e:Content>`),
  ),
  hostile('the name of the content element 40,000 times as text', 'accepted', () =>
    withMore(`<e:X>${'ContentTransferEncoded'.repeat(40_000)}</e:X>`),
  ),
  hostile('that name before 300,000 closing brackets', 'accepted', () =>
    withMore(`<e:X>AttachmentData${'>'.repeat(300_000)}</e:X>`),
  ),
]

const recipients = [
  hostile('10,000 recipients', 'accepted', () =>
    edxml({ to: many(10_000, (i) => `<e:To><e:OrganId>H35.${i}</e:OrganId></e:To>`) }),
  ),
  hostile('one recipient 10,000 times', 'accepted', () =>
    edxml({ to: '<e:To><e:OrganId>H35.1</e:OrganId></e:To>'.repeat(10_000) }),
  ),
  hostile('25,000 recipients without a code', 'accepted', () =>
    edxml({ to: `<e:To><e:OrganId>A</e:OrganId></e:To>${'<e:To><e:OrganName>x</e:OrganName></e:To>'.repeat(25_000)}` }),
  ),
  hostile('100,000 empty recipients', 'recipient_missing', () => edxml({ to: '<e:To/>'.repeat(100_000) })),
  hostile('7,000 codes that are too long', 'schema_violation', () =>
    edxml({ to: `<e:To><e:OrganId>${'x'.repeat(110)}</e:OrganId></e:To>`.repeat(6_500) }),
  ),
  hostile('10,000 recipients with two codes each', 'element_repeated', () =>
    edxml({ to: '<e:To><e:OrganId>A</e:OrganId><e:OrganId>B</e:OrganId></e:To>'.repeat(10_000) }),
  ),
  hostile('30,000 subjects', 'element_repeated', () => withMore('<e:Subject>a</e:Subject>'.repeat(30_000))),
  hostile('10,000 answers with a date that is none', 'accepted', () =>
    withMore('<e:ResponseFor><e:PromulgationDate>a</e:PromulgationDate></e:ResponseFor>'.repeat(10_000)),
  ),
  hostile('10,000 hops without a date', 'accepted', () =>
    edxml({
      traces: `<e:TraceHeaderList>${'<e:TraceHeader><e:Timestamp>x</e:Timestamp></e:TraceHeader>'.repeat(10_000)}</e:TraceHeaderList>`,
    }),
  ),
]

const encodings = [
  hostile('NUL in a text', 'xml_malformed', () => withBytes(0)),
  ...[0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x1f].map((byte) =>
    hostile(`the control character 0x${byte.toString(16)}`, 'xml_malformed', () => withBytes(byte)),
  ),
  hostile('U+FFFE', 'xml_malformed', () => withSubject('\ufffe')),
  hostile('an overlong slash', 'encoding_not_utf8', () => withBytes(0xc0, 0xaf)),
  hostile('an overlong slash of three bytes', 'encoding_not_utf8', () => withBytes(0xe0, 0x80, 0xaf)),
  hostile('an overlong NUL', 'encoding_not_utf8', () => withBytes(0xc0, 0x80)),
  hostile('half a surrogate pair', 'encoding_not_utf8', () => withBytes(0xed, 0xa0, 0x80)),
  hostile('a surrogate pair as two characters', 'encoding_not_utf8', () =>
    withBytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
  ),
  hostile('a character beyond Unicode', 'encoding_not_utf8', () => withBytes(0xf4, 0x90, 0x80, 0x80)),
  hostile('a continuation without a beginning', 'encoding_not_utf8', () => withBytes(0x80)),
  hostile('a character that ends too soon', 'encoding_not_utf8', () => withBytes(0xe1, 0xba)),
  hostile('a document cut inside a character', 'encoding_not_utf8', () => {
    const whole = Buffer.from(withSubject('Ủ'))
    return whole.subarray(0, whole.indexOf(Buffer.from('Ủ')) + 2)
  }),
  hostile('UTF-16, low byte first, with a mark', 'encoding_not_utf8', () => Buffer.from(`\ufeff${edxml()}`, 'utf16le')),
  hostile('UTF-16, high byte first, with a mark', 'encoding_not_utf8', () =>
    Buffer.from(`\ufeff${edxml()}`, 'utf16le').swap16(),
  ),
  hostile('UTF-16 without a mark', 'encoding_not_utf8', () => Buffer.from(edxml(), 'utf16le')),
  hostile('UTF-16, high byte first, without a mark', 'encoding_not_utf8', () =>
    Buffer.from(edxml(), 'utf16le').swap16(),
  ),
  ...['UTF-16', 'ISO-8859-1', 'windows-1258', 'UTF-7', 'VISCII'].map((encoding) =>
    hostile(`a declaration of ${encoding}`, 'encoding_not_utf8', () =>
      withDeclaration(`<?xml version="1.0" encoding="${encoding}"?>`),
    ),
  ),
  hostile('two byte order marks', 'not_xml', () => `\ufeff\ufeff${edxml()}`),
  hostile('a byte order mark in the middle', 'accepted', () => withSubject('a\ufeffb')),
]

const namespaces = [
  hostile('a prefix that is bound anew', 'message_header_missing', () =>
    edxml().replace('<e:edXMLHeader>', '<e:edXMLHeader xmlns:e="urn:other">'),
  ),
  hostile('another name for every prefix', 'accepted', () =>
    edxml().replaceAll('e:', 'edXML.2016-ấ:').replaceAll(':e=', ':edXML.2016-ấ='),
  ),
  hostile('the prefix xml bound to something else', 'xml_malformed', () =>
    edxml({ rootAttributes: ' xmlns:xml="urn:x"' }),
  ),
  hostile('the prefix xmlns bound', 'xml_malformed', () => edxml({ rootAttributes: ' xmlns:xmlns="urn:x"' })),
  hostile('a prefix unbound again', 'xml_malformed', () => withMore('<e:X xmlns:e=""/>')),
  hostile('one attribute under two prefixes', 'xml_malformed', () =>
    withMore('<e:X xmlns:a="urn:1" xmlns:b="urn:1" a:x="" b:x=""/>'),
  ),
  hostile('an attribute twice', 'xml_malformed', () => withMore('<e:X a="1" a="2"/>')),
  hostile('a name with two colons', 'xml_malformed', () => withMore('<e:X:Y/>')),
]

const contents = [
  hostile('base64 of nothing', 'attachment_empty', () => edxml({ files: [{ ...oneFile, content: '' }] })),
  hostile('base64 of white space only', 'attachment_empty', () =>
    edxml({ files: [{ ...oneFile, content: ' \n'.repeat(1_000_000) }] }),
  ),
  hostile('ten megabytes of junk for base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: '*'.repeat(10_000_000) }] }),
  ),
  hostile('ten megabytes of padding', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: '='.repeat(10_000_000) }] }),
  ),
  hostile('a line end after every letter of base64', 'accepted', () =>
    edxml({ files: [{ ...oneFile, content: 'Q\r\nU\r\nJ\r\nD\r\n'.repeat(300_000) }] }),
  ),
  hostile('a comment inside base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: 'QUJD<!-- -->QUJD' }] }),
  ),
  hostile('a processing instruction inside base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: 'QUJD<?php ?>QUJD' }] }),
  ),
  hostile('CDATA inside base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: '<![CDATA[QUJD]]>' }] }),
  ),
  hostile('an entity inside base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: 'QUJD&#81;UJD' }] }),
  ),
  hostile('NUL inside base64', 'attachment_not_base64', () =>
    edxml({ files: [{ ...oneFile, content: 'QUJD\0QUJD' }] }),
  ),
  hostile('a text of CDATA with markup in it', 'accepted', () => withSubject('<![CDATA[<script>&amp;]]>')),
  hostile('10,000 attachments', 'attachments_too_many', () =>
    edxml({ manifest: '', files: Array.from({ length: 10_000 }, (_, i) => ({ id: `a${i}`, content: 'QUJD' })) }),
  ),
  hostile('10,000 promised files and none', 'attachment_missing', () =>
    edxml({
      files: [],
      manifest: `<e:edXMLManifest>${many(10_000, (i) => `<e:Reference><e:ContentId>${i}</e:ContentId></e:Reference>`)}</e:edXMLManifest>`,
    }),
  ),
  hostile('one ContentId for 200 attachments', 'accepted', () =>
    edxml({ files: Array.from({ length: 200 }, (_, i) => ({ id: 'same', name: `${i}.txt`, content: 'QUJD' })) }),
  ),
  hostile('10,000 promised files for 200 that are called otherwise', 'accepted', () =>
    edxml({
      manifest: `<e:edXMLManifest>${many(10_000, (i) => `<e:Reference><e:ContentId>${i}</e:ContentId></e:Reference>`)}</e:edXMLManifest>`,
      files: Array.from({ length: 200 }, (_, i) => ({ id: `other-${i}`, content: 'QUJD' })),
    }),
  ),
]

const names = [
  ...[
    '../../etc/passwd',
    '..\\..\\Windows\\win.ini',
    'C:\\autoexec.bat',
    '/etc/passwd',
    '\\\\server\\share\\x.pdf',
    'CON',
    'nul.txt',
    'COM1.pdf',
    'cong-van\u202efdp.exe',
    'cong-van.pdf\u200b',
    'cong\u2028van.pdf',
    '.',
    '..',
    '-rf',
    '~/.bashrc',
    '$(reboot).pdf',
    '%00.pdf',
    'a'.repeat(400),
    '🇻🇳'.repeat(50),
    'e\u0301'.repeat(100),
  ].map((name) =>
    hostile(`a file called ${JSON.stringify(name.slice(0, 40))}`, 'accepted', () => withFile(name, text)),
  ),
  hostile('a file name with NUL', 'xml_malformed', () => withFile('a\0.pdf', text)),
  hostile('a file name of 10,000 characters', 'accepted', () => withFile(`${'a'.repeat(10_000)}.pdf`, text)),
]

const zips = [
  hostile('a ZIP of ZIPs of ZIPs', 'accepted', () => withFile('bao-cao.doc', nestedZip(5, 16, Buffer.alloc(100_000)))),
  hostile('a wrapper around a ZIP of ZIPs', 'accepted', () =>
    withFile('bao-cao.txt', zipWith([{ name: 'a.txt', bytes: nestedZip(4, 16, Buffer.alloc(100_000)) }])),
  ),
  hostile('a ZIP that expands a thousandfold', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: Buffer.alloc(20_000_000) }])),
  ),
  hostile('a ZIP of 10,000 entries', 'accepted', () =>
    withFile(
      'a.txt',
      zipWith(Array.from({ length: 10_000 }, (_, i) => ({ name: `${i}.txt`, bytes: Buffer.from('a') }))),
    ),
  ),
  hostile('a ZIP that says it has one entry of 10,000', 'accepted', () =>
    withFile(
      'a.txt',
      zipWith(
        Array.from({ length: 10_000 }, (_, i) => ({ name: `${i}.txt`, bytes: Buffer.from('a') })),
        { entryCount: 1 },
      ),
    ),
  ),
  hostile('a ZIP that says it is smaller than it is', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: Buffer.alloc(20_000_000), statedSize: 100 }])),
  ),
  hostile('a ZIP that says it is larger than it is', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text, statedSize: 0xffff_fff0 }])),
  ),
  hostile('a ZIP whose packed size is beyond the file', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text, statedPackedSize: 0x7fff_ffff }])),
  ),
  hostile('an encrypted ZIP', 'accepted', () => withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text, flags: 1 }]))),
  hostile('a ZIP of overlapping entries', 'accepted', () =>
    withFile(
      'a.txt',
      zipWith([
        { name: 'a.txt', bytes: text },
        ...Array.from({ length: 999 }, () => ({ name: 'b.txt', bytes: text, overlaps: true })),
      ]),
    ),
  ),
  hostile('a ZIP whose entry is a path', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: '../../../etc/cron.d/x.txt', bytes: text }])),
  ),
  hostile('a ZIP whose entry has NUL in its name', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a\0b.txt', bytes: text }])),
  ),
  hostile('a ZIP whose entry has a name that is no text', 'accepted', () =>
    withFile(
      'a.txt',
      zipWith([
        { name: Buffer.concat([Buffer.from([0xff, 0xfe, 0xed, 0xa0, 0x80]), Buffer.from('.txt')]), bytes: text },
      ]),
    ),
  ),
  hostile('a ZIP whose entry has a name of 64 KB', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: `${'a'.repeat(65_000)}.txt`, bytes: text }])),
  ),
  hostile('a ZIP whose directory lies in itself', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text }], { centralAt: 0 })),
  ),
  hostile('a ZIP whose comment is another end', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text }], { comment: Buffer.from('PK\x05\x06', 'latin1') })),
  ),
  hostile('a ZIP of the 64-bit kind', 'accepted', () =>
    withFile(
      'a.txt',
      zipWith([{ name: 'a.txt', bytes: text, statedSize: 0xffff_ffff, statedPackedSize: 0xffff_ffff }]),
    ),
  ),
  hostile('an entry packed by a method nobody knows', 'accepted', () =>
    withFile('a.txt', zipWith([{ name: 'a.txt', bytes: text, method: 99 }])),
  ),
  hostile('local headers one after the other in the first bytes', 'accepted', () =>
    withFile(
      'a.docx',
      Buffer.concat(Array.from({ length: 500 }, () => Buffer.from('PK\x03\x04\x00\x00\x00\x00', 'latin1'))),
    ),
  ),
]

/** Those of a megabyte and more of markup. */
export const largePackages: readonly HostilePackage[] = sizes

/** What a whole gateway is shown: all but the large ones that end in the reader. */
export const packagesToPost: readonly HostilePackage[] = [
  ...entities,
  ...recipients.filter(({ verdict }) => verdict === 'accepted'),
  ...encodings,
  ...namespaces,
  ...names,
  ...zips,
]

export const hostilePackages: readonly HostilePackage[] = [
  ...entities,
  ...sizes,
  ...recipients,
  ...encodings,
  ...namespaces,
  ...contents,
  ...names,
  ...zips,
]
