// Reads the bytes of packages again and holds them against what was written down when they came: the size and the
// SHA-256 of the row. Also the other way round: bytes that no row names.
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { BlobMissing, type BlobStore } from '../domain/ports.ts'
import type { Database } from '../platform/database.ts'

export interface VerifyBlobsOptions {
  readonly db: Database
  readonly blobs: Pick<BlobStore, 'read' | 'hours' | 'idsOfHour'>
  readonly now: Date
  /** Accepted from here on, and before there. */
  readonly since?: Date
  readonly until?: Date
  /** Only so many, chosen by chance; then orphans are not looked for. */
  readonly sample?: number
  readonly onProgress?: (verified: number) => void
}

export interface BlobReport {
  readonly ok: boolean
  readonly verified: number
  readonly bytes: number
  /** A package says that they are there, and they are not. */
  readonly missing: BlobFaults
  /** Other bytes than those that were accepted. */
  readonly altered: BlobFaults
  /** No package names them, and nobody can still be writing them; absent when a sample was taken. */
  readonly orphans?: BlobFaults
}

export interface BlobFaults {
  readonly count: number
  /** Up to a hundred of them. */
  readonly ids: readonly string[]
}

interface Expected {
  readonly id: string
  readonly sha256: Buffer
  readonly size: number
}

/** Reading waits for the disk or the network and hashing for the one core: more at once gains nothing. */
const atOnce = 4
const batchSize = 500
const idsShown = 100
/** As the sweep has it: a blob this young may belong to a package that is about to be accepted. */
const orphanAgeMs = 25 * 3_600_000

export async function verifyBlobs(options: VerifyBlobsOptions): Promise<BlobReport> {
  const missing = createFaults()
  const altered = createFaults()
  let [verified, bytes] = [0, 0]
  for await (const batch of expectedBatches(options)) {
    await inParallel(batch, atOnce, async (expected) => {
      const verdict = await verify(options, expected)
      verified += 1
      if (verdict === 'missing') missing.add(expected.id)
      else bytes += expected.size
      if (verdict === 'altered') altered.add(expected.id)
    })
    options.onProgress?.(verified)
  }
  const faults = { missing: missing.result(), altered: altered.result(), ...(await orphansIn(options)) }
  const ok = Object.values(faults).every(({ count }) => count === 0)
  return { ok, verified, bytes, ...faults }
}

async function verify({ db, blobs }: VerifyBlobsOptions, { id, sha256, size }: Expected) {
  const hash = createHash('sha256')
  let read = 0
  try {
    for await (const chunk of await blobs.read(id)) {
      hash.update(chunk)
      read += chunk.length
    }
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error
    // Retention may have been faster: it writes down that bytes are gone before it removes them.
    return (await isStillExpected(db, id)) ? 'missing' : 'gone'
  }
  return read === size && hash.digest().equals(sha256) ? 'whole' : 'altered'
}

async function isStillExpected(db: Database, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('packages')
    .select('package_id')
    .where('package_id', '=', id)
    .where('content_removed_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

async function* expectedBatches(options: VerifyBlobsOptions): AsyncGenerator<Expected[]> {
  const { db, sample } = options
  if (sample !== undefined) return yield await someExpected(options, sample)
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const { rows } = await sql<Expected>`
      select package_id as id, sha256, size from packages
      where package_id > ${after} and content_removed_at is null and ${inTime(options)}
      order by package_id limit ${batchSize}`.execute(db)
    if (rows.length > 0) yield rows
    if (rows.length < batchSize) return
    after = rows.at(-1)?.id ?? after
  }
}

async function someExpected(options: VerifyBlobsOptions, count: number): Promise<Expected[]> {
  const { rows } = await sql<Expected>`
    select package_id as id, sha256, size from packages
    where package_id in (
      select package_id from packages where content_removed_at is null and ${inTime(options)} order by random() limit ${count}
    )`.execute(options.db)
  return rows
}

function inTime({ since, until }: VerifyBlobsOptions) {
  return sql`(${since ?? null}::timestamptz is null or accepted_at >= ${since ?? null})
    and (${until ?? null}::timestamptz is null or accepted_at < ${until ?? null})`
}

/** By the hour of their ids, which is that of the beginning of their upload. */
async function orphansIn({ db, blobs, now, since, until, sample }: VerifyBlobsOptions) {
  if (sample !== undefined) return {}
  const orphans = createFaults()
  const oldEnough = new Date(now.getTime() - orphanAgeMs)
  const last = until !== undefined && until < oldEnough ? until : oldEnough
  for (const hour of await blobs.hours({ until: last, ...(since === undefined ? {} : { from: since }) })) {
    for (const id of await unnamed(db, await blobs.idsOfHour(hour))) orphans.add(id)
  }
  return { orphans: orphans.result() }
}

/** Nor are they about to be removed. */
async function unnamed(db: Database, ids: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from unnest(${ids}::uuid[]) id
    where not exists (select from packages p where p.package_id = id and p.content_removed_at is null)
      and not exists (select from blob_removals r where r.package_id = id)`.execute(db)
  return rows.map(({ id }) => id)
}

function createFaults() {
  const ids: string[] = []
  let count = 0
  return {
    add(id: string): void {
      count += 1
      if (ids.length < idsShown) ids.push(id)
    },
    result: (): BlobFaults => ({ count, ids: ids.sort() }),
  }
}

/** Keeps `width` of them running. The first failure ends it once the others that run have ended. */
async function inParallel<T>(all: readonly T[], width: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values()
  const runners = Array.from({ length: width }, async () => {
    for (const one of left) await work(one)
  })
  const results = await Promise.allSettled(runners)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
