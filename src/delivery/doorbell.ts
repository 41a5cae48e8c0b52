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

export function createDoorbell(ringLane: (systemId: string) => Promise<void>, logger: Logger): Doorbell {
  const pending = new Set<string>()
  const underWay = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let failingSince: number | undefined

  function flush(): void {
    timer = undefined
    const lanes = [...pending]
    pending.clear()
    for (const systemId of lanes) {
      const ring = ringLane(systemId).then(rang, failed)
      underWay.add(ring)
      void ring.finally(() => underWay.delete(ring))
    }
  }

  function rang(): void {
    if (failingSince !== undefined) logger.info('queue.back')
    failingSince = undefined
  }

  function failed(error: unknown): void {
    if (failingSince === undefined) logger.warn({ err: error }, 'queue.away')
    failingSince ??= performance.now()
  }

  return {
    ring(systemIds) {
      for (const systemId of systemIds) pending.add(systemId)
      if (pending.size > 0) timer ??= setTimeout(flush, coalesceMs)
    },
    isSilent: (silentMs) => failingSince !== undefined && performance.now() - failingSince > silentMs,
    async settle() {
      if (timer !== undefined) {
        clearTimeout(timer)
        flush()
      }
      await Promise.all(underWay)
    },
  }
}
