// What a change of the directory does to the deliveries that are open: a value that is shown before the change and that
// is carried out with it.
import type { AgencyId } from './agency.ts'
import type { DeliveryState, HeldReason } from './delivery.ts'
import type { Directory } from './directory.ts'
import type { NewRoute, OpenRoute } from './route.ts'
import type { SystemId } from './system.ts'

export interface DirectoryChange {
  readonly before: Directory
  readonly after: Directory
  /** Today in Vietnam, ISO. */
  readonly day: string
}

/** A delivery of which nobody has said yet that it arrived. */
export interface OpenDelivery extends OpenRoute {
  readonly state: DeliveryState
  readonly documentId: string
  /** Somebody has it, or may have it. */
  readonly isTaken: boolean
  /** It asks for a document back that the very system has for which it waits. */
  readonly asksBack: boolean
}

export interface OpenCounts {
  readonly waiting: number
  readonly unfetched: number
  readonly fetched: number
  readonly inFlight: number
  readonly held: number
  readonly openRecalls: number
}

/**
 * Why a delivery stays where it is: it was fetched, it is being pushed, an earlier push may have arrived, or it asks for
 * a document back, which only the system can answer that has the document.
 */
export type StayReason = 'fetched' | 'in_flight' | 'attempted' | 'recall'

export interface StayingDelivery {
  readonly delivery: OpenDelivery
  readonly reason: StayReason
}

/** Deliveries that go one way together. */
export interface CommonWay {
  readonly agencyCode: string
  /** Where they go; none where they are held. */
  readonly systemId?: SystemId
  readonly heldReason?: HeldReason
  readonly count: number
}

export interface Impact {
  readonly agencies: readonly { readonly agencyId: AgencyId; readonly counts: OpenCounts }[]
  readonly ways: readonly CommonWay[]
  readonly staying: readonly StayingDelivery[]
  /** The successor has the document under another delivery; this one is left alone. */
  readonly alreadyThere: number
}

/** What was really done. */
export interface Retargeted extends Impact {
  readonly moved: number
  readonly held: number
  readonly systemIds: ReadonlySet<SystemId>
}

/** The deliveries of one agency, by what became of them so far. */
export function countOpen(deliveries: readonly OpenDelivery[], openRecalls: number): OpenCounts {
  const count = (state: DeliveryState, isTaken?: boolean) =>
    deliveries.filter((d) => d.state === state && (isTaken === undefined || d.isTaken === isTaken)).length
  return {
    waiting: count('waiting'),
    unfetched: count('available', false),
    fetched: count('available', true),
    inFlight: count('in_flight'),
    held: count('held'),
    openRecalls,
  }
}

export function stayReason(delivery: OpenDelivery): StayReason | undefined {
  if (delivery.state === 'in_flight') return 'in_flight'
  if (!delivery.isTaken) return delivery.asksBack ? 'recall' : undefined
  return delivery.state === 'available' ? 'fetched' : 'attempted'
}

/** Stopped by a person for a reason of its own: no change of the directory sets it going again. */
export function isStopped({ heldReason }: OpenRoute): boolean {
  return heldReason === 'quarantined' || heldReason === 'by_operator'
}

export function commonWays(routes: readonly NewRoute[]): CommonWay[] {
  const ways = new Map<string, CommonWay>()
  for (const { agencyCode, destination } of routes) {
    const to = destination.kind === 'lane' ? { systemId: destination.systemId } : { heldReason: destination.reason }
    const key = JSON.stringify([agencyCode, to])
    ways.set(key, { agencyCode, ...to, count: (ways.get(key)?.count ?? 0) + 1 })
  }
  return [...ways.values()]
}
