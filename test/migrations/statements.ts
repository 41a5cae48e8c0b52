// The statements of a release as a fixture holds them: of those that differ only in how many rows or values they carry
// the shortest, each with the types that the database of that release gave its parameters and its answer.
import type pg from 'pg'

export interface ReleaseStatement {
  readonly text: string
  readonly parameters: readonly string[]
  /** Empty for one that answers no rows. */
  readonly answer: readonly string[]
}

export interface ReleaseStatements {
  readonly release: string
  readonly statements: readonly ReleaseStatement[]
}

/** One of each form, in an order that stays the same from recording to recording. */
export function formsOf(texts: readonly string[]): string[] {
  const forms = new Map<string, string>()
  for (const text of texts.map(onOneLine)) {
    const form = formOf(text)
    const known = forms.get(form)
    if (known === undefined || text.length < known.length) forms.set(form, text)
  }
  return [...forms.values()].sort()
}

function onOneLine(text: string): string {
  return text
    .replaceAll(/--[^\n]*/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function formOf(text: string): string {
  return text
    .replaceAll(/\$\d+/g, '$')
    .replaceAll(/(\([^()]*\$[^()]*\))(, \1)+/g, '$1')
    .replaceAll(/\$(, \$)+/g, '$')
}

/** How this database reads a statement; rejects with the database's own words when it cannot. */
export async function readingOf(client: pg.Client, text: string): Promise<Omit<ReleaseStatement, 'text'>> {
  await client.query(`prepare statement_of_a_release as ${text}`)
  try {
    const { rows } = await client.query<{ parameters: string[]; answer: string[] | null }>(
      `select parameter_types::text[] as parameters, result_types::text[] as answer
       from pg_prepared_statements where name = 'statement_of_a_release'`,
    )
    return { parameters: rows[0]?.parameters ?? [], answer: rows[0]?.answer ?? [] }
  } finally {
    await client.query('deallocate statement_of_a_release')
  }
}
