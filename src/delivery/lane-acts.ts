// What operators do with a lane: pause, drain, resume, suspend. Everything stays where it is; the clocks of what waits
// stand still meanwhile.
import { sql } from 'kysely'
import type { Db, Trx } from '../platform/database.ts'
import { letClocksRun, stopClocks } from './clocks.ts'

export type LaneAct = 'pause' | 'drain' | 'suspend' | 'resume'

export interface LaneActBy {
  readonly act: LaneAct
  readonly systemId: string
  readonly operator: string
  readonly reason?: string
  readonly newId: () => string
}

export interface LaneState {
  readonly systemId: string
  /** `draining` while attempts run that had begun before. */
  readonly state: 'running' | 'draining' | 'paused' | 'suspended'
  readonly inFlight: number
  readonly waiting: number
}

const pausedReason = { pause: 'by_operator', drain: 'draining', suspend: 'suspended' } as const

/** Undefined for a system that has no lane. */
export async function actOnLane(trx: Trx, by: LaneActBy): Promise<LaneState | undefined> {
  const done = by.act === 'resume' ? await resume(trx, by) : await stop(trx, by, pausedReason[by.act])
  if (!done) return undefined
  return await laneState(trx, by.systemId)
}

async function stop(trx: Trx, { systemId, operator, reason, newId }: LaneActBy, why: string): Promise<boolean> {
  const { rows } = await sql`
    update lanes set paused_reason = ${why}, paused_at = coalesce(paused_at, now()), paused_by = ${operator},
      paused_note = ${reason ?? null}
    where system_id = ${systemId} returning system_id`.execute(trx)
  if (rows.length === 0) return false
  await setSuspended(trx, systemId, why === 'suspended')
  await stopClocks(trx, newId(), systemId, why)
  return true
}

/** A clean record as well: whoever resumes a lane has looked after its endpoint. */
async function resume(trx: Trx, { systemId }: LaneActBy): Promise<boolean> {
  const { rows } = await sql`
    update lanes set paused_reason = null, paused_at = null, paused_by = null, paused_note = null,
      faults_in_row = 0, is_broken = false, broken_since = null, open_until = null
    where system_id = ${systemId} returning system_id`.execute(trx)
  if (rows.length === 0) return false
  await setSuspended(trx, systemId, false)
  await letClocksRun(trx, systemId)
  return true
}

async function setSuspended(trx: Trx, systemId: string, isSuspended: boolean): Promise<void> {
  await sql`
    update systems set suspended_at = ${isSuspended ? sql`now()` : sql`null`}
    where system_id = ${systemId} and (suspended_at is null) = ${isSuspended}`.execute(trx)
}

export async function laneState(db: Db, systemId: string): Promise<LaneState | undefined> {
  const { rows } = await sql<{ paused_reason: string | null; in_flight: number; waiting: number }>`
    select l.paused_reason,
      (select count(*)::int from deliveries d
       where d.system_id = l.system_id and d.lease_token is not null and d.lease_until > clock_timestamp()) as in_flight,
      (select count(*)::int from deliveries d
       where d.system_id = l.system_id and d.state in ('waiting', 'available')) as waiting
    from lanes l where l.system_id = ${systemId}`.execute(db)
  const [row] = rows
  return row && { systemId, state: stateOf(row), inFlight: row.in_flight, waiting: row.waiting }
}

function stateOf({
  paused_reason,
  in_flight,
}: {
  paused_reason: string | null
  in_flight: number
}): LaneState['state'] {
  if (paused_reason === null) return 'running'
  if (paused_reason === 'suspended') return 'suspended'
  return paused_reason === 'draining' && in_flight > 0 ? 'draining' : 'paused'
}
