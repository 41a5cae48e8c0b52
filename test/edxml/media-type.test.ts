// Files are recognised by their bytes.
import { expect, it } from 'vitest'
import { mediaTypeOf } from '../../src/edxml/media-type.ts'
import { zipOf } from '../../src/edxml/zip-entry.ts'

const openXml = 'application/vnd.openxmlformats-officedocument'
const entries = (...names: string[]) => Buffer.concat(names.map((name) => zipOf(name, Buffer.from(name))))

it.each([
  ['%PDF-1.4\n', 'application/pdf'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0', 'application/x-ole-storage'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff\xe0', 'image/jpeg'],
  ['GIF89a', 'image/gif'],
  ['{\\rtf1', 'application/rtf'],
  ['MZ\x90\0\x03\0', 'application/vnd.microsoft.portable-executable'],
  ['\x7fELF\x02', 'application/x-elf'],
  ['MZ begins a letter too', 'text/plain'],
  ['\x01\x02', 'application/octet-stream'],
  ['\xc3\x28', 'application/octet-stream'],
])('%j is %s', (head, mediaType) => {
  expect(mediaTypeOf(Buffer.from(head, 'latin1'), false)).toBe(mediaType)
})

it('tells office files from plain zips by their entries', () => {
  expect(mediaTypeOf(entries('a.txt'), false)).toBe('application/zip')
  expect(mediaTypeOf(entries('[Content_Types].xml', '_rels/.rels', 'word/document.xml'), false)).toBe(
    `${openXml}.wordprocessingml.document`,
  )
  expect(mediaTypeOf(entries('[Content_Types].xml', 'xl/workbook.xml'), false)).toBe(`${openXml}.spreadsheetml.sheet`)
  expect(mediaTypeOf(entries('word/a.doc'), false)).toBe('application/zip')
})

it('reads the type an OpenDocument file states', () => {
  const stated = 'application/vnd.oasis.opendocument.text'
  const head = Buffer.alloc(30)
  head.write('PK\x03\x04', 'latin1')
  head.writeUInt16LE('mimetype'.length, 26)
  expect(mediaTypeOf(Buffer.concat([head, Buffer.from(`mimetype${stated}PK`)]), true)).toBe(stated)
})

it('takes a text that is cut inside a character for a text', () => {
  const bytes = Buffer.from('Lắk')
  expect(mediaTypeOf(bytes.subarray(0, 3), true)).toBe('text/plain')
  expect(mediaTypeOf(bytes.subarray(0, 3), false)).toBe('application/octet-stream')
})
