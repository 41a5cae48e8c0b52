// The number that every change of the directory raises (migrations/0001).
import type { Db } from './database.ts'

/** The directory's version, held until our commit: no agency moves between the address and the delivery. */
export async function lockedDirectoryVersion(trx: Db): Promise<number> {
  const row = await trx.selectFrom('directory_version').select('version').forShare().executeTakeFirstOrThrow()
  return row.version
}
