// Agencies and systems for tests of the directory: each test names only what it speaks of.
import { type Agency, type AgencyCode, guessScheme } from '../../src/domain/agency.ts'
import { buildDirectory, type Directory } from '../../src/domain/directory.ts'
import type { System } from '../../src/domain/system.ts'

export const today = '2026-11-20'

export function code(written: string, validFrom?: string, validTo?: string): AgencyCode {
  return {
    code: written,
    scheme: guessScheme(written),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
  }
}

/** An open, connected state agency. Its id is also its name. */
export function agency(agencyId: string, codes: readonly (string | AgencyCode)[], more: Partial<Agency> = {}): Agency {
  return {
    agencyId,
    name: agencyId,
    kind: 'state',
    isOffice: false,
    connected: true,
    successorIds: [],
    redirects: true,
    codes: codes.map((one) => (typeof one === 'string' ? code(one) : one)),
    updatedAt: new Date('2026-01-01T00:00:00Z'),
    ...more,
  }
}

export function closed(successorIds: readonly string[]): Partial<Agency> {
  return { closedAt: new Date('2026-06-30T17:00:00Z'), successorIds }
}

/** A mailbox system that sends and receives for these agencies. */
export function system(systemId: string, agencyIds: readonly string[], more: Partial<System> = {}): System {
  return {
    systemId,
    name: systemId,
    channel: 'mailbox',
    pushStyle: 'package',
    receivesFor: agencyIds,
    sendsFor: agencyIds,
    credentials: [],
    ...more,
  }
}

export function directory(agencies: readonly Agency[], systems: readonly System[] = []): Directory {
  return buildDirectory(1, agencies, systems)
}
