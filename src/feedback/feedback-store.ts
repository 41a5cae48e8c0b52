// The tables that feedback writes: the status package itself, what it said, and its lines in the timelines.
import { sql } from 'kysely'
import type { StatusPackage } from '../domain/document-package.ts'
import type { Db } from '../platform/database.ts'

export interface AcceptedStatus {
  readonly packageId: string
  readonly systemId: string
  readonly fromAgencyId: string
  readonly status: StatusPackage
  readonly documentId: string
  readonly documentKey: string
  readonly repeatKey: string
  readonly contentHash: Buffer
  readonly findings: readonly unknown[]
  readonly sha256: Buffer
  readonly size: number
  readonly receipt: string
  readonly acceptedAt: Date
}

/** Inserts the status package; false when the very same status was accepted before. */
export async function insertStatusPackage(db: Db, a: AcceptedStatus): Promise<boolean> {
  const inserted = await db
    .insertInto('packages')
    .values({
      package_id: a.packageId,
      type: 'status',
      kind: 'status',
      system_id: a.systemId,
      face: 'rest',
      from_agency_id: a.fromAgencyId,
      from_code: a.status.from.organId,
      document_id: a.documentId,
      document_key: a.documentKey,
      repeat_key: a.repeatKey,
      supplement_of: null,
      code: a.status.responseFor.code ?? null,
      subject: null,
      priority: 0,
      promulgation_date: null,
      document: JSON.stringify(a.status),
      findings: JSON.stringify(a.findings),
      content_hash: a.contentHash,
      sha256: a.sha256,
      size: a.size,
      receipt: a.receipt,
      accepted_at: a.acceptedAt,
    })
    .onConflict((conflict) => conflict.column('repeat_key').where('supplement_of', 'is', null).doNothing())
    .returning('package_id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function receiptOfStatus(db: Db, repeatKey: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('packages')
    .select('receipt')
    .where('repeat_key', '=', repeatKey)
    .where('supplement_of', 'is', null)
    .executeTakeFirst()
  return row?.receipt
}

export interface FeedbackRow {
  readonly packageId: string
  readonly aboutPackageId: string | undefined
  readonly aboutDeliveryId: string | undefined
  readonly fromAgencyId: string
  readonly effect: string
  readonly status: StatusPackage
  readonly receivedAt: Date
}

export async function insertFeedback(db: Db, row: FeedbackRow): Promise<void> {
  const { status } = row
  await db
    .insertInto('feedback')
    .values({
      package_id: row.packageId,
      about_package_id: row.aboutPackageId ?? null,
      about_delivery_id: row.aboutDeliveryId ?? null,
      from_agency_id: row.fromAgencyId,
      code: status.code,
      code_text: status.codeText,
      effect: row.effect,
      description: status.description ?? null,
      staff: status.staff === undefined ? null : JSON.stringify(status.staff),
      reported_at: status.timestamp ?? null,
      reported_text: status.timestampText ?? null,
      received_at: row.receivedAt,
    })
    .execute()
}

/** One line in the status' own timeline, and one in that of the document it speaks of. */
export async function insertStatusEvents(
  db: Db,
  row: FeedbackRow,
  systemId: string,
  newId: () => string,
): Promise<void> {
  const data = { code: row.status.code, effect: row.effect, from: row.status.from.organId, ...described(row.status) }
  const lines = [
    { type: 'package.accepted', package_id: row.packageId, delivery_id: null, data: {} },
    ...(row.aboutPackageId === undefined
      ? []
      : [{ type: 'status.reported', package_id: row.aboutPackageId, delivery_id: row.aboutDeliveryId ?? null, data }]),
  ]
  const events = lines.map((line) => ({ ...line, event_id: newId(), at: row.receivedAt, system_id: systemId }))
  await sql`
    insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    select event_id, at, type, package_id, delivery_id, system_id, data
    from json_to_recordset(${JSON.stringify(events)}::json) as r(event_id uuid, at timestamptz, type text,
      package_id uuid, delivery_id uuid, system_id text, data jsonb)`.execute(db)
}

function described(status: StatusPackage) {
  return {
    ...(status.description === undefined ? {} : { description: status.description }),
    ...(status.staff === undefined ? {} : { staff: status.staff }),
  }
}
