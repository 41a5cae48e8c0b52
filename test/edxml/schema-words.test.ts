// What a schema would have taken, in signs: these words stand in answers of both languages.
import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../src/edxml/judge-header.js'
import type { SchemaName } from '../../src/edxml/schema-check.ts'
import { expectedBy } from '../../src/edxml/schema-words.ts'
import { qcvnNamespace } from '../support/edxml-fixtures.ts'
import { type Tree, variants, wholeDocument, wholeStatus, xmlOf } from './canonical-samples.ts'

const wholes: readonly (readonly [SchemaName, Tree])[] = [
  ['document-package', wholeDocument('read')],
  ['status-package', wholeStatus],
  ['document-package-write', wholeDocument('write')],
  ['status-package-write', wholeStatus],
]

describe('what libxml2 says', () => {
  it.each(wholes)('of all that breaks %s has no English of its own left', (schema, whole) => {
    const words = new Set<string>()
    for (const tree of variants(whole))
      for (const { message } of schemaFaults(schema, xmlOf(tree, qcvnNamespace))) words.add(expectedBy(message))

    expect([...words].filter((text) => /\b(?:is|has|not|value|Element)\b/.test(text))).toEqual([])
    expect([...words]).toContain('≤ 100')
  })

  it('is passed on where it is not known, without the value', () => {
    expect(expectedBy("Element 'A': 'bí mật' is not something we foresaw.")).toBe(
      "Element 'A': … is not something we foresaw.",
    )
  })
})
