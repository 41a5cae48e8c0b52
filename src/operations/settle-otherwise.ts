// A request that nobody will answer: the system is gone, the office answered by telephone. An operator closes it with a
// reason. It is never recorded as agreed (15): only the recipient can say that (design D9).
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

export interface Settlement {
  readonly deliveryId: string
  readonly reason: string
  readonly operator: string
  readonly at: Date
}

/** Answers how many open requests of the delivery it closed. */
export async function settleOtherwise(db: Db, { deliveryId, reason, operator, at }: Settlement): Promise<number> {
  const { rows } = await sql<{ kind: string }>`
    with settled as (
      update operation_requests set outcome = 'settled_otherwise', settled_at = ${at}, settled_by = ${operator},
        settled_reason = ${reason}
      where target_delivery_id = ${deliveryId} and outcome = 'requested'
      returning kind
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, data)
      select gen_random_uuid(), ${at}, s.kind || '.settled_otherwise', d.package_id, d.delivery_id,
        jsonb_build_object('reason', ${reason}::text, 'operator', ${operator}::text)
      from (select distinct kind from settled) s join deliveries d on d.delivery_id = ${deliveryId}
    )
    select kind from settled`.execute(db)
  return rows.length
}
