// How a loop of a virtual system keeps going: it waits without holding up an end, and stands back for longer and
// longer while the gateway is away.
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayRefusal, GatewayUnreachable } from '../platform/gateway-client.ts'

export type VirtualLog = (act: string, facts: Readonly<Record<string, string | number | undefined>>) => void

/** Resolves after the time, or at once when the signal ends. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

const firstWaitMs = 500
const longestWaitMs = 30_000

export interface Loop {
  readonly name: string
  readonly signal: AbortSignal
  readonly log: VirtualLog
}

/** Runs rounds until the signal ends. A round decides itself how long it waits when there is nothing to do. */
export async function keepGoing(loop: Loop, round: () => Promise<void>): Promise<void> {
  while (!loop.signal.aborted) await keepTrying(loop, round)
}

/**
 * Acts until it works, or until the signal ends (undefined). A gateway that is away or busy is waited for; anything
 * else is a bug and rises.
 */
export async function keepTrying<T>({ name, signal, log }: Loop, act: () => Promise<T>): Promise<T | undefined> {
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await act()
    } catch (error) {
      if (signal.aborted) return undefined
      const askedMs = patienceAsked(error)
      if (askedMs === undefined) throw error
      const ms = Math.max(askedMs, waitMs)
      log('wait', { loop: name, ms, because: error instanceof Error ? error.message : String(error) })
      await pause(ms, signal)
    }
  }
  return undefined
}

/** How long to stay away after an error at least; undefined when waiting will not mend it. */
function patienceAsked(error: unknown): number | undefined {
  if (error instanceof GatewayUnreachable) return 0
  if (error instanceof GatewayRefusal && isPassing(error.status)) return (error.retryAfterSeconds ?? 0) * 1000
  return undefined
}

/** Whether the same call may succeed later. 401 too: while a sandbox is set up, a system may not be registered yet. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 401
}
