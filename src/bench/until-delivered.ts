// Waits for the database, and not for the subscribers, to say that everything was delivered.
import { setTimeout as sleep } from 'node:timers/promises'
import { queues, stats } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'

export interface DeliveredWish {
  readonly deliveries: number
  readonly withinMs: number
  readonly signal: AbortSignal
}

const lookEveryMs = 100

/** Answers how many are delivered, at least as many as wished for unless the time is over. */
export async function untilDelivered(operator: GatewayClient, wish: DeliveredWish): Promise<number> {
  const until = performance.now() + wish.withinMs
  for (;;) {
    wish.signal.throwIfAborted()
    const { deliveries } = await operator.call('GET', '/api/v1/admin/stats', stats)
    const delivered = deliveries.byState.delivered ?? 0
    if (delivered >= wish.deliveries || performance.now() > until) return delivered
    await sleep(lookEveryMs)
  }
}

/** What waits on a lane or is under way. */
export async function depthOf(operator: GatewayClient, systemId: string): Promise<number> {
  const answer = await operator.call('GET', '/api/v1/admin/queues', queues)
  return answer.queues.find((queue) => queue.systemId === systemId)?.depth ?? 0
}
