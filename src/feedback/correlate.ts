// Which document, and which recipient's delivery of it, a status speaks of: by document id first, then by sender,
// number and date (edxml.md §2.2). Never by the addresses alone.
import { sql } from 'kysely'
import { documentKeyVariants, type StatusPackage } from '../domain/document-package.ts'
import type { BusinessState } from '../domain/feedback.ts'
import { isStatusCode } from '../domain/feedback.ts'
import type { Db } from '../platform/database.ts'

/** Agencies on either side of the document, each with those it stands for. */
export interface StatusParties {
  readonly issuers: readonly string[]
  readonly recipients: readonly string[]
}

export type Correlation =
  | { readonly kind: 'found'; readonly packageId: string; readonly deliveryId: string; readonly state: BusinessState }
  /** We carried the document, but not to this agency. */
  | { readonly kind: 'not_addressed'; readonly packageId: string }
  | { readonly kind: 'unknown_document' }

/** Finds the delivery and locks it, so that two statuses about it are judged one after the other. */
export async function correlate(db: Db, status: StatusPackage, parties: StatusParties): Promise<Correlation> {
  const byId = status.responseFor.documentId
  const found = byId === undefined ? undefined : await findById(db, documentKeyVariants(byId), parties)
  if (found !== undefined) return found
  const byCode = status.responseFor.code
  const foundByCode =
    byCode === undefined ? undefined : await findByCode(db, byCode, status.responseFor.promulgationDate, parties)
  return foundByCode ?? { kind: 'unknown_document' }
}

async function findById(db: Db, keys: readonly string[], parties: StatusParties): Promise<Correlation | undefined> {
  return found(db, sql`p.document_key = any(${keys})`, parties)
}

async function findByCode(
  db: Db,
  code: string,
  date: string | undefined,
  parties: StatusParties,
): Promise<Correlation | undefined> {
  const day = date?.replaceAll('/', '-')
  const sameDay =
    day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? sql`and p.promulgation_date = ${day}::date` : sql``
  return found(db, sql`p.code = ${code.normalize('NFC').trim()} ${sameDay}`, parties)
}

interface Row {
  package_id: string
  delivery_id: string | null
}

async function found(
  db: Db,
  condition: ReturnType<typeof sql>,
  { issuers, recipients }: StatusParties,
): Promise<Correlation | undefined> {
  const { rows } = await sql<Row>`
    select p.package_id, d.delivery_id
    from packages p
    left join deliveries d on d.package_id = p.package_id and d.recipient_agency_id = any(${recipients})
    where p.from_agency_id = any(${issuers}) and p.type = 'edoc' and ${condition}
    order by d.delivery_id is null, p.package_id desc
    limit 1`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  if (row.delivery_id === null) return { kind: 'not_addressed', packageId: row.package_id }
  const { package_id: packageId, delivery_id: deliveryId } = row
  return { kind: 'found', packageId, deliveryId, state: await lockedState(db, deliveryId) }
}

/** A statement of its own, so that who waited for the lock sees what its last holder wrote. */
async function lockedState(db: Db, deliveryId: string): Promise<BusinessState> {
  const row = await db
    .selectFrom('deliveries')
    .select(['business_code', 'recall_requested', 'recall_agreed'])
    .where('delivery_id', '=', deliveryId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const code = row.business_code ?? undefined
  return {
    ...(code !== undefined && isStatusCode(code) ? { code } : {}),
    recallRequested: row.recall_requested,
    recalled: row.recall_agreed,
  }
}
