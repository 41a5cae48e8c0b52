// A call that waits for something to happen (`wait`): looks, and looks again, until there is something, the time is over,
// the caller hung up or the process goes down. Between two looks it holds nothing, a database connection least of all.
import type { FastifyReply } from 'fastify'

export interface LongPoll<T> {
  readonly reply: FastifyReply
  /** Ends all waiting calls when the process goes down. */
  readonly closing: AbortSignal
  readonly seconds: number
  readonly look: () => Promise<T>
  readonly isEnough: (found: T) => boolean
  /** Resolves after so many milliseconds, earlier when there may be something, or when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

export const waitSecondsMax = 60
/** Another process may have brought something: a waiting call looks again this often. */
const lookAgainMs = 1_000

export async function longPoll<T>({ reply, closing, seconds, look, isEnough, pause }: LongPoll<T>): Promise<T> {
  const over = new AbortController()
  const end = () => over.abort()
  reply.raw.once('close', end)
  // Linked by hand: a signal made by AbortSignal.any may be collected before it fires on Node 20.
  closing.addEventListener('abort', end)
  if (closing.aborted) end()
  try {
    const until = performance.now() + seconds * 1_000
    for (;;) {
      const found = await look()
      const leftMs = until - performance.now()
      if (isEnough(found) || leftMs <= 0 || over.signal.aborted) return found
      await pause(Math.min(leftMs, lookAgainMs), over.signal)
    }
  } finally {
    closing.removeEventListener('abort', end)
    reply.raw.removeListener('close', end)
  }
}

/** For what nobody announces in this process. */
export function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
    if (signal.aborted) finish()
  })
}
