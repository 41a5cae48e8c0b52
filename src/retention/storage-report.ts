// What is held, by state, kind, age and sender. Counted day by day and kept, because counting all rows for each question
// would take minutes once there are millions: a question adds up some thousand figures, whatever lies behind them.
import { sql } from 'kysely'
import type { Clock } from '../domain/ports.ts'
import type { StorageSpace } from '../domain/storage-reserve.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { StorageReport } from '../generated/json/storage-report.ts'
import type { Database, Db } from '../platform/database.ts'
import { deliveryFacts, packageState } from './due-packages.ts'
import { type Group, openTally } from './storage-tally.ts'

export interface StorageReportOptions {
  readonly db: Database
  readonly clock: Clock
  /** Of the blob folder; none where blobs are in an object store. */
  readonly space?: () => Promise<StorageSpace>
  readonly freeable: () => Promise<StorageReport['freeable']>
}

export async function storageReport({ db, clock, space, freeable }: StorageReportOptions): Promise<StorageReport> {
  const now = clock.now()
  const isCounted = await countStorage(db, now, recountMsMax)
  const held = await openTally(db, now)
  const removed = { packages: 0, bytes: 0 }
  for (const row of await figures(db)) {
    if (row.packages > 0) held.add(row)
    removed.packages += row.removedPackages
    removed.bytes += row.removedBytes
  }
  return {
    countedAt: await oldestCount(db),
    complete: isCounted,
    held: held.result(),
    removed,
    freeable: await freeable(),
    ...(await keptAside(db)),
    disk: space === undefined ? null : await space(),
  }
}

/** A question waits so long for days that have changed; what is left is counted by the sweeper. */
const recountMsMax = 3_000

interface Figures extends Group {
  readonly removedPackages: number
  readonly removedBytes: number
}

async function figures(db: Db): Promise<Figures[]> {
  const { rows } = await sql<{
    kind: Group['kind']
    state: Group['state']
    from_agency_id: string
    day: string
    packages: number
    bytes: number
    removed_packages: number
    removed_bytes: number
  }>`
    select kind, state, from_agency_id, day, packages - removed_packages as packages, bytes - removed_bytes as bytes,
      removed_packages, removed_bytes
    from storage_days`.execute(db)
  return rows.map((row) => ({
    kind: row.kind,
    state: row.state,
    fromAgencyId: row.from_agency_id,
    acceptedAt: new Date(`${row.day}T12:00:00Z`),
    packages: row.packages,
    bytes: row.bytes,
    removedPackages: row.removed_packages,
    removedBytes: row.removed_bytes,
  }))
}

async function oldestCount(db: Db): Promise<string | null> {
  const row = await db
    .selectFrom('storage_days_counted')
    .select((eb) => eb.fn.min<Date | null>('counted_at').as('at'))
    .executeTakeFirstOrThrow()
  return row.at === null ? null : vietnamTime(row.at)
}

async function keptAside(db: Db): Promise<{ legalHolds: number; movedOut: number }> {
  const { rows } = await sql<{ holds: number; out: number }>`
    select (select count(*)::integer from legal_holds where lifted_at is null) as holds,
      (select count(*)::integer from old_packages) as out`.execute(db)
  const [row] = rows
  return { legalHolds: row?.holds ?? 0, movedOut: row?.out ?? 0 }
}

/**
 * Counts the days anew whose figures may no longer be right, newest first, a week in one short transaction. False when the
 * time was up before all were counted.
 */
export async function countStorage(db: Database, now: Date, msMax = Number.POSITIVE_INFINITY): Promise<boolean> {
  const until = performance.now() + msMax
  const stale = await staleDays(db, now)
  for (let at = 0; at < stale.length; at += daysAtOnce) {
    if (performance.now() > until) return false
    await countDays(db, stale.slice(at, at + daysAtOnce), now)
  }
  return true
}

/** A week of 50,000 packages a day takes some seconds, which is still far from the time limit of a statement. */
const daysAtOnce = 7

/** A young day changes with every delivery, an old one when somebody opens something again. */
async function staleDays(db: Db, now: Date): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    with days as (
      select generate_series(
        (select (timestamptz 'epoch' + ('x' || left(replace(package_id::text, '-', ''), 12))::bit(48)::bigint
          * interval '1 millisecond') at time zone 'UTC' from packages order by package_id limit 1)::date,
        (${now}::timestamptz at time zone 'UTC')::date, interval '1 day')::date as day
    )
    select d.day from days d left join storage_days_counted c using (day)
    where c.day is null or c.counted_at < ${now}::timestamptz - case
      when d.day >= (${now}::timestamptz at time zone 'UTC')::date - 2 then interval '1 minute'
      when d.day >= (${now}::timestamptz at time zone 'UTC')::date - 45 then interval '1 hour'
      else interval '7 days' end
    order by d.day desc`.execute(db)
  return rows.map((row) => row.day)
}

async function countDays(db: Database, days: readonly string[], now: Date): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Two processes would count the same days side by side, and the second would find the rows of the first.
    await sql`select pg_advisory_xact_lock(hashtext('storage figures'))`.execute(trx)
    await sql`delete from storage_days where day = any(${[...days]}::date[])`.execute(trx)
    await sql`
      insert into storage_days (day, from_agency_id, kind, state, packages, bytes, removed_packages, removed_bytes)
      select day, p.from_agency_id, p.kind, s.state, count(*), sum(p.size),
        count(p.content_removed_at), coalesce(sum(p.size) filter (where p.content_removed_at is not null), 0)
      from unnest(${[...days]}::date[]) day
      join packages p on p.package_id >= uuid_at(day::timestamp at time zone 'UTC')
        and p.package_id < uuid_at((day + 1)::timestamp at time zone 'UTC')
      ${deliveryFacts('p')} ${packageState('p')}
      group by day, p.from_agency_id, p.kind, s.state`.execute(trx)
    await sql`
      insert into storage_days_counted (day, counted_at) select day, ${now} from unnest(${[...days]}::date[]) day
      on conflict (day) do update set counted_at = excluded.counted_at`.execute(trx)
  })
}
