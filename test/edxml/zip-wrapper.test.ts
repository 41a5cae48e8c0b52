// What is seen of a ZIP without trusting it, and when it counts as the wrapping of one file.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { zipOf } from '../../src/edxml/zip-entry.ts'
import { inspectZip, isWrapperOf } from '../../src/edxml/zip-wrapper.ts'
import { oleFile, zipFile } from '../support/binary-files.ts'

const file = Buffer.from('Công văn về việc kiểm thử liên thông\n')
const sha256 = createHash('sha256').update(file).digest('hex')
const inspect = (bytes: Buffer, startsAt = 0) => inspectZip({ bytes, startsAt })

describe('a ZIP of one file', () => {
  it('gives the same file in two wrappings', () => {
    const first = zipOf('7f229065-682c-47b1-830c-3f0e4f4664f9.txt', file)
    const second = zipOf('41bb1acb-c6cc-418b-9386-ccf874d14daf.txt', file)

    expect(first.equals(second)).toBe(false)
    expect(inspect(first).wrapped).toEqual({
      ...{ sha256, size: file.length, mediaType: 'text/plain', hasMacros: false },
      entryName: '7f229065-682c-47b1-830c-3f0e4f4664f9.txt',
    })
    expect(inspect(second).wrapped?.sha256).toBe(sha256)
  })

  it.each([
    ['as the reference library streams it', zipFile([{ name: 'a.txt', bytes: file }])],
    ['with a comment', zipFile([{ name: 'a.txt', bytes: file }], 'nén bằng tay')],
    ['not packed at all', zipFile([{ name: 'a.txt', bytes: file, method: 0 }])],
  ])('is opened %s', (_how, zip) => {
    expect(inspect(zip)).toMatchObject({ count: 1, wrapped: { sha256 } })
    expect(inspect(zip).trouble).toBeUndefined()
  })

  it.each([
    ['application/msword', oleFile({ names: ['WordDocument', 'Macros'], sectorsBefore: 40 }), true],
    [
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      zipFile([{ name: '[Content_Types].xml' }, { name: 'xl/workbook.xml' }]),
      false,
    ],
    ['application/pdf', Buffer.from('%PDF-1.4\n'), false],
  ])('tells that the file inside is %s', (mediaType, bytes, hasMacros) => {
    expect(inspect(zipOf('a', bytes)).wrapped).toMatchObject({ mediaType, hasMacros, size: bytes.length })
  })
})

describe('a ZIP stays closed', () => {
  it.each([
    ['that expands beyond all proportion', zipOf('a.txt', Buffer.alloc(10_000_000)), 'zip_expands'],
    [
      'whose files together do',
      zipFile(['a', 'b', 'c'].map((name) => ({ name, bytes: Buffer.alloc(900_000) }))),
      'zip_expands',
    ],
    ['that is encrypted', zipFile([{ name: 'a.txt', encrypted: true }]), 'zip_encrypted'],
    ['of which one file is encrypted', zipFile([{ name: 'a' }, { name: 'b', encrypted: true }]), 'zip_encrypted'],
    ['that says too little', zipFile([{ name: 'a.txt', bytes: file, statedSize: file.length - 1 }]), 'zip_broken'],
    ['that says too much', zipFile([{ name: 'a.txt', bytes: file, statedSize: file.length + 1 }]), 'zip_broken'],
    ['whose packed bytes end early', zipFile([{ name: 'a', bytes: file, statedPackedSize: 9 }]), 'zip_broken'],
    ['whose packed bytes lie outside', zipFile([{ name: 'a', bytes: file, statedPackedSize: 5000 }]), 'zip_broken'],
    ['packed in an unknown way', zipFile([{ name: 'a.txt', bytes: file, method: 99 }]), 'zip_not_inspected'],
    ['of a file of gigabytes', zipFile([{ name: 'a', statedSize: 3e9, statedPackedSize: 2e9 }]), 'zip_not_inspected'],
    ['whose end record lacks its last byte', zipOf('a.txt', file).subarray(0, -1), 'zip_broken'],
    ['that is cut', zipOf('a.txt', file).subarray(0, 60), 'zip_broken'],
    ['of two bytes', Buffer.from('PK'), 'zip_broken'],
  ])('%s', (_what, zip, trouble) => {
    const facts = inspect(zip)

    expect(facts.trouble).toBe(trouble)
    expect(facts.wrapped).toBeUndefined()
  })

  it('whose content was changed in place', () => {
    const zip = zipFile([{ name: 'a.txt', bytes: file, method: 0 }])
    zip[40] = (zip[40] ?? 0) ^ 1

    expect(inspect(zip)).toMatchObject({ trouble: 'zip_broken' })
  })

  it('whose directory points elsewhere', () => {
    const zip = zipOf('a.txt', file)
    zip.writeUInt32LE(0xffff_ff00, zip.length - 6)
    expect(inspect(zip).trouble).toBe('zip_broken')
    zip.writeUInt32LE(3, zip.length - 6)
    expect(inspect(zip).trouble).toBe('zip_broken')
  })

  it('of which only the end is known, but what is in it is seen', () => {
    const zip = zipOf('a.txt', file)
    const cut = 20

    expect(inspect(zip.subarray(cut), cut)).toEqual({ count: 1, entryNames: ['a.txt'], trouble: 'zip_not_inspected' })
    expect(inspect(zip.subarray(-30), zip.length - 30)).toEqual({ trouble: 'zip_not_inspected' })
  })

  it('of several files, which is nothing to tell by itself', () => {
    expect(inspect(zipFile([{ name: 'a.doc' }, { name: 'b.doc' }]))).toEqual({
      count: 2,
      entryNames: ['a.doc', 'b.doc'],
    })
  })

  it('of no file', () => {
    expect(inspect(zipFile([]))).toEqual({ count: 0, entryNames: [] })
  })
})

describe('isWrapperOf', () => {
  it.each([
    ['bao-cao.doc', '7f229065-682c-47b1-830c-3f0e4f4664f9.doc', true],
    ['bao-cao.doc', '7f229065-682c-47b1-830c-3f0e4f4664f9.edxml', true],
    ['bao-cao.DOC', 'goc.doc', true],
    ['bao-cao.zip', '7f229065-682c-47b1-830c-3f0e4f4664f9.zip', false],
    ['bao-cao.doc', 'other.pdf', false],
  ])('%s around %s: %s', (attachment, entry, expected) => {
    expect(isWrapperOf(attachment, entry)).toBe(expected)
  })
})
