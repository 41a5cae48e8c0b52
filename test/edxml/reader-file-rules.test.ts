// The reader against the files and signatures that are really in circulation: one case for each rule of
// edxml-in-practice.md §6 and §7, named by its section.
import { describe, expect, it } from 'vitest'
import type { DocumentPackage } from '../../src/domain/document-package.ts'
import { zipOf } from '../../src/edxml/zip-entry.ts'
import { oleFile, zipFile } from '../support/binary-files.ts'
import { type EdxmlFixture, edxml, type FileFixture, oneFile, pdfBytes, read } from '../support/edxml-fixtures.ts'
import { base64, el, expectRead, organization, refusalCode } from './reader-rules.ts'

const fileOf = (name: string, bytes: Buffer, more: FileFixture = {}): FileFixture => ({
  ...{ id: 'f1', name, type: 'application/zip', content: base64(bytes) },
  ...more,
})

describe('§6 signature', () => {
  it.each([
    [
      'XML-DSig names in the edXML namespace',
      '<Signature xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><SignedInfo/></Signature>',
      true,
    ],
    ['the proper namespace', '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>', true],
    ['a token', el('Signature', el('KeyInfo', organization({ OrganId: 'A', Token: 'x' }))), true],
    ['empty DigitalSignature', '<e:DigitalSignature/>', false],
    ['empty Signature', el('Signature'), false],
    ['none', '', false],
  ])('%s is recorded as present or not, and never judged', (_name, headerRest, hasSignature) =>
    expectRead(edxml({ headerRest }), { is: { hasSignature } }),
  )
})

describe('§7.1 manifest and block', () => {
  const reference = (id: string, name = 'cong-van.pdf') =>
    el('Reference', organization({ ContentId: id, AttachmentName: name, ContentType: 'application/pdf' }))

  it.each([
    ['cid: on both sides', 'cid:a1'],
    ['none in the manifest', 'a1'],
    ['twice', 'cid:cid:a1'],
    ['with blanks', ' cid: a1 '],
  ])('the id may be written %s', (_how, id) =>
    expectRead(edxml({ files: [{ ...oneFile, reference: reference(id) }] }), {
      is: { attachments: [{ contentId: 'a1', name: 'cong-van.pdf' }] },
    }),
  )

  it('a manifest called Manifest', () =>
    expectRead(edxml().replaceAll('edXMLManifest', 'Manifest'), { is: { attachments: [{ name: 'cong-van.pdf' }] } }))

  it('a Reference with xlink attributes, if the prefix is bound', () => {
    const linked = '<e:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:a1" xlink:type="simple">'
    expectRead(edxml().replace('<e:Reference>', linked), { is: { attachments: [{ contentId: 'a1' }] } })
    expect(refusalCode(edxml().replace('<e:Reference>', '<e:Reference xlink:href="cid:a1">'))).toBe('prefix_unbound')
  })

  it('fields of an attachment in the order of the C# library', () => {
    const block = `<Attachment><ContentType>application/pdf</ContentType><ContentId>a1</ContentId><Description>d</Description><ContentTransferEncoded>${base64(pdfBytes)}</ContentTransferEncoded><AttachmentName>cong-van.pdf</AttachmentName></Attachment>`
    expectRead(edxml({ files: [{ ...oneFile, block }] }), { is: { attachments: [{ description: 'd' }] } })
  })

  const both = [oneFile, { ...oneFile, id: 'b2', name: 'phu-luc.pdf' }]
  it.each<[string, EdxmlFixture, string[]]>([
    ['one name', { files: [{ ...oneFile, reference: reference('cid:a1', 'khac.pdf') }] }, ['attachment_name_differs']],
    ['one id', { files: [{ ...oneFile, reference: reference('cid:zz') }] }, ['attachment_id_differs']],
    ['more in the block', { files: [both[0] ?? {}, { ...both[1], reference: '' }] }, ['attachment_not_in_manifest']],
    ['more in the manifest', { files: [both[0] ?? {}, { ...both[1], block: '' }] }, ['attachment_not_in_package']],
    ['no manifest', { manifest: '' }, ['manifest_missing']],
  ])('where they differ in %s, the block wins and it is told', (_what, fixture, findings) => {
    const { package: back } = read(edxml(fixture))
    expect((back as DocumentPackage).attachments[0]).toMatchObject({ contentId: 'a1', name: 'cong-van.pdf' })
    expectRead(edxml(fixture), { findings })
  })

  it.each(['../../etc/passwd', 'CON.pdf', 'a\u202efdp.exe', `${'x'.repeat(300)}.pdf`])(
    'the name %j is kept as it is written, and told',
    (name) =>
      expectRead(edxml({ files: [{ ...oneFile, name }] }), {
        is: { attachments: [{ name }] },
        findings: ['attachment_name_unsafe'],
      }),
  )
})

describe('§7.2 what the bytes are', () => {
  const entryName = '7f229065-682c-47b1-830c-3f0e4f4664f9'
  const text = Buffer.from('Danh sách kèm theo\n')
  const inner = { size: text.length, mediaType: 'text/plain' }
  const manyFiles = zipFile([{ name: 'a.txt' }, { name: 'b.txt' }])

  it.each<[string, FileFixture, Record<string, unknown>, string[]]>([
    ['a PDF as PDF', oneFile, { mediaType: 'application/pdf', declaredType: 'application/pdf' }, []],
    [
      'a zip of one .doc, labelled zip',
      fileOf('a.doc', zipOf(`${entryName}.doc`, oleFile({ names: ['WordDocument'] }))),
      { mediaType: 'application/zip', inner: { mediaType: 'application/msword' } },
      [],
    ],
    [
      'a zip of one file, labelled PDF',
      fileOf('a.PDF', zipOf(`${entryName}.PDF`, pdfBytes), { type: 'application/pdf' }),
      { declaredType: 'application/pdf', inner: { mediaType: 'application/pdf' } },
      [],
    ],
    [
      'a zip of one .txt, labelled text',
      fileOf('a.txt', zipFile([{ name: `${entryName}.txt`, bytes: text }]), { type: 'text/plain' }),
      { mediaType: 'application/zip', inner },
      [],
    ],
    ['a zip whose entry is called .edxml', fileOf('a.doc', zipOf(`${entryName}.edxml`, text)), { inner }, []],
    ['a raw text', fileOf('a.txt', text, { type: 'TXT' }), { mediaType: 'text/plain', inner: undefined }, []],
    [
      'a raw office file, which is no wrapper',
      fileOf('a.docx', zipFile([{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }])),
      { mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', inner: undefined },
      [],
    ],
    ['a zip that is a zip', fileOf('a.zip', manyFiles), { mediaType: 'application/zip', inner: undefined }, []],
    ['a zip of one file that is a zip', fileOf('a.zip', zipOf('b.txt', text)), { inner: undefined }, []],
    [
      'bytes that were read as text',
      fileOf('a.pdf', Buffer.from(`%PDF-1.3\n${'\ufffd'.repeat(9)}\0`)),
      { mediaType: 'application/pdf' },
      ['attachment_damaged'],
    ],
    [
      'a zip whose end lacks a byte',
      fileOf('a.txt', zipOf(`${entryName}.txt`, text).subarray(0, -1)),
      { inner: undefined },
      ['zip_broken'],
    ],
    ['a zip of several under the name of one', fileOf('a.doc', manyFiles), { inner: undefined }, ['zip_many_entries']],
    ['an encrypted zip', fileOf('a.zip', zipFile([{ name: 'a.txt', encrypted: true }])), {}, ['zip_encrypted']],
    ['a zip bomb', fileOf('a.txt', zipOf('a.txt', Buffer.alloc(20_000_000))), { inner: undefined }, ['zip_expands']],
    [
      'a zip packed in an unknown way',
      fileOf('a.txt', zipFile([{ name: 'a.txt', method: 12 }])),
      { inner: undefined },
      ['zip_not_inspected'],
    ],
    [
      'macros, inside a wrapper too',
      fileOf('a.doc', zipOf('a.doc', oleFile({ names: ['WordDocument', 'Macros'] }))),
      { hasMacros: true },
      [],
    ],
    [
      'a program under a harmless name',
      fileOf('a.pdf', Buffer.from('MZ\x90\0\x03\0', 'latin1')),
      { mediaType: 'application/vnd.microsoft.portable-executable' },
      [],
    ],
  ])('%s', (_name, file, is, findings) => {
    const [attachment] = (read(edxml({ files: [file] })).package as DocumentPackage).attachments
    for (const [member, value] of Object.entries(is)) {
      if (value === undefined) expect(attachment).not.toHaveProperty(member)
      else expect(attachment).toMatchObject({ [member]: value })
    }
    expect(attachment?.innerSha256).toBe(attachment?.inner?.sha256)
    expectRead(edxml({ files: [file] }), { findings })
  })

  it('only says that a zip is too large to look into, and warns of nothing', () => {
    const { findings } = read(edxml({ files: [fileOf('a.txt', zipFile([{ name: 'a.txt', method: 12 }]))] }))
    expect(findings).toMatchObject([{ code: 'zip_not_inspected', severity: 'info' }])
  })

  it('the name of an entry cannot carry what a database does not take', () => {
    const zip = zipOf('\0'.repeat(20).concat('x'.repeat(999), '.txt'), text)
    const { package: back } = read(edxml({ files: [fileOf('a.txt', zip)] }))
    const name = (back as DocumentPackage).attachments[0]?.inner?.entryName ?? ''
    expect(name).toMatch(/^\ufffd+x+…$/)
    expect(name.length).toBeLessThanOrEqual(200)
  })

  it('a placeholder of a test tool is not base64, and the file is named', () => {
    const files = [fileOf('mau.pdf', pdfBytes, { content: '$' + '{__StringFromFile(a.txt)}' })]
    expect(refusalCode(edxml({ files }))).toBe('attachment_not_base64')
  })
})
