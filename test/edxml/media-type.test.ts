// Files are recognised by their bytes.
import { describe, expect, it } from 'vitest'
import { isDamagedByTextDecoding, recognise } from '../../src/edxml/media-type.ts'
import { zipFile } from '../support/binary-files.ts'

const kindOf = (head: Buffer, size = head.length) => recognise({ head, size }).mediaType
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const openXml = 'application/vnd.openxmlformats-officedocument'

describe('by its first bytes', () => {
  it.each([
    ['%PDF-1.4\n', 'application/pdf'],
    ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0', 'application/x-ole-storage'],
    ['\x89PNG\r\n\x1a\n', 'image/png'],
    ['\xff\xd8\xff\xe0', 'image/jpeg'],
    ['GIF89a', 'image/gif'],
    ['{\\rtf1', 'application/rtf'],
    ['Rar!\x1a\x07\x01\0', 'application/vnd.rar'],
    ['7z\xbc\xaf\x27\x1c\0\x04', 'application/x-7z-compressed'],
    ['\x1f\x8b\x08\0', 'application/gzip'],
    [`${'a'.repeat(257)}ustar`, 'application/x-tar'],
    ['MZ begins a letter too', 'text/plain'],
    ['\x01\x02', 'application/octet-stream'],
    ['\xc3\x28', 'application/octet-stream'],
    ['', 'application/octet-stream'],
  ])('%j is %s', (head, mediaType) => {
    expect(kindOf(latin1(head))).toBe(mediaType)
  })

  it.each([
    ['MZ\x90\0\x03\0', 'application/vnd.microsoft.portable-executable'],
    ['\x7fELF\x02', 'application/x-elf'],
    ['\xcf\xfa\xed\xfe\x07\0', 'application/x-mach-binary'],
    ['\xca\xfe\xba\xbe\0\0\0\x02', 'application/x-mach-binary'],
    ['#!/bin/sh\nrm -rf ~\n', 'text/x-shellscript'],
    ['@ECHO OFF\r\ndel *.*\r\n', 'application/x-bat'],
    ['L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F\x9b', 'application/x-ms-shortcut'],
    ['\0asm\x01\0\0\0', 'application/wasm'],
  ])('%j is %s, which does something when it is opened', (head, mediaType) => {
    expect(kindOf(latin1(head))).toBe(mediaType)
  })
})

describe('texts', () => {
  it.each([
    ['Kính gửi: Sở Nội vụ, Sở Tài chính\nCăn cứ Kế hoạch số 5\nTrân trọng.\n', 'text/plain'],
    ['STT;Họ tên;Đơn vị\n1;Lò Thị Mai;VP\n2;"Giàng; A Dê";KTN\n', 'text/csv'],
    ['a,b\r\n1,2\r\n', 'text/csv'],
    ['một dòng, hai vế', 'text/plain'],
    ['\ufeffSTT\tTên\n1\tA\n', 'text/csv'],
    ['<!DOCTYPE html><html></html>', 'text/html'],
    ['<?xml version="1.0"?><edXML/>', 'application/xml'],
  ])('%j is %s', (text, mediaType) => {
    expect(kindOf(Buffer.from(text))).toBe(mediaType)
  })

  it('may be in the wide encoding that Windows calls Unicode, in either order', () => {
    const little = Buffer.from('\ufeffDanh sách', 'utf16le')

    expect(kindOf(little)).toBe('text/plain')
    expect(kindOf(Buffer.from(little).swap16())).toBe('text/plain')
  })

  it('may be cut inside a character, and inside a line', () => {
    const bytes = Buffer.from('Lắk')
    expect(kindOf(bytes.subarray(0, 3), 4000)).toBe('text/plain')
    expect(kindOf(bytes.subarray(0, 3))).toBe('application/octet-stream')
    expect(kindOf(Buffer.from('a;b\nc;d\ne'), 4000)).toBe('text/csv')
  })
})

describe('ZIPs', () => {
  const zipKind = (...names: string[]) => {
    const head = zipFile(names.map((name) => ({ name })))
    return { ...recognise({ head, size: head.length, entryNames: names }), byHead: kindOf(head) }
  }

  it.each([
    [['a.txt'], 'application/zip'],
    [['[Content_Types].xml', '_rels/.rels', 'word/document.xml'], `${openXml}.wordprocessingml.document`],
    [['[Content_Types].xml', 'xl/workbook.xml'], `${openXml}.spreadsheetml.sheet`],
    [['_rels/.rels', 'ppt/presentation.xml'], `${openXml}.presentationml.presentation`],
    [['word/a.doc'], 'application/zip'],
    [['META-INF/MANIFEST.MF', 'Main.class'], 'application/java-archive'],
    [['AndroidManifest.xml', 'META-INF/MANIFEST.MF'], 'application/vnd.android.package-archive'],
  ])('of %j are %s, by their directory or by their head', (names, mediaType) => {
    expect(zipKind(...names)).toEqual({ mediaType, hasMacros: false, byHead: mediaType })
  })

  it('of office files with macros are told apart', () => {
    expect(zipKind('[Content_Types].xml', 'word/document.xml', 'word/vbaProject.bin')).toMatchObject({
      mediaType: 'application/vnd.ms-word.document.macroEnabled.12',
      hasMacros: true,
    })
    expect(zipKind('_rels/.rels', 'xl/workbook.xml', 'xl/vbaProject.bin').mediaType).toBe(
      'application/vnd.ms-excel.sheet.macroEnabled.12',
    )
  })

  it.each(['text', 'spreadsheet'])('of OpenDocument state their type: %s', (kind) => {
    const stated = `application/vnd.oasis.opendocument.${kind}`
    const parts = [
      { name: 'mimetype', bytes: Buffer.from(stated), method: 0 },
      { name: 'content.xml' },
      { name: 'Basic/script-lc.xml' },
    ]
    const head = zipFile(parts)

    expect(recognise({ head, size: head.length, entryNames: parts.map(({ name }) => name) })).toEqual({
      mediaType: stated,
      hasMacros: true,
    })
    expect(kindOf(zipFile(parts.slice(0, 2)))).toBe(stated)
  })
})

it('sees that bytes were read as text on the way, but not in a text that holds that mark', () => {
  const mangled = Buffer.from('%PDF-1.3\n\ufffd\ufffd\ufffd\ufffd\n')

  expect(isDamagedByTextDecoding(mangled, 'application/pdf')).toBe(true)
  expect(isDamagedByTextDecoding(mangled, 'text/plain')).toBe(false)
  expect(isDamagedByTextDecoding(Buffer.from('%PDF-1.3\n\ufffd'), 'application/pdf')).toBe(false)
})
