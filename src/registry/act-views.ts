// Acts on agencies as operators are shown them, with what they do to open deliveries.
import { type AgencyId, currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import type { Impact, OpenCounts, StayingDelivery } from '../domain/retargeting.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { AgencyAct } from '../generated/json/agency-act.ts'
import type { AgencyActResult } from '../generated/json/agency-act-result.ts'
import { undoUntil } from './act-rules.ts'
import type { Act, ActOrder } from './act-store.ts'
import { agencyReferences } from './agency-views.ts'
import type { ActAnswer } from './order-act.ts'

interface Ground {
  readonly directory: Directory
  /** Today in Vietnam. */
  readonly day: string
}

// A person looks through a screenful; the count tells of the rest.
const stayingShown = 100

export function actResult({ act, order, impact, directory }: ActAnswer, dryRun: boolean, day: string): AgencyActResult {
  const ground = { directory, day }
  return {
    dryRun,
    act: act === undefined ? plannedView(order, ground) : actView(act, ground),
    ...total(impact),
    agencies: impact.agencies.flatMap(({ agencyId, counts }) => agencyCounts(agencyId, counts, ground)),
    moves: impact.ways.flatMap(({ agencyCode, systemId, count }) =>
      systemId === undefined ? [] : [{ agencyCode, systemId, count }],
    ),
    becomesHeld: impact.ways.flatMap(({ agencyCode, heldReason, count }) =>
      isReason(heldReason) ? [{ agencyCode, reason: heldReason, count }] : [],
    ),
    staysWithOldSystem: {
      count: impact.staying.length,
      deliveries: impact.staying.slice(0, stayingShown).map(stayingView),
    },
    alreadyWithSuccessor: impact.alreadyThere,
  }
}

export function actView(act: Act, ground: Ground): AgencyAct {
  const { order, carriedOutAt, endedAt } = act
  return {
    ...orderView(order, ground),
    actId: act.actId,
    state: act.state,
    orderedBy: act.orderedBy,
    orderedAt: vietnamTime(act.orderedAt),
    ...(act.fromSystemId === undefined ? {} : { fromSystemId: act.fromSystemId }),
    ...(carriedOutAt === undefined ? {} : { carriedOutAt: vietnamTime(carriedOutAt) }),
    ...(carriedOutAt === undefined || act.state !== 'done' ? {} : { undoUntil: vietnamTime(undoUntil(carriedOutAt)) }),
    ...(act.endedBy === undefined ? {} : { endedBy: act.endedBy }),
    ...(endedAt === undefined ? {} : { endedAt: vietnamTime(endedAt) }),
    ...(act.failureCode === undefined ? {} : { failureCode: act.failureCode }),
    ...act.outcome,
  }
}

function plannedView(order: ActOrder, ground: Ground): AgencyAct {
  return { ...orderView(order, ground), state: 'planned' }
}

function orderView(order: ActOrder, { directory, day }: Ground) {
  const [agency] = agencyReferences(directory, [order.agencyId], day)
  if (agency === undefined) throw new Error(`the agency ${order.agencyId} of an act is gone`)
  const about = { kind: order.kind, agency, effectiveAt: vietnamTime(order.effectiveAt) }
  if (order.kind === 'move') return { ...about, toSystemId: order.toSystemId }
  return { ...about, successors: agencyReferences(directory, order.successorIds, day), redirect: order.redirects }
}

function agencyCounts(agencyId: AgencyId, counts: OpenCounts, { directory, day }: Ground) {
  const agency = directory.agencies.get(agencyId)
  return agency === undefined ? [] : [{ agencyId, code: currentCode(agency, day), name: agency.name, ...counts }]
}

function total({ agencies }: Impact): OpenCounts {
  const sum = (name: keyof OpenCounts) => agencies.reduce((n, { counts }) => n + counts[name], 0)
  return {
    waiting: sum('waiting'),
    unfetched: sum('unfetched'),
    fetched: sum('fetched'),
    inFlight: sum('inFlight'),
    held: sum('held'),
    openRecalls: sum('openRecalls'),
  }
}

type Staying = AgencyActResult['staysWithOldSystem']['deliveries'][number]

function stayingView({ delivery, reason }: StayingDelivery): Staying {
  const { deliveryId, documentId, organId, systemId } = delivery
  return {
    deliveryId,
    documentId,
    organId,
    state: shownState(delivery),
    reason,
    ...(systemId === null ? {} : { systemId }),
  }
}

type ActReason = AgencyActResult['becomesHeld'][number]['reason']

function isReason(reason: string | undefined): reason is ActReason {
  return reason === 'not_connected' || reason === 'no_system' || reason === 'closed'
}

/** What stays is still on its way. */
function shownState({ state }: StayingDelivery['delivery']): Staying['state'] {
  return state === 'waiting' || state === 'in_flight' ? state : 'available'
}
