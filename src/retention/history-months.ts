// Months of the append-only tables that the policy no longer keeps in place. A month is first taken off and noted; where
// a folder for exports is set it is then written there with its hash, and only a month whose file was read back and has
// every row is dropped. Each step can be cut off and is taken up by the next run.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import type { Clock } from '../domain/ports.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { Database } from '../platform/database.ts'
import { errorCode } from '../platform/error-code.ts'
import { appendOnlyTables, detachMonth, monthsBefore } from '../platform/partitions.ts'
import { quoted } from './backup-database.ts'
import { copyToFile, hashOfFile } from './copy-files.ts'

export interface HistoryOptions {
  readonly db: Database
  readonly clock: Clock
  /** Where months are exported to. None: they stay in the database as tables of their own, and none is dropped. */
  readonly exportTo?: { readonly folder: string; readonly databaseUrl: string }
}

export interface HistoryDone {
  readonly detached: readonly string[]
  readonly exported: readonly string[]
  readonly dropped: readonly string[]
}

export async function tidyHistory(options: HistoryOptions, policy: RetentionPolicy['history']): Promise<HistoryDone> {
  const detached = await detachOldMonths(options, policy)
  if (options.exportTo === undefined) return { detached, exported: [], dropped: [] }
  const exported = await exportMonths(options, options.exportTo)
  const dropped = await dropMonths(options, options.exportTo.folder)
  return { detached, exported, dropped }
}

async function detachOldMonths({ db, clock }: HistoryOptions, policy: RetentionPolicy['history']): Promise<string[]> {
  const detached: string[] = []
  for (const table of appendOnlyTables) {
    const months = policy[table]
    if (months === null) continue
    for (const month of await monthsBefore(db, table, monthsAgo(clock.now(), months))) {
      // Noted first: a table that has left its parent is found by this line alone.
      await db
        .insertInto('history_months')
        .values({ name: month.name, parent: table, month: month.month, detached_at: clock.now() })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await detachMonth(db, table, month)
      detached.push(month.name)
    }
  }
  return detached
}

function monthsAgo(now: Date, months: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1))
}

/** Only what really has left its parent: a line whose detach failed waits for the next run. */
function detachedMonths(db: Database) {
  return db
    .selectFrom('history_months')
    .select(['name', 'rows', 'file', 'sha256'])
    .where('dropped_at', 'is', null)
    .where(
      sql<boolean>`to_regclass(quote_ident(name)) is not null
        and not exists (select from pg_inherits i where i.inhrelid = to_regclass(quote_ident(name)))`,
    )
    .orderBy('name')
}

async function exportMonths(
  { db, clock }: HistoryOptions,
  to: NonNullable<HistoryOptions['exportTo']>,
): Promise<string[]> {
  const waiting = await detachedMonths(db).where('exported_at', 'is', null).execute()
  if (waiting.length === 0) return []
  await mkdir(to.folder, { recursive: true, mode: 0o700 })
  const client = new pg.Client({ connectionString: to.databaseUrl, application_name: 'tram history', keepAlive: true })
  await client.connect()
  try {
    for (const { name } of waiting) {
      const file = `${name}.csv.gz`
      const written = await copyToFile(
        client,
        `copy ${quoted(name)} to stdout (format csv, header)`,
        join(to.folder, file),
      )
      await db
        .updateTable('history_months')
        .set({ rows: written.rows, file, sha256: written.sha256, exported_at: clock.now() })
        .where('name', '=', name)
        .execute()
    }
  } finally {
    await client.end()
  }
  return waiting.map(({ name }) => name)
}

async function dropMonths({ db, clock }: HistoryOptions, folder: string): Promise<string[]> {
  const dropped: string[] = []
  for (const month of await detachedMonths(db).where('exported_at', 'is not', null).execute()) {
    if (!(await isFileWhole(join(folder, month.file ?? ''), month.sha256))) {
      await db
        .updateTable('history_months')
        .set({ exported_at: null, sha256: null })
        .where('name', '=', month.name)
        .execute()
      continue
    }
    const isGone = await db.transaction().execute(async (trx) => {
      await sql`lock table ${sql.table(month.name)} in access exclusive mode`.execute(trx)
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(month.name)}`.execute(trx)
      if (rows[0]?.n !== month.rows) return false
      await sql`drop table ${sql.table(month.name)}`.execute(trx)
      await trx.updateTable('history_months').set({ dropped_at: clock.now() }).where('name', '=', month.name).execute()
      return true
    })
    if (isGone) dropped.push(month.name)
  }
  return dropped
}

/** A file that was lost or changed since is written anew by the next run. */
async function isFileWhole(path: string, sha256: string | null): Promise<boolean> {
  try {
    return (await hashOfFile(path)).sha256 === sha256
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
