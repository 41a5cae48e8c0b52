// The tables that intake writes: packages, idempotency keys, and the lines of the timeline that acceptance adds.
import { sql } from 'kysely'
import { documentCode, type Finding } from '../domain/document-package.ts'
import type { OperationPlan } from '../domain/operation-plan.ts'
import type { Db } from '../platform/database.ts'
import type { Draft } from './draft.ts'
import type { ReceiptPayload } from './receipt.ts'

/** By when the law wants the document sent and its receipt told, by one version of the calendar (rules.md §5). */
export interface Deadlines {
  readonly dispatchDueAt?: Date
  readonly isLate?: boolean
  readonly receiptDueAt?: Date
  readonly urgentDueAt?: Date
  readonly calendarVersion?: number
  readonly findings: readonly Finding[]
}

export interface AcceptedPackage {
  readonly draft: Draft
  readonly sha256: Buffer
  readonly size: number
  readonly acceptedAt: Date
  readonly deadlines: Deadlines
  /** What was signed, and the signed form. */
  readonly payload: ReceiptPayload
  readonly receipt: string
  readonly supplementOf?: string
  readonly idempotencyKey?: string
  /** What a recall, an update or a replacement does. */
  readonly plan?: OperationPlan
}

export interface InsertedPackages {
  /** Version of the directory as this transaction sees it; rows addressed by another one were not inserted. */
  readonly directoryVersion: number
  readonly packageIds: ReadonlySet<string>
}

/**
 * Inserts packages whose document is new, each with the first line of its timeline; a repeat of a key is passed over.
 * One statement, because every wait for the database is a wait for a busy event loop as well.
 */
export async function insertPackages(
  db: Db,
  accepted: readonly AcceptedPackage[],
  newId: () => string,
): Promise<InsertedPackages> {
  const rows = accepted.map((a) => toRow(a, newId())).sort((a, b) => (a.repeat_key < b.repeat_key ? -1 : 1))
  const result = await sql<{ version: number; package_ids: string[] }>`
    with current as (
      -- Shared, so that no change of the directory commits between this look and our own commit.
      select version from directory_version for share
    ), r as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(package_id uuid, kind text, system_id text,
        from_agency_id uuid, from_code text, document_id text, document_key text, repeat_key uuid, supplement_of uuid,
        code text, subject text, priority smallint, promulgation_date date, document jsonb, findings jsonb,
        content_hash text, sha256 text, size bigint, receipt text, accepted_at timestamptz, directory_version bigint,
        event_id uuid, recipients integer, declaration text,
        dispatch_due_at timestamptz, is_late boolean, receipt_due_at timestamptz, urgent_due_at timestamptz,
        calendar_version integer)
    ), inserted as (
      insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
        document_key, repeat_key, supplement_of, code, subject, priority, promulgation_date, document, findings,
        content_hash, sha256, size, receipt, accepted_at, declaration,
        dispatch_due_at, is_late, receipt_due_at, urgent_due_at, calendar_version)
      select package_id, 'edoc', kind, system_id, 'rest', from_agency_id, from_code, document_id, document_key,
        repeat_key, supplement_of, code, subject, priority, promulgation_date, document, findings,
        decode(content_hash, 'hex'), decode(sha256, 'hex'), size, receipt, accepted_at, declaration,
        dispatch_due_at, is_late, receipt_due_at, urgent_due_at, calendar_version
      from r join current on current.version = r.directory_version
      on conflict (repeat_key) where supplement_of is null do nothing
      returning package_id
    ), told as (
      insert into events (event_id, at, type, package_id, system_id, data)
      select event_id, accepted_at, 'package.accepted', package_id, system_id, jsonb_build_object('recipients', recipients)
      from r join inserted using (package_id)
    )
    select version, array(select package_id::text from inserted) as package_ids from current`.execute(db)
  const [row] = result.rows
  if (row === undefined) throw new Error('the directory has no version')
  return { directoryVersion: row.version, packageIds: new Set(row.package_ids) }
}

function toRow(a: AcceptedPackage, eventId: string) {
  const { draft } = a
  return {
    package_id: draft.packageId,
    kind: draft.document.kind,
    system_id: draft.caller.systemId,
    from_agency_id: draft.fromAgencyId,
    from_code: draft.document.from.organId,
    document_id: draft.documentId,
    document_key: draft.documentKey,
    repeat_key: draft.repeatKey,
    supplement_of: a.supplementOf ?? null,
    code: documentCode(draft.document) ?? null,
    subject: draft.document.subject,
    priority: draft.document.priority,
    promulgation_date: draft.document.promulgationDate ?? null,
    document: draft.document,
    declaration: draft.declaration ?? null,
    dispatch_due_at: a.deadlines.dispatchDueAt ?? null,
    is_late: a.deadlines.isLate ?? null,
    receipt_due_at: a.deadlines.receiptDueAt ?? null,
    urgent_due_at: a.deadlines.urgentDueAt ?? null,
    calendar_version: a.deadlines.calendarVersion ?? null,
    findings: a.payload.findings,
    content_hash: draft.contentHash.toString('hex'),
    sha256: a.sha256.toString('hex'),
    size: a.size,
    receipt: a.receipt,
    accepted_at: a.acceptedAt,
    directory_version: draft.directoryVersion,
    event_id: eventId,
    recipients: a.payload.deliveries.length,
  }
}

/** Throws a unique violation when another submission has taken the key meanwhile. */
export async function insertIdempotencyKeys(db: Db, accepted: readonly AcceptedPackage[]): Promise<void> {
  const rows = accepted.flatMap((a) =>
    a.idempotencyKey === undefined
      ? []
      : [
          {
            system_id: a.draft.caller.systemId,
            key: a.idempotencyKey,
            sha256: a.sha256,
            package_id: a.draft.packageId,
          },
        ],
  )
  if (rows.length > 0) await db.insertInto('idempotency_keys').values(rows).execute()
}

/** False when the key is used already. */
export async function insertIdempotencyKey(
  db: Db,
  use: { readonly systemId: string; readonly key: string; readonly sha256: Buffer; readonly packageId: string },
): Promise<boolean> {
  const inserted = await db
    .insertInto('idempotency_keys')
    .values({ system_id: use.systemId, key: use.key, sha256: use.sha256, package_id: use.packageId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst()
  return inserted !== undefined
}

export interface IdempotentUse {
  readonly sha256: Buffer
  readonly receipt: string
}

export async function usedIdempotencyKey(db: Db, systemId: string, key: string): Promise<IdempotentUse | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .innerJoin('packages', 'packages.package_id', 'idempotency_keys.package_id')
    .select(['idempotency_keys.sha256', 'packages.receipt'])
    .where('idempotency_keys.system_id', '=', systemId)
    .where('idempotency_keys.key', '=', key)
    .executeTakeFirst()
}

export interface FirstPackage {
  readonly packageId: string
  readonly document: unknown
  readonly contentHash: Buffer
  readonly sha256: Buffer
  readonly receipt: string
  readonly acceptedAt: Date
}

interface FirstPackageRow {
  package_id: string
  document: unknown
  content_hash: Buffer
  sha256: Buffer
  receipt: string
  accepted_at: Date
}

/** The first package of a repeat key, with its deliveries' recipients. */
export async function firstPackage(db: Db, repeatKey: string): Promise<FirstPackage | undefined> {
  const { rows } = await sql<FirstPackageRow>`
    select package_id, document, content_hash, sha256, receipt, accepted_at from all_packages
    where repeat_key = ${repeatKey}::uuid and supplement_of is null`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  return {
    packageId: row.package_id,
    document: row.document,
    contentHash: row.content_hash,
    sha256: row.sha256,
    receipt: row.receipt,
    acceptedAt: row.accepted_at,
  }
}
