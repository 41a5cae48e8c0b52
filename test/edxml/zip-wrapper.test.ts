import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { zipOf } from '../../src/edxml/zip-entry.ts'
import { isWrapperOf, wrappedFile } from '../../src/edxml/zip-wrapper.ts'

const file = Buffer.from('Công văn về việc kiểm thử liên thông\n')
const sha256 = createHash('sha256').update(file).digest('hex')

describe('wrappedFile', () => {
  it('sees the same file in two wrappings', () => {
    const first = zipOf('7f229065-682c-47b1-830c-3f0e4f4664f9.txt', file)
    const second = zipOf('41bb1acb-c6cc-418b-9386-ccf874d14daf.txt', file)

    expect(first.equals(second)).toBe(false)
    expect(wrappedFile(first)?.sha256).toBe(sha256)
    expect(wrappedFile(second)?.sha256).toBe(sha256)
  })

  it('leaves a file that expands beyond all proportion closed', () => {
    expect(wrappedFile(zipOf('a.txt', Buffer.alloc(10_000_000)))).toBeUndefined()
  })

  it('leaves a wrapping that lies about its size closed', () => {
    const zip = zipOf('a.txt', file)
    const central = zip.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'))
    zip.writeUInt32LE(file.length - 1, central + 24)

    expect(wrappedFile(zip)).toBeUndefined()
  })

  it.each([
    ['two entries', (zip: Buffer) => zip.writeUInt16LE(2, zip.length - 12)],
    [
      'an encrypted entry',
      (zip: Buffer) => zip.writeUInt16LE(1, zip.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 8),
    ],
    [
      'an unknown packing',
      (zip: Buffer) => zip.writeUInt16LE(99, zip.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 10),
    ],
    ['an offset beyond the end', (zip: Buffer) => zip.writeUInt32LE(0xffff_ff00, zip.length - 6)],
  ])('leaves %s closed', (_what, damage) => {
    const zip = zipOf('a.txt', file)
    damage(zip)

    expect(wrappedFile(zip)).toBeUndefined()
  })

  it.each([
    Buffer.alloc(0),
    Buffer.from('PK'),
    Buffer.from('PK\x05\x06', 'latin1'),
    zipOf('a.txt', file).subarray(0, -1),
  ])('leaves what is no whole ZIP closed (%#)', (bytes) => {
    expect(wrappedFile(bytes)).toBeUndefined()
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
