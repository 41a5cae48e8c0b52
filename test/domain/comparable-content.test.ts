// What of a package makes it another document; the rest of that rule is in document-package.test.ts.
import { describe, expect, test } from 'vitest'
import { comparableContent, contentHash, type DocumentPackage } from '../../src/domain/document-package.ts'

const document: DocumentPackage = {
  ...{ type: 'edoc', kind: 'new', from: { organId: 'H35.12' }, to: [], subject: 'V/v', priority: 0 },
  ...{ responseFor: [], toPlaces: [], traces: [], attachments: [], hasSignature: false },
}
const hashOf = (change: Partial<DocumentPackage>) =>
  contentHash(comparableContent({ ...document, ...change })).toString('hex')

describe('the due date', () => {
  test.each<[string, Partial<DocumentPackage>]>([
    ['a real one', { dueDateText: '2026/12/01', dueDate: '2026-12-01' }],
    ['the same, written otherwise', { dueDateText: '01/12/2026', dueDate: '2026-12-01' }],
    // Packages that were stored before the text was kept beside it must still meet their repeats.
    ['the same, as it was stored once', { dueDate: '2026-12-01' }],
  ])('%s', (_name, change) => {
    expect(hashOf(change)).toBe(hashOf({ dueDate: '2026-12-01' }))
    expect(comparableContent({ ...document, ...change })).not.toHaveProperty('dueDateText')
  })

  test('that is none counts as it is written', () => {
    expect(hashOf({ dueDateText: 'cuối tháng' })).toBe(hashOf({ dueDate: 'cuối tháng' } as Partial<DocumentPackage>))
    expect(hashOf({ dueDateText: 'cuối tháng' })).not.toBe(hashOf({ dueDateText: 'cuối năm' }))
    expect(hashOf({})).not.toBe(hashOf({ dueDateText: 'cuối năm' }))
  })
})

describe('what a wrapper holds', () => {
  const file = { contentId: 'a', name: 'a.txt', mediaType: 'application/zip', sha256: 'zip', size: 9 }
  const inner = { sha256: 'file', size: 3, mediaType: 'text/plain', entryName: 'x.txt' }

  test('counts once, by its hash, whatever else is known of it', () => {
    const wrapped = { ...file, innerSha256: 'file', inner, hasMacros: true as const }

    expect(hashOf({ attachments: [wrapped] })).toBe(hashOf({ attachments: [{ ...file, sha256: 'file' }] }))
    expect(hashOf({ attachments: [{ ...wrapped, inner: { ...inner, entryName: 'y.txt' } }] })).toBe(
      hashOf({ attachments: [wrapped] }),
    )
  })
})
