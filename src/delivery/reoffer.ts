// Offers again what a system turned away: when an operator says so, because it is repaired, and by itself once the system
// has shown that it is.
import { sql } from 'kysely'
import type { Database, Db, Trx } from '../platform/database.ts'
import { storableText } from '../platform/storable-text.ts'

export interface Reoffered {
  /** Turned away and not final: in the mailbox again now. */
  readonly offered: number
  /** Refused because it was turned away too often, during the last 30 days: opened again. */
  readonly reopened: number
}

/**
 * Everything the system turned away is offered now, as if for the first time, and the incident is over. What its sender
 * asked back meanwhile stays closed.
 */
export async function reofferTurnedAway(trx: Trx, systemId: string, givenReason?: string): Promise<Reoffered> {
  const reason = givenReason === undefined ? null : storableText(givenReason)
  const { rows } = await sql<{ was: 'available' | 'refused' }>`
    with turned as (
      select delivery_id, state as was from deliveries
      where system_id = ${systemId} and turned_away > 0 and (state = 'available'
        or (state = 'refused' and reason_code = 'turned_away_finally' and state_since > now() - interval '30 days'
          and not (recall_requested or recall_agreed)))
      order by delivery_id for update
    ), offered as (
      update deliveries d set
        state = case when d.channel = 'push' and s.push_style = 'package' and t.was = 'refused'
          then 'waiting' else 'available' end,
        state_since = now(), available_at = now(), turned_away = 0, reason_code = null, reason_text = null,
        next_attempt_at = case when d.channel = 'push' and (s.push_style = 'notice' or t.was = 'refused') then now()
          else d.next_attempt_at end,
        -- Its clock counts again.
        clock_at = case when t.was = 'refused' then null else d.clock_at end,
        give_up_at = case when t.was = 'refused' then greatest(d.give_up_at, now() + interval '7 days') else d.give_up_at end
      from turned t, systems s
      where d.delivery_id = t.delivery_id and s.system_id = d.system_id
      returning d.delivery_id, d.package_id, d.system_id, t.was
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select gen_random_uuid(), now(), 'delivery.reoffered', package_id, delivery_id, system_id,
        jsonb_strip_nulls(jsonb_build_object('reason', ${reason}::text, 'reopened', case when was = 'refused' then true end))
      from offered
    ), untold as (
      -- The sender need not hear of a refusal that is none any more.
      delete from report_items i using offered o
      where i.delivery_id = o.delivery_id and i.what = 'refused' and i.told_at is null
    )
    select was from offered`.execute(trx)
  await sql`update lanes set reoffers_paused_at = null where system_id = ${systemId} and reoffers_paused_at is not null`.execute(
    trx,
  )
  const reopened = rows.filter((row) => row.was === 'refused').length
  return { offered: rows.length - reopened, reopened }
}

/**
 * Ends the pauses of systems that have taken a document since and turned nothing away for half an hour. A single success
 * is not enough: a system may choke on some documents and take others in between. Answers which.
 */
export async function endReofferPauses(db: Db): Promise<string[]> {
  const { rows } = await sql<{ system_id: string }>`
    with over as (
      select l.system_id from lanes l
      where l.reoffers_paused_at < now() - make_interval(mins => ${calmMinutes}) and l.last_success_at > l.reoffers_paused_at
        and not exists (
          select from deliveries d
          where d.system_id = l.system_id and d.turned_away > 0 and d.state in ('available', 'refused')
            and d.reason_code in ('turned_away', 'turned_away_finally')
            and d.state_since > now() - make_interval(mins => ${calmMinutes}))
      for update skip locked
    ), ended as (
      update lanes l set reoffers_paused_at = null from over where l.system_id = over.system_id
      returning l.system_id
    ), woken as (
      -- Notices stood still with the pause.
      update deliveries d set next_attempt_at = greatest(d.available_at, now())
      from ended join systems s using (system_id)
      where d.system_id = ended.system_id and d.state = 'available' and d.turned_away > 0 and d.next_attempt_at is null
        and d.channel = 'push' and s.push_style = 'notice'
    )
    select system_id from ended`.execute(db)
  return rows.map((row) => row.system_id)
}

const calmMinutes = 30

export interface ReofferTaskOptions {
  readonly db: Database
  /** Wakes polls and rings lanes. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
}

/** For the sweeper. */
export function reofferTask({ db, afterCommit }: ReofferTaskOptions) {
  return {
    name: 're-offers',
    everyMs: 60_000,
    async run(): Promise<void> {
      const ended = await endReofferPauses(db)
      if (ended.length > 0) afterCommit(new Set(ended))
    },
  }
}
