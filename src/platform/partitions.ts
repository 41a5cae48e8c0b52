// Partitions of the append-only tables: made two months ahead (migrations/0003), taken off behind. A month that was
// taken off is a table of its own, still there and still readable, until somebody drops it.
import { sql } from 'kysely'
import type { Database, Db } from './database.ts'

const monthsAhead = 2

export const appendOnlyTables = ['events', 'attempts', 'audit'] as const
export type AppendOnlyTable = (typeof appendOnlyTables)[number]

export async function ensurePartitions(db: Db): Promise<void> {
  await sql`select ensure_partitions(${monthsAhead})`.execute(db)
}

/** Whether next month's partitions stand; without them the turn of the month would stop acceptance. */
export async function partitionsReady(db: Db): Promise<boolean> {
  const { rows } = await sql<{ ready: boolean }>`select partitions_ready() as ready`.execute(db)
  return rows[0]?.ready ?? false
}

export interface Month {
  /** Of the partition, e.g. `events_2026_11`. */
  readonly name: string
  /** First day, ISO. */
  readonly month: string
  /** A detach was begun and cut off: it must be ended before another can begin. */
  readonly isHalfDetached: boolean
}

/** Months of a table that ended before the given moment, oldest first. */
export async function monthsBefore(db: Db, table: AppendOnlyTable, moment: Date): Promise<Month[]> {
  const { rows } = await sql<{ name: string; pending: boolean }>`
    select c.relname as name, i.inhdetachpending as pending from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass and c.relname ~ ${`^${table}_\\d{4}_\\d{2}$`} order by c.relname`.execute(db)
  return rows
    .map(({ name, pending }) => ({ name, month: `${name.slice(-7).replace('_', '-')}-01`, isHalfDetached: pending }))
    .filter(({ month }) => endOfMonth(month) <= moment.getTime())
}

function endOfMonth(month: string): number {
  const first = new Date(`${month}T00:00:00Z`)
  return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1)
}

/** Concurrently: whoever writes to the table at this moment does not wait for us. Safe to do again after a cut. */
export async function detachMonth(
  db: Database,
  table: AppendOnlyTable,
  { name, isHalfDetached }: Month,
): Promise<void> {
  const how = isHalfDetached ? sql`finalize` : sql`concurrently`
  await sql`alter table ${sql.table(table)} detach partition ${sql.table(name)} ${how}`.execute(db)
}
