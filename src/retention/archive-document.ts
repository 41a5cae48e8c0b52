// A document as the archive takes it: what the axis knows of the fields of TT 05/2025/TT-BNV at document level, under the
// names of the circular, and its processing history. The axis is not the archive of record (NĐ 30/2020, Điều 19 khoản 2):
// what only the keeper of the dossier can say, such as docCode or how long to preserve it, is left empty.
import { sql } from 'kysely'
import type { DocumentPackage } from '../domain/document-package.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { ArchiveDocument } from '../generated/json/archive-document.ts'
import type { Db } from '../platform/database.ts'

export interface ArchivedRow {
  readonly packageId: string
  readonly kind: string
  readonly fromCode: string
  readonly documentId: string
  readonly document: DocumentPackage
  readonly sha256: Buffer
  readonly size: number
  readonly receipt: string
  readonly acceptedAt: Date
  readonly contentRemovedAt: Date | null
}

/** Documents accepted in a span of time, in the order of their ids, wherever their rows stand. */
export async function documentsToArchive(
  db: Db,
  span: { readonly since: Date; readonly until: Date; readonly after: string; readonly limit: number },
): Promise<ArchivedRow[]> {
  const { rows } = await sql<{
    package_id: string
    kind: string
    from_code: string
    document_id: string
    document: DocumentPackage
    sha256: Buffer
    size: number
    receipt: string
    accepted_at: Date
    content_removed_at: Date | null
  }>`
    select package_id, kind, from_code, document_id, document, sha256, size, receipt, accepted_at, content_removed_at
    from all_packages
    where type = 'edoc' and package_id > ${span.after}::uuid
      -- An id is made when the first byte comes, and a large package may take a day to come.
      and package_id >= uuid_at(${span.since}::timestamptz - interval '1 day') and package_id < uuid_at(${span.until}::timestamptz)
      and accepted_at >= ${span.since} and accepted_at < ${span.until}
    order by package_id limit ${span.limit}`.execute(db)
  return rows.map((row) => ({
    packageId: row.package_id,
    kind: row.kind,
    fromCode: row.from_code,
    documentId: row.document_id,
    document: row.document,
    sha256: row.sha256,
    size: row.size,
    receipt: row.receipt,
    acceptedAt: row.accepted_at,
    contentRemovedAt: row.content_removed_at,
  }))
}

type History = ArchiveDocument['history']

/** Events, tries and reports about the documents, oldest first. */
export async function historiesOf(db: Db, packageIds: readonly string[]): Promise<Map<string, History>> {
  const ids = [...packageIds]
  const { rows } = await sql<{
    package_id: string
    at: Date
    what: string
    delivery_id: string | null
    organ_id: string | null
    data: Record<string, unknown>
  }>`
    with d as materialized (select * from all_deliveries where package_id = any(${ids}::uuid[]))
    select h.*, o.organ_id from (
      select package_id, at, type as what, delivery_id, data from events where package_id = any(${ids}::uuid[])
      union all
      select d.package_id, a.finished_at, 'delivery.attempt', a.delivery_id, jsonb_strip_nulls(jsonb_build_object(
        'attempt', a.attempt, 'outcome', a.outcome, 'httpStatus', a.http_status, 'detail', a.detail))
      from d join attempts a on a.delivery_id = d.delivery_id and a.started_at >= d.created_at - interval '1 day'
      union all
      select f.about_package_id, f.received_at, 'status.reported', f.about_delivery_id, jsonb_strip_nulls(jsonb_build_object(
        'code', f.code, 'text', f.code_text, 'effect', f.effect, 'description', f.description))
      from feedback f where f.about_package_id = any(${ids}::uuid[])
      union all
      select r.target_package_id, r.asked_at, 'request.asked', r.target_delivery_id, jsonb_strip_nulls(jsonb_build_object(
        'kind', r.kind, 'reason', r.reason, 'outcome', r.outcome, 'settledAt', r.settled_at))
      from operation_requests r where r.target_package_id = any(${ids}::uuid[])
      union all
      select d.package_id, d.state_since, 'delivery.state', d.delivery_id, jsonb_strip_nulls(jsonb_build_object(
        'state', d.state, 'deliveredAt', d.delivered_at, 'businessStatus', d.business_code, 'reason', d.reason_code)) from d
    ) h left join d o on o.delivery_id = h.delivery_id
    order by h.package_id, h.at, h.what, h.delivery_id`.execute(db)
  const histories = new Map<string, History>()
  for (const row of rows) {
    const history = histories.get(row.package_id) ?? []
    histories.set(row.package_id, history)
    history.push({
      at: vietnamTime(row.at),
      what: row.what,
      ...(row.delivery_id === null ? {} : { deliveryId: row.delivery_id }),
      ...(row.organ_id === null ? {} : { organId: row.organ_id }),
      data: row.data,
    })
  }
  return histories
}

/** The code of TT 05/2025 for the name of a kind of document, e.g. `02` for Quyết định. */
export type ArchiveCodeOf = (typeName: string) => string | undefined

export function archiveDocument(row: ArchivedRow, history: History, archiveCodeOf: ArchiveCodeOf): ArchiveDocument {
  return {
    packageId: row.packageId,
    metadata: metadataOf(row, archiveCodeOf),
    axis: {
      documentId: row.documentId,
      kind: row.kind,
      fromCode: row.fromCode,
      acceptedAt: vietnamTime(row.acceptedAt),
      sha256: row.sha256.toString('hex'),
      size: row.size,
      receipt: row.receipt,
      contentRemovedAt: row.contentRemovedAt === null ? null : vietnamTime(row.contentRemovedAt),
      attachments: (row.document.attachments ?? []).map(({ name, sha256, size, mediaType }) => {
        return { name, sha256, size, mediaType }
      }),
    },
    history,
  }
}

function metadataOf({ packageId, document }: ArchivedRow, archiveCodeOf: ArchiveCodeOf): ArchiveDocument['metadata'] {
  const typeName = document.documentType?.typeName
  const issued = document.promulgationDate
  return {
    docId: docIdOf(packageId),
    docCode: '',
    maintenance: '',
    typeName: (typeName === undefined ? undefined : archiveCodeOf(typeName)) ?? '',
    codeNumber: cut(document.codeNumber, 11),
    codeNotation: cut(document.codeNotation, 30),
    issuedDate: issued === undefined ? '' : issued.split('-').reverse().join('/'),
    organName: cut(document.from.organName ?? document.from.organId, 200),
    subject: cut(document.subject, 500),
    // What language it is in, whether it is open, how many pages its files have: the axis does not judge content.
    language: '',
    numberOfPage: '',
    inforSign: '',
    keyword: '',
    mode: '',
    confidenceLevel: '',
    autograph: '',
    format: '',
    riskRecovery: '0',
    riskRecoveryStatus: '',
    // 1: a file of its processing history travels along.
    process: '1',
    description: [...(document.subject ?? '')].length > 500 ? 'Trích yếu dài hơn 500 ký tự, đã rút gọn' : '',
  }
}

/** docId has room for 25 characters: exactly what 128 bits take when they are written with digits and letters. */
export function docIdOf(packageId: string): string {
  return BigInt(`0x${packageId.replaceAll('-', '')}`)
    .toString(36)
    .toUpperCase()
    .padStart(25, '0')
}

/** Letters, not bytes: half a letter of Vietnamese is none. */
function cut(text: string | undefined, max: number): string {
  return [...(text ?? '').normalize('NFC')].slice(0, max).join('')
}
