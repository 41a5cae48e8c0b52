// The sandbox's part of the composition root: the province in a box, seeded through the registry and alive through
// virtual QLVB-ĐH systems that speak real HTTP to the gateway's own address.
import type { Logger } from 'pino'
import type { Gateway } from './compose.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { systemClock } from './platform/clock.ts'
import { revealSecrets } from './registry/reveal-secrets.ts'
import { createAgency } from './registry/save-agency.ts'
import { createSystem } from './registry/save-system.ts'
import { laiChauSystems } from './sandbox/lai-chau.ts'
import { runVirtualSystems } from './sandbox/run-virtual.ts'
import { seedSandbox } from './sandbox/seed-sandbox.ts'

const actor = { name: 'sandbox' }
/** A virtual system that hangs must not keep the gateway from going down. */
const stopMsMax = 3_000

/** Seeds what is missing, starts the virtual systems, and answers how to stop them. */
export async function startSandbox(gateway: Gateway, gatewayUrl: string, logger: Logger): Promise<() => Promise<void>> {
  const { registry, box, db } = gateway
  const { cache, saving } = registry
  await seedSandbox({
    isKnownAgency: (code) => cache.current().findByCode(code, vietnamDay(systemClock.now())) !== undefined,
    isKnownSystem: (systemId) => cache.current().systems.has(systemId),
    createAgency: (input) => createAgency(saving, actor, input, { isSandbox: true }),
    createSystem: (input) => createSystem(saving, actor, input),
  })
  const ended = new AbortController()
  const systems = await Promise.all(
    laiChauSystems.map(async ({ systemId, channel }) => ({ channel, ...(await revealSecrets(db, box, systemId)) })),
  )
  const running = runVirtualSystems({
    gatewayUrl,
    adminToken: gateway.insiderToken,
    systems,
    signal: ended.signal,
    log: (act, facts) => logger.debug({ ...facts }, `sandbox.${act}`),
  }).catch((error: unknown) => logger.error({ err: error }, 'sandbox.ended'))
  return async () => {
    ended.abort()
    await Promise.race([running, new Promise((resolve) => setTimeout(resolve, stopMsMax).unref())])
  }
}
