// Places in the change feed count the transactions of a database cluster (migrations/0014). After a restore into another
// cluster they go on behind the old ones. To be called before anything is written, and cheap where nothing has changed.
import { sql } from 'kysely'
import type { Db } from './database.ts'

/** Answers whether the database had come from another cluster. */
export async function continueEventPositions(db: Db): Promise<boolean> {
  const { rows } = await sql<{ moved: boolean }>`select continue_event_positions() as moved`.execute(db)
  return rows[0]?.moved ?? false
}
