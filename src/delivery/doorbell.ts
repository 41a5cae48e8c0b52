// Rings lanes through the queue. Rings of one lane within a few milliseconds become one, and a ring that fails is
// only counted: the sweeper rings again for whatever is due and silent (design D5).
import type { Logger } from 'pino'

export interface Doorbell {
  ring(systemIds: Iterable<string>): void
  /** True while the queue has not answered for `silentMs`. */
  isSilent(silentMs: number): boolean
  /** Resolves when no ring is under way. */
  settle(): Promise<void>
}

const coalesceMs = 2
/** A queue that neither answers nor refuses for so long counts as away; a frozen machine does just that. */
const answerMs = 3_000

export function createDoorbell(ringLane: (systemId: string) => Promise<void>, logger: Logger): Doorbell {
  const pending = new Set<string>()
  const underWay = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let failingSince: number | undefined

  function flush(): void {
    timer = undefined
    for (const systemId of pending) {
      // The ring under way may have been heard already, so the lane is rung once more when that one is over.
      if (underWay.has(systemId)) continue
      pending.delete(systemId)
      const startedAt = performance.now()
      const ring = answered(ringLane(systemId)).then(rang, (error: unknown) => failed(error, startedAt))
      underWay.set(
        systemId,
        ring.then(() => ended(systemId)),
      )
    }
  }

  function ended(systemId: string): void {
    underWay.delete(systemId)
    if (pending.has(systemId)) timer ??= setTimeout(flush, coalesceMs)
  }

  function rang(): void {
    if (failingSince !== undefined) logger.info('queue.back')
    failingSince = undefined
  }

  function failed(error: unknown, startedAt: number): void {
    if (failingSince === undefined) logger.warn({ err: error }, 'queue.away')
    failingSince ??= startedAt
  }

  return {
    ring(systemIds) {
      for (const systemId of systemIds) pending.add(systemId)
      if (pending.size > 0) timer ??= setTimeout(flush, coalesceMs)
    },
    isSilent: (silentMs) => failingSince !== undefined && performance.now() - failingSince > silentMs,
    async settle() {
      while (timer !== undefined || underWay.size > 0) {
        clearTimeout(timer)
        flush()
        await Promise.all(underWay.values())
      }
    },
  }
}

function answered(ring: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the queue gave no answer within ${answerMs} ms`)), answerMs)
    ring.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
