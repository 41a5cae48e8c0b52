// For which agencies a credential speaks: what it may send as, and whose deliveries it may see. Pure.
import type { AgencyId } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import type { Caller, Credential, System } from '../domain/system.ts'

export function callerOf(directory: Directory, system: System, credential: Credential): Caller {
  // An agency may have left the system since the credential was limited to it.
  const served = new Set(system.sendsFor)
  const own = (credential.agencyIds ?? system.sendsFor).filter((id) => served.has(id))
  const agencyIds = new Set(own.flatMap((id) => [...directory.standsFor(id)]))
  const base = { systemId: system.systemId, credentialId: credential.credentialId, agencyIds }
  if (credential.agencyIds === undefined) return base
  return { ...base, receivesFor: receivedThrough(directory, system, own) }
}

/**
 * The agencies whose deliveries reach, or have reached, the system through one of `own`: these, their predecessors, and
 * whoever named them as receiver or has them for an office (R89). An agency that the system serves by itself is not
 * among the latter: its deliveries do not pass through its office. An agency it only sends for may have moved away, and
 * what was taken before must still be confirmed.
 */
function receivedThrough(directory: Directory, system: System, own: readonly AgencyId[]): ReadonlySet<AgencyId> {
  const direct = new Set(system.receivesFor)
  const found = new Set(own)
  for (const id of found) {
    for (const other of dependents(directory).get(id) ?? []) if (!direct.has(other)) found.add(other)
  }
  for (const id of [...found]) for (const predecessor of directory.standsFor(id)) found.add(predecessor)
  return found
}

// Made once per directory; whoever is received for by an agency.
const dependentsOf = new WeakMap<Directory, Map<AgencyId, AgencyId[]>>()

function dependents(directory: Directory): Map<AgencyId, AgencyId[]> {
  const known = dependentsOf.get(directory)
  if (known !== undefined) return known
  const made = new Map<AgencyId, AgencyId[]>()
  const add = (receiverId: AgencyId, agencyId: AgencyId) => {
    const named = directory.agencies.get(receiverId)
    // A receiver that was merged into another agency receives there.
    const receiver = named === undefined ? receiverId : directory.inForce(named).agencyId
    made.set(receiver, [...(made.get(receiver) ?? []), agencyId])
  }
  for (const agency of directory.agencies.values()) {
    if (agency.receiverId !== undefined) add(agency.receiverId, agency.agencyId)
    const parent =
      agency.isOffice && agency.parentId !== undefined ? directory.agencies.get(agency.parentId) : undefined
    // A named receiver goes before the office.
    if (parent !== undefined && parent.receiverId === undefined) add(agency.agencyId, parent.agencyId)
  }
  dependentsOf.set(directory, made)
  return made
}
