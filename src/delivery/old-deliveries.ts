// Deliveries of old packages move into a table of their own, and back when somebody acts on the document once more. The
// caller holds the package's row, so that nobody meets a delivery that stands in neither table or in both.
import { sql } from 'kysely'
import type { Trx } from '../platform/database.ts'

/** Answers how many moved. Throws when one of them has not ended: it would never be served again. */
export async function moveOutDeliveries(trx: Trx, packageIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ moved: number; open: number }>`
    with gone as (
      delete from deliveries where package_id = any(${[...packageIds]}::uuid[]) returning *
    ), kept as (
      insert into old_deliveries select * from gone returning state
    )
    select count(*)::integer as moved, (count(*) filter (where ${isOpen}))::integer as open from kept`.execute(trx)
  const [counted] = rows
  if (counted === undefined || counted.open > 0) throw new Error('a delivery that has not ended was to move out')
  return counted.moved
}

export async function bringBackDeliveries(trx: Trx, packageIds: readonly string[]): Promise<void> {
  await sql`
    with back as (
      delete from old_deliveries where package_id = any(${[...packageIds]}::uuid[]) returning *
    )
    insert into deliveries select * from back`.execute(trx)
}

const isOpen = sql`state in ('held', 'waiting', 'in_flight', 'available')`
