// Which document, and which recipient's delivery of it, a status speaks of: by document id first, then by sender,
// number and date (edxml.md §2.2). Never by the addresses alone.
import { sql } from 'kysely'
import { codeKey } from '../domain/agency.ts'
import { documentKeyVariants, type StatusPackage } from '../domain/document-package.ts'
import type { BusinessState } from '../domain/feedback.ts'
import { isStatusCode } from '../domain/feedback.ts'
import type { Db } from '../platform/database.ts'
import { type Meant, meantBy } from './meant-delivery.ts'

/** Agencies on either side of the document, each with those it stands for. */
export interface StatusParties {
  readonly issuers: readonly string[]
  readonly recipients: readonly string[]
  /** The recipient's code as the status writes it: an agency that took another one over may have a document twice. */
  readonly recipientCode: string
  /** The delivery itself, where the one who speaks has named it. */
  readonly deliveryId?: string
}

export type Correlation =
  | (Meant & {
      readonly kind: 'found'
      readonly state: BusinessState
      /** Taken back before anybody took it: there is nothing to report about it. */
      readonly isWithdrawn: boolean
      /** Further deliveries that the same words answer for: one package asked about all of them. */
      readonly together: readonly { readonly deliveryId: string; readonly state: BusinessState }[]
    })
  /** We carried the document, but not to this agency. */
  | { readonly kind: 'not_addressed'; readonly packageId: string }
  | { readonly kind: 'unknown_document' }

export interface CorrelateOptions {
  /** Of a recall: everything that it will lock, in the order of all recalls. */
  readonly lockForRecall: (
    db: Db,
    recall: { readonly deliveryId: string; readonly recipientAgencyIds: readonly string[] },
  ) => Promise<void>
}

/** Finds the delivery and locks it, so that two statuses about it are judged one after the other. */
export async function correlate(
  db: Db,
  status: StatusPackage,
  parties: StatusParties,
  options: CorrelateOptions,
): Promise<Correlation> {
  const found = (await findById(db, status, parties)) ?? (await findByCode(db, status, parties))
  // Only documents are recalled: a recall that was sent stands until it is answered.
  const isRecalledRecall = status.code === '13' && found?.kind === 'recall'
  if (found === undefined || isRecalledRecall) return { kind: 'unknown_document' }
  if (found.delivery_id === null) return { kind: 'not_addressed', packageId: found.package_id }
  const named = { packageId: found.package_id, deliveryId: found.delivery_id }
  const { together = [], ...meant } = await meantBy(db, named, status.code, parties)
  const { deliveryId } = meant
  if (status.code === '13') await options.lockForRecall(db, { deliveryId, recipientAgencyIds: parties.recipients })
  const states = await lockedStates(db, [deliveryId, ...together])
  const stateOf = (id: string) => states.get(id) ?? missing(id)
  return {
    ...meant,
    kind: 'found',
    state: stateOf(deliveryId).state,
    isWithdrawn: stateOf(deliveryId).isWithdrawn,
    together: together.map((id) => ({ deliveryId: id, state: stateOf(id).state })),
  }
}

async function findById(db: Db, status: StatusPackage, parties: StatusParties): Promise<Row | undefined> {
  const { documentId } = status.responseFor
  if (documentId === undefined) return undefined
  return await find(db, sql`p.document_key = any(${documentKeyVariants(documentId)})`, status, parties)
}

async function findByCode(db: Db, status: StatusPackage, parties: StatusParties): Promise<Row | undefined> {
  const { code, promulgationDate } = status.responseFor
  if (code === undefined) return undefined
  const day = promulgationDate?.replaceAll('/', '-')
  const sameDay =
    day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? sql`and p.promulgation_date = ${day}::date` : sql``
  return await find(db, sql`p.code = ${code.normalize('NFC').trim()} ${sameDay}`, status, parties)
}

interface Row {
  package_id: string
  kind: string
  delivery_id: string | null
}

async function find(
  db: Db,
  condition: ReturnType<typeof sql>,
  { code }: StatusPackage,
  { issuers, recipients, recipientCode, deliveryId }: StatusParties,
): Promise<Row | undefined> {
  const named = deliveryId === undefined ? sql`` : sql`and d.delivery_id = ${deliveryId}::uuid`
  const isAnswer = code === '15' || code === '16'
  const { rows } = await sql<Row>`
    select p.package_id, p.kind, d.delivery_id
    from packages p
    left join deliveries d on d.package_id = p.package_id and d.recipient_agency_id = any(${recipients}) ${named}
    where p.from_agency_id = any(${issuers}) and p.type = 'edoc' and ${condition}
    -- A recall or an update may bear the id of the document it acts on; what is reported is about the document. An
    -- answer is about a delivery that something is asked of.
    order by d.delivery_id is null, p.kind in ('new', 'replace') desc,
      ${isAnswer} and (d.recall_requested or d.update_requested) desc,
      upper(trim(d.organ_id)) = ${codeKey(recipientCode)} desc, p.package_id desc, d.delivery_id desc
    limit 1`.execute(db)
  return rows[0]
}

interface LockedState {
  readonly state: BusinessState
  readonly isWithdrawn: boolean
}

/** A statement of its own, so that who waited for the locks sees what their last holder wrote. */
async function lockedStates(db: Db, deliveryIds: readonly string[]): Promise<Map<string, LockedState>> {
  const rows = await db
    .selectFrom('deliveries')
    .select(['delivery_id', 'state', 'business_code', 'recall_requested', 'recall_agreed', 'update_requested'])
    .where('delivery_id', 'in', [...deliveryIds])
    .orderBy('delivery_id')
    .forUpdate()
    .execute()
  return new Map(
    rows.map((row) => [
      row.delivery_id,
      {
        isWithdrawn: row.state === 'recalled',
        state: {
          ...(row.business_code !== null && isStatusCode(row.business_code) ? { code: row.business_code } : {}),
          recallRequested: row.recall_requested,
          recalled: row.recall_agreed,
          updateRequested: row.update_requested,
        },
      },
    ]),
  )
}

function missing(deliveryId: string): never {
  throw new Error(`delivery ${deliveryId} is gone`)
}
