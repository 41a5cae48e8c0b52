// Whether an act on an agency may be ordered, carried out or taken back, judged on values: pure, so that an order, a
// dry run and an act whose time has come obey the same rules.
import { type Agency, type AgencyId, currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Act, ActOrder } from './act-store.ts'

export interface OrderQuestion {
  readonly order: ActOrder
  readonly directory: Directory
  /** Of this agency, newest first. */
  readonly acts: readonly Act[]
  /** Successions of all agencies that wait for their time. */
  readonly pending: readonly Act[]
  /** Today in Vietnam. */
  readonly day: string
}

/** Within this time an act can be undone (contract §5). */
export const undoHours = 72

/** The standing act that this order would only repeat: a call that was sent twice changes nothing. */
export function sameAct(
  { order, directory, acts }: Pick<OrderQuestion, 'order' | 'directory' | 'acts'>,
  isTimeGiven: boolean,
): Act | undefined {
  const standing = acts.find((act) => act.state === 'pending' || act.state === 'done')
  if (standing === undefined || !wantsTheSame(order, standing.order)) return undefined
  if (standing.state === 'done' && !isAsLeft(standing, directory)) return undefined
  const isSameTime = order.effectiveAt.getTime() === standing.order.effectiveAt.getTime()
  return !isTimeGiven || isSameTime ? standing : undefined
}

function wantsTheSame(a: ActOrder, b: ActOrder): boolean {
  if (a.kind === 'move') return b.kind === 'move' && a.toSystemId === b.toSystemId
  return b.kind === 'succession' && a.redirects === b.redirects && isSameSet(a.successorIds, b.successorIds)
}

/** Why this cannot be ordered now. */
export function refuseOrder(question: OrderQuestion): GatewayError | undefined {
  const { order, directory, acts, pending, day } = question
  const agency = directory.agencies.get(order.agencyId)
  if (agency === undefined)
    return new GatewayError('not_found', 'agency_not_found', { params: { code: order.agencyId } })
  const open = acts.find((act) => act.state === 'pending')
  if (open !== undefined) {
    return new GatewayError('conflict', 'agency_act_open', {
      params: { agency: named(agency, day) },
      extra: { actId: open.actId },
    })
  }
  const refused = refuseCarryingOut({ order, directory, day })
  if (refused !== undefined || order.kind === 'move') return refused
  return refuseSuccessors(order.successorIds, agency, { directory, pending, day })
}

/** Why this cannot be carried out: asked when it is ordered, and again when its time has come. */
export function refuseCarryingOut({
  order,
  directory,
  day,
}: Pick<OrderQuestion, 'order' | 'directory' | 'day'>): GatewayError | undefined {
  const agency = directory.agencies.get(order.agencyId)
  if (agency === undefined)
    return new GatewayError('not_found', 'agency_not_found', { params: { code: order.agencyId } })
  if (agency.closedAt !== undefined) {
    return new GatewayError('conflict', 'agency_closed', { params: { agency: named(agency, day) } })
  }
  if (order.kind === 'move') return refuseMove(order.toSystemId, agency, directory, day)
  if (order.successorIds.includes(agency.agencyId)) {
    return new GatewayError('invalid', 'succession_to_itself', {
      params: { agency: named(agency, day) },
      violations: [{ path: '/successors', rule: 'succession_to_itself' }],
    })
  }
  return isFollowedBack(agency.agencyId, order.successorIds, directory, []) ? circle(agency, day) : undefined
}

function refuseMove(toSystemId: string, agency: Agency, directory: Directory, day: string): GatewayError | undefined {
  const system = directory.systems.get(toSystemId)
  if (system === undefined) {
    return new GatewayError('invalid', 'move_system_unknown', {
      params: { systemId: toSystemId.slice(0, 100) },
      violations: [{ path: '/toSystemId', rule: 'move_system_unknown', found: toSystemId.slice(0, 100) }],
    })
  }
  if (!system.receivesFor.includes(agency.agencyId)) return undefined
  return new GatewayError('conflict', 'move_to_same_system', {
    params: { agency: named(agency, day), systemId: toSystemId },
  })
}

/**
 * When ordered, a successor must be open. When its time has come it may have been closed by an act of the same night;
 * then the chain leads on.
 */
function refuseSuccessors(
  successorIds: readonly AgencyId[],
  agency: Agency,
  { directory, pending, day }: Pick<OrderQuestion, 'directory' | 'pending' | 'day'>,
): GatewayError | undefined {
  const n = successorIds.findIndex((id) => directory.agencies.get(id)?.closedAt !== undefined)
  const closed = directory.agencies.get(successorIds[n] ?? '')
  if (closed !== undefined) {
    return new GatewayError('invalid', 'successor_closed', {
      params: { agency: named(closed, day) },
      violations: [{ path: `/successors/${n}`, rule: 'successor_closed', found: named(closed, day) }],
    })
  }
  return isFollowedBack(agency.agencyId, successorIds, directory, pending) ? circle(agency, day) : undefined
}

/** Whether the way along successors, those to come among them, leads back to the agency. */
function isFollowedBack(
  agencyId: AgencyId,
  successorIds: readonly AgencyId[],
  directory: Directory,
  pending: readonly Act[],
): boolean {
  const passed = new Set(successorIds)
  for (const id of passed) {
    if (id === agencyId) return true
    const toCome = pending.flatMap(({ order }) =>
      order.kind === 'succession' && order.agencyId === id ? order.successorIds : [],
    )
    for (const next of [...(directory.agencies.get(id)?.successorIds ?? []), ...toCome]) passed.add(next)
  }
  return false
}

function circle(agency: Agency, day: string): GatewayError {
  return new GatewayError('invalid', 'succession_circle', {
    params: { agency: named(agency, day) },
    violations: [{ path: '/successors', rule: 'succession_circle' }],
  })
}

export interface UndoQuestion {
  readonly act: Act
  readonly directory: Directory
  /** Of the agency, newest first. */
  readonly acts: readonly Act[]
  readonly now: Date
}

export function undoUntil(carriedOutAt: Date): Date {
  return new Date(carriedOutAt.getTime() + undoHours * 3_600_000)
}

/** Why an act that was carried out cannot be undone any more. */
export function refuseUndo({ act, directory, acts, now }: UndoQuestion): GatewayError | undefined {
  if (act.state !== 'done' || act.carriedOutAt === undefined) {
    return new GatewayError('conflict', 'act_not_undoable', { params: { state: act.state } })
  }
  if (now >= undoUntil(act.carriedOutAt)) {
    return new GatewayError('conflict', 'act_undo_over', { params: { hours: undoHours } })
  }
  const newest = acts.find((one) => one.state === 'done' || one.state === 'pending')
  if (newest?.actId === act.actId && isAsLeft(act, directory)) return undefined
  return new GatewayError('conflict', 'act_overtaken')
}

/** Whether the directory still says what the act made it say. */
function isAsLeft({ order, fromSystemId }: Act, directory: Directory): boolean {
  const agency = directory.agencies.get(order.agencyId)
  if (agency === undefined) return false
  if (order.kind === 'move') {
    const isThere = directory.systems.get(order.toSystemId)?.receivesFor.includes(order.agencyId) === true
    return isThere && (fromSystemId === undefined || directory.systems.has(fromSystemId))
  }
  return agency.closedAt !== undefined && isSameSet(agency.successorIds, order.successorIds)
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one))
}

function named(agency: Agency, day: string): string {
  return `${agency.name} (${currentCode(agency, day)})`
}
