// `tram edxml`: what people at their desk see of packages, without any gateway.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeDocumentPackage, writeStatusPackage } from '../../src/edxml/write-package.ts'
import { zipOf } from '../../src/edxml/zip-entry.ts'
import { edxml, oneFile, pdfBytes, placeOf, read, statusXml } from '../support/edxml-fixtures.ts'
import { tram } from './run-tram.ts'

let folder: string
const at = (name: string) => join(folder, name)
const put = async (name: string, content: string | Buffer) => {
  await writeFile(at(name), content)
  return at(name)
}
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const letter = Buffer.from('Phụ lục kèm theo công văn\n')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tram-edxml-test-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** Everything that the writer can say. */
const whole = writeDocumentPackage({
  kind: 'replace',
  from: {
    ...{ organId: 'H35.12', organName: 'Sở Nội vụ', organizationInCharge: 'UBND tỉnh', organAdd: 'Phường Tân Phong' },
    ...{ email: 'snv@laichau.gov.vn', telephone: '0213 387 6543', fax: '0213 387 6544', website: 'snv.laichau.gov.vn' },
  },
  to: [
    { organId: 'H35.14', organName: 'Sở Tài chính' },
    { organId: '000.00.20.H35', organName: 'Sở Y tế' },
  ],
  documentId: 'H35.12,2026/11/20,743/SNV-VP',
  codeNumber: '743',
  codeNotation: 'SNV-VP',
  place: 'Lai Châu',
  promulgationDate: '2026-11-20',
  documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
  subject: 'V/v báo cáo <quý IV> & phương hướng',
  content: 'Tóm tắt',
  signer: { competence: 'TL.', position: 'Chánh Văn phòng', fullName: 'Lò Thị Mai' },
  dueDate: '2026-12-01',
  priority: 2,
  sphereOfPromulgation: 'Nội vụ',
  typerNotation: 'LTM',
  promulgationAmount: 20,
  pageAmount: 3,
  appendixes: ['Phụ lục 1', 'Phụ lục 2'],
  responseFor: [{ organId: 'H35.14', code: '12/STC', documentId: 'x', promulgationDate: '2026-11-01' }],
  steeringType: '0',
  toPlaces: ['Như trên', 'Lưu: VT'],
  business: {
    reason: 'Thay văn bản cũ',
    staff: { department: 'Văn thư', staff: 'Vàng A Páo', mobile: '0912', email: 'p@x.vn' },
    replacements: [{ documentId: 'H35.12,2026/11/19,740/SNV-VP', organIds: ['H35.14', 'H35.20'] }],
  },
  sentAt: new Date('2026-11-20T01:00:00Z'),
  attachments: [
    { name: 'cong-van.pdf', bytes: pdfBytes, description: 'Bản ký số' },
    { name: 'phụ lục.txt', bytes: letter },
  ],
})

describe('tram edxml inspect', () => {
  it('shows who, what, why and the files with what they really are', async () => {
    const run = await tram(['edxml', 'inspect', await put('a.edxml', whole)])

    expect(run.code).toBe(0)
    for (const said of [
      'thay thế (replace)',
      'H35.12 · Sở Nội vụ · UBND tỉnh',
      '743/SNV-VP',
      'Lai Châu, 2026-11-20',
      'V/v báo cáo <quý IV> & phương hướng',
      '2 thượng khẩn',
      'Thay văn bản cũ',
      'H35.12,2026/11/19,740/SNV-VP (H35.14, H35.20)',
      'H35.12, 2026/11/20 08:00:00',
      sha256(pdfBytes),
      sha256(letter),
      'Không có cảnh báo · no findings',
    ])
      expect(run.out).toContain(said)
    expect(run.out).toMatch(/phụ lục\.txt +application\/zip +application\/zip/)
    expect(run.out).toMatch(/↳ [0-9a-f-]{36}\.txt +- +text\/plain/)
  })

  it('gives scripts what the gateway shows as the document, with sizes, hashes and findings', async () => {
    const file = await put('a.edxml', edxml({ documentId: '', files: [{ ...oneFile, name: 'a.doc' }] }))

    const run = await tram(['edxml', 'inspect', file, '--json', '--lang', 'en'])

    const said = JSON.parse(run.out)
    expect(said).toMatchObject({
      ...{ file, type: 'edoc', kind: 'new', sha256: sha256(await readFile(file)) },
      document: {
        from: { organId: '000.00.12.H35' },
        attachments: [
          { name: 'a.doc', declaredType: 'application/pdf', sha256: sha256(pdfBytes), size: pdfBytes.length },
        ],
      },
    })
    const finding = said.findings.find((one: { code: string }) => one.code === 'document_id_missing')
    expect(finding.message).toBe('The axis assigns one; later recalls and updates will be hard to match.')
  })

  it('shows a status', async () => {
    const run = await tram(['edxml', 'inspect', await put('s.edxml', statusXml())])

    expect(run.code).toBe(0)
    expect(run.out).toContain('03 đã tiếp nhận')
    expect(run.out).toContain('743/SNV-VP · 2026/11/20 · 000.00.12.H35,2026/11/20,743/SNV-VP · 000.00.12.H35')
    expect(run.out).toContain('2026-11-20 09:15:00')
  })

  it('lets nothing that a package holds command the terminal', async () => {
    const subject = '<e:Subject>a\u009b31mb\u202ec\nd</e:Subject>'
    const run = await tram(['edxml', 'inspect', await put('a.edxml', edxml({ subject, more: '<e:Lạ>x\u009b</e:Lạ>' }))])

    expect(run.out).not.toMatch(/[\u0080-\u009f\u202e]/)
    expect(run.out).toContain('a 31mb c d')
  })

  it('says why a package would be refused, where and what to do, and ends with 1', async () => {
    const xml = edxml({ subject: '' })

    const run = await tram(['edxml', 'inspect', await put('a.edxml', xml), '--lang', 'en'])

    expect(run.code).toBe(1)
    expect(run.out).toBe('')
    expect(run.err).toContain('(subject_missing)')
    expect(run.err).toContain('Fill in the subject and send again.')
    expect(run.err).toMatch(/- \d+:\d+ edXMLHeader\/MessageHeader\/Subject: subject_missing/)
  })

  it('holds packages against the limits of the environment', async () => {
    const file = await put('a.edxml', edxml())

    const small = await tram(['edxml', 'inspect', file], { PACKAGE_BYTES_MAX: '1024' })
    const nonsense = await tram(['edxml', 'inspect', file], { HEADER_BYTES_MAX: 'much' })

    expect(small).toMatchObject({ code: 1, err: expect.stringContaining('package_too_large') })
    expect(nonsense).toMatchObject({ code: 2, err: expect.stringContaining('HEADER_BYTES_MAX') })
  })

  it.each([[['edxml', 'inspect']], [['edxml', 'inspect', '/nowhere/a.edxml']], [['edxml', 'look', 'a']], [['edxml']]])(
    'ends with 2 for %j',
    async (words) => {
      expect((await tram(words)).code).toBe(2)
    },
  )
})

describe('tram edxml inspect --extract', () => {
  it('writes the files out of their wrappers, under names that are safe, and over none that is there', async () => {
    const wrapper = zipOf('7f229065-682c-47b1-830c-3f0e4f4664f9.txt', letter).toString('base64')
    const named = ['../../etc/passwd', 'CON', 'a.pdf', 'a.pdf', 'cong\u202efdp.exe', '..', '/tmp/x']
    const files = [
      ...named.map((name, index) => ({
        id: `f${index}`,
        name,
        content: Buffer.from(`tệp ${index}`).toString('base64'),
      })),
      { id: 'w', name: 'bọc.txt', content: wrapper },
    ]
    await mkdir(at('ra'))
    await writeFile(at('ra/a.pdf'), 'có từ trước')
    await writeFile(at('đích'), 'không được ghi')
    await symlink(at('đích'), at('ra/_CON'))

    const run = await tram(['edxml', 'inspect', await put('a.edxml', edxml({ files })), '--extract', at('ra')])

    expect(run.code).toBe(0)
    expect((await readdir(folder)).sort()).toEqual(['a.edxml', 'ra', 'đích'])
    const written = new Map<string, string>()
    for (const name of await readdir(at('ra'))) written.set(name, await readFile(at(`ra/${name}`), 'utf8'))
    expect(Object.fromEntries(written)).toEqual({
      'a.pdf': 'có từ trước',
      'a (2).pdf': 'tệp 2',
      'a (3).pdf': 'tệp 3',
      _CON: 'không được ghi',
      '_CON (2)': 'tệp 1',
      '.._.._etc_passwd': 'tệp 0',
      'congfdp.exe': 'tệp 4',
      _: 'tệp 5',
      _tmp_x: 'tệp 6',
      'bọc.txt': letter.toString(),
    })
  })

  it('leaves nothing behind when the package is refused', async () => {
    const files = [oneFile, { id: 'b', name: 'b.pdf', content: 'QUJD*' }]
    const before = (await readdir(tmpdir())).filter((name) => /^tram-edxml-(?!test)/.test(name))

    const run = await tram(['edxml', 'inspect', await put('a.edxml', edxml({ files })), '--extract', at('ra')])

    expect(run.code).toBe(1)
    expect(await readdir(folder)).toEqual(['a.edxml'])
    expect((await readdir(tmpdir())).filter((name) => /^tram-edxml-(?!test)/.test(name))).toEqual(before)
  })
})

describe('tram edxml validate', () => {
  it('judges files and whole folders, names line and column, and ends with 1 when one fails', async () => {
    await mkdir(at('hộp/thư'), { recursive: true })
    const broken = edxml().replace('</e:Subject>', '</e:Sujbect>')
    await put('hộp/1.edxml', whole)
    await put('hộp/thư/2.XML', broken)
    await put('hộp/ghi-chú.txt', 'không phải gói tin')
    const single = await put('3.edxml', edxml({ from: '' }))

    const run = await tram(['edxml', 'validate', at('hộp'), single])

    const { line } = placeOf(broken, '</e:Sujbect>')
    expect(run.code).toBe(1)
    expect(run.out).toContain(`đạt · ok  ${at('hộp/1.edxml')}`)
    expect(run.out).toContain(`KHÔNG ĐẠT · FAILED  ${at('hộp/thư/2.XML')}`)
    expect(run.out).toContain(`- ${line}:`)
    expect(run.out).toContain('(sender_missing)')
    expect(run.out).not.toContain('ghi-chú.txt')
    expect(run.out).toContain('3 tệp · files, 2 không đạt · failed')
  })

  it('gives scripts each verdict with found and expected', async () => {
    const file = await put('a.edxml', edxml({ documentId: `<e:DocumentId>${'x'.repeat(601)}</e:DocumentId>` }))

    const run = await tram(['edxml', 'validate', file, '--json', '--lang', 'en'])

    expect(run.code).toBe(1)
    expect(JSON.parse(run.out)).toMatchObject({
      failed: 1,
      files: [
        {
          ...{ file, valid: false },
          refusal: {
            code: 'schema_violation',
            next: expect.stringContaining('Correct'),
            violations: [
              {
                path: 'edXMLHeader/MessageHeader/DocumentId',
                ...{ rule: 'maxLength', found: expect.stringContaining('601'), expected: '≤ 600' },
              },
            ],
          },
        },
      ],
    })
  })

  it('lets findings pass, unless told to be strict', async () => {
    const file = await put('a.edxml', edxml({ documentId: '' }))

    const lenient = await tram(['edxml', 'validate', file])
    const strict = await tram(['edxml', 'validate', file, '--strict'])

    expect(lenient.code).toBe(0)
    expect(lenient.out).toContain('document_id_missing')
    expect(strict.code).toBe(1)
  })

  it('says that a folder holds no package', async () => {
    expect(await tram(['edxml', 'validate', folder])).toMatchObject({
      code: 2,
      err: expect.stringContaining('no file'),
    })
  })
})

describe('tram edxml make', () => {
  const words = ['--from', 'H35.12=Sở Nội vụ', '--to', 'H35.14=Sở Tài chính', '--to', 'H35.20', '--code', '743/SNV-VP']
  const dated = [...words, '--date', '2026-11-20', '--subject', 'V/v <họp>']

  it('writes a package to stdout that reads as it was told', async () => {
    const pdf = await put('cong-van.pdf', pdfBytes)

    const run = await tram(['edxml', 'make', ...dated, '--attach', pdf, '--priority', '1', '--due', '2026-12-01'])

    expect(run).toMatchObject({ code: 0, err: '' })
    const { package: made, findings } = read(run.out)
    expect(findings).toEqual([])
    expect(made).toMatchObject({
      ...{ type: 'edoc', kind: 'new', documentId: 'H35.12,2026/11/20,743/SNV-VP', subject: 'V/v <họp>', priority: 1 },
      from: { organId: 'H35.12', organName: 'Sở Nội vụ' },
      to: [{ organId: 'H35.14', organName: 'Sở Tài chính' }, { organId: 'H35.20' }],
      attachments: [{ name: 'cong-van.pdf', sha256: sha256(pdfBytes) }],
    })
  })

  it.each([
    [
      ['--kind', 'recall', '--target', 'd-1', '--target-code', '740/SNV', '--reason', 'Gửi nhầm'],
      {
        kind: 'recall',
        business: { documentId: 'd-1', reason: 'Gửi nhầm' },
        responseFor: [{ documentId: 'd-1', code: '740/SNV' }],
      },
    ],
    [
      ['--kind', 'update', '--target', 'd-1', '--add', 'H35.30', '--remove', 'H35.20'],
      {
        kind: 'update',
        business: {
          ...{ documentId: 'd-1', documentInfo: '0', documentReceiver: '1' },
          receivers: [
            { organId: 'H35.30', receiverType: '1' },
            { organId: 'H35.20', receiverType: '0' },
          ],
        },
      },
    ],
    [
      ['--kind', 'replace', '--target', 'd-1', '--target', 'd-2'],
      {
        kind: 'replace',
        business: {
          replacements: [
            { documentId: 'd-1', organIds: ['H35.14', 'H35.20'] },
            { documentId: 'd-2', organIds: ['H35.14', 'H35.20'] },
          ],
        },
      },
    ],
  ])('makes an operation of %j', async (more, expected) => {
    const run = await tram(['edxml', 'make', ...dated, ...more])

    expect(run.code).toBe(0)
    expect(read(run.out).package).toMatchObject(expected)
  })

  it('makes a status, and wants a reason where one is due', async () => {
    const status = ['--status', '02', '--from', 'H35.14', '--to', 'H35.12', '--document-id', 'd-1']

    const without = await tram(['edxml', 'make', ...status])
    const run = await tram([
      'edxml',
      'make',
      ...status,
      '--description',
      'Gửi nhầm',
      '--at',
      '2026-11-20T08:00:00+07:00',
    ])

    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('--description') })
    expect(run.code).toBe(0)
    expect(read(run.out).package).toMatchObject({
      ...{ type: 'status', code: '02', description: 'Gửi nhầm', timestamp: '2026-11-20T08:00:00+07:00' },
      responseFor: { organId: 'H35.12', documentId: 'd-1' },
    })
  })

  it('writes to a file that is not there yet, and over none that is', async () => {
    const first = await tram(['edxml', 'make', ...dated, '--out', at('a.edxml'), '--json'])
    const bytes = await readFile(at('a.edxml'))
    const second = await tram(['edxml', 'make', ...dated, '--out', at('a.edxml')])

    expect(JSON.parse(first.out)).toMatchObject({ file: at('a.edxml'), size: bytes.length, sha256: sha256(bytes) })
    expect(second.code).toBe(2)
    expect(await readFile(at('a.edxml'))).toEqual(bytes)
  })

  it('makes nothing that would be refused, and says what is wrong with it', async () => {
    const run = await tram(['edxml', 'make', ...words, '--subject', 'x'.repeat(600), '--out', at('a.edxml')])

    expect(run.code).toBe(1)
    expect(run.err).toContain('package_not_writable')
    expect(run.err).toContain('edXMLHeader/MessageHeader/Subject')
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    [['--code', '743'], '--code takes number/notation'],
    [['--date', '20/11/2026'], '--date takes a day'],
    [['--priority', '7'], '--priority takes 0 to 4'],
    [['--kind', 'recall'], 'needs --target'],
    [['--target', 'd-1'], '--target goes with'],
    [['--kind', 'recall', '--target', 'd-1', '--target', 'd-2'], 'takes one --target'],
    [['--attach', '/nowhere.pdf'], 'cannot be read'],
    [['--json'], '--json needs --out'],
  ])('ends with 2 for %j', async (more, reason) => {
    const run = await tram(['edxml', 'make', ...dated, ...more])

    expect(run.code).toBe(2)
    expect(run.err).toContain(reason)
  })
})

describe('tram edxml convert', () => {
  it.each([
    ['by content', (json: string) => ['--with-content', '--out', json], []],
    ['by files', (json: string) => ['--files', at('tệp'), '--out', json], () => ['--files', at('tệp')]],
  ])(
    'goes to JSON and back without changing a byte of what our writer wrote, files %s',
    async (_how, toJson, fromJson) => {
      const file = await put('a.edxml', whole)

      const there = await tram(['edxml', 'convert', file, ...toJson(at('a.json'))])
      const files = typeof fromJson === 'function' ? fromJson() : fromJson
      const back = await tram(['edxml', 'convert', at('a.json'), ...files, '--out', at('b.edxml')])

      expect(there).toMatchObject({ code: 0, err: '' })
      expect(back).toMatchObject({ code: 0, err: '' })
      expect((await readFile(at('b.edxml'))).equals(whole)).toBe(true)
    },
  )

  it('so does a status', async () => {
    const status = writeStatusPackage({
      from: { organId: 'H35.14', organName: 'Sở Tài chính' },
      responseFor: { organId: 'H35.12', code: '743/SNV-VP', documentId: 'd-1', promulgationDate: '2026-11-20' },
      code: '16',
      description: 'Đã chuyển xử lý',
      staff: { department: 'Văn thư', staff: 'Mai', mobile: '09', email: 'm@x.vn' },
      at: new Date('2026-11-20T01:00:00Z'),
    })

    await tram(['edxml', 'convert', await put('s.edxml', status), '--out', at('s.json')])
    const back = await tram(['edxml', 'convert', at('s.json')])

    expect(back).toMatchObject({ code: 0, err: '', out: status.toString() })
  })

  it('prints JSON that says which files it left out, and makes no package without them', async () => {
    const run = await tram(['edxml', 'convert', await put('a.edxml', whole)])
    const back = await tram(['edxml', 'convert', await put('a.json', run.out), '--out', at('b.edxml')])

    expect(JSON.parse(run.out)).toMatchObject({
      document: { attachments: [{ name: 'cong-van.pdf' }, { name: 'phụ lục.txt' }] },
    })
    expect(run.err).toContain('--with-content')
    expect(back).toMatchObject({ code: 1, err: expect.stringContaining('neither content nor file') })
    expect(await readdir(folder)).not.toContain('b.edxml')
  })

  it('writes a foreign package in our form, and says what of it does not come along', async () => {
    const xml = edxml({
      more: `<e:Code><e:CodeNumber>743</e:CodeNumber><e:CodeNotation>SNV-VP</e:CodeNotation></e:Code>
<e:PromulgationInfo><e:PromulgationDate>20/11/2026</e:PromulgationDate></e:PromulgationInfo>
<e:DocumentType><e:Type>2</e:Type><e:TypeName>Công văn</e:TypeName></e:DocumentType>
<e:SignerInfo><e:Position>Giám đốc</e:Position><e:FullName>Mai</e:FullName></e:SignerInfo>
<e:OtherInfo><e:Direction>true</e:Direction></e:OtherInfo><e:Mới>giá trị lạ</e:Mới>`,
      headerRest: '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/></Signature>',
    })

    const run = await tram(['edxml', 'convert', '--normal', await put('a.edxml', xml), '--out', at('b.edxml')])

    expect(run.code).toBe(0)
    expect(run.err).toContain('otherInfo/direction: "true" → –')
    expect(run.err).toContain('giá trị lạ')
    expect(run.err).toContain('signature')
    expect(run.err).toContain(`SHA-256 của gói không còn là ${sha256(xml)}`)
    const { package: normal, findings } = read(await readFile(at('b.edxml')))
    expect(findings).toEqual([])
    expect(normal).toMatchObject({
      ...{ promulgationDateText: '2026/11/20', hasSignature: false, codeNumber: '743' },
      attachments: [{ name: 'cong-van.pdf', sha256: sha256(pdfBytes) }],
    })
  })

  it('names everything that the normal form wants and a lean package does not have', async () => {
    const run = await tram(['edxml', 'convert', '--normal', await put('a.edxml', edxml())])

    expect(run.code).toBe(1)
    expect(run.out).toBe('')
    expect(run.err).toContain('package_not_writable')
    expect(run.err).toContain('MessageHeader')
  })

  const minimal = { from: { organId: 'A' }, to: [{ organId: 'B' }], subject: 'x' }

  it.each([
    ['no JSON', '{"type": ', 'JSON:'],
    ['a list', '[]', '(type)'],
    ['an unknown member', JSON.stringify({ type: 'edoc', document: { ...minimal, sbject: 'x' } }), 'sbject'],
    ['a missing member', JSON.stringify({ type: 'edoc', document: { ...minimal, subject: undefined } }), 'subject'],
    ['no document', JSON.stringify({ type: 'edoc' }), 'document'],
    ['no status', JSON.stringify({ type: 'status' }), 'status'],
  ])('refuses JSON that is wrong: %s', async (_what, json, named) => {
    const run = await tram(['edxml', 'convert', await put('a.json', json)])

    expect(run.code).toBe(1)
    expect(run.err).toContain('bad_request')
    expect(run.err).toContain(named)
  })

  it.each([
    ['a path', { file: '../bí-mật.txt' }, '"file" is a name'],
    ['an absolute path', { file: '/etc/hostname' }, '"file" is a name'],
    ['no base64', { content: '***' }, 'is not base64'],
    ['another file than the hash says', { content: 'QUJD', sha256: '0'.repeat(64) }, 'another SHA-256'],
  ])('takes no file given by %s', async (_what, given, reason) => {
    await put('bí-mật.txt', 'bí mật')
    await mkdir(at('con'))
    const document = { ...minimal, attachments: [{ name: 'a.txt', ...given }] }

    const run = await tram(['edxml', 'convert', await put('con/a.json', JSON.stringify({ type: 'edoc', document }))])

    expect(run.code).toBe(1)
    expect(run.out).toBe('')
    expect(run.err).toContain(reason)
  })

  it('takes the JSON for make as well', async () => {
    await tram(['edxml', 'convert', await put('a.edxml', whole), '--with-content', '--out', at('a.json')])

    const run = await tram(['edxml', 'make', '--input', at('a.json')])

    expect(run).toMatchObject({ code: 0, err: '', out: whole.toString() })
  })
})
