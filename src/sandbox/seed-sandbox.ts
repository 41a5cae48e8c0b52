// Puts the sandbox province into an empty directory, and leaves alone what is already there: it runs at every start.
import type { AgencyInput } from '../generated/json/agency-input.ts'
import type { SystemInput } from '../generated/json/system-input.ts'
import { laiChauAgencies, laiChauSystems, type SandboxAgency, type SandboxSystem } from './lai-chau.ts'

/** The registry's use cases, given by the composition root. */
export interface SeedDeps {
  /** Whether any agency is known by this code. */
  readonly isKnownAgency: (code: string) => boolean
  readonly isKnownSystem: (systemId: string) => boolean
  /** Registers an agency and marks its codes as made up. */
  readonly createAgency: (input: AgencyInput) => Promise<unknown>
  readonly createSystem: (input: SystemInput) => Promise<SeededSecrets>
}

export interface SeededSecrets {
  readonly systemId: string
  readonly secret: string
  readonly webhookSecret: string
}

/** Answers the secrets of the systems that are new; the virtual systems need them to take part. */
export async function seedSandbox(deps: SeedDeps): Promise<SeededSecrets[]> {
  for (const agency of laiChauAgencies) {
    if (!deps.isKnownAgency(agency.codes[0])) await deps.createAgency(agencyInput(agency))
  }
  const made: SeededSecrets[] = []
  for (const system of laiChauSystems) {
    if (!deps.isKnownSystem(system.systemId)) made.push(await deps.createSystem(systemInput(system)))
  }
  return made
}

function agencyInput(agency: SandboxAgency): AgencyInput {
  const [qcvn102, qd20] = agency.codes
  return {
    name: agency.name,
    kind: agency.kind,
    codes: [
      { code: qcvn102, scheme: 'qcvn102' },
      { code: qd20, scheme: 'qd20' },
    ],
    isOffice: agency.isOffice,
    connected: agency.connected,
    ...(agency.parent === undefined ? {} : { parent: agency.parent }),
  }
}

function systemInput({ systemId, name, vendor, channel, agencies, sendsFor }: SandboxSystem): SystemInput {
  const base = { systemId, name, vendor, channel, agencies: [...agencies], sendsFor: [...sendsFor] }
  return channel === 'push' ? { ...base, pushUrl: notYetListening } : base
}

// The discard port, where nothing listens: deliveries wait until a virtual system has put its own address here.
const notYetListening = 'http://127.0.0.1:9/'
