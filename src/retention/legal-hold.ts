// Legal holds: what must be kept whatever the policy says, until the hold is lifted. A hold is never deleted.
import { GatewayError } from '../domain/errors.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { LegalHold } from '../generated/json/legal-hold.ts'
import type { LegalHoldInput } from '../generated/json/legal-hold-input.ts'
import type { LegalHoldList } from '../generated/json/legal-hold-list.ts'
import { decodeCursor, encodeCursor } from '../platform/cursor.ts'
import type { Db, Trx } from '../platform/database.ts'

export interface HoldAct {
  readonly packageId: string
  readonly input: LegalHoldInput
  readonly operator: string
  readonly at: Date
}

/** Once this is committed no run of retention touches the package: both lock its row. */
export async function placeHold(
  trx: Trx,
  { packageId, input, operator, at }: HoldAct,
  holdId: string,
): Promise<LegalHold> {
  await lockPackage(trx, packageId)
  const open = await holdsQuery(trx)
    .where('h.package_id', '=', packageId)
    .where('h.lifted_at', 'is', null)
    .executeTakeFirst()
  if (open !== undefined) {
    throw new GatewayError('conflict', 'legal_hold_exists', {
      params: { packageId, placedAt: vietnamTime(open.placed_at), requestedBy: open.requested_by },
    })
  }
  await trx
    .insertInto('legal_holds')
    .values({
      hold_id: holdId,
      package_id: packageId,
      reason: input.reason,
      requested_by: input.requestedBy,
      placed_by: operator,
      placed_at: at,
    })
    .execute()
  return await hold(trx, holdId)
}

export async function liftHold(trx: Trx, { packageId, input, operator, at }: HoldAct): Promise<LegalHold> {
  await lockPackage(trx, packageId)
  const lifted = await trx
    .updateTable('legal_holds')
    .set({ lifted_at: at, lifted_by: operator, lift_reason: input.reason, lift_requested_by: input.requestedBy })
    .where('package_id', '=', packageId)
    .where('lifted_at', 'is', null)
    .returning('hold_id')
    .executeTakeFirst()
  if (lifted === undefined) throw new GatewayError('conflict', 'legal_hold_missing', { params: { packageId } })
  return await hold(trx, lifted.hold_id)
}

async function lockPackage(trx: Trx, packageId: string): Promise<void> {
  const row = await trx
    .selectFrom('packages')
    .select('package_id')
    .where('package_id', '=', packageId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new GatewayError('not_found', 'package_not_found')
}

export interface HoldQuery {
  /** Only those in force, or only those lifted; all when absent. */
  readonly open?: boolean
  readonly cursor?: string
  readonly limit: number
}

export async function listHolds(db: Db, { open, cursor, limit }: HoldQuery): Promise<LegalHoldList> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0]
  const rows = await holdsQuery(db)
    .$if(open !== undefined, (q) => q.where('h.lifted_at', open === true ? 'is' : 'is not', null))
    .$if(after !== undefined, (q) => q.where('h.hold_id', '<', String(after)))
    .orderBy('h.hold_id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const isMore = rows.length > limit && last !== undefined
  return { items: page.map(toView), nextCursor: isMore ? encodeCursor([last.hold_id]) : null }
}

async function hold(db: Db, holdId: string): Promise<LegalHold> {
  return toView(await holdsQuery(db).where('h.hold_id', '=', holdId).executeTakeFirstOrThrow())
}

function holdsQuery(db: Db) {
  return db
    .selectFrom('legal_holds as h')
    .innerJoin('packages as p', 'p.package_id', 'h.package_id')
    .select(['h.hold_id', 'h.package_id', 'p.document_id', 'p.code', 'h.reason', 'h.requested_by', 'h.placed_by'])
    .select(['h.placed_at', 'h.lifted_at', 'h.lifted_by', 'h.lift_reason', 'h.lift_requested_by'])
}

type Row = Awaited<ReturnType<ReturnType<typeof holdsQuery>['executeTakeFirstOrThrow']>>

function toView(row: Row): LegalHold {
  return {
    holdId: row.hold_id,
    packageId: row.package_id,
    documentId: row.document_id,
    code: row.code,
    reason: row.reason,
    requestedBy: row.requested_by,
    placedBy: row.placed_by,
    placedAt: vietnamTime(row.placed_at),
    liftedAt: row.lifted_at === null ? null : vietnamTime(row.lifted_at),
    liftedBy: row.lifted_by,
    liftReason: row.lift_reason,
    liftRequestedBy: row.lift_requested_by,
  }
}
