// The virtual systems of the sandbox province: one program empties the shared mailbox system, another takes the pushes
// of the agencies that have a system of their own. Together they send a document about every half minute.
import { system } from '../platform/gateway-answers.ts'
import { createGatewayClient } from '../platform/gateway-client.ts'
import { anything } from '../platform/json-decode.ts'
import { runVirtualQlvb } from './virtual-qlvb.ts'
import type { Behaviour } from './virtual-qlvb-behaviour.ts'
import { keepTrying, type VirtualLog } from './virtual-qlvb-pace.ts'
import type { PushListener } from './virtual-qlvb-push.ts'

export interface SandboxSystem {
  readonly systemId: string
  readonly secret: string
  readonly webhookSecret: string
  readonly channel: 'mailbox' | 'push'
}

export interface VirtualSystemsOptions {
  readonly gatewayUrl: string
  /** Lets the second program say where its systems take their pushes. */
  readonly adminToken: string
  readonly systems: readonly SandboxSystem[]
  readonly signal: AbortSignal
  readonly log: VirtualLog
}

const calmBehaviour: Omit<Behaviour, 'sendEveryMs'> = { replyDelayMs: 15_000, errorRate: 0.02, refuseRate: 0.03 }
// The two programs together: one document about every 30 seconds.
const programIntervalMs = 60_000

/** Runs until the signal ends. */
export async function runVirtualSystems(options: VirtualSystemsOptions): Promise<void> {
  const mailbox = options.systems.filter((s) => s.channel === 'mailbox')
  const push = options.systems.filter((s) => s.channel === 'push')
  const loopback = { host: '127.0.0.1', port: 0 }
  const onListening = (listener: PushListener) => announceAddresses(options, push, listener)
  await Promise.all([
    mailbox.length === 0 ? undefined : runVirtualQlvb(programOf(options, mailbox)),
    push.length === 0 ? undefined : runVirtualQlvb({ ...programOf(options, push), listen: loopback, onListening }),
  ])
}

function programOf({ gatewayUrl, signal, log }: VirtualSystemsOptions, systems: readonly SandboxSystem[]) {
  return {
    gatewayUrl,
    signal,
    log,
    systems: systems.map((s) => ({ systemId: s.systemId, secret: s.secret, webhookSecrets: [s.webhookSecret] })),
    behaviour: { ...calmBehaviour, sendEveryMs: programIntervalMs * systems.length },
  }
}

/** The port is new after every start, so the addresses are registered anew; all else of the systems stays as it is. */
async function announceAddresses(
  { gatewayUrl, adminToken, signal, log }: VirtualSystemsOptions,
  systems: readonly SandboxSystem[],
  listener: PushListener,
): Promise<void> {
  const client = createGatewayClient({ url: gatewayUrl, credentials: { kind: 'operator', token: adminToken } })
  for (const { systemId } of systems) {
    const path = `/api/v1/admin/systems/${encodeURIComponent(systemId)}`
    await keepTrying({ name: `announce ${systemId}`, signal, log }, async () => {
      const known = await client.call('GET', path, system)
      const { systemId: _id, credentials: _credentials, pausedReason: _paused, ...settings } = known
      const agencies = known.agencies.map(({ agencyId }) => agencyId)
      const sendsFor = known.sendsFor.map(({ agencyId }) => agencyId)
      const json = { ...settings, agencies, sendsFor, pushUrl: listener.urlOf(systemId) }
      await client.call('PUT', path, anything, { json, signal })
    })
  }
}
