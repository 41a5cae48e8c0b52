// The catalogue of codes: what happened, why, who must act and how, in both languages. Data of schemas/errors/, held
// against its schema when it is loaded, so that no code reaches a clerk half explained.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { CatalogueEntry } from '../generated/json/catalogue-entry.ts'
import type { ErrorEntry } from '../generated/json/error-entry.ts'

export type Language = keyof BilingualText
/** Values for the {placeholders} of a text. */
export type TextValues = Readonly<Record<string, string | number>>

export interface Catalogue {
  /** Changes whenever any entry does. */
  readonly version: string
  readonly entries: ReadonlyMap<string, ErrorEntry>
  /** The files of the catalogue and the codes of each, as they stand there. */
  readonly groups: readonly CatalogueGroup[]
  /** The entry in one language, its placeholders filled. An unknown code says itself. */
  text(code: string, values: TextValues | undefined, language: Language): CatalogueText
}

export interface CatalogueGroup {
  /** Name of the file without its ending. */
  readonly name: string
  readonly title?: BilingualText
  readonly codes: readonly string[]
}

export interface CatalogueText {
  readonly title: string
  readonly detail: string
  readonly cause: string
  readonly next: string
  readonly whoActs: ErrorEntry['whoActs']
}

/** Reads every file of the folder. The schemas they are held against lie beside it, in `json/`. */
export function loadCatalogue(folder: string): Catalogue {
  const checks = catalogueChecks(join(folder, '../json'))
  const entries = new Map<string, ErrorEntry>()
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const groups = names.sort().map((name): CatalogueGroup => {
    const { title, entries: found } = readFile(join(folder, name), checks)
    for (const entry of found) {
      if (entries.has(entry.code)) throw new Error(`code ${entry.code} stands twice in ${folder}`)
      entries.set(entry.code, entry)
    }
    const codes = found.map((entry) => entry.code)
    return { name: basename(name, '.json'), codes, ...(title === undefined ? {} : { title }) }
  })
  const version = createHash('sha256')
    .update(JSON.stringify([...entries.values()]))
    .digest('hex')
    .slice(0, 16)
  return {
    version,
    entries,
    groups,
    text: (code, values, language) => textOf(entries.get(code), code, values, language),
  }
}

interface CatalogueChecks {
  readonly entry: ValidateFunction<CatalogueEntry>
  readonly text: ValidateFunction<BilingualText>
}

function catalogueChecks(schemas: string): CatalogueChecks {
  const ajv = new Ajv({ allErrors: true })
  const schema = (name: string) => JSON.parse(readFileSync(join(schemas, `${name}.json`), 'utf8'))
  const text = ajv.compile<BilingualText>(schema('bilingual-text'))
  return { text, entry: ajv.compile<CatalogueEntry>(schema('catalogue-entry')) }
}

/** An object of entries by code. What begins with `$` is about the file: `$title` heads its codes, `$comment` is ours. */
function readFile(path: string, checks: CatalogueChecks) {
  const content: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'))
  const { $title } = content
  const title = $title === undefined ? undefined : checked($title, checks.text, `$title of ${path}`)
  const codes = Object.keys(content).filter((name) => !name.startsWith('$'))
  const entries = codes.map((code): ErrorEntry => {
    const entry = checked(content[code], checks.entry, `${code} of ${path}`)
    return { ...entry, code, detail: entry.detail ?? entry.title }
  })
  return { title, entries }
}

function checked<T>(value: unknown, isValid: ValidateFunction<T>, name: string): T {
  if (isValid(value)) return value
  const faults = (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`.trim())
  throw new Error(`${name}: ${faults.join('; ')}`)
}

function textOf(
  entry: ErrorEntry | undefined,
  code: string,
  values: TextValues = {},
  language: Language,
): CatalogueText {
  if (entry === undefined) return { title: code, detail: code, cause: '', next: '', whoActs: 'provincial_axis' }
  return {
    title: entry.title[language],
    detail: fill(entry.detail[language], values),
    cause: fill(entry.cause[language], values),
    next: fill(entry.next[language], values),
    whoActs: entry.whoActs,
  }
}

/** A value that is missing stays visible: a gap would read as if something had been said. */
function fill(text: string, values: TextValues): string {
  return text.replace(placeholder, (whole, name: string) => String(values[name] ?? whole))
}

const placeholder = /\{(\w+)\}/g

/** Whether every {placeholder} of a text has its value. */
export function canFill(text: string, values: TextValues): boolean {
  return [...text.matchAll(placeholder)].every(([, name = '']) => values[name] !== undefined)
}

/** Vietnamese unless English is asked for first. */
export function languageOf(acceptLanguage: string | undefined): Language {
  return acceptLanguage?.trim().toLowerCase().startsWith('en') ? 'en' : 'vi'
}
