// Keeps one open record per cause and subject; a repetition counts instead of adding a row. watch-alerts.ts closes it.
// Who is told comes with the alerting work; the record is there from the first day.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

export type AlertCause =
  | 'unknown_recipient'
  | 'endpoint_gone'
  | 'operation_target_ambiguous'
  | 'report_undeliverable'
  | 'receiver_turns_away'

export interface AlertFact {
  readonly cause: AlertCause
  /** What it is about: an unknown code, a system. */
  readonly subject: string
  readonly data: Readonly<Record<string, unknown>>
}

export async function raiseAlerts(db: Db, facts: readonly AlertFact[], newId: () => string): Promise<void> {
  if (facts.length === 0) return
  // Two transactions that raise the same alerts must take them in the same order.
  const rows = [...new Map(facts.map((f) => [`${f.cause} ${f.subject}`, f])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, fact]) => ({ alert_id: newId(), cause: fact.cause, subject: fact.subject, data: fact.data }))
  await sql`
    insert into alerts (alert_id, cause, subject, data)
    select alert_id, cause, subject, data
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(alert_id uuid, cause text, subject text, data jsonb)
    on conflict (cause, subject) where closed_at is null
    do update set last_seen_at = now(), count = alerts.count + 1, data = excluded.data`.execute(db)
}
