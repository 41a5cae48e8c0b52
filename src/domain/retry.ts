// When a delivery that was not taken is tried again. Retries are rows with a due time, never timers (design D4).
import type { AttemptOutcome } from './delivery.ts'

export interface RetryPolicy {
  /** Waits after the 1st, 2nd, … unsuccessful attempt, in seconds; the last one repeats. */
  readonly waitsSeconds: readonly number[]
  /** Spread of each wait, so that a thousand deliveries of one outage do not come back in one second. */
  readonly jitter: number
  /** A receiver may ask for patience, within this. */
  readonly retryAfterMaxSeconds: number
}

/** Seconds until the next attempt after `attempt` (1 for the first). `random` is in [0, 1). */
export function waitSeconds(policy: RetryPolicy, attempt: number, outcome: AttemptOutcome, random: number): number {
  if (outcome.kind === 'busy' && outcome.retryAfterSeconds !== undefined) {
    return Math.min(Math.max(outcome.retryAfterSeconds, 1), policy.retryAfterMaxSeconds)
  }
  const last = policy.waitsSeconds.length - 1
  const wait = policy.waitsSeconds[Math.min(Math.max(attempt, 1) - 1, last)] ?? 60
  return wait * (1 - policy.jitter + 2 * policy.jitter * random)
}
