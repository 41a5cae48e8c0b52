// Partitions of the append-only tables, made two months ahead (migrations/0003).
import { sql } from 'kysely'
import type { Db } from './database.ts'

const monthsAhead = 2

export async function ensurePartitions(db: Db): Promise<void> {
  await sql`select ensure_partitions(${monthsAhead})`.execute(db)
}

/** Whether next month's partitions stand; without them the turn of the month would stop acceptance. */
export async function partitionsReady(db: Db): Promise<boolean> {
  const { rows } = await sql<{ ready: boolean }>`select partitions_ready() as ready`.execute(db)
  return rows[0]?.ready ?? false
}
