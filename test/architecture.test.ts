// The shape of src/ as style.md §1 fixes it: imports run one way, and slices meet only in the composition root.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../src')

interface Import {
  /** Paths below src/, without a leading `./`. */
  readonly from: string
  readonly to: string
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(ts|cjs|js)$/.test(path))
const specifiers = (path: string) =>
  [
    ...readFileSync(join(root, path), 'utf8').matchAll(
      /^\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|\brequire\(\s*'([^']+)'\s*\)/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '')
const imports: readonly Import[] = files.flatMap((from) =>
  specifiers(from)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ from, to: normalize(join(dirname(from), specifier)) })),
)
const packagesOf = (folder: string) =>
  files
    .filter((path) => folderOf(path) === folder)
    .flatMap((path) =>
      specifiers(path)
        .filter((s) => !s.startsWith('.'))
        .map((s) => `${path}: ${s}`),
    )

/** The folder below src/; the files that lie there themselves are the root. */
function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'root'
}

const slices = [
  ...['intake', 'routing', 'delivery', 'mailbox', 'feedback', 'operations', 'registry', 'trust', 'uploads'],
  ...['maintenance', 'rules', 'alerts', 'reports', 'sandbox', 'bench', 'console', 'retention'],
  'sender-reports',
]
const below = ['domain', 'edxml', 'platform', 'generated']

/** What each folder may import from, itself apart. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  generated: [],
  edxml: ['domain', 'generated'],
  platform: ['domain', 'generated'],
  edge: below.filter((folder) => folder !== 'edxml'),
  ...Object.fromEntries(slices.map((slice) => [slice, below])),
  cli: ['root', 'edge', ...below, ...slices],
  root: ['root', 'cli', 'edge', ...below, ...slices],
}

// It asks the composed gateway for the description of its API, so it stands above the root; nothing imports it.
const script = 'generated/generate.ts'

test('reads the imports', () => {
  expect(imports.length).toBeGreaterThan(500)
  expect(imports).toContainEqual({ from: 'main.ts', to: 'compose.ts' })
  expect(imports.filter(({ to }) => !files.includes(to))).toEqual([])
})

test('every folder of src has its place', () => {
  const folders = [...new Set(files.map(folderOf))].sort()

  expect(folders.filter((folder) => allowed[folder] === undefined)).toEqual([])
})

describe('imports run one way', () => {
  test.each(Object.entries(allowed))('from %s', (folder, targets) => {
    const violations = imports.filter(
      ({ from, to }) => folderOf(from) === folder && from !== script && ![folder, ...targets].includes(folderOf(to)),
    )

    expect(violations).toEqual([])
  })

  test('only the entry points are above the composition root', () => {
    const users = imports.filter(({ to }) => /^(main|compose[\w-]*)\.ts$/.test(to)).map(({ from }) => from)

    expect(
      users.filter((path) => folderOf(path) !== 'root' && !/^(cli|bench)\//.test(path) && path !== script),
    ).toEqual([])
  })

  test('nothing imports the script that generates', () => {
    expect(imports.filter(({ to }) => to === script)).toEqual([])
  })
})

test('the domain uses nothing but Node itself', () => {
  expect(packagesOf('domain').filter((use) => !use.includes(': node:'))).toEqual([])
})

test('the domain reads no clock, no file and no network', () => {
  const uses = packagesOf('domain').filter((use) => !/: node:(crypto|stream)$/.test(use))
  const clocks = files
    .filter((path) => folderOf(path) === 'domain')
    .filter((path) => /Date\.now\(|new Date\(\)|Math\.random\(|process\./.test(readFileSync(join(root, path), 'utf8')))

  expect([uses, clocks]).toEqual([[], []])
})

test('the environment is handed to config.ts by the entry points; nobody else reads settings from it', () => {
  const readers = files.filter((path) => /\bprocess\.env\b/.test(readFileSync(join(root, path), 'utf8')))
  // What a PostgreSQL of ours inherits, and the search path it is looked for on: no settings of the gateway.
  const inheriting = ['platform/postgres-account.ts', 'platform/postgres-binaries.ts']

  expect(readers.filter((path) => !inheriting.includes(path)).sort()).toEqual(['cli/main.ts', 'main.ts', 'prepare.cjs'])
})

test('no import goes round in a circle', () => {
  const targets = new Map(files.map((path) => [path, imports.filter((i) => i.from === path).map((i) => i.to)]))
  const done = new Set<string>()
  const circles: string[][] = []

  function walk(path: string, way: readonly string[]): void {
    if (way.includes(path)) return void circles.push([...way.slice(way.indexOf(path)), path])
    if (done.has(path)) return
    for (const next of targets.get(path) ?? []) walk(next, [...way, path])
    done.add(path)
  }
  for (const path of files) walk(path, [])

  expect(circles).toEqual([])
})
