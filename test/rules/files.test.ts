// The files of a package by content and by name (R52, seed Đắk Lắk Đ.4.3; S3).
import { describe, expect, test } from 'vitest'
import type { Attachment } from '../../src/domain/document-package.ts'
import { refusalOf } from '../../src/rules/check-package.ts'
import { codesOf, file, findingsOf, judge, pdf, policyWith } from './judging.ts'

const zip = 'application/zip'
const ole = 'application/x-ole-storage'
const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const program = 'application/vnd.microsoft.portable-executable'
const unknown = 'application/octet-stream'

/** As the reference library packs what it does not know: one entry of a made-up name. */
function wrapped(name: string, mediaType: string, entryName = `0b0f.${name.split('.').at(-1)}`) {
  const inner = { sha256: 'b'.repeat(64), size: 1000, mediaType, entryName }
  return file(name, zip, { innerSha256: inner.sha256, inner })
}

/** What is found about a file that comes with the signed PDF. */
const codesFor = (attachment: Attachment) => codesOf(judge({ attachments: [pdf, attachment] }))

describe('a file of an allowed format passes', () => {
  test.each([
    file('a.txt', 'text/plain'),
    file('a.csv', 'text/plain'),
    file('a.rtf', 'application/rtf'),
    file('a.doc', ole),
    file('cu.doc', 'application/rtf'),
    file('A.DOCX', docx),
    file('a.odt', 'application/vnd.oasis.opendocument.text'),
    file('a.xls', ole),
    file('a.xlsx', xlsx),
    file('a.ods', 'application/vnd.oasis.opendocument.spreadsheet'),
    file('a.jpeg', 'image/jpeg'),
    file('a.jpg', 'image/jpeg'),
    file('a.png', 'image/png'),
    file('Công văn số 12.2026', 'application/pdf'),
    file('Công văn số 12', 'application/pdf'),
    wrapped('a.xlsx', xlsx),
    wrapped('a.PDF', 'application/pdf'),
    // A reader that did not look into the wrapper knows nothing of the file.
    file('a.xls', zip, { innerSha256: 'c'.repeat(64) }),
  ])('$name as $mediaType', (attachment) => {
    expect(codesFor(attachment)).toEqual([])
  })
})

describe('a file of another format is told', () => {
  test.each([
    file('a.ppt', ole),
    file('a.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'),
    file('a.gif', 'image/gif'),
    file('a.tif', 'image/tiff'),
    file('a.html', 'text/plain'),
    file('a.xml', 'text/plain'),
    file('a.mp4', unknown),
    file('khong-duoi', unknown),
    wrapped('a.gif', 'image/gif'),
  ])('$name as $mediaType', (attachment) => {
    expect(codesFor(attachment)).toEqual(['attachment_format'])
  })

  test('with its place, its name and what it really is', () => {
    expect(findingsOf(judge({ attachments: [pdf, file('a.gif', 'image/gif')] }), 'attachment_format')).toEqual([
      {
        code: 'attachment_format',
        severity: 'warn',
        path: 'AttachmentEncoded/Attachment[2]/AttachmentName',
        params: { name: 'a.gif', content: 'image/gif' },
      },
    ])
  })
})

describe('a name that does not fit the content is told', () => {
  test.each([
    file('a.docx', 'application/pdf'),
    file('a.doc', 'text/plain'),
    file('a.xlsx', docx),
    file('a.txt', 'application/pdf'),
    file('a.png', 'image/jpeg'),
    wrapped('a.xls', 'application/pdf'),
  ])('$name as $mediaType', (attachment) => {
    expect(codesFor(attachment)).toEqual(['attachment_name_mismatch'])
  })

  test('also where the content is nothing we know', () => {
    expect(codesFor(file('a.pdf', unknown))).toEqual(['attachment_format', 'attachment_name_mismatch'])
  })

  test('and an archive under the name of a document is both', () => {
    expect(codesFor(file('a.docx', zip))).toEqual(['attachment_archive', 'attachment_name_mismatch'])
  })
})

describe('a program or script is refused', () => {
  test.each([
    file('a.exe', program),
    file('a.pdf', program),
    file('a.txt', 'application/x-elf'),
    file('a.pdf', 'application/x-mach-binary'),
    file('bao-cao', 'text/x-shellscript'),
    file('bao-cao.txt', 'application/x-bat'),
    file('a.doc', 'application/x-ms-shortcut'),
    file('a.zip', 'application/java-archive'),
    wrapped('a.pdf', program),
    wrapped('a.exe', program),
    wrapped('a.pdf', unknown, 'ke-hoach.exe'),
    ...['exe', 'bat', 'cmd', 'com', 'scr', 'js', 'vbs', 'ps1', 'msi', 'lnk', 'jar', 'hta', 'wsf', 'sh', 'dll'].map(
      (ending) => file(`a.${ending}`, 'text/plain'),
    ),
    file('cong-van.pdf.EXE', unknown),
    file('cong-van.exe.', unknown),
    file('cong-van.exe. . ', unknown),
    file('cong-van.exe::$DATA', unknown),
    file('cong-van\u202efdp.exe', unknown),
  ])('$name as $mediaType', (attachment) => {
    const error = refusalOf(judge({ attachments: [pdf, attachment] }))

    expect(error).toMatchObject({
      kind: 'invalid',
      code: 'attachment_executable',
      facts: { params: { name: attachment.name } },
    })
    expect(error?.facts.violations).toEqual([
      {
        path: 'AttachmentEncoded/Attachment[2]/AttachmentName',
        rule: 'attachment_executable',
        found: attachment.name,
      },
    ])
  })

  test.each(['exe.pdf', 'a.executive.pdf', 'huong-dan-cai-exe.pdf', 'a.json.pdf', 'V/v: cấp mã.pdf'])(
    'but not %s',
    (name) => {
      expect(codesFor(file(name))).toEqual([])
    },
  )

  test('every one is named at once, with all other refusals', () => {
    const attachments = [file('a.exe'), pdf, file('b.bat')]
    const error = refusalOf(judge({ attachments }, {}, policyWith({ attachment_name_mismatch: { mode: 'refuse' } })))

    expect(error?.facts.violations?.map(({ path, rule }) => `${path} ${rule}`)).toEqual([
      'AttachmentEncoded/Attachment[1]/AttachmentName attachment_executable',
      'AttachmentEncoded/Attachment[3]/AttachmentName attachment_executable',
    ])
  })

  test('no declaration lifts it', () => {
    expect(judge({ attachments: [file('a.exe')] }, { declaration: 'not-secret' }).refusals).toHaveLength(1)
  })
})

describe('archives and macros', () => {
  test.each([
    file('a.zip', zip),
    file('a.rar', 'application/vnd.rar'),
    file('a.7z', 'application/x-7z-compressed'),
    file('a.rar', 'application/octet-stream'),
    file('ho-so', zip),
  ])('$name is told as an archive and not as a wrong format', (attachment) => {
    expect(codesFor(attachment)).toContain('attachment_archive')
    expect(codesFor(attachment)).not.toContain('attachment_format')
  })

  test('a province that lets archives pass hears nothing of them', () => {
    const policy = policyWith({ attachment_archive: { mode: 'ignore' } })

    expect(codesOf(judge({ attachments: [pdf, file('a.zip', zip)] }, {}, policy))).toEqual([])
  })

  test.each([
    ['a.docm', ['attachment_format', 'attachment_macros']],
    ['a.docx', ['attachment_format', 'attachment_name_mismatch', 'attachment_macros']],
  ])('a file with macros named %s is told for each reason', (name, codes) => {
    const withMacros = 'application/vnd.ms-word.document.macroEnabled.12'

    expect(codesFor(file(name, withMacros, { hasMacros: true }))).toEqual(codes)
  })

  test('macros are told', () => {
    expect(codesFor(file('a.xls', ole, { hasMacros: true }))).toEqual(['attachment_macros'])
  })
})

describe('the document itself', () => {
  const warned = (attachments: readonly Attachment[], kind: 'new' | 'recall' = 'new') =>
    codesOf(judge({ kind, attachments })).includes('main_file_not_pdf')

  test.each([
    [[file('cong-van.doc', ole)]],
    [[file('cong-van.docx', docx), file('Phụ lục 1.pdf')]],
    [[file('cong-van.docx', docx), file('phu-luc-1.pdf')]],
    [[file('a.xlsx', xlsx)]],
    [[file('Phụ lục.docx', docx)]],
  ])('that is no PDF is told: %j', (attachments) => {
    expect(warned(attachments)).toBe(true)
  })

  test.each([
    [[pdf]],
    [[file('cong-van.docx', docx), file('cong-van-da-ky.pdf')]],
    [[file('Phụ lục 1.xlsx', xlsx), file('cong-van.pdf')]],
    [[wrapped('cong-van.pdf', 'application/pdf')]],
    [[file('Phụ lục 1.pdf')]],
    [[file('plan.pdf')]],
    [[]],
  ])('that is one passes: %j', (attachments) => {
    expect(warned(attachments)).toBe(false)
  })

  test('is nothing a recall must bring', () => {
    expect(warned([file('a.doc', ole)], 'recall')).toBe(false)
  })
})

describe('sizes', () => {
  const policy = policyWith({
    attachment_size: { parameters: { bytesMax: 1024 * 1024 } },
    package_size: { mode: 'refuse', parameters: { bytesMax: 3 * 1024 * 1024 } },
  })

  test('up to the limit pass', () => {
    const facts = { size: 3 * 1024 * 1024 }

    expect(codesOf(judge({ attachments: [{ ...pdf, size: 1024 * 1024 }] }, facts, policy))).toEqual([])
  })

  test('above it are told with both figures', () => {
    const judgement = judge({ attachments: [{ ...pdf, size: 1024 * 1024 * 1.5 }] }, {}, policy)

    expect(findingsOf(judgement, 'attachment_size')[0]?.params).toMatchObject({ size: '1.5 MiB', max: '1.0 MiB' })
  })

  test('of the package may turn it away', () => {
    const error = refusalOf(judge({}, { size: 4 * 1024 * 1024 }, policy))

    expect(error).toMatchObject({ code: 'package_size', facts: { params: { size: '4.0 MiB', max: '3.0 MiB' } } })
  })

  test('of a wrapped file are those of the file inside', () => {
    const big = { sha256: 'b'.repeat(64), size: 2 * 1024 * 1024, mediaType: 'application/pdf', entryName: 'x.pdf' }
    const attachment = file('a.pdf', zip, { innerSha256: big.sha256, inner: big, size: 1000 })

    expect(codesOf(judge({ attachments: [attachment] }, {}, policy))).toEqual(['attachment_size'])
  })
})
