// When the retry plan lets a delivery go again, as operators see it: its next attempt, and the end of its lane's rest. What
// a receiver turned away is measured from there on and not from the moment the fault ended, of which nobody told us.
import type { Installation } from './installation.ts'
import { partners, pushed } from './province.ts'
import { sleep } from './wait.ts'

export interface DueTimes {
  /** By the clock of this process, in milliseconds. */
  dueAt(deliveryId: string): number
  close(): void
}

interface DeliveryPage {
  readonly items: readonly { deliveryId: string; systemId: string | null; nextAttemptAt: string | null }[]
}

interface Queues {
  readonly queues: readonly { systemId: string; breaker: string }[]
}

const everyMs = 200

export function watchDueTimes({ operator }: Installation): DueTimes {
  const nextAttempts = new Map<string, number>()
  const systemOf = new Map<string, string>()
  const restedUntil = new Map<string, number>()
  let isClosed = false

  async function look(): Promise<void> {
    const offset = performance.now() - Date.now()
    const { queues }: Queues = await operator('GET', 'admin/queues')
    for (const { systemId, breaker } of queues) if (breaker === 'open') restedUntil.set(systemId, performance.now())
    for (const { systemId } of [...pushed, ...partners]) {
      const path = `admin/deliveries?state=waiting&limit=200&systemId=${systemId}`
      const { items }: DeliveryPage = await operator('GET', path)
      for (const { deliveryId, nextAttemptAt } of items) {
        systemOf.set(deliveryId, systemId)
        if (nextAttemptAt !== null) nextAttempts.set(deliveryId, Date.parse(nextAttemptAt) + offset)
      }
    }
  }

  void (async () => {
    while (!isClosed) {
      // An answer that is missing makes what is measured look worse, never better.
      await look().catch(() => undefined)
      await sleep(everyMs)
    }
  })()

  return {
    dueAt(deliveryId) {
      const rest = restedUntil.get(systemOf.get(deliveryId) ?? '') ?? 0
      return Math.max(nextAttempts.get(deliveryId) ?? 0, rest)
    },
    close() {
      isClosed = true
    },
  }
}
