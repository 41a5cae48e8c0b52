// Opens and closes alert records from the rows alone, so that a record stands while its cause stands and no longer,
// whichever process saw what. Who is told comes with the alerting work.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

/** A lane whose endpoint failed three times in a row, with the last failure in its own words (contract §3, push). */
export async function watchAlerts(db: Db): Promise<void> {
  await sql`
    insert into alerts (alert_id, cause, subject, data)
    select gen_random_uuid(), 'endpoint_faulty', l.system_id,
      jsonb_build_object('faultsInRow', l.faults_in_row, 'lastFault', l.last_fault, 'lastFaultAt', l.last_fault_at)
    from lanes l where l.is_broken
    on conflict (cause, subject) where closed_at is null
    do update set last_seen_at = now(), count = alerts.count + 1, data = excluded.data
    where alerts.data <> excluded.data`.execute(db)
  await sql`
    insert into alerts (alert_id, cause, subject, data)
    select gen_random_uuid(), 'fallback_in_use', d.system_id, jsonb_build_object('deliveries', count(*))
    from systems s join deliveries d on d.system_id = s.system_id and d.state = 'available' and d.reason_code = 'waits_in_mailbox'
    where s.fallback = 'mailbox'
    group by d.system_id
    on conflict (cause, subject) where closed_at is null
    do update set last_seen_at = now(), count = alerts.count + 1, data = excluded.data
    where alerts.data <> excluded.data`.execute(db)
  await openRecalls(db)
  await sql`
    update alerts a set closed_at = now()
    where a.closed_at is null and case a.cause
      when 'endpoint_faulty' then exists (select from lanes l where l.system_id = a.subject and not l.is_broken)
      when 'fallback_in_use' then not exists (select from deliveries d
        where d.system_id = a.subject and d.state = 'available' and d.reason_code = 'waits_in_mailbox')
      when 'endpoint_gone' then exists (select from lanes l where l.system_id = a.subject and l.paused_reason is null)
      when 'receiver_turns_away' then exists (select from lanes l
        where l.system_id = a.subject and l.reoffers_paused_at is null)
      when 'unknown_recipient' then exists (select from agency_codes c where c.code_key = a.subject)
      when 'recall_unanswered' then not exists (select from operation_requests r
        where r.target_package_id = a.subject::uuid and r.kind = 'recall' and r.outcome = 'requested')
      when 'operation_target_ambiguous' then exists (select from jsonb_array_elements(a.data->'documents') as named
        join operation_requests r on r.target_package_id = (named->>'packageId')::uuid where r.asked_at > a.opened_at)
      else false end`.execute(db)
}

/** A document that somebody has and was asked to give back: one record per document, with who has not answered. */
async function openRecalls(db: Db): Promise<void> {
  await sql`
    insert into alerts (alert_id, cause, subject, opened_at, data)
    select gen_random_uuid(), 'recall_unanswered', r.target_package_id::text, min(r.asked_at),
      jsonb_build_object('documentId', p.document_id, 'organIds', jsonb_agg(distinct d.organ_id))
    from operation_requests r
    join deliveries d on d.delivery_id = r.target_delivery_id
    join packages p on p.package_id = r.target_package_id
    where r.kind = 'recall' and r.outcome = 'requested'
    group by r.target_package_id, p.document_id
    on conflict (cause, subject) where closed_at is null
    do update set last_seen_at = now(), count = alerts.count + 1, data = excluded.data
    where alerts.data <> excluded.data`.execute(db)
}
