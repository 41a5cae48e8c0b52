// The catalogue of codes: what happened, who must act and how, in both languages. Data of schemas/errors/.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Language = 'vi' | 'en'
type Text = Readonly<Record<Language, string>>

export interface CatalogueEntry {
  readonly severity: 'error' | 'warning' | 'info'
  readonly title: Text
  readonly detail?: Text
  readonly whoActs: 'sender' | 'receiver' | 'provincial_axis' | 'national_axis'
  readonly next: Text
  readonly source?: string
}

export interface Catalogue {
  readonly entries: ReadonlyMap<string, CatalogueEntry>
  /** The entry in one language, its placeholders filled. An unknown code says itself. */
  text(code: string, params: Readonly<Record<string, string | number>> | undefined, language: Language): CatalogueText
}

export interface CatalogueText {
  readonly title: string
  readonly detail: string
  readonly next: string
  readonly whoActs: CatalogueEntry['whoActs']
}

export function loadCatalogue(folder: string): Catalogue {
  const entries = new Map<string, CatalogueEntry>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const content: Record<string, CatalogueEntry> = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    for (const [code, entry] of Object.entries(content)) {
      if (code.startsWith('$')) continue
      if (entries.has(code)) throw new Error(`code ${code} stands twice in ${folder}`)
      entries.set(code, entry)
    }
  }
  return {
    entries,
    text(code, params, language) {
      const entry = entries.get(code)
      if (entry === undefined) return { title: code, detail: code, next: '', whoActs: 'provincial_axis' }
      return {
        title: entry.title[language],
        detail: fill((entry.detail ?? entry.title)[language], params ?? {}),
        next: fill(entry.next[language], params ?? {}),
        whoActs: entry.whoActs,
      }
    },
  }
}

function fill(text: string, params: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** Vietnamese unless English is asked for first. */
export function languageOf(acceptLanguage: string | undefined): Language {
  return acceptLanguage?.trim().toLowerCase().startsWith('en') ? 'en' : 'vi'
}
