// Acts on agencies as rows. Whoever writes one holds the lock of the directory, so acts are judged one after the other.
import { type Selectable, sql } from 'kysely'
import type { AgencyId } from '../domain/agency.ts'
import type { SystemId } from '../domain/system.ts'
import type { AgencyActs } from '../generated/database.ts'
import type { Db, Trx } from '../platform/database.ts'

export type ActState = 'pending' | 'done' | 'cancelled' | 'undone' | 'failed'

/** What an operator wants done. */
export type ActOrder =
  | {
      readonly kind: 'succession'
      readonly agencyId: AgencyId
      readonly successorIds: readonly AgencyId[]
      readonly redirects: boolean
      readonly effectiveAt: Date
    }
  | { readonly kind: 'move'; readonly agencyId: AgencyId; readonly toSystemId: SystemId; readonly effectiveAt: Date }

export interface Act {
  readonly actId: string
  readonly order: ActOrder
  readonly state: ActState
  readonly orderedBy: string
  readonly orderedAt: Date
  readonly carriedOutAt?: Date
  readonly endedBy?: string
  readonly endedAt?: Date
  readonly failureCode?: string
  /** Of a move that was carried out: who received before, and whether the new system might send already. */
  readonly fromSystemId?: SystemId
  readonly toSystemSent?: boolean
  readonly outcome?: ActOutcome
}

export interface ActOutcome {
  readonly moved: number
  readonly held: number
  readonly stayed: number
}

type Row = Selectable<AgencyActs>

export async function insertAct(
  trx: Trx,
  { actId, order, orderedBy, orderedAt }: Pick<Act, 'actId' | 'order' | 'orderedBy' | 'orderedAt'>,
): Promise<void> {
  await trx
    .insertInto('agency_acts')
    .values({
      act_id: actId,
      agency_id: order.agencyId,
      kind: order.kind,
      state: 'pending',
      effective_at: order.effectiveAt,
      ordered_by: orderedBy,
      ordered_at: orderedAt,
      ...(order.kind === 'move'
        ? { to_system_id: order.toSystemId }
        : { successor_ids: [...order.successorIds], redirects: order.redirects }),
    })
    .execute()
}

export interface Completion extends ActOutcome {
  readonly at: Date
  readonly fromSystemId?: SystemId
  readonly toSystemSent?: boolean
}

export async function completeAct(trx: Trx, actId: string, completion: Completion): Promise<void> {
  await trx
    .updateTable('agency_acts')
    .set({
      state: 'done',
      carried_out_at: completion.at,
      from_system_id: completion.fromSystemId ?? null,
      to_system_sent: completion.toSystemSent ?? null,
      moved: completion.moved,
      held: completion.held,
      stayed: completion.stayed,
    })
    .where('act_id', '=', actId)
    .where('state', '=', 'pending')
    .execute()
}

export async function endAct(
  trx: Trx,
  actId: string,
  end: {
    readonly state: 'cancelled' | 'undone' | 'failed'
    readonly by: string
    readonly at: Date
    readonly code?: string
  },
): Promise<void> {
  await trx
    .updateTable('agency_acts')
    .set({ state: end.state, ended_by: end.by, ended_at: end.at, failure_code: end.code ?? null })
    .where('act_id', '=', actId)
    .where('state', '=', end.state === 'undone' ? 'done' : 'pending')
    .execute()
}

/** Newest first. */
export async function actsOf(db: Db, agencyId: AgencyId): Promise<Act[]> {
  const rows = await db
    .selectFrom('agency_acts')
    .selectAll()
    .where('agency_id', '=', agencyId)
    .orderBy('ordered_at', 'desc')
    .orderBy('act_id', 'desc')
    .execute()
  return rows.map(toAct)
}

/** Successions that wait for their time: who will follow whom is known before it is so. */
export async function pendingSuccessions(db: Db): Promise<Act[]> {
  const rows = await db
    .selectFrom('agency_acts')
    .selectAll()
    .where('state', '=', 'pending')
    .where('kind', '=', 'succession')
    .execute()
  return rows.map(toAct)
}

/** Asked every second or so, so it locks nothing. */
export async function isAnyActDue(db: Db, now: Date, except: readonly string[]): Promise<boolean> {
  const row = await dueActs(db, now, except).select('act_id').limit(1).executeTakeFirst()
  return row !== undefined
}

/** The act that has been due longest, for whoever carries it out; none while another process has it. */
export async function claimDueAct(trx: Trx, now: Date, except: readonly string[]): Promise<Act | undefined> {
  const row = await dueActs(trx, now, except)
    .selectAll()
    .orderBy('effective_at')
    .orderBy('ordered_at')
    .orderBy('act_id')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()
  return row && toAct(row)
}

function dueActs(db: Db, now: Date, except: readonly string[]) {
  return db
    .selectFrom('agency_acts')
    .where('state', '=', 'pending')
    .where('effective_at', '<=', now)
    .where(sql<boolean>`act_id <> all(${[...except]}::uuid[])`)
}

export interface FailedAct {
  readonly agencyId: AgencyId
  readonly actId: string
  readonly kind: string
  readonly failureCode: string
}

/** Acts that could not be carried out, and that nobody has ordered anew since. */
export async function failedActs(db: Db): Promise<FailedAct[]> {
  const { rows } = await sql<{ agency_id: string; act_id: string; kind: string; failure_code: string }>`
    select a.agency_id, a.act_id, a.kind, a.failure_code from agency_acts a
    where a.state = 'failed' and not exists (
      select from agency_acts later where later.agency_id = a.agency_id and later.ordered_at > a.ended_at)
    order by a.act_id`.execute(db)
  return rows.map((row) => ({
    agencyId: row.agency_id,
    actId: row.act_id,
    kind: row.kind,
    failureCode: row.failure_code,
  }))
}

function toAct(row: Row): Act {
  return {
    actId: row.act_id,
    order: toOrder(row),
    state: stateOf(row.state),
    orderedBy: row.ordered_by,
    orderedAt: row.ordered_at,
    ...(row.carried_out_at === null ? {} : { carriedOutAt: row.carried_out_at }),
    ...(row.ended_by === null ? {} : { endedBy: row.ended_by }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.failure_code === null ? {} : { failureCode: row.failure_code }),
    ...(row.from_system_id === null ? {} : { fromSystemId: row.from_system_id }),
    ...(row.to_system_sent === null ? {} : { toSystemSent: row.to_system_sent }),
    ...(row.moved === null ? {} : { outcome: { moved: row.moved, held: row.held ?? 0, stayed: row.stayed ?? 0 } }),
  }
}

function toOrder(row: Row): ActOrder {
  const about = { agencyId: row.agency_id, effectiveAt: row.effective_at }
  return row.to_system_id === null
    ? { kind: 'succession', ...about, successorIds: row.successor_ids, redirects: row.redirects }
    : { kind: 'move', ...about, toSystemId: row.to_system_id }
}

function stateOf(text: string): ActState {
  const found = states.find((state) => state === text)
  if (found === undefined) throw new Error(`unknown state of an act: ${text}`)
  return found
}

const states: readonly ActState[] = ['pending', 'done', 'cancelled', 'undone', 'failed']
