// Takes open deliveries along when an agency is closed or moves: the way of each is found in the directory as it will
// be, and what nobody has taken goes it in the very transaction that changes the directory (contract §5).
import type { AgencyId } from '../domain/agency.ts'
import {
  commonWays,
  countOpen,
  type DirectoryChange,
  type Impact,
  isStopped,
  type OpenDelivery,
  type Retargeted,
  type StayingDelivery,
  stayReason,
} from '../domain/retargeting.ts'
import { type NewRoute, newRoute } from '../domain/route.ts'
import type { Db, Trx } from '../platform/database.ts'
import { type ActDelivery, keepActDeliveries, movedByAct } from './act-deliveries-store.ts'

/** Reads and named transitions of `delivery/`. */
export interface RetargetOptions {
  readonly openDeliveriesOf: (db: Db, agencyIds: readonly AgencyId[]) => Promise<OpenDelivery[]>
  readonly openRecallsOf: (db: Db, agencyIds: readonly AgencyId[]) => Promise<Map<AgencyId, number>>
  readonly alreadyWithRecipient: (db: Db, routes: readonly NewRoute[]) => Promise<Set<string>>
  readonly lockUntaken: (trx: Trx, agencyIds: readonly AgencyId[]) => Promise<void>
  readonly moveDeliveries: (
    trx: Trx,
    routes: readonly NewRoute[],
    actId: string,
  ) => Promise<{ deliveryId: string; systemId: string | null; state: string }[]>
}

export interface Retargeting {
  /** What the change would do; nothing is done. */
  preview(db: Db, change: DirectoryChange): Promise<Impact>
  carryOut(trx: Trx, actId: string, change: DirectoryChange): Promise<Retargeted>
  /** The change takes an act back: what the act moved, or what came meanwhile to the old code, goes back as well. */
  undo(trx: Trx, actId: string, change: DirectoryChange): Promise<Retargeted>
}

export function createRetargeting(options: RetargetOptions): Retargeting {
  async function plan(db: Db, ways: Ways, change: DirectoryChange, moved?: WhomFor): Promise<Plan> {
    const deliveries = await options.openDeliveriesOf(db, sources(ways))
    const meant = deliveries.map((delivery) => ({ delivery, agencyId: meantFor(delivery, ways, change, moved) }))
    const concerned = meant.filter(({ agencyId }) => ways.has(agencyId))
    const recalls = await options.openRecallsOf(db, [...ways.keys()])
    return {
      routes: concerned.flatMap((one) => routeOf(one, ways, change) ?? []),
      staying: concerned.flatMap(({ delivery }) => staying(delivery)),
      agencies: [...ways.keys()].map((agencyId) => {
        const own = concerned.filter((one) => one.agencyId === agencyId).map((one) => one.delivery)
        return { agencyId, counts: countOpen(own, recalls.get(agencyId) ?? 0) }
      }),
      whomFor: new Map(concerned.map(({ delivery }) => [delivery.deliveryId, delivery.recipientAgencyId ?? ''])),
    }
  }

  async function carryOut(trx: Trx, actId: string, change: DirectoryChange, moved?: WhomFor): Promise<Retargeted> {
    const ways = changedWays(change)
    await options.lockUntaken(trx, sources(ways))
    const planned = await plan(trx, ways, change, moved)
    const there = await options.alreadyWithRecipient(trx, planned.routes)
    const went = await options.moveDeliveries(trx, planned.routes, actId)
    await keepActDeliveries(trx, actId, kept(planned, went))
    const ids = new Set(went.map((one) => one.deliveryId))
    return {
      agencies: planned.agencies,
      ways: commonWays(planned.routes.filter((route) => ids.has(route.deliveryId))),
      staying: planned.staying,
      alreadyThere: there.size,
      moved: went.filter((one) => one.state !== 'held').length,
      held: went.filter((one) => one.state === 'held').length,
      systemIds: new Set(went.flatMap((one) => one.systemId ?? [])),
    }
  }

  return {
    async preview(db, change) {
      const { routes, staying, agencies } = await plan(db, changedWays(change), change)
      const there = await options.alreadyWithRecipient(db, routes)
      const ways = commonWays(routes.filter((route) => !there.has(route.deliveryId)))
      return { agencies, ways, staying, alreadyThere: there.size }
    },
    carryOut: (trx, actId, change) => carryOut(trx, actId, change),
    undo: async (trx, actId, change) => carryOut(trx, actId, change, await movedByAct(trx, actId)),
  }
}

/** Of deliveries that an act has moved, the agencies they were for before. */
type WhomFor = ReadonlyMap<string, AgencyId>
type Ways = ReadonlyMap<AgencyId, ChangedWay>

interface Plan {
  readonly routes: readonly NewRoute[]
  readonly staying: readonly StayingDelivery[]
  readonly agencies: Impact['agencies']
  readonly whomFor: ReadonlyMap<string, AgencyId>
}

interface ChangedWay {
  readonly before: NewRoute
  readonly after: NewRoute
}

/** The agencies whose documents go another way from now on: the one acted on, and whoever is received for by it. */
function changedWays({ before, after, day }: DirectoryChange): Map<AgencyId, ChangedWay> {
  const changed = new Map<AgencyId, ChangedWay>()
  for (const agencyId of before.agencies.keys()) {
    const [was, becomes] = [newRoute(unrouted(agencyId), before, day), newRoute(unrouted(agencyId), after, day)]
    if (was === undefined || becomes === undefined || isSameWay(was, becomes)) continue
    changed.set(agencyId, { before: was, after: becomes })
  }
  return changed
}

/** A delivery that goes nowhere yet: its new way is the agency's. */
function unrouted(recipientAgencyId: AgencyId) {
  return {
    ...{ deliveryId: '', organId: '', recipientAgencyId },
    ...{ state: 'none', heldReason: null, systemId: null, channel: null },
  }
}

function isSameWay(a: NewRoute, b: NewRoute): boolean {
  return a.recipientAgencyId === b.recipientAgencyId && JSON.stringify(a.destination) === JSON.stringify(b.destination)
}

/** Whose deliveries have to be looked at: those of the agencies themselves, and of whoever got them in their place. */
function sources(ways: Ways): AgencyId[] {
  return [...new Set([...ways].flatMap(([agencyId, way]) => [agencyId, way.before.recipientAgencyId]))]
}

/**
 * Whom a delivery is meant for in the directory as it will be. Of what a successor has to give back, that is the agency
 * it was taken from, or the one whose code the sender wrote while the act stood.
 */
function meantFor(delivery: OpenDelivery, ways: Ways, { after, day }: DirectoryChange, moved?: WhomFor): AgencyId {
  const recipient = delivery.recipientAgencyId ?? ''
  if (moved === undefined) return recipient
  const meant = moved.get(delivery.deliveryId) ?? after.findByCode(delivery.organId, day)?.agencyId ?? recipient
  return ways.get(meant)?.before.recipientAgencyId === recipient ? meant : recipient
}

function routeOf(
  { delivery, agencyId }: { readonly delivery: OpenDelivery; readonly agencyId: AgencyId },
  ways: Ways,
  { after, day }: DirectoryChange,
): NewRoute | undefined {
  if (stayReason(delivery) !== undefined || isStopped(delivery)) return undefined
  if (agencyId === delivery.recipientAgencyId) return newRoute(delivery, after, day)
  const way = ways.get(agencyId)?.after
  return way && { ...way, deliveryId: delivery.deliveryId }
}

function staying(delivery: OpenDelivery): StayingDelivery[] {
  const reason = stayReason(delivery)
  return reason === undefined ? [] : [{ delivery, reason }]
}

function kept({ staying, whomFor }: Plan, went: readonly { deliveryId: string }[]): ActDelivery[] {
  const agencyOf = (deliveryId: string) => whomFor.get(deliveryId) ?? ''
  return [
    ...went.map(({ deliveryId }) => ({ deliveryId, agencyId: agencyOf(deliveryId), outcome: 'moved' as const })),
    ...staying.map(({ delivery: { deliveryId }, reason }) => ({
      ...{ deliveryId, agencyId: agencyOf(deliveryId) },
      outcome: reason === 'recall' ? ('recall' as const) : ('stays' as const),
    })),
  ]
}
