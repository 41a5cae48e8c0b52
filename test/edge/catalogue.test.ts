// Every code that the gateway can say is in the published catalogue, in both languages, and says nothing it has no
// value for. Read from the source, so that a new refusal without its entry fails here and not in front of a clerk.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { languageOf, loadCatalogue } from '../../src/edge/catalogue.ts'

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
        const { title, detail, next } = catalogue.text(code, undefined, language)
        expect([title, detail, next].every((text) => text.trim() !== '')).toBe(true)
      }
    },
  )

  test('says who acts and how severe it is, for every entry, with the same values in both languages', () => {
    for (const [code, entry] of catalogue.entries) {
      expect({ code, ...entry }).toMatchObject({
        severity: expect.stringMatching(/^(error|warning|info)$/),
        whoActs: expect.stringMatching(/^(sender|receiver|provincial_axis|national_axis)$/),
      })
      expect({ code, names: placeholders(code, 'vi') }).toEqual({ code, names: placeholders(code, 'en') })
      expect(entry.title.vi, code).not.toBe(entry.title.en)
    }
  })
})

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
