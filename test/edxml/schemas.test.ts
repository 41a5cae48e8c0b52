// The four schemas of packages: every element says what it means and where that is written, and our validator says of
// thousands of packages what xmllint says.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { XmlDocument, XmlElement } from 'libxml2-wasm'
import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../src/edxml/judge-header.js'
import type { SchemaName } from '../../src/edxml/schema-check.ts'
import { qcvnNamespace, read } from '../support/edxml-fixtures.ts'
import { scratchFolder } from '../support/scratch.ts'
import { type Tree, variants, wholeDocument, wholeStatus, xmlOf } from './canonical-samples.ts'

const schemas: readonly SchemaName[] = [
  ...(['document-package', 'status-package', 'document-package-write', 'status-package-write'] as const),
]
const fileOf = (schema: SchemaName) => fileURLToPath(new URL(`../../schemas/edxml/${schema}.xsd`, import.meta.url))
const xs = { xs: 'http://www.w3.org/2001/XMLSchema' }

describe.each(schemas)('%s.xsd', (schema) => {
  it('says of every element what it means in Vietnamese, and where that is written', () => {
    const document = XmlDocument.fromBuffer(readFileSync(fileOf(schema)))
    const elements = document.find('//xs:element', xs)
    const silent = elements.flatMap((element) => {
      const meaning = element.get('xs:annotation/xs:documentation[@xml:lang="vi"]', xs)?.content.trim() ?? ''
      const source = element.get('xs:annotation/xs:appinfo', xs)?.content.trim() ?? ''
      const isSaid = meaning.length >= 5 && /QCVN 102:2016|Đ\.\d|Phụ lục|Thư viện tham chiếu/.test(source)
      return isSaid
        ? []
        : [`${element instanceof XmlElement ? element.attr('name')?.value : ''}: ${meaning} [${source}]`]
    })
    const meanings = elements.map((element) => element.get('xs:annotation/xs:documentation', xs)?.content ?? '')

    expect(silent).toEqual([])
    expect(elements.length).toBeGreaterThan(schema.startsWith('status') ? 25 : 80)
    // With the letters of the language, not without.
    expect(meanings.filter((text) => /[ăâđêôơưàáảãạ]/i.test(text)).length).toBeGreaterThan(meanings.length * 0.7)
    document.dispose()
  })
})

const wholes: readonly (readonly [SchemaName, Tree])[] = [
  ['document-package', wholeDocument('read')],
  ['status-package', wholeStatus],
  ['document-package-write', wholeDocument('write')],
  ['status-package-write', wholeStatus],
]
const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined

describe.each(wholes)('%s', (schema, whole) => {
  const packages = [...variants(whole)].map((tree) => xmlOf(tree, qcvnNamespace))
  const verdicts = packages.map((xml) => schemaFaults(schema, xml).length === 0)

  it('takes a package with everything in it', () => expect(verdicts[0]).toBe(true))

  it('names nothing that the reader does not know', () => {
    expect(read(packages[0] ?? '').unknown).toEqual([])
  })

  it('is tried with hundreds of packages that fit and that do not', () => {
    expect(verdicts.filter((fits) => fits).length).toBeGreaterThan(200)
    expect(verdicts.filter((fits) => !fits).length).toBeGreaterThan(200)
  })

  it.skipIf(!hasXmllint)(
    `judges them as xmllint does${hasXmllint ? '' : ' (skipped: xmllint is not installed; Debian has it in libxml2-utils)'}`,
    () => {
      const others = verdictsOfXmllint(schema, packages)

      const differing = packages.filter((_xml, n) => others[n] !== verdicts[n])
      expect(differing.map((xml) => xml.slice(0, 2000))).toEqual([])
    },
  )
})

/** Many files in one call: starting the program costs more than judging a hundred of them. */
function verdictsOfXmllint(schema: SchemaName, packages: readonly string[]): boolean[] {
  const folder = scratchFolder('xmllint')
  try {
    packages.forEach((xml, n) => {
      writeFileSync(join(folder.path, `${n}`), xml)
    })
    const names = packages.map((_xml, n) => `${n}`)
    const { stderr } = spawnSync('xmllint', ['--noout', '--schema', fileOf(schema), ...names], {
      cwd: folder.path,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    const said = new Map(
      [...stderr.matchAll(/^(\d+) (validates|fails to validate)$/gm)].map(([, n, word]) => [n, word]),
    )
    expect(said.size).toBe(packages.length)
    return names.map((name) => said.get(name) === 'validates')
  } finally {
    folder.remove()
  }
}
