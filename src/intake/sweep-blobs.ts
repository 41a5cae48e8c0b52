// Removes bytes that no package names: uploads cut off by a kill, commits that never happened. Only after a day, and
// only when the database says so, one hour's folder at a time (design D6).
import type { BlobStore, Clock } from '../domain/ports.ts'
import type { Db } from '../platform/database.ts'

const orphanAgeMs = 24 * 3_600_000
const hourMs = 3_600_000

/** Answers how many blobs were removed. */
export async function sweepBlobs(db: Db, blobs: BlobStore, clock: Clock): Promise<number> {
  const youngest = clock.now().getTime() - orphanAgeMs - hourMs
  const old = (await blobs.hours()).filter((hour) => hour.getTime() <= youngest)
  const swept = await sweptHours(db, old)
  let removed = 0
  for (const hour of old.filter((h) => !swept.has(h.getTime()))) {
    const orphans = await orphansOf(db, await blobs.idsOfHour(hour))
    for (const id of orphans) await blobs.remove(id)
    await db
      .insertInto('blob_sweeps')
      .values({ hour, removed: orphans.length })
      .onConflict((c) => c.doNothing())
      .execute()
    removed += orphans.length
  }
  return removed
}

async function sweptHours(db: Db, hours: readonly Date[]): Promise<Set<number>> {
  if (hours.length === 0) return new Set()
  const rows = await db
    .selectFrom('blob_sweeps')
    .select('hour')
    .where('hour', 'in', [...hours])
    .execute()
  return new Set(rows.map((row) => row.hour.getTime()))
}

async function orphansOf(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('packages')
    .select('package_id')
    .where('package_id', 'in', [...ids])
    .execute()
  const named = new Set(rows.map((row) => row.package_id))
  return ids.filter((id) => !named.has(id))
}
