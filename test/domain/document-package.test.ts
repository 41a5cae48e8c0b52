import { describe, expect, test } from 'vitest'
import {
  type Attachment,
  canonicalJson,
  comparableContent,
  contentHash,
  type DocumentPackage,
  differingPaths,
  documentCode,
  documentKey,
  documentKeyVariants,
  keyOf,
  repeatKey,
  type StatusPackage,
} from '../../src/domain/document-package.ts'

const file: Attachment = { contentId: 'a1', name: 'cong-van.pdf', mediaType: 'application/pdf', sha256: 'aa', size: 10 }

const document: DocumentPackage = {
  type: 'edoc',
  kind: 'new',
  from: { organId: '000.00.12.H35', organName: 'Sở Nội vụ' },
  to: [{ organId: '000.00.14.H35' }],
  documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
  codeNumber: '743',
  codeNotation: 'SNV-VP',
  promulgationDateText: '2026/11/20',
  promulgationDate: '2026-11-20',
  subject: 'V/v báo cáo kết quả quý IV',
  priority: 0,
  responseFor: [],
  toPlaces: [],
  traces: [],
  attachments: [file],
  hasSignature: false,
}

const status: StatusPackage = {
  type: 'status',
  from: { organId: '000.00.14.H35' },
  responseFor: { organId: '000.00.12.H35', documentId: 'X' },
  code: '03',
  codeText: '03',
  timestampText: '2026/11/20 09:15:00',
  timestamp: '2026-11-20T09:15:00+07:00',
}

type Change = Partial<DocumentPackage>
const hashOf = (change: Change = {}) => contentHash(comparableContent({ ...document, ...change })).toString('hex')
const business = (documentId: string) => ({ business: { documentId, receivers: [], replacements: [] } })

describe('two packages have the same content', () => {
  test.each<[string, Change]>([
    ['other recipients', { to: [{ organId: 'H35.20' }] }],
    ['a trace more, as every relay adds one', { traces: [{ organId: '001', timestamp: '2026/11/20' }] }],
    ['a signature block', { hasSignature: true }],
    ['texts in decomposed Unicode', { subject: document.subject.normalize('NFD') }],
    [
      'other ids, labels and types of the attachments',
      { attachments: [{ ...file, contentId: 'z', description: 'x' }] },
    ],
    ['the file wrapped in a ZIP', { attachments: [{ ...file, sha256: 'zip', size: 9, innerSha256: 'aa' }] }],
    ['leftovers in the business block of a new document', business('left over')],
  ])('when they differ by %s', (_what, change) => {
    expect(hashOf(change)).toBe(hashOf())
  })

  test('when their attachments stand in another order', () => {
    const other = { ...file, name: 'phu-luc.pdf', sha256: 'bb' }

    expect(hashOf({ attachments: [other, file] })).toBe(hashOf({ attachments: [file, other] }))
  })
})

describe('two packages have other content', () => {
  test.each<[string, Change, string[]]>([
    ['subject', { subject: 'khác' }, ['subject']],
    ['number', { codeNumber: '744' }, ['codeNumber']],
    ['urgency', { priority: 3 }, ['priority']],
    ['kind', { kind: 'replace' }, ['kind']],
    ['file', { attachments: [{ ...file, sha256: 'bb' }] }, ['attachments']],
    ['number of files', { attachments: [] }, ['attachments']],
    ['sender name', { from: { organId: '000.00.12.H35' } }, ['from/organName']],
    ['signer', { signer: { fullName: 'A' } }, ['signer']],
    ['two fields', { subject: 'khác', content: 'thêm' }, ['content', 'subject']],
  ])('when the %s differs, and it is said where', (_what, change, differs) => {
    expect(hashOf(change)).not.toBe(hashOf())
    expect(differingPaths(comparableContent(document), comparableContent({ ...document, ...change }))).toEqual(differs)
  })

  test('when two recalls name different targets', () => {
    expect(hashOf({ kind: 'recall', ...business('A') })).not.toBe(hashOf({ kind: 'recall', ...business('B') }))
  })
})

test('names no path where the only difference is how Unicode is composed', () => {
  expect(differingPaths({ a: { b: 'Trạm' } }, { a: { b: 'Trạm'.normalize('NFD') } })).toEqual([])
})

test('names a member that stands on one side only', () => {
  expect(differingPaths({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 })).toEqual(['a/c', 'd'])
})

describe('a document is a repeat', () => {
  const key = (change: Change = {}, agency = 'snv', id = 'X') => repeatKey({ ...document, ...change }, agency, id)

  test.each<[string, string, string]>([
    ['the same in all', key(), key()],
    ['of other content: that is judged afterwards', key(), key({ subject: 'khác' })],
    ['as a replacement of the same id', key(), key({ kind: 'replace' })],
    ['of an id written with space around it', key(), key({}, 'snv', ' X\n')],
    ['of an id in decomposed Unicode', key({}, 'snv', 'Số 1'), key({}, 'snv', 'Số 1'.normalize('NFD'))],
    ['whatever code its agency was written with', key(), key({ from: { organId: 'H35.12', organName: 'khác' } })],
    [
      'of a recall with the same target and content',
      key({ kind: 'recall', ...business('A') }),
      key({ kind: 'recall', ...business('A'), to: [] }),
    ],
  ])('%s', (_what, a, b) => {
    expect(a).toBe(b)
  })

  test.each<[string, string, string]>([
    ['another agency issued it', key(), key({}, 'stc')],
    ['its id is another', key(), key({}, 'snv', 'Y')],
    ['its id differs by case', key(), key({}, 'snv', 'x')],
    ['it recalls the document of that id', key(), key({ kind: 'recall' })],
    ['it updates the document of that id', key(), key({ kind: 'update' })],
    ['one recalls and the other updates', key({ kind: 'recall' }), key({ kind: 'update' })],
    [
      'two recalls under one id have different targets',
      key({ kind: 'recall', ...business('A') }),
      key({ kind: 'recall', ...business('B') }),
    ],
  ])('never when %s', (_what, a, b) => {
    expect(a).not.toBe(b)
  })
})

describe('a status is a repeat', () => {
  const key = (change: Partial<StatusPackage> = {}) => repeatKey({ ...status, ...change }, 'stc', 'X')

  test.each<[string, Partial<StatusPackage>]>([
    ['the same was said', {}],
    ['its code was written without the zero', { codeText: '3' }],
    ['the reporter wrote another code of its own', { from: { organId: 'H35.14' } }],
  ])('when %s', (_what, change) => {
    expect(key(change)).toBe(key())
  })

  test.each<[string, Partial<StatusPackage>]>([
    ['another code', { code: '05' }],
    ['another time', { timestamp: '2026-11-20T09:16:00+07:00' }],
    ['another description', { description: 'x' }],
    ['another person', { staff: { staff: 'B' } }],
  ])('never with %s', (_what, change) => {
    expect(key(change)).not.toBe(key())
  })

  test('never of a document with the same id', () => {
    expect(key()).not.toBe(repeatKey(document, 'stc', 'X'))
  })
})

test.each([
  ['X', ['X']],
  [' H35.12,2026-11-20,743/SNV ', ['H35.12,2026-11-20,743/SNV', 'H35.12,2026/11/20,743/SNV']],
  ['H35.12,2026/11/20,743/SNV', ['H35.12,2026/11/20,743/SNV']],
  ['a,b,2026-11-20', ['a,b,2026-11-20']],
])('knows the document %j by %j', (written, variants) => {
  expect(documentKeyVariants(written)).toEqual(variants)
})

test('compares document ids composed and trimmed', () => {
  expect(documentKey(' Số 1\t'.normalize('NFD'))).toBe('Số 1'.normalize('NFC'))
})

test.each([
  [{ codeNumber: '743', codeNotation: 'SNV-VP' }, '743/SNV-VP'],
  [{ codeNumber: '743' }, '743/'],
  [{ codeNotation: 'SNV-VP' }, '/SNV-VP'],
  [{}, undefined],
])('says number and notation of %j as %j', (parts, expected) => {
  expect(documentCode(parts)).toBe(expected)
})

test('writes any value in one canonical form', () => {
  expect(canonicalJson({ b: [1, undefined, null], a: undefined, c: { y: true, x: 'ạ'.normalize('NFD') } })).toBe(
    '{"b":[1,null,null],"c":{"x":"ạ","y":true}}',
  )
})

test('makes valid UUIDs of values', () => {
  expect(keyOf(['x'])).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
})
