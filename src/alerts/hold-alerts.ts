// Alert records of a cause that somebody else can list at any time: what is listed stands, what is no longer listed
// is closed. For facts that are not to be read off rows alone, as watch-alerts.ts does.
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'

export interface StandingFact {
  readonly subject: string
  /** Compared with what is stored, so it should only change when the matter does. */
  readonly data: Readonly<Record<string, unknown>>
}

export async function holdAlerts(
  db: Database,
  {
    cause,
    facts,
    newId,
  }: { readonly cause: string; readonly facts: readonly StandingFact[]; readonly newId: () => string },
): Promise<void> {
  const rows = facts.map(({ subject, data }) => ({ alert_id: newId(), subject, data }))
  await db.transaction().execute(async (trx) => {
    await sql`
      insert into alerts (alert_id, cause, subject, data)
      select alert_id, ${cause}, subject, data
      from json_to_recordset(${JSON.stringify(rows)}::json) as r(alert_id uuid, subject text, data jsonb)
      order by subject
      on conflict (cause, subject) where closed_at is null
      do update set last_seen_at = now(), count = alerts.count + 1, data = excluded.data
      where alerts.data <> excluded.data`.execute(trx)
    await sql`
      update alerts set closed_at = now()
      where closed_at is null and cause = ${cause} and subject <> all(${facts.map(({ subject }) => subject)}::text[])`.execute(
      trx,
    )
  })
}
