// Every code that the gateway can say is in the published catalogue, in both languages, and says nothing it has no
// value for. Read from the source, so that a new refusal without its entry fails here and not in front of a clerk.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type ErrorKind, GatewayError } from '../../src/domain/errors.ts'
import { languageOf, loadCatalogue } from '../../src/edge/catalogue.ts'
import { errorPage } from '../../src/edge/error-page.ts'
import { refusalOf } from '../../src/edge/problem.ts'
import { scratchFolder } from '../support/scratch.ts'

const root = join(import.meta.dirname, '../..')
const catalogue = loadCatalogue(join(root, 'schemas/errors'))

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('generated/'))
  .map((path) => ({ path, text: readFileSync(join(root, 'src', path), 'utf8') }))

interface Use {
  readonly path: string
  readonly code: string
  /** Names of the values that come with it; undefined where they cannot be read from this place. */
  readonly params: readonly string[] | undefined
}

/** Everything between the bracket at `start` and its partner. */
function bracketed(text: string, start: number): string {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if ('([{'.includes(text[at] ?? '')) depth += 1
    if (')]}'.includes(text[at] ?? '')) depth -= 1
    if (depth === 0) return text.slice(start + 1, at)
  }
  throw new Error('a bracket without its partner')
}

function paramsOf(call: string, before: string): readonly string[] | undefined {
  const written = /\bparams: \{/.exec(call)
  if (written !== null) return keysOf(bracketed(call, written.index + written[0].length - 1))
  if (!/\bparams\b/.test(call)) return /\.\.\.|\bfacts\b/.test(call) ? undefined : []
  const shared = [...before.matchAll(/\bconst params = \{/g)].at(-1)
  return shared === undefined ? undefined : keysOf(bracketed(before, shared.index + shared[0].length - 1))
}

function keysOf(object: string): string[] {
  return [...object.matchAll(/(?:^|,)\s*(\w+)(?=\s*(?:[,:]|$))/g)].map(([, key]) => key ?? '')
}

function uses(pattern: RegExp): Use[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => {
      const call = bracketed(text, match.index + match[0].indexOf(match[1] ?? ''))
      return { path, code: match[2] ?? '', params: paramsOf(call, text.slice(0, match.index)) }
    }),
  )
}

const thrown = uses(/new GatewayError(\()\s*'[a-z_]+',\s*'([a-z_]+)'/g)
const found = uses(/(\{) code: '([a-z_]+)', severity: '/g)
const read = uses(/(?:problemAt|refuseHere|warning|\.warn)(\()\s*'([a-z_]+)',/g).filter((u) =>
  u.path.startsWith('edxml/'),
)
const rules = uses(/(\{)[^{}]*\brule: '([a-z_]+)'/g)
const effects = ['late', 'repeated', 'illegal', 'unknown_code', 'unknown_document', 'not_addressed']
const reasons = [
  ...['unknown_agency', 'not_connected', 'no_system', 'closed', 'quarantined'],
  ...sources.flatMap(({ text }) => [...text.matchAll(/reason_code = '([a-z_]+)'/g)].map(([, code]) => code ?? '')),
  ...['receiver_busy', 'receiver_unreachable', 'answer_unclear', 'not_taken_in_time'],
]
const codes = [...new Set([...thrown, ...found, ...read, ...rules].map((use) => use.code))].sort()

test('finds the codes that the source says', () => {
  expect(codes).toEqual(expect.arrayContaining(['foreign_from', 'document_id_generated', 'not_xml', 'code_taken']))
  expect(thrown.length).toBeGreaterThan(40)
  expect(read.length).toBeGreaterThan(15)
})

describe('the catalogue', () => {
  test.each([...codes, ...effects.map((effect) => `status_${effect}`), ...reasons])(
    'has %s in both languages',
    (code) => {
      expect(catalogue.entries.has(code)).toBe(true)
      for (const language of ['vi', 'en'] as const) {
        const { title, detail, cause, next } = catalogue.text(code, undefined, language)
        expect([title, detail, cause, next].every((text) => text.trim() !== '')).toBe(true)
      }
    },
  )

  test('says who acts and how severe it is, for every entry, with the same values in both languages', () => {
    for (const [code, entry] of catalogue.entries) {
      expect(entry).toMatchObject({
        code,
        severity: expect.stringMatching(/^(error|warning|info)$/),
        whoActs: expect.stringMatching(/^(sender|receiver|provincial_axis|national_axis)$/),
      })
      expect({ code, names: placeholders(code, 'vi') }).toEqual({ code, names: placeholders(code, 'en') })
      expect(entry.title.vi, code).not.toBe(entry.title.en)
    }
  })

  test('has titles and causes that need no value, and says nothing of a value that must not be known', () => {
    for (const [code, { title, cause, detail, next, confidential }] of catalogue.entries) {
      expect.soft(JSON.stringify([title, cause]), code).not.toMatch(/\{\w+\}/)
      if (confidential === true) expect.soft(JSON.stringify([detail, next]), code).not.toMatch(/\{\w+\}/)
    }
  })

  test('names sources that a reader can look up: a law, a standard, or a page of our documentation', () => {
    for (const [code, { source }] of catalogue.entries) {
      expect.soft(source, code).not.toMatch(/^(contract|design|configuration|schemas|edxml|R\d)/i)
      const [, page] = /^(?:Trạm, )?(docs\/[\w.-]+)/.exec(source) ?? []
      if (page !== undefined) expect.soft(existsSync(join(root, page)), `${code}: ${page}`).toBe(true)
    }
  })

  test('gives a cause that is not the detail again', () => {
    for (const [code, { cause, detail, title }] of catalogue.entries)
      for (const language of ['vi', 'en'] as const)
        expect.soft([detail[language], title[language]], code).not.toContain(cause[language])
  })

  test('explains every rule that the schemas of JSON can name', () => {
    expect([...schemaKeywords()].filter((keyword) => !catalogue.entries.has(keyword))).toEqual([])
  })

  test('has one version for one content', () => {
    expect(loadCatalogue(join(root, 'schemas/errors')).version).toBe(catalogue.version)
    expect(catalogue.version).toMatch(/^[0-9a-f]{16}$/)
  })

  test('stands on its page with every code, each under its heading', () => {
    const page = errorPage(catalogue)

    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, code]) => code)
    expect(headings).toEqual(catalogue.groups.flatMap((group) => group.codes))
    expect(headings).toHaveLength(catalogue.entries.size)
    const cells = page.split('\n').filter((line) => line.startsWith('|'))
    expect(cells.filter((line) => line.replaceAll('\\|', '').split('|').length !== 5)).toEqual([])
  })
})

describe('the status that the catalogue publishes', () => {
  // Which of them HTTP itself prescribes for the code, whatever the kind of the refusal.
  const prescribed = ['bad_request', 'bad_cursor', 'form_without_package', 'form_with_several_files']
  // Prescribed by tus 1.0 for uploads.
  const ofUploads = ['upload_checksum_wrong', 'upload_checksum_unknown', 'upload_header_wrong', 'tus_version_unknown']
  const byKind = [...prescribed, ...ofUploads, 'range_not_satisfiable', 'internal_error']
  const literal = sources.flatMap(({ text }) =>
    [...text.matchAll(/new GatewayError\(\s*'([a-z_]+)',\s*'([a-z_]+)'/g)].map(([, kind = '', code = '']) => ({
      kind,
      code,
    })),
  )
  const published = literal.filter(({ code }) => catalogue.entries.get(code)?.httpStatus !== undefined)

  test.each(published.filter(({ code }) => !byKind.includes(code)))('for $code is that of $kind', ({ kind, code }) => {
    const known = refusalOf(new GatewayError(kind as ErrorKind, 'of_its_kind_only'), { catalogue, language: 'vi' })

    expect(catalogue.entries.get(code)?.httpStatus).toBe(known.status)
  })

  test.each([...new Set(published.map(({ code }) => code))])('for %s is the one that is answered', (code) => {
    const { status } = refusalOf(new GatewayError('invalid', code), { catalogue, language: 'en' })

    expect(status).toBe(catalogue.entries.get(code)?.httpStatus)
  })
})

describe('a file of the catalogue', () => {
  const folder = scratchFolder('catalogue')
  afterAll(() => folder.remove())
  const text = { vi: 'Chữ', en: 'Text' }
  const entry = { severity: 'error', title: text, cause: text, whoActs: 'sender', next: text, source: 'RFC 9457' }
  let number = 0

  function loading(...files: object[]) {
    number += 1
    const errors = join(folder.path, String(number), 'errors')
    mkdirSync(errors, { recursive: true })
    symlinkSync(join(root, 'schemas/json'), join(errors, '../json'))
    for (const [index, file] of files.entries()) writeFileSync(join(errors, `${index}.json`), JSON.stringify(file))
    return () => loadCatalogue(errors)
  }

  test('is read with its title, and its title stands for a detail that is missing', () => {
    const { groups, entries } = loading({ $comment: 'x', $title: text, a_code: entry })()

    expect(groups).toEqual([{ name: '0', title: text, codes: ['a_code'] }])
    expect(entries.get('a_code')).toEqual({ ...entry, code: 'a_code', detail: text })
  })

  test.each([
    ['a cause', { ...entry, cause: undefined }, /a_code of .*0\.json: must have required property 'cause'/],
    ['a source', { ...entry, source: undefined }, /'source'/],
    ['one of the languages', { ...entry, next: { vi: 'Chữ' } }, /\/next must have required property 'en'/],
    ['words', { ...entry, title: { vi: ' ', en: 'Text' } }, /\/title\/vi must match pattern/],
    ['a known severity', { ...entry, severity: 'fatal' }, /\/severity/],
    ['somebody who acts', { ...entry, whoActs: 'nobody' }, /\/whoActs/],
    ['only members that are known', { ...entry, titel: text }, /additional properties/],
  ])('is refused without %s', (_what, bad, message) => {
    expect(loading({ a_code: bad })).toThrow(message)
  })

  test('is refused when a code stands in two', () => {
    expect(loading({ a_code: entry }, { a_code: entry })).toThrow('code a_code stands twice')
  })

  test('has another version as soon as a word differs', () => {
    const one = loading({ a_code: entry })()
    const other = loading({ a_code: { ...entry, next: { ...text, en: 'Texts' } } })()

    expect(one.version).not.toBe(other.version)
  })
})

/** The keywords of the published shapes that a value can break. */
function schemaKeywords(): Set<string> {
  // What lists further rules is not broken itself; the rules in it are.
  const ignored = [
    '$id',
    '$schema',
    '$ref',
    'title',
    'description',
    'default',
    'properties',
    'items',
    'examples',
    'allOf',
  ]
  const found = new Set<string>()
  function walk(schema: unknown): void {
    if (typeof schema !== 'object' || schema === null) return
    if (Array.isArray(schema)) {
      for (const one of schema) walk(one)
      return
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (!ignored.includes(keyword)) found.add(keyword)
      if (keyword === 'properties' || keyword === 'patternProperties') walk(Object.values(value))
      else if (!['enum', 'const', 'default', 'required', 'examples'].includes(keyword)) walk(value)
    }
  }
  for (const file of readdirSync(join(root, 'schemas/json')))
    walk(JSON.parse(readFileSync(join(root, 'schemas/json', file), 'utf8')))
  return found
}

function placeholders(code: string, language: 'vi' | 'en'): string[] {
  const { title, detail, next } = catalogue.text(code, undefined, language)
  return [...new Set([...`${title} ${detail} ${next}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort()
}

// What the reader of packages supplies, its own tests check with every refusal.
describe('every value that a text names is supplied', () => {
  test.each([...thrown, ...found].filter((use) => use.params !== undefined && placeholders(use.code, 'vi').length > 0))(
    'for $code in $path',
    ({ code, params }) => {
      expect(params).toEqual(expect.arrayContaining(placeholders(code, 'vi')))
    },
  )

  test.each(rules.filter((use) => /registry\/(agency|system)/.test(use.path)))(
    'for $code in $path, by the rule itself',
    ({ code }) => {
      const supplied = ['found', 'expected', 'agency', 'systemId']
      expect(supplied).toEqual(expect.arrayContaining(placeholders(code, 'vi')))
    },
  )

  test.each(reasons)('for the reason %s, which is shown without any', (code) => {
    expect(placeholders(code, 'vi')).toEqual([])
  })
})

test('says the code itself where a code is unknown, and leaves a value that is missing visible', () => {
  expect(catalogue.text('no_such_code', undefined, 'vi')).toMatchObject({
    title: 'no_such_code',
    detail: 'no_such_code',
  })
  expect(catalogue.text('bad_request', {}, 'en').detail).toContain('{reason}')
})

test.each([
  [undefined, 'vi'],
  ['', 'vi'],
  ['vi-VN,vi;q=0.9,en;q=0.8', 'vi'],
  ['en', 'en'],
  ['EN-us, vi', 'en'],
  ['fr', 'vi'],
])('reads Accept-Language %j as %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})
