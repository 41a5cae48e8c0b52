// What senders are to be told is noted in the statement that makes it so; sender-reports/ tells it. Never about a report:
// what becomes of those is for the operators.
import { type RawBuilder, sql } from 'kysely'

/**
 * The insertion, for a `with`. `what` is a query of the columns type, delivery_id, package_id, what, incident, reason (a
 * code of the catalogue) and detail (somebody's own words).
 */
export function notesForSenders(what: RawBuilder<unknown>) {
  return sql`
    insert into report_items (item_id, what, incident, delivery_id, package_id, data)
    select gen_random_uuid(), n.what, n.incident, n.delivery_id, n.package_id,
      jsonb_strip_nulls(jsonb_build_object('reason', n.reason, 'detail', n.detail))
    from (${what}) n where n.type <> 'report'
    on conflict do nothing`
}
