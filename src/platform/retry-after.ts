// When to ask again. Senders that were turned away in the same second must not all come back in the same second.
import { randomInt } from 'node:crypto'

/** `seconds` to twice as many. */
export function soon(seconds: number): number {
  return seconds + randomInt(seconds + 1)
}
