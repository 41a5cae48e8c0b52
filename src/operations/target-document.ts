// Which document a recall, an update or a replacement is about. Sources name it in different places, so every id is
// looked up among the sender's own documents; two different hits mean that nobody can know (edxml.md §2.1a).
import { sql } from 'kysely'
import { type DocumentPackage, documentKeyVariants, type Priority } from '../domain/document-package.ts'
import { claimedIds, type TargetDocument, targetCandidates } from '../domain/operation.ts'
import type { Db } from '../platform/database.ts'

export type Target =
  | { readonly kind: 'known'; readonly documents: readonly TargetDocument[]; readonly missing: readonly string[] }
  /** None of the ids is known from this sender. */
  | { readonly kind: 'unknown'; readonly ids: readonly string[] }
  /** Several documents come into question; none is acted on. */
  | { readonly kind: 'ambiguous'; readonly documents: readonly TargetDocument[] }
  /** Issued by somebody else. */
  | { readonly kind: 'foreign'; readonly documentId: string }

/** `issuers`: the sending agency and those it stands for. */
export async function findTarget(db: Db, document: DocumentPackage, issuers: readonly string[]): Promise<Target> {
  const ids = targetCandidates(document)
  const found = await ownDocuments(db, ids, issuers)
  if (found.size === 0) return await whyUnknown(db, ids, claimedIds(document), issuers)
  const documents = [...new Map([...found.values()].map((d) => [d.packageId, d])).values()]
  const isOneMeant = document.kind !== 'replace'
  if (isOneMeant && documents.length > 1) return { kind: 'ambiguous', documents }
  return { kind: 'known', documents, missing: isOneMeant ? [] : ids.filter((id) => !found.has(id)) }
}

interface Row {
  document_key: string
  package_id: string
  document_id: string
  repeat_key: string
  priority: Priority
}

/**
 * The sender's documents by the id they were looked for; an update stands for the document that it updates, or for itself
 * where nobody here knew that one. The spelling that was written comes before its variants.
 */
async function ownDocuments(
  db: Db,
  ids: readonly string[],
  issuers: readonly string[],
): Promise<Map<string, TargetDocument>> {
  const { rows } = await sql<Row>`
    select distinct on (p.document_key) p.document_key, root.package_id, root.document_id, root.repeat_key, root.priority
    from packages p
    left join package_targets t on t.package_id = p.package_id and t.relation = 'updates'
    join packages root on root.package_id = coalesce(t.target_package_id, p.package_id)
    where p.document_key = any(${ids.flatMap(documentKeyVariants)}) and p.from_agency_id = any(${[...issuers]}::uuid[])
      and p.type = 'edoc' and p.supplement_of is null and p.kind in ('new', 'replace', 'update')
    order by p.document_key, p.kind = 'update', p.package_id`.execute(db)
  const byKey = new Map(rows.map((row) => [row.document_key, toDocument(row)]))
  return new Map(
    ids.flatMap((id) => {
      const key = documentKeyVariants(id).find((variant) => byKey.has(variant))
      const document = key === undefined ? undefined : byKey.get(key)
      return document === undefined ? [] : [[id, document]]
    }),
  )
}

function toDocument(row: Omit<Row, 'document_key'>): TargetDocument {
  return { packageId: row.package_id, documentId: row.document_id, repeatKey: row.repeat_key, priority: row.priority }
}

async function whyUnknown(
  db: Db,
  ids: readonly string[],
  claimed: readonly string[],
  issuers: readonly string[],
): Promise<Target> {
  const foreign = await issuedElsewhere(db, claimed, issuers)
  return foreign === undefined ? { kind: 'unknown', ids } : { kind: 'foreign', documentId: foreign }
}

/** One of the ids that names a document of another agency, and none of these. */
export async function issuedElsewhere(
  db: Db,
  ids: readonly string[],
  issuers: readonly string[],
): Promise<string | undefined> {
  if (ids.length === 0) return undefined
  const { rows } = await sql<{ document_id: string }>`
    select document_id from packages
    where document_key = any(${ids.flatMap(documentKeyVariants)}) and type = 'edoc'
      and from_agency_id <> all(${[...issuers]}::uuid[])
    limit 1`.execute(db)
  return rows[0]?.document_id
}

/**
 * One recall, update or replacement of a document after the other: whoever waited here sees every delivery that its
 * predecessor has opened or withdrawn.
 */
export async function lockDocuments(db: Db, documents: readonly TargetDocument[]): Promise<void> {
  await sql`
    select from packages where package_id = any(${documents.map((d) => d.packageId)}::uuid[])
    order by package_id for no key update`.execute(db)
}

/** The document that a delivery brings, by its first package. */
export async function documentOf(db: Db, deliveryId: string): Promise<TargetDocument> {
  const { rows } = await sql<Omit<Row, 'document_key'>>`
    select root.package_id, root.document_id, root.repeat_key, root.priority
    from deliveries d join packages root on root.repeat_key = d.repeat_key and root.supplement_of is null
    where d.delivery_id = ${deliveryId}`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error(`delivery ${deliveryId} has no document`)
  return toDocument(row)
}
