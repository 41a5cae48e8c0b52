// Old documents out of the way of the present ones, and back when somebody acts on one: a late status, a recall, a
// further recipient. While they are out, whoever only reads finds them in all_packages and all_deliveries.
import { sql } from 'kysely'
import type { Clock } from '../domain/ports.ts'
import type { Trx } from '../platform/database.ts'
import { isUuidv7, uuidv7Time } from '../platform/ids.ts'

export interface OldDocumentMoves {
  readonly moveOutDeliveries: (trx: Trx, packageIds: readonly string[]) => Promise<number>
  readonly bringBackDeliveries: (trx: Trx, packageIds: readonly string[]) => Promise<void>
  readonly moveOutPackages: (trx: Trx, packageIds: readonly string[], at: Date) => Promise<void>
  readonly bringBackPackages: (trx: Trx, packageIds: readonly string[]) => Promise<void>
}

/**
 * Call it before looking at the deliveries of a document that is to be acted on. Packages that are in place are only
 * kept from moving out until the transaction ends. For documents of the last weeks, which are nearly all, nothing is asked
 * of the database: no policy may move them out.
 */
export type BringBack = (trx: Trx, packageIds: readonly string[]) => Promise<void>

export function bringBackWith(moves: OldDocumentMoves, clock: Clock): BringBack {
  return async function bringBack(trx, packageIds) {
    const youngest = clock.now().getTime() - movedOutAfterMsMin
    const old = packageIds.filter((id) => !isUuidv7(id) || uuidv7Time(id).getTime() < youngest)
    if (old.length === 0) return
    const family = await familyOf(trx, old)
    const isIn = sql`package_id = any(${family}::uuid[])`
    // At most twice: between the two locks a run may move out what the first did not have to hold.
    for (;;) {
      const { rows: out } = await sql<{ package_id: string }>`
        select package_id from packages where ${isIn} and moved_out_at is not null order by package_id for update`.execute(
        trx,
      )
      const ids = out.map((row) => row.package_id)
      if (ids.length > 0) {
        await moves.bringBackDeliveries(trx, ids)
        await moves.bringBackPackages(trx, ids)
      }
      const { rows } = await sql<{ is_out: boolean }>`
        select moved_out_at is not null as is_out from packages where ${isIn} order by package_id for share`.execute(
        trx,
      )
      if (!rows.some((row) => row.is_out)) return
    }
  }
}

/** A document is its first package and those that brought it to further recipients: they come back together. */
async function familyOf(trx: Trx, packageIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ package_id: string }>`
    with keys as (select repeat_key from packages where package_id = any(${[...packageIds]}::uuid[]))
    select d.package_id from deliveries d join keys using (repeat_key)
    union select d.package_id from old_deliveries d join keys using (repeat_key)`.execute(trx)
  return [...new Set([...packageIds, ...rows.map((row) => row.package_id)])]
}

/** The least that schemas/json/retention-policy.json lets anybody set is 30 days. */
const movedOutAfterMsMin = 29 * 24 * 3_600_000
