// What was noted for senders and is still to be told, as rows.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Priority } from '../domain/document-package.ts'
import type { ReportItem, ReportSubject } from '../domain/sender-report.ts'
import type { Trx } from '../platform/database.ts'

interface ItemRow {
  item_id: string
  what: ReportSubject
  incident: string
  from_agency_id: string
  from_code: string
  package_id: string
  document_id: string
  code: string | null
  subject: string | null
  promulgation_date: string | null
  priority: Priority
  accepted_at: Date
  delivery_id: string
  organ_id: string
  state: DeliveryState
  noted_at: Date
  reason: string | null
  detail: string | null
}

/** Noted long enough ago for its incident to have gathered, or more than fill a report; locked until the commit. */
export async function untoldItems(trx: Trx, gatherMs: number, limit: number): Promise<ReportItem[]> {
  const { rows } = await sql<ItemRow>`
    select i.item_id, i.what, i.incident, p.from_agency_id, p.from_code, p.package_id, p.document_id, p.code,
      left(p.subject, 2000) as subject, p.promulgation_date::text, p.priority, p.accepted_at, i.delivery_id, d.organ_id, d.state,
      i.noted_at, i.data->>'reason' as reason, i.data->>'detail' as detail
    from report_items i
    join packages p on p.package_id = i.package_id
    join deliveries d on d.delivery_id = i.delivery_id
    where i.told_at is null and i.noted_at <= clock_timestamp() - make_interval(secs => ${gatherMs / 1000}::float8)
    order by i.noted_at, i.item_id limit ${limit}
    for update of i skip locked`.execute(trx)
  return rows.map(toItem)
}

function toItem(row: ItemRow): ReportItem {
  return {
    itemId: row.item_id,
    what: row.what,
    incident: row.incident,
    fromAgencyId: row.from_agency_id,
    fromCode: row.from_code,
    packageId: row.package_id,
    documentId: row.document_id,
    priority: row.priority,
    acceptedAt: row.accepted_at,
    deliveryId: row.delivery_id,
    organId: row.organ_id,
    state: row.state,
    notedAt: row.noted_at,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.promulgation_date === null ? {} : { promulgationDate: row.promulgation_date }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.detail === null ? {} : { detail: row.detail }),
  }
}

/** Told by a package, or not at all where the sender's system wants none. */
export async function markTold(trx: Trx, items: readonly ReportItem[], reportPackageId?: string): Promise<void> {
  if (items.length === 0) return
  await trx
    .updateTable('report_items')
    .set({ told_at: sql<Date>`now()`, report_package_id: reportPackageId ?? null })
    .where(
      'item_id',
      'in',
      items.map((item) => item.itemId),
    )
    .execute()
}

export interface AxisPackage {
  readonly packageId: string
  readonly type: 'report' | 'status'
  readonly axis: string
  readonly documentId: string
  readonly documentKey: string
  readonly repeatKey: string
  readonly code?: string
  readonly subject?: string
  readonly priority: Priority
  readonly document: object
  readonly sha256: Buffer
  readonly size: number
  readonly receipt: string
  readonly at: Date
  readonly eventId: string
}

export async function insertAxisPackage(trx: Trx, from: AxisSender, a: AxisPackage): Promise<void> {
  await trx
    .insertInto('packages')
    .values({
      package_id: a.packageId,
      type: a.type,
      kind: a.type,
      face: 'rest',
      system_id: from.systemId,
      from_agency_id: from.agencyId,
      from_code: a.axis,
      document_id: a.documentId,
      document_key: a.documentKey,
      repeat_key: a.repeatKey,
      code: a.code ?? null,
      subject: a.subject ?? null,
      priority: a.priority,
      document: JSON.stringify(a.document),
      content_hash: a.sha256,
      sha256: a.sha256,
      size: a.size,
      receipt: a.receipt,
      accepted_at: a.at,
    })
    .execute()
  await trx
    .insertInto('events')
    .values({
      event_id: a.eventId,
      at: a.at,
      type: 'package.accepted',
      package_id: a.packageId,
      system_id: from.systemId,
      data: JSON.stringify({ recipients: 1 }),
    })
    .execute()
}

export interface AxisSender {
  readonly agencyId: string
  readonly systemId: string
}
