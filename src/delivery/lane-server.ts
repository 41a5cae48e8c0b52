// Serves one lane at a time: claims what is due, lets the attempts run side by side, claims again as slots come free.
// It stops when nothing is due, when every slot hangs, or when its turn is over; it never waits for its slowest
// attempt (design D3). What ends after that rings the lane again.
import type { Logger } from 'pino'
import type { AttemptOutcome, ClaimedDelivery, DeliverablePackage } from '../domain/delivery.ts'
import { BlobStoreAway, type Clock, type DeliveryChannel } from '../domain/ports.ts'
import type { Claim } from './claim-deliveries.ts'
import type { AttemptResult } from './record-results.ts'
import type { ResultRecorder } from './result-recorder.ts'

export interface LaneServerOptions {
  readonly claim: (systemId: string, max: number) => Promise<readonly Claim[]>
  readonly extend: (held: readonly ClaimedDelivery[]) => Promise<void>
  readonly channel: DeliveryChannel
  readonly recorder: ResultRecorder
  readonly ring: (systemIds: readonly string[]) => void
  /** Deliveries of one package to this system go out together. */
  readonly isBundled: (systemId: string) => boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly leaseMs: number
}

export interface LaneServer {
  serve(systemId: string): Promise<void>
  /** Stops claiming, gives running attempts `graceMs`, then cuts them: their leases run out. */
  close(graceMs: number): Promise<void>
}

const claimMax = 64
/** After so long a busy lane gives its worker to the next one. */
const turnMs = 1_000
/** A lane whose slots all hang gives its worker up after this. */
const patienceMs = 250
/** Lanes with a high rate are looked at this often, and get the tokens of that time at once. */
const tokenMsMin = 200
/** The longest an attempt may take: a floor for small packages, and for large ones the time at 100 KB/s. */
const attemptFloorMs = 60_000
const slowestBytesPerMs = 100

const noOutcome: AttemptOutcome = { kind: 'unclear', cause: 'the channel gave no outcome' }

export function createLaneServer(options: LaneServerOptions): LaneServer {
  const running = new Map<string, { claims: readonly Claim[]; abort: AbortController; done: Promise<void> }>()
  const serving = new Set<string>()
  const mayHaveMore = new Set<string>()
  const waiters = new Map<string, () => void>()
  const tokenTimers = new Map<string, NodeJS.Timeout>()
  let closing = false

  const keepAlive = setInterval(() => {
    options
      .extend([...running.values()].flatMap((r) => r.claims.map((claim) => claim.delivery)))
      .catch((error: unknown) => {
        options.logger.warn({ err: error }, 'delivery.leases_not_extended')
      })
  }, options.leaseMs / 3)
  keepAlive.unref()

  async function serve(systemId: string): Promise<void> {
    // Another job serves this lane in this very process; it will see what is due now.
    if (serving.has(systemId)) {
      mayHaveMore.add(systemId)
      return
    }
    serving.add(systemId)
    try {
      await takeTurn(systemId)
    } finally {
      serving.delete(systemId)
    }
  }

  async function takeTurn(systemId: string): Promise<void> {
    const turnEnds = performance.now() + turnMs
    while (!closing) {
      mayHaveMore.delete(systemId)
      const claims = await options.claim(systemId, claimMax)
      for (const together of options.isBundled(systemId) ? byPackage(claims) : claims.map((claim) => [claim])) {
        start(systemId, together)
      }
      ringWhenTokensAreBack(systemId, claims[0]?.ratePerSecond)
      // A slot came free, or somebody rang, while the slots were being counted: that count is stale.
      const isStale = mayHaveMore.has(systemId)
      // With slots taken more may be due than was claimed; whoever ends after this turn rings again.
      if (isRunningHere(systemId)) mayHaveMore.add(systemId)
      if (claims.length === 0 && !isStale) return
      if (claims.length === 0) continue
      if (performance.now() > turnEnds) return options.ring([systemId])
      if (!(await slotFreed(systemId))) return
    }
  }

  /** A lane with a rate may have more due than it has tokens for; the next one comes back after a moment. */
  function ringWhenTokensAreBack(systemId: string, ratePerSecond: number | undefined): void {
    if (ratePerSecond === undefined || tokenTimers.has(systemId)) return
    const timer = setTimeout(
      () => {
        tokenTimers.delete(systemId)
        if (!closing) options.ring([systemId])
      },
      Math.max(tokenMsMin, 1_000 / ratePerSecond),
    )
    tokenTimers.set(systemId, timer.unref())
  }

  function isRunningHere(systemId: string): boolean {
    for (const { claims } of running.values()) if (claims[0]?.delivery.systemId === systemId) return true
    return false
  }

  function slotFreed(systemId: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), patienceMs)
      const finish = (freed: boolean) => {
        clearTimeout(timer)
        waiters.delete(systemId)
        resolve(freed)
      }
      waiters.set(systemId, () => finish(true))
    })
  }

  function start(systemId: string, claims: readonly Claim[]): void {
    const abort = new AbortController()
    const key = claims[0]?.delivery.leaseToken ?? ''
    const done = attempt(claims, abort).finally(() => {
      running.delete(key)
      attemptEnded(systemId)
    })
    running.set(key, { claims, abort, done })
  }

  function attemptEnded(systemId: string): void {
    const waiter = waiters.get(systemId)
    if (waiter !== undefined) waiter()
    else if (serving.has(systemId)) mayHaveMore.add(systemId)
    else if (!closing && mayHaveMore.has(systemId)) options.ring([systemId])
  }

  async function attempt(claims: readonly Claim[], abort: AbortController): Promise<void> {
    const [first] = claims
    if (first === undefined) return
    const deadlineMs = attemptFloorMs + first.package.size / slowestBytesPerMs
    const deadline = setTimeout(() => abort.abort(), deadlineMs)
    const startedAt = options.clock.now()
    try {
      const outcomes = await outcomesOf(first.package, claims, abort.signal)
      if (closing && abort.signal.aborted) return
      const finishedAt = options.clock.now()
      const results = claims.map((claim): AttemptResult => {
        const outcome = outcomes.get(claim.delivery.deliveryId) ?? noOutcome
        return { claim, outcome, startedAt, finishedAt }
      })
      for (const result of results) logAttempt(result)
      await Promise.all(results.map((result) => options.recorder.record(result)))
    } finally {
      clearTimeout(deadline)
    }
  }

  async function outcomesOf(pkg: DeliverablePackage, claims: readonly Claim[], signal: AbortSignal) {
    const deliveries = claims.map((claim) => claim.delivery)
    try {
      return await options.channel.deliver({ package: pkg, deliveries, signal })
    } catch (error) {
      // A fault of ours, such as bytes that cannot be read. The delivery stays due and the cause is on record.
      const deliveryIds = deliveries.map((delivery) => delivery.deliveryId)
      options.logger.error({ err: error, deliveryIds }, 'delivery.attempt_failed')
      const outcome = ourFault(error)
      return new Map(deliveryIds.map((id) => [id, outcome]))
    }
  }

  function logAttempt({ claim, outcome, startedAt, finishedAt }: AttemptResult): void {
    options.logger.debug(
      {
        deliveryId: claim.delivery.deliveryId,
        packageId: claim.delivery.packageId,
        systemId: claim.delivery.systemId,
        attempt: claim.delivery.attempt,
        outcome: outcome.kind,
        ms: finishedAt.getTime() - startedAt.getTime(),
      },
      'delivery.attempted',
    )
  }

  return {
    serve,
    async close(graceMs) {
      closing = true
      for (const waiter of waiters.values()) waiter()
      const all = Promise.all([...running.values()].map((r) => r.done))
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      for (const { abort } of running.values()) abort.abort()
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
      clearInterval(keepAlive)
      await options.recorder.flush()
    },
  }
}

/** Bytes that cannot be read just now are no fault of the endpoint, whose breaker must not open for it. */
function ourFault(error: unknown): AttemptOutcome {
  if (error instanceof BlobStoreAway) return { kind: 'unavailable', cause: `gateway: ${error.message}` }
  return { kind: 'unclear', cause: `gateway: ${error instanceof Error ? error.message : String(error)}` }
}

/** In the order in which they were claimed. */
function byPackage(claims: readonly Claim[]): Claim[][] {
  const groups = new Map<string, Claim[]>()
  for (const claim of claims) {
    const { packageId } = claim.package
    groups.set(packageId, [...(groups.get(packageId) ?? []), claim])
  }
  return [...groups.values()]
}
