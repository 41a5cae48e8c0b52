// An edge that is to go down says so before it does: /health/ready answers 503 while everything else is still served,
// long enough for a balancer to send new requests elsewhere. Then it closes, and nobody is turned away.
import type { HealthCheck } from './health-routes.ts'

export interface Drain {
  /** Among the checks of /health/ready. */
  readonly check: HealthCheck
  /** Resolves when the process may stop listening. */
  begin(): Promise<void>
}

export function createDrain(drainMs: number): Drain {
  let isStopping = false
  return {
    check: { name: 'process', check: async () => (isStopping ? 'stopping' : undefined) },
    async begin() {
      isStopping = true
      if (drainMs > 0) await new Promise((resolve) => setTimeout(resolve, drainMs))
    },
  }
}
