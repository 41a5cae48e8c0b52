/* Made by `npm run generate`; never edited. */

/**
 * Each system's lane.
 */
export interface AdminQueues {
  queues: {
    systemId: string
    name: string
    channel: string
    depth: number
    oldestAgeSeconds: number | null
    inFlight: number
    ratePerMinute: number
    breaker: 'closed' | 'open' | 'half_open'
    pausedReason: string | null
    lastSuccessAt: string | null
    lastFaultAt: string | null
    lastFault: string | null
  }[]
}
