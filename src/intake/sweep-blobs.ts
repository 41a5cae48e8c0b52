// Removes bytes that no package names: uploads cut off by a kill, commits that never happened. Only after a day, only
// when the database says so, one hour's folder at a time, and never during a backup (design D6).
import { sql } from 'kysely'
import type { BlobStore, Clock } from '../domain/ports.ts'
import { tryWithoutBackup } from '../platform/backup-lock.ts'
import type { Database, Db } from '../platform/database.ts'

const orphanAgeMs = 24 * 3_600_000
const hourMs = 3_600_000
/**
 * Hours this far before the last one that was searched are not listed again. An id is made when its upload begins, so
 * nothing comes to an old hour but from a clock that was wrong. Listing years of hours costs a bucket a request a day.
 */
const looksBackMs = 35 * 24 * hourMs

/** Answers how many blobs were removed. */
export async function sweepBlobs(db: Database, blobs: BlobStore, clock: Clock): Promise<number> {
  const now = clock.now().getTime()
  await tryWithoutBackup(db, () => blobs.removeUnfinished(new Date(now - orphanAgeMs)))
  const part = { until: new Date(now - orphanAgeMs - hourMs), ...(await searchedFrom(db)) }
  const old = (await blobs.hours(part)).filter((hour) => hour <= part.until)
  const swept = await sweptHours(db, old)
  let removed = 0
  for (const hour of old.filter((h) => !swept.has(h.getTime()))) {
    const step = await tryWithoutBackup(db, () => sweepHour(db, blobs, hour))
    // A backup runs: the next round goes on here.
    if (step === undefined) return removed
    removed += step.done
  }
  return removed
}

async function sweepHour(db: Database, blobs: BlobStore, hour: Date): Promise<number> {
  const orphans = await orphansOf(db, await blobs.idsOfHour(hour))
  for (const id of orphans) await blobs.remove(id)
  await db
    .insertInto('blob_sweeps')
    .values({ hour, removed: orphans.length })
    .onConflict((c) => c.doNothing())
    .execute()
  return orphans.length
}

async function searchedFrom(db: Db): Promise<{ from: Date } | undefined> {
  const { rows } = await sql<{ last: Date | null }>`select max(hour) as last from blob_sweeps`.execute(db)
  const last = rows[0]?.last
  return last === null || last === undefined ? undefined : { from: new Date(last.getTime() - looksBackMs) }
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
  const { rows } = await sql<{ id: string }>`
    select id from unnest(${ids}::uuid[]) id where not exists (select from packages p where p.package_id = id)`.execute(
    db,
  )
  return rows.map((row) => row.id)
}
