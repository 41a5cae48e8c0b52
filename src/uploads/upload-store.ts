// The tables of uploads. What a row says is on disk is on disk: parts are named here only after they were synced.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

export interface Upload {
  readonly uploadId: string
  readonly length: number
  /** Up to here everything is safely on disk. */
  readonly received: number
  /** As the client wrote it. */
  readonly metadata: string
  readonly expiresAt: Date
  readonly isExpired: boolean
  /** Once it was accepted. */
  readonly packageId?: string
}

export interface UploadPart {
  readonly partId: string
  readonly startsAt: number
  readonly bytes: number
}

/** An upload to which nothing is added for so long is abandoned. */
const expiry = sql`interval '24 hours'`

/** Undefined when the system has as many open uploads as it may. */
export async function insertUpload(
  db: Db,
  upload: { readonly uploadId: string; readonly systemId: string; readonly length: number; readonly metadata: string },
  openMax: number,
): Promise<Date | undefined> {
  const { rows } = await sql<{ expires_at: Date }>`
    insert into uploads (upload_id, system_id, length, metadata, expires_at)
    select ${upload.uploadId}::uuid, ${upload.systemId}, ${upload.length}::bigint, ${upload.metadata}, now() + ${expiry}
    where (select count(*) from uploads
      where system_id = ${upload.systemId} and package_id is null and expires_at > now()) < ${openMax}::integer
    returning expires_at`.execute(db)
  return rows[0]?.expires_at
}

/** Undefined also for another system's. */
export async function findUpload(db: Db, uploadId: string, systemId: string): Promise<Upload | undefined> {
  const row = await db
    .selectFrom('uploads')
    .select(['upload_id', 'length', 'received', 'metadata', 'expires_at', 'package_id'])
    .select(sql<boolean>`expires_at <= now()`.as('is_expired'))
    .where('upload_id', '=', uploadId)
    .where('system_id', '=', systemId)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    uploadId: row.upload_id,
    length: row.length,
    received: row.received,
    metadata: row.metadata,
    expiresAt: row.expires_at,
    isExpired: row.is_expired,
    ...(row.package_id === null ? {} : { packageId: row.package_id }),
  }
}

/**
 * Further bytes of a part are on disk. False when the upload has moved on without this writer, or is gone: then none of
 * the part's further bytes belong to it.
 */
export async function extendUpload(
  db: Db,
  { uploadId, part, from }: { readonly uploadId: string; readonly part: UploadPart; readonly from: number },
): Promise<Date | undefined> {
  const { rows } = await sql<{ expires_at: Date }>`
    with moved as (
      update uploads set received = ${part.startsAt + part.bytes}::bigint, expires_at = now() + ${expiry}
      where upload_id = ${uploadId} and received = ${from}::bigint and package_id is null
      returning upload_id, expires_at
    ), kept as (
      insert into upload_parts (upload_id, starts_at, bytes, part_id)
      select upload_id, ${part.startsAt}::bigint, ${part.bytes}::bigint, ${part.partId}::uuid from moved
      on conflict (upload_id, starts_at) do update set bytes = excluded.bytes
    )
    select expires_at from moved`.execute(db)
  return rows[0]?.expires_at
}

export async function partsOf(db: Db, uploadId: string): Promise<UploadPart[]> {
  const rows = await db
    .selectFrom('upload_parts')
    .select(['part_id', 'starts_at', 'bytes'])
    .where('upload_id', '=', uploadId)
    .orderBy('starts_at')
    .execute()
  return rows.map((row) => ({ partId: row.part_id, startsAt: row.starts_at, bytes: row.bytes }))
}

export async function countParts(db: Db, uploadId: string): Promise<number> {
  const { parts } = await db
    .selectFrom('upload_parts')
    .select((eb) => eb.fn.countAll<number>().as('parts'))
    .where('upload_id', '=', uploadId)
    .executeTakeFirstOrThrow()
  return parts
}

/** The row stays as long as the upload would have, so that asking again finds what it became. */
export async function markAccepted(db: Db, uploadId: string, packageId: string): Promise<void> {
  await db
    .updateTable('uploads')
    .set({ package_id: packageId })
    .where('upload_id', '=', uploadId)
    .where('package_id', 'is', null)
    .execute()
}

export async function deleteUpload(db: Db, uploadId: string): Promise<void> {
  await db.deleteFrom('uploads').where('upload_id', '=', uploadId).execute()
}

export async function deleteExpired(db: Db): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('uploads')
    .where('expires_at', '<=', sql<Date>`now()`)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Those of the ids whose bytes are still wanted. */
export async function wantedUploads(db: Db, uploadIds: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('uploads')
    .select('upload_id')
    .where('upload_id', 'in', uploadIds)
    .where('package_id', 'is', null)
    .execute()
  return new Set(rows.map((row) => row.upload_id))
}
