// Waiting with an end: for a moment of a plan, or until something has come true.
import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

/** Answers whether it came true in time. A failure of `isTrue` counts as not yet: servers are down on purpose here. */
export async function cameTrue(isTrue: () => Promise<boolean> | boolean, withinMs: number, everyMs = 50) {
  const until = performance.now() + withinMs
  while (performance.now() < until) {
    if (await Promise.resolve(isTrue()).catch(() => false)) return true
    await sleep(everyMs)
  }
  return false
}

export async function mustComeTrue(what: string, isTrue: () => Promise<boolean> | boolean, withinMs: number) {
  if (await cameTrue(isTrue, withinMs, 20)) return
  throw new Error(`not within ${withinMs / 1000} s: ${what}`)
}
