// What each act on an agency did with each open delivery: which went another way, so that an undo can bring it back,
// and which stay, so that nobody's copy is taken from where it is.
import { sql } from 'kysely'
import type { AgencyId } from '../domain/agency.ts'
import type { Db, Trx } from '../platform/database.ts'

export interface ActDelivery {
  readonly deliveryId: string
  /** Whom it was for before the act. */
  readonly agencyId: AgencyId
  readonly outcome: 'moved' | 'stays' | 'recall'
}

/** Puts these in the place of whatever was kept of the act before. */
export async function keepActDeliveries(trx: Trx, actId: string, deliveries: readonly ActDelivery[]): Promise<void> {
  await trx.deleteFrom('act_deliveries').where('act_id', '=', actId).execute()
  const rows = deliveries.map((d) => ({ delivery_id: d.deliveryId, agency_id: d.agencyId, outcome: d.outcome }))
  await sql`
    insert into act_deliveries (act_id, delivery_id, agency_id, outcome)
    select ${actId}, delivery_id, agency_id, outcome
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, agency_id uuid, outcome text)
  `.execute(trx)
}

/** The deliveries that went another way, each with whom it was for before. */
export async function movedByAct(db: Db, actId: string): Promise<Map<string, AgencyId>> {
  const rows = await db
    .selectFrom('act_deliveries')
    .select(['delivery_id', 'agency_id'])
    .where('act_id', '=', actId)
    .where('outcome', '=', 'moved')
    .execute()
  return new Map(rows.map((row) => [row.delivery_id, row.agency_id]))
}

/**
 * Of these, the deliveries that an act has left with the system that has, or may have, the document, and the recalls
 * that go there. One that turned out never to have been sent is not among them.
 */
export async function stayingDeliveries(db: Db, deliveryIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ delivery_id: string }>`
    select s.delivery_id from act_deliveries s join deliveries d using (delivery_id)
    where s.outcome <> 'moved' and s.delivery_id = any(${[...deliveryIds]}::uuid[])
      and (s.outcome = 'recall' or d.taken_at is not null)
  `.execute(db)
  return new Set(rows.map((row) => row.delivery_id))
}
