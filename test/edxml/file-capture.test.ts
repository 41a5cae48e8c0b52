// What is known of a file once it has streamed by, however it was cut.
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { FileCapture } from '../../src/edxml/file-capture.ts'
import { oleFile, zipFile } from '../support/binary-files.ts'

function captured(bytes: Buffer, chunkBytes = 48 * 1024) {
  const capture = new FileCapture()
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes))
    capture.take(chunk)
    chunk.fill(0)
  }
  expect(capture.size).toBe(bytes.length)
  return capture.finish()
}

describe('an older office file', () => {
  it.each<[string[], string, boolean]>([
    [['WordDocument', '1Table'], 'application/msword', false],
    [['WordDocument', 'Macros'], 'application/msword', true],
    [['Workbook'], 'application/vnd.ms-excel', false],
    [['Book', '_VBA_PROJECT_CUR'], 'application/vnd.ms-excel', true],
    [['PowerPoint Document'], 'application/vnd.ms-powerpoint', false],
    [['__properties_version1.0'], 'application/vnd.ms-outlook', false],
    [['EncryptedPackage'], 'application/x-ole-storage', false],
  ])('with %j in its directory is %s', (names, mediaType, hasMacros) => {
    for (const sectorsBefore of [0, 3, 100, 5000]) {
      const bytes = oleFile({ names, sectorsBefore })
      expect(captured(bytes)).toEqual({ mediaType, hasMacros, isDamaged: false })
      expect(captured(bytes, 333)).toEqual(captured(bytes))
    }
  })

  it('may be an installer', () => {
    const classId = '84100c0000000000c000000000000046'
    expect(captured(oleFile({ names: ['Binary'], classId })).mediaType).toBe('application/x-msi')
  })

  it('is only a container when its directory lies nowhere', () => {
    expect(captured(oleFile({ names: ['WordDocument'], sectorsBefore: 2 }).subarray(0, 700)).mediaType).toBe(
      'application/x-ole-storage',
    )
  })
})

describe('a ZIP', () => {
  const drawing = (name: string, megabytes: number) => ({ name, bytes: randomBytes(megabytes * 2 ** 20), method: 0 })

  it('is opened up to eight megabytes, and of a larger one the directory is still read', () => {
    expect(captured(zipFile([drawing('a.dwg', 7)])).zip).toMatchObject({ count: 1, wrapped: { size: 7 * 2 ** 20 } })
    expect(captured(zipFile([drawing('a.dwg', 9)])).zip).toEqual({
      ...{ count: 1, entryNames: ['a.dwg'] },
      trouble: 'zip_not_inspected',
    })
  })

  it('of ten megabytes is an office file with macros, if its directory says so', () => {
    const parts = [drawing('word/media/1.png', 10), { name: '[Content_Types].xml' }, { name: 'word/vbaProject.bin' }]

    expect(captured(zipFile(parts))).toMatchObject({
      mediaType: 'application/vnd.ms-word.document.macroEnabled.12',
      hasMacros: true,
    })
  })

  it('byte by byte gives the same', () => {
    const bytes = zipFile([{ name: 'a.txt' }, { name: 'b.txt' }])
    expect(captured(bytes, 1)).toEqual(captured(bytes))
  })
})

it('anything else keeps no more than its first bytes', () => {
  expect(captured(Buffer.alloc(3_000_000, 'Danh sách. '))).toEqual({
    ...{ mediaType: 'text/plain', hasMacros: false, isDamaged: false },
  })
  expect(captured(Buffer.alloc(0))).toMatchObject({ mediaType: 'application/octet-stream' })
  expect(captured(Buffer.from('P'))).toMatchObject({ mediaType: 'text/plain' })
})
