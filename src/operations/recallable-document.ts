// The document that somebody wants to take back, by any package of its: the first one, a supplement, an update.
import { sql } from 'kysely'
import type { Priority } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { TargetDocument } from '../domain/operation.ts'
import type { Caller } from '../domain/system.ts'
import type { Db } from '../platform/database.ts'

export interface RecallableDocument {
  readonly document: TargetDocument
  /** Who issued it, by the code that was written then. */
  readonly from: { readonly organId: string; readonly agencyId: string }
  /** Whether the caller speaks for the agency that issued it. */
  readonly isIssuer: boolean
}

interface Row {
  kind: string
  is_issuer: boolean
  is_visible: boolean
  package_id: string
  document_id: string
  repeat_key: string
  priority: Priority
  from_code: string
  from_agency_id: string
}

/** Throws `package_not_found` for who may not know of it, `not_recallable` for a recall or a status. */
export async function recallableDocument(db: Db, packageId: string, caller: Caller): Promise<RecallableDocument> {
  const { rows } = await sql<Row>`
    select p.kind, p.from_agency_id = any(${[...caller.agencyIds]}::uuid[]) as is_issuer,
      exists (select from deliveries d where d.package_id = p.package_id and d.system_id = ${caller.systemId}) as is_visible,
      root.package_id, root.document_id, root.repeat_key, root.priority, root.from_code, root.from_agency_id
    from packages p
    left join package_targets t on t.package_id = p.package_id and t.relation = 'updates'
    join packages root on root.package_id = coalesce(t.target_package_id, p.supplement_of, p.package_id)
    where p.package_id = ${packageId}::uuid`.execute(db)
  const [row] = rows
  if (row === undefined || !(row.is_issuer || row.is_visible)) throw new GatewayError('not_found', 'package_not_found')
  // An update stands for the document that it updates, or for itself where nobody here knew that one.
  const isDocument = row.kind === 'new' || row.kind === 'replace' || row.kind === 'update'
  if (!isDocument) throw new GatewayError('conflict', 'not_recallable', { params: { kind: row.kind } })
  return {
    document: {
      packageId: row.package_id,
      documentId: row.document_id,
      repeatKey: row.repeat_key,
      priority: row.priority,
    },
    from: { organId: row.from_code, agencyId: row.from_agency_id },
    isIssuer: row.is_issuer,
  }
}
