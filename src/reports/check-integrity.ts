// Whether the rows agree with each other: asked by `tram doctor`, and before and after maintenance. Reads only; beside a
// running gateway each question sees one moment of the database.
import { sql } from 'kysely'
import type { IntegrityCheck, IntegrityReport } from '../domain/integrity.ts'
import { type Db, isDatabaseAway } from '../platform/database.ts'
import { type IntegrityQuestion, integrityQuestions } from './integrity-checks.ts'

const idsShown = 20

/** One after the other: it must not take the database away from those who work on it. */
export async function checkIntegrity(
  db: Db,
  questions: readonly IntegrityQuestion[] = integrityQuestions,
): Promise<IntegrityReport> {
  const checks: IntegrityCheck[] = []
  for (const question of questions) checks.push(await ask(db, question))
  return { ok: checks.every(({ count, failure }) => count === 0 && failure === undefined), checks }
}

async function ask(db: Db, { broken, ...question }: IntegrityQuestion): Promise<IntegrityCheck> {
  try {
    const { rows } = await sql<{ count: number; ids: string[] }>`
      with found as materialized (${broken})
      select (select count(*) from found)::int as count,
        array(select id from found order by id limit ${idsShown}) as ids`.execute(db)
    return { ...question, count: rows[0]?.count ?? 0, ids: rows[0]?.ids ?? [] }
  } catch (error) {
    // A row that cannot even be read, or a question that takes too long, must not hide the answers to the others.
    if (isDatabaseAway(error)) throw error
    return { ...question, count: 0, ids: [], failure: error instanceof Error ? error.message : String(error) }
  }
}
