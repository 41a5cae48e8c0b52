// The base64 scanner against a slow and obvious one.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Base64Content } from '../../src/edxml/base64-content.ts'

function scan(text: string, sizes: readonly number[]) {
  const content = new Base64Content(1, 1)
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (sizes[i % sizes.length] ?? 1)
    content.push(bytes.subarray(at, end))
    at = end
  }
  return { ...content.finish(), line: content.line, column: content.column }
}

const isStrict = (text: string) =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[ \t\r\n]/g, ''))

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

it('accepts what is strict base64 and nothing else, however it is cut', () => {
  const letters = fc.constantFrom(...'ABz09+/ABz09+/ABz09+/=\n -_*\u00e9')
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 24 }), sizes, (characters, cuts) => {
      const text = characters.join('')
      expect(scan(text, cuts).fault === undefined).toBe(isStrict(text))
    }),
    { numRuns: 2000 },
  )
})

it('hashes and counts the decoded bytes and keeps the place, with any line ends', () => {
  const lineEnds = fc.constantFrom('', '\n', '\r\n', '\r')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), lineEnds, sizes, (data, lineEnd, cuts) => {
      const text = Buffer.from(data).toString('base64').replace(/.{16}/g, `$&${lineEnd}`)
      const lines = text.split(/\r\n|\r|\n/)
      expect(scan(text, cuts)).toMatchObject({
        size: data.length,
        sha256: createHash('sha256').update(data).digest('hex'),
        line: lines.length,
        column: (lines.at(-1) ?? '').length + 1,
      })
    }),
    { numRuns: 300 },
  )
})
