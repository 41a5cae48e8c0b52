// What becomes of the row of an old package: its bytes are marked as gone, its large columns move out and back. The row
// itself stays for ever, with its keys and its receipt.
import { sql } from 'kysely'
import type { Trx } from '../platform/database.ts'

/** Says that the bytes are gone, in the timeline as well; they are removed once this is committed. */
export async function markContentRemoved(trx: Trx, packageIds: readonly string[], at: Date): Promise<void> {
  await sql`
    with gone as (
      update packages set content_removed_at = ${at}
      where package_id = any(${[...packageIds]}::uuid[]) and content_removed_at is null returning package_id
    ), pending as (
      insert into blob_removals (package_id, marked_at) select package_id, ${at} from gone
    )
    insert into events (event_id, at, type, package_id)
    select gen_random_uuid(), ${at}, 'package.content_removed', package_id from gone`.execute(trx)
}

export async function moveOutPackages(trx: Trx, packageIds: readonly string[], at: Date): Promise<void> {
  await sql`
    with kept as (
      insert into old_packages (package_id, document, findings)
      select package_id, document, findings from packages
      where package_id = any(${[...packageIds]}::uuid[]) and moved_out_at is null returning package_id
    )
    update packages p set document = '{}', findings = '[]', moved_out_at = ${at}
    from kept where p.package_id = kept.package_id`.execute(trx)
}

export async function bringBackPackages(trx: Trx, packageIds: readonly string[]): Promise<void> {
  await sql`
    with back as (
      delete from old_packages where package_id = any(${[...packageIds]}::uuid[]) returning package_id, document, findings
    )
    update packages p set document = back.document, findings = back.findings, moved_out_at = null
    from back where p.package_id = back.package_id`.execute(trx)
}
