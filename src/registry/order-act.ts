// A succession or a move, as an operator orders it: tried out, put off until its time, or carried out at once; and taken
// back. Every act is one transaction together with the deliveries it takes along.
import type { AgencyId } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { DirectoryChange, Impact, Retargeted } from '../domain/retargeting.ts'
import type { SystemId } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { refuseCarryingOut, refuseOrder, refuseUndo, sameAct } from './act-rules.ts'
import {
  type Act,
  type ActOrder,
  actsOf,
  claimDueAct,
  completeAct,
  endAct,
  insertAct,
  isAnyActDue,
  pendingSuccessions,
} from './act-store.ts'
import { findAgency } from './agency-rules.ts'
import { touchAgencies } from './agency-store.ts'
import { formerReceiver, unwriteAct, withAct, withoutAct, writeAct } from './apply-act.ts'
import type { Actor, AuditEntry } from './audit-store.ts'
import type { DirectoryCache } from './directory-cache.ts'
import type { ChangeDirectory, Changed } from './directory-change.ts'
import { agencyNotFound } from './save-agency.ts'

export interface ActDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly clock: Clock
  readonly newId: () => string
  readonly change: ChangeDirectory
  /** `routing/`: what the change does to open deliveries, and doing it. */
  readonly retargeting: {
    preview(db: Db, change: DirectoryChange): Promise<Impact>
    carryOut(trx: Trx, actId: string, change: DirectoryChange): Promise<Retargeted>
    undo(trx: Trx, actId: string, change: DirectoryChange): Promise<Retargeted>
  }
  /** Told which systems got deliveries. */
  readonly afterCommit: (systemIds: ReadonlySet<SystemId>) => void
}

/** Makes the order once the agency and everybody it names is known. */
export type OrderFor = (agencyId: AgencyId, directory: Directory, now: Date) => ActOrder

export interface ActRequest {
  /** The agency's id, or any of its codes. */
  readonly reference: string
  readonly orderFor: OrderFor
  /** A time was given; without one, a repeated order means the act that stands. */
  readonly isTimeGiven: boolean
}

export interface ActAnswer {
  /** None in a dry run. */
  readonly act?: Act
  readonly order: ActOrder
  readonly impact: Impact
  /** What it was judged by: it knows everybody that the act names. */
  readonly directory: Directory
}

/** Judges everything an order would be judged by, and answers what it would do. */
export async function rehearseAct(deps: ActDeps, request: ActRequest): Promise<ActAnswer> {
  const directory = await deps.cache.fresh()
  const now = deps.clock.now()
  const { order, same } = await judged(deps.db, request, { directory, now })
  if (same !== undefined) return { order: same.order, act: same, impact: nothing, directory }
  return { order, directory, impact: await deps.retargeting.preview(deps.db, changeBy(order, directory, now)) }
}

export async function orderAct(deps: ActDeps, actor: Actor, request: ActRequest): Promise<ActAnswer> {
  const { answer, systemIds } = await deps.change(actor, async (trx, directory, now) => {
    const { order, same } = await judged(trx, request, { directory, now })
    if (same !== undefined)
      return { result: { answer: { order: same.order, act: same, impact: nothing, directory }, systemIds: none } }

    const actId = deps.newId()
    await insertAct(trx, { actId, order, orderedBy: actor.name, orderedAt: now })
    if (order.effectiveAt > now) return await putOff(deps, trx, { actId, order }, { directory, now })
    const done = await carryOut(deps, trx, { actId, order }, { directory, now })
    const result = {
      answer: { order, act: await actById(trx, order, actId), impact: done, directory },
      systemIds: done.systemIds,
    }
    return { result, audit: audited(`agency.${order.kind}`, actId, order, done) }
  })
  deps.afterCommit(systemIds)
  return answer
}

/** Carries out what is due, each act for itself; answers how many. Safe in any number of processes. */
export async function carryOutDueActs(deps: ActDeps): Promise<number> {
  const tried: string[] = []
  const failures: unknown[] = []
  while (await isAnyActDue(deps.db, deps.clock.now(), tried)) {
    try {
      const systemIds = await carryOutNext(deps, tried)
      if (systemIds === undefined) break
      deps.afterCommit(systemIds)
    } catch (error) {
      // A fault that this one meets must not keep the others of the same night from their time.
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return tried.length
}

async function carryOutNext(deps: ActDeps, tried: string[]): Promise<ReadonlySet<SystemId> | undefined> {
  return await deps.change<ReadonlySet<SystemId> | undefined>(bySchedule, async (trx, directory, now) => {
    const act = await claimDueAct(trx, now, tried)
    if (act === undefined) return { result: undefined }
    tried.push(act.actId)
    const { actId, order } = act
    const refused = refuseCarryingOut({ order, directory, day: vietnamDay(now) })
    if (refused !== undefined) {
      await endAct(trx, actId, { state: 'failed', by: bySchedule.name, at: now, code: refused.code })
      return { result: none, audit: audited('agency.act_failed', actId, order, { code: refused.code }) }
    }
    const done = await carryOut(deps, trx, act, { directory, now })
    return { result: done.systemIds, audit: audited(`agency.${order.kind}`, actId, order, done, act.orderedBy) }
  })
}

/** Takes an act back: before its time it never happens, within 72 hours it is undone. Again, it stays as it is. */
export async function takeBackAct(
  deps: ActDeps,
  actor: Actor,
  { reference, actId }: { readonly reference: string; readonly actId: string },
): Promise<ActAnswer> {
  const { answer, systemIds } = await deps.change(actor, async (trx, directory, now) => {
    const agency = findAgency(directory, reference, vietnamDay(now))
    if (agency === undefined) throw agencyNotFound(reference)
    const acts = await actsOf(trx, agency.agencyId)
    const act = acts.find((one) => one.actId === actId.toLowerCase())
    if (act === undefined)
      throw new GatewayError('not_found', 'act_not_found', { params: { actId: actId.slice(0, 100) } })
    if (act.state === 'undone' || act.state === 'cancelled')
      return { result: { answer: { order: act.order, act, impact: nothing, directory }, systemIds: none } }
    return act.state === 'pending'
      ? await cancel(trx, actor, act, { directory, now })
      : await undo(deps, trx, { actor, act, acts, directory, now })
  })
  deps.afterCommit(systemIds)
  return answer
}

type Ended = Changed<{ readonly answer: ActAnswer; readonly systemIds: ReadonlySet<SystemId> }>

async function cancel(trx: Trx, actor: Actor, { actId, order }: Act, { directory, now }: Moment): Promise<Ended> {
  await endAct(trx, actId, { state: 'cancelled', by: actor.name, at: now })
  const act = await actById(trx, order, actId)
  return {
    result: { answer: { order, act, impact: nothing, directory }, systemIds: none },
    audit: audited('agency.act_cancelled', actId, order),
  }
}

interface Undoing extends Moment {
  readonly actor: Actor
  readonly act: Act
  readonly acts: readonly Act[]
}

async function undo(deps: ActDeps, trx: Trx, { actor, act, acts, directory, now }: Undoing): Promise<Ended> {
  const refused = refuseUndo({ act, acts, directory, now })
  if (refused !== undefined) throw refused
  const { actId, order } = act
  const change = { before: directory, after: withoutAct(directory, act), day: vietnamDay(now) }
  const back = await deps.retargeting.undo(trx, actId, change)
  await unwriteAct(trx, act)
  await touchAgencies(trx, concerned(order, back))
  await endAct(trx, actId, { state: 'undone', by: actor.name, at: now })
  const undone = await actById(trx, order, actId)
  return {
    result: { answer: { order, act: undone, impact: back, directory }, systemIds: back.systemIds },
    audit: audited('agency.act_undone', actId, order, back),
  }
}

interface Moment {
  readonly directory: Directory
  readonly now: Date
}

async function judged(db: Db, request: ActRequest, { directory, now }: Moment) {
  const day = vietnamDay(now)
  const agency = findAgency(directory, request.reference, day)
  if (agency === undefined) throw agencyNotFound(request.reference)
  const order = request.orderFor(agency.agencyId, directory, now)
  const acts = await actsOf(db, agency.agencyId)
  const same = sameAct({ order, directory, acts }, request.isTimeGiven)
  if (same !== undefined) return { order, same }
  const refused = refuseOrder({ order, directory, acts, pending: await pendingSuccessions(db), day })
  if (refused !== undefined) throw refused
  return { order, same }
}

/** What the deliveries would meet today is told at once; what they will meet is judged when the time has come. */
async function putOff(deps: ActDeps, trx: Trx, { actId, order }: ActToDo, { directory, now }: Moment): Promise<Ended> {
  const impact = await deps.retargeting.preview(trx, changeBy(order, directory, now))
  const act = await actById(trx, order, actId)
  return {
    result: { answer: { order, act, impact, directory }, systemIds: none },
    audit: audited(`agency.${order.kind}_ordered`, actId, order),
  }
}

type ActToDo = Pick<Act, 'actId' | 'order'>

async function carryOut(
  deps: ActDeps,
  trx: Trx,
  { actId, order }: ActToDo,
  { directory, now }: Moment,
): Promise<Retargeted> {
  const done = await deps.retargeting.carryOut(trx, actId, changeBy(order, directory, now))
  const former = formerReceiver(directory, order)
  await writeAct(trx, order, former)
  await touchAgencies(trx, concerned(order, done))
  const { moved, held, staying } = done
  await completeAct(trx, actId, { at: now, ...former, moved, held, stayed: staying.length })
  return done
}

function changeBy(order: ActOrder, directory: Directory, now: Date): DirectoryChange {
  return { before: directory, after: withAct(directory, order), day: vietnamDay(now) }
}

/** Whoever follows the directory by `updatedSince` must see all whose reachability changed. */
function concerned(order: ActOrder, { agencies }: Impact): AgencyId[] {
  const successors = order.kind === 'succession' ? order.successorIds : []
  return [...new Set([order.agencyId, ...successors, ...agencies.map((one) => one.agencyId)])]
}

async function actById(trx: Trx, order: ActOrder, actId: string): Promise<Act> {
  const act = (await actsOf(trx, order.agencyId)).find((one) => one.actId === actId)
  if (act === undefined) throw new Error(`act ${actId} is gone`)
  return act
}

function audited(
  action: string,
  actId: string,
  { agencyId, ...order }: ActOrder,
  result: Partial<Retargeted> & { readonly code?: string } = {},
  orderedBy?: string,
): AuditEntry {
  const { moved, held, staying, code } = result
  const data = { actId, ...order, orderedBy, moved, held, stayed: staying?.length, code }
  return { action, object: `agency:${agencyId}`, data }
}

const nothing: Impact = { agencies: [], ways: [], staying: [], alreadyThere: 0 }
const none: ReadonlySet<SystemId> = new Set()
/** Who acts when the time of an act has come. */
const bySchedule: Actor = { name: 'schedule' }
