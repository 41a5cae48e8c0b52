// What was promised and what arrived, written down by those who send and receive, apart from the gateway. Nothing in
// here asks the gateway for anything. Times are milliseconds of this process' monotonic clock.

/** One delivery that a receipt promised. */
export interface Promised {
  readonly deliveryId: string
  readonly packageId: string
  readonly documentId: string
  /** The code it is addressed to. */
  readonly organId: string
  /** Of the bytes that were sent, by the sender's own reckoning. */
  readonly sha256: string
  /** When its sender first posted it; the answer may have come much later. */
  readonly postedAt: number
  readonly acceptedAt: number
  /** Which row of the result it counts for. */
  readonly row: string
}

export interface Arrival {
  readonly deliveryId: string
  /** Who got it. */
  readonly receiver: string
  readonly sha256: string
  readonly at: number
  /** The receiver holds it now, or says so. */
  isKept: boolean
  /** When the receiver's word that it has it had left, or was heard. */
  saidAt?: number
  /** Fetched from a mailbox, where what is not confirmed stands until it is: to fetch it again is no repetition. */
  readonly isPulled?: boolean
  /** The gateway itself answered that it knows: nothing excuses a repetition. */
  isAcknowledged?: boolean
}

/** While it lasted, and a moment before and after it, results may have been lost. */
export interface Disturbance {
  readonly row: string
  readonly from: number
  readonly to: number
  /** Only what these do is disturbed; absent: everybody. */
  readonly receivers?: ReadonlySet<string>
}

export interface Ledger {
  /** A receipt repeated for a repeated post adds nothing. */
  promise(promised: Promised): void
  arrive(arrival: Arrival): Arrival
  /** The gateway says that it will not or cannot deliver this one. */
  report(deliveryId: string, state: string): void
  disturb(disturbance: Disturbance): void
  readonly promises: ReadonlyMap<string, Promised>
  arrivalsOf(deliveryId: string): readonly Arrival[]
  readonly reports: ReadonlyMap<string, string>
  readonly disturbances: readonly Disturbance[]
  /** Deliveries that somebody got and nobody was promised. */
  unpromised(): string[]
  isSettled(deliveryId: string): boolean
}

export function createLedger(): Ledger {
  const promises = new Map<string, Promised>()
  const arrivals = new Map<string, Arrival[]>()
  const reports = new Map<string, string>()
  const disturbances: Disturbance[] = []
  const arrivalsOf = (deliveryId: string) => arrivals.get(deliveryId) ?? []

  return {
    promises,
    reports,
    disturbances,
    arrivalsOf,
    promise(promised) {
      if (!promises.has(promised.deliveryId)) promises.set(promised.deliveryId, promised)
    },
    arrive(arrival) {
      const known = arrivals.get(arrival.deliveryId)
      if (known === undefined) arrivals.set(arrival.deliveryId, [arrival])
      else known.push(arrival)
      return arrival
    },
    report: (deliveryId, state) => void reports.set(deliveryId, state),
    disturb: (disturbance) => void disturbances.push(disturbance),
    unpromised: () => [...arrivals.keys()].filter((deliveryId) => !promises.has(deliveryId)),
    isSettled: (deliveryId) => reports.has(deliveryId) || arrivalsOf(deliveryId).some(({ isKept }) => isKept),
  }
}
