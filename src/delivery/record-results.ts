// What attempts came to, written down in batches: attempt rows, the deliveries' next state, the lanes' health, the
// timeline. A result counts only while its lease token still stands on the row, so a worker that lost its lease
// changes nothing (design D4).
import { sql } from 'kysely'
import type { AttemptOutcome } from '../domain/delivery.ts'
import type { DeliveryPolicy } from '../domain/delivery-policy.ts'
import { waitSeconds } from '../domain/retry.ts'
import type { Db } from '../platform/database.ts'
import { storableText } from '../platform/storable-text.ts'
import type { Claim } from './claim-deliveries.ts'
import { notesForSenders } from './notes-for-senders.ts'

export interface AttemptResult {
  readonly claim: Claim
  readonly outcome: AttemptOutcome
  readonly startedAt: Date
  readonly finishedAt: Date
}

/** How long a taken notice is left alone before it is repeated (contract §3, push). */
const noticeRepeatSeconds = 900
const answerCharactersMax = 200
/** A receiver that says "later" rests the whole lane, at most this long. */
const laneRestMaxSeconds = 300

export type PolicyOf = (systemId: string) => DeliveryPolicy

export interface Recorded {
  /** Too late: their lease was lost, or somebody settled the delivery meanwhile. */
  readonly late: readonly AttemptResult[]
  /** Reports to senders that ended undelivered: nobody is told of those by another report. */
  readonly lostReports: readonly AttemptResult[]
}

export async function recordResults(
  db: Db,
  results: readonly AttemptResult[],
  policyOf: PolicyOf,
  newId: () => string,
): Promise<Recorded> {
  // The deliveries of a bundle come back together.
  const chances = new Map<Date, number>()
  const chanceOf = (at: Date) => chances.get(at) ?? chances.set(at, Math.random()).get(at) ?? 0.5
  const rows = results.map((result) =>
    toRow(result, policyOf(result.claim.delivery.systemId), newId, chanceOf(result.startedAt)),
  )
  const written = await sql<{ delivery_id: string; state: string }>`
    with r as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, package_id uuid,
        system_id text, lease_token uuid, attempt integer, started_at timestamptz, finished_at timestamptz,
        outcome text, http_status integer, detail text, next_state text, wait_seconds double precision,
        reason_code text, clears_taken boolean, event_id uuid)
    ), held as (
      -- In the order of whoever else locks several of them: a recall of a document that went to many agencies.
      select delivery_id from deliveries where delivery_id in (select delivery_id from r)
      order by delivery_id for update
    ), moved as (
      update deliveries d set
        state = ${nextState},
        state_since = case when ${nextState} <> d.state then now() else d.state_since end,
        held_reason = case when ${nextState} = 'held' then 'by_operator' end,
        -- Stopped, it is no item of anybody's mailbox or lane.
        system_id = case when ${nextState} = 'held' then null else d.system_id end,
        channel = case when ${nextState} = 'held' then null else d.channel end,
        clock_at = case when ${nextState} = 'held' then 'infinity' else d.clock_at end,
        next_attempt_at = case when r.wait_seconds is not null and ${nextState} not in ('recalled', 'held')
          then now() + make_interval(secs => r.wait_seconds) end,
        recall_requested = d.recall_requested and ${nextState} <> 'recalled',
        available_at = case when r.next_state = 'available' then now() else d.available_at end,
        lease_token = null, lease_until = null,
        -- Whoever fetched it meanwhile has it.
        taken_at = case when r.clears_taken and d.fetched_at is null then null else d.taken_at end,
        delivered_at = case when r.next_state = 'delivered' then now() else d.delivered_at end,
        reason_code = case ${nextState} when 'delivered' then null when 'recalled' then 'withdrawn'
          else coalesce(r.reason_code, d.reason_code) end,
        reason_text = case when ${nextState} in ('delivered', 'recalled') then null else coalesce(r.detail, d.reason_text) end
      from r join held using (delivery_id)
      where d.delivery_id = r.delivery_id and d.lease_token = r.lease_token
      returning d.delivery_id, d.package_id, d.system_id, d.type, d.state, d.reason_code, r.event_id, r.outcome, r.detail
    ), attempted as (
      insert into attempts (delivery_id, attempt, started_at, finished_at, system_id, outcome, http_status, detail)
      select delivery_id, attempt, started_at, finished_at, system_id, outcome, http_status, detail from r
      on conflict do nothing
    ), told as (
      insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
      select event_id, now(), 'delivery.' || state, package_id, delivery_id, system_id,
        jsonb_strip_nulls(jsonb_build_object('reason', case when state = 'recalled' then 'withdrawn' else detail end))
      from moved where state in ('delivered', 'refused', 'recalled', 'exhausted', 'held')
    ), noted as (
      ${notesForSenders(sql`
        select type, delivery_id, package_id, state || ':' || system_id as incident, reason_code as reason, detail,
          case state when 'refused' then 'refused' when 'recalled' then 'recall_outcome' else 'undelivered' end as what
        from moved where state in ('refused', 'exhausted', 'recalled')`)}
    )
    select delivery_id, state from moved`.execute(db)
  await recordLaneHealth(db, results, policyOf)
  const stateOf = new Map(written.rows.map((row) => [row.delivery_id, row.state]))
  const endsUntold = (result: AttemptResult) =>
    result.claim.package.type === 'report' &&
    ['refused', 'exhausted'].includes(stateOf.get(result.claim.delivery.deliveryId) ?? '')
  return {
    late: results.filter((result) => !stateOf.has(result.claim.delivery.deliveryId)),
    lostReports: results.filter(endsUntold),
  }
}

/**
 * No byte went out while its sender asked for it back: the recall wins after all, and nothing is sent again. Where an
 * operator stopped the document meanwhile, it waits with the others.
 */
const nextState = sql`(case when r.clears_taken and d.fetched_at is null and d.recall_requested then 'recalled'
  when r.clears_taken and d.fetched_at is null and r.next_state = 'waiting' and exists (
    select from held_documents h where h.repeat_key = d.repeat_key) then 'held'
  else coalesce(r.next_state, d.state) end)`

function sentNothing(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'unavailable' || (outcome.kind === 'unreachable' && outcome.nothingSent)
}

type NextState = 'delivered' | 'refused' | 'waiting' | 'available' | 'exhausted' | null

function toRow(
  { claim, outcome, startedAt, finishedAt }: AttemptResult,
  policy: DeliveryPolicy,
  newId: () => string,
  chance: number,
) {
  const { delivery } = claim
  const next = nextStep(outcome, claim, policy, chance)
  return {
    delivery_id: delivery.deliveryId,
    package_id: delivery.packageId,
    system_id: delivery.systemId,
    lease_token: delivery.leaseToken,
    attempt: delivery.attempt,
    started_at: startedAt,
    finished_at: finishedAt,
    outcome: outcome.kind,
    http_status: 'httpStatus' in outcome ? (outcome.httpStatus ?? null) : null,
    detail: detailOf(outcome),
    next_state: next.state,
    wait_seconds: next.waitSeconds,
    reason_code: outcome.kind === 'delivered' || outcome.kind === 'notified' ? null : reasonCode(outcome),
    clears_taken: sentNothing(outcome) && claim.firstTaking && !claim.announcesOnly,
    event_id: newId(),
  }
}

function nextStep(
  outcome: AttemptOutcome,
  claim: Claim,
  policy: DeliveryPolicy,
  chance: number,
): { state: NextState; waitSeconds: number | null } {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered', waitSeconds: null }
    case 'refused':
      return { state: 'refused', waitSeconds: null }
    case 'notified':
      // Claimed as a package while the system changed over to notices: from here on it waits in the mailbox.
      return { state: claim.announcesOnly ? null : 'available', waitSeconds: noticeRepeatSeconds }
    case 'busy':
    case 'unavailable':
    case 'unreachable':
    case 'unclear': {
      if (!claim.announcesOnly && claim.delivery.attempt >= (policy.attemptsMax ?? Number.POSITIVE_INFINITY)) {
        return { state: 'exhausted', waitSeconds: null }
      }
      const wait = waitSeconds(policy, claim.delivery.attempt, outcome, chance)
      return { state: claim.announcesOnly ? null : 'waiting', waitSeconds: wait }
    }
    default:
      return unreachableOutcome(outcome)
  }
}

function unreachableOutcome(outcome: never): never {
  throw new Error(`unknown outcome ${JSON.stringify(outcome)}`)
}

function reasonCode(outcome: Exclude<AttemptOutcome, { kind: 'delivered' | 'notified' }>): string {
  return {
    refused: 'refused_by_receiver',
    busy: 'receiver_busy',
    unavailable: 'storage_unavailable',
    unreachable: 'receiver_unreachable',
    unclear: 'answer_unclear',
  }[outcome.kind]
}

function detailOf(outcome: AttemptOutcome): string | null {
  const text = wordsOf(outcome)
  return text === null ? null : storableText(text)
}

function wordsOf(outcome: AttemptOutcome): string | null {
  switch (outcome.kind) {
    case 'delivered':
      return outcome.answer?.slice(0, answerCharactersMax) ?? null
    case 'refused':
      return outcome.reason.slice(0, 2_000)
    case 'unreachable':
      return [outcome.cause, outcome.answer?.slice(0, answerCharactersMax)].filter(Boolean).join(': ')
    case 'unavailable':
    case 'unclear':
      return outcome.cause
    default:
      return null
  }
}

interface LaneHealth {
  system_id: string
  succeeded: boolean
  faults: number
  last_fault: string | null
  rest_seconds: number | null
  is_gone: boolean
  breaker_faults: number
  breaker_first: number
  breaker_max: number
}

function breakerOf(policy: DeliveryPolicy) {
  return {
    breaker_faults: policy.breakerFaults,
    breaker_first: policy.breakerFirstSeconds,
    breaker_max: policy.breakerMaxSeconds,
  }
}

/** A success closes the breaker; faults in a row open it; 410 pauses the lane until an operator corrects it. */
async function recordLaneHealth(db: Db, results: readonly AttemptResult[], policyOf: PolicyOf): Promise<void> {
  const lanes = new Map<string, LaneHealth>()
  // All results of a bundle are one attempt; they share the moment it began.
  const counted = new Set<Date>()
  for (const { claim, outcome, startedAt } of results) {
    const systemId = claim.delivery.systemId
    const health = lanes.get(systemId) ?? {
      system_id: systemId,
      succeeded: false,
      faults: 0,
      last_fault: null,
      rest_seconds: null,
      is_gone: false,
      ...breakerOf(policyOf(systemId)),
    }
    lanes.set(systemId, health)
    if (outcome.kind === 'unreachable' || outcome.kind === 'unclear') {
      if (!counted.has(startedAt)) health.faults += 1
      counted.add(startedAt)
      health.last_fault = detailOf(outcome)
      health.is_gone ||= outcome.kind === 'unreachable' && outcome.endpointGone === true
    } else if (outcome.kind === 'busy') {
      // "Later" takes no document: it is no fault, and no success that would close a breaker.
      health.rest_seconds = Math.min(outcome.retryAfterSeconds ?? 10, laneRestMaxSeconds)
    } else if (outcome.kind !== 'unavailable') {
      health.succeeded = true
    }
  }
  const rows = [...lanes.values()].sort((a, b) => (a.system_id < b.system_id ? -1 : 1))
  // When an endpoint falls, every attempt under way fails with it. That is one incident: it opens the breaker for its
  // first time only, and what still comes in while the breaker is open adds nothing. Each failed probe then adds one.
  const isOpen = sql`(l.faults_in_row >= r.breaker_faults and l.open_until > now())`
  const faultsNow = sql`(case when l.faults_in_row < r.breaker_faults
    then least(l.faults_in_row + r.faults, r.breaker_faults) else l.faults_in_row + 1 end)`
  await sql`
    update lanes l set
      faults_in_row = case when r.succeeded then 0 when r.faults = 0 or ${isOpen} then l.faults_in_row else ${faultsNow} end,
      open_until = case
        when r.rest_seconds is not null then now() + make_interval(secs => r.rest_seconds)
        when r.succeeded then null
        when r.faults = 0 or ${isOpen} then l.open_until
        when ${faultsNow} >= r.breaker_faults then now() + make_interval(secs => least(r.breaker_max,
          r.breaker_first * power(2, least(${faultsNow} - r.breaker_faults, 10))))
        else l.open_until end,
      is_broken = case when r.succeeded then false when r.faults = 0 or ${isOpen} then l.is_broken
        else ${faultsNow} >= r.breaker_faults end,
      broken_since = case when r.succeeded then null
        when r.faults > 0 and ${faultsNow} >= r.breaker_faults then coalesce(l.broken_since, now()) else l.broken_since end,
      paused_at = case when r.is_gone and l.paused_reason is null then now() else l.paused_at end,
      paused_reason = case when r.is_gone then coalesce(l.paused_reason, 'endpoint_gone') else l.paused_reason end,
      last_success_at = case when r.succeeded then now() else l.last_success_at end,
      last_fault_at = case when r.faults > 0 then now() else l.last_fault_at end,
      last_fault = coalesce(r.last_fault, l.last_fault)
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(system_id text, succeeded boolean, faults integer,
      last_fault text, rest_seconds double precision, is_gone boolean, breaker_faults integer,
      breaker_first double precision, breaker_max double precision)
    where l.system_id = r.system_id
      and (r.faults > 0 or r.rest_seconds is not null or l.faults_in_row > 0
        or l.last_success_at is null or l.last_success_at < now() - interval '1 second')`.execute(db)
}
