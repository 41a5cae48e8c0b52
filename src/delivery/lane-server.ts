// Serves one lane at a time: claims what is due, lets the attempts run side by side, claims again as slots come free.
// It stops when nothing is due, when every slot hangs, or when its turn is over; it never waits for its slowest
// attempt (design D3). What ends after that rings the lane again.
import type { Logger } from 'pino'
import type { AttemptOutcome, ClaimedDelivery } from '../domain/delivery.ts'
import type { Clock, DeliveryChannel } from '../domain/ports.ts'
import type { Claim } from './claim-deliveries.ts'
import type { AttemptResult } from './record-results.ts'
import type { ResultRecorder } from './result-recorder.ts'

export interface LaneServerOptions {
  readonly claim: (systemId: string, max: number) => Promise<readonly Claim[]>
  readonly extend: (held: readonly ClaimedDelivery[]) => Promise<void>
  readonly channel: DeliveryChannel
  readonly recorder: ResultRecorder
  readonly ring: (systemIds: readonly string[]) => void
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

export function createLaneServer(options: LaneServerOptions): LaneServer {
  const running = new Map<string, { claim: Claim; abort: AbortController; done: Promise<void> }>()
  const serving = new Set<string>()
  const mayHaveMore = new Set<string>()
  const waiters = new Map<string, () => void>()
  const tokenTimers = new Map<string, NodeJS.Timeout>()
  let closing = false

  const keepAlive = setInterval(() => {
    options.extend([...running.values()].map((r) => r.claim.delivery)).catch((error: unknown) => {
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
      for (const claim of claims) start(claim)
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
    for (const { claim } of running.values()) if (claim.delivery.systemId === systemId) return true
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

  function start(claim: Claim): void {
    const abort = new AbortController()
    const done = attempt(claim, abort).finally(() => {
      running.delete(claim.delivery.deliveryId)
      attemptEnded(claim.delivery.systemId)
    })
    running.set(claim.delivery.deliveryId, { claim, abort, done })
  }

  function attemptEnded(systemId: string): void {
    const waiter = waiters.get(systemId)
    if (waiter !== undefined) waiter()
    else if (serving.has(systemId)) mayHaveMore.add(systemId)
    else if (!closing && mayHaveMore.has(systemId)) options.ring([systemId])
  }

  async function attempt(claim: Claim, abort: AbortController): Promise<void> {
    const deadlineMs = attemptFloorMs + claim.package.size / slowestBytesPerMs
    const deadline = setTimeout(() => abort.abort(), deadlineMs)
    const startedAt = options.clock.now()
    try {
      const outcome = await outcomeOf(claim, abort.signal)
      if (closing && abort.signal.aborted) return
      const result: AttemptResult = { claim, outcome, startedAt, finishedAt: options.clock.now() }
      logAttempt(result)
      await options.recorder.record(result)
    } finally {
      clearTimeout(deadline)
    }
  }

  async function outcomeOf(claim: Claim, signal: AbortSignal): Promise<AttemptOutcome> {
    const { deliveryId } = claim.delivery
    try {
      const outcomes = await options.channel.deliver({ package: claim.package, deliveries: [claim.delivery], signal })
      return outcomes.get(deliveryId) ?? { kind: 'unclear', cause: 'the channel gave no outcome' }
    } catch (error) {
      // A fault of ours, such as bytes that cannot be read. The delivery stays due and the cause is on record.
      options.logger.error({ err: error, deliveryId }, 'delivery.attempt_failed')
      return { kind: 'unclear', cause: `gateway: ${error instanceof Error ? error.message : String(error)}` }
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
