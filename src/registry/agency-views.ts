// Agencies as they are shown: to systems (what they may need to address a document) and to operators (as registered).
import { type Agency, type AgencyId, currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { destinationOf } from '../domain/route.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { Agency as AgencyBody } from '../generated/json/agency.ts'
import type { AgencyRecord } from '../generated/json/agency-record.ts'
import type { AgencyReference } from '../generated/json/agency-reference.ts'
import type { Contact } from '../generated/json/contact.ts'

/** `day` is today in Vietnam: which code an agency is written with depends on it. */
export function agencyBody(agency: Agency, directory: Directory, day: string): AgencyBody {
  const { notConnectedReason } = reachability(agency, directory)
  const parent = agencyReference(directory, agency.parentId, day)
  return {
    ...common(agency, day),
    connected: notConnectedReason === undefined,
    ...(notConnectedReason === undefined ? {} : { notConnectedReason }),
    ...(parent === undefined ? {} : { parent }),
    successors: agencyReferences(directory, agency.successorIds, day),
  }
}

export function agencyRecord(
  agency: Agency,
  { directory, day, contacts }: { directory: Directory; day: string; contacts: readonly Contact[] },
): AgencyRecord {
  const parent = agencyReference(directory, agency.parentId, day)
  const receiver = agencyReference(directory, agency.receiverId, day)
  const receivedBy = directory.receiverOf(agency.agencyId)
  return {
    ...common(agency, day),
    connected: agency.connected,
    ...(parent === undefined ? {} : { parent: parent.code }),
    ...(receiver === undefined ? {} : { receiver: receiver.code }),
    ...(receivedBy === undefined ? {} : { receivedBy: receivedBy.systemId }),
    successors: agencyReferences(directory, agency.successorIds, day).map((successor) => successor.code),
    contacts: [...contacts],
  }
}

export function agencyReferences(directory: Directory, ids: Iterable<AgencyId>, day: string): AgencyReference[] {
  return [...ids].flatMap((id) => agencyReference(directory, id, day) ?? [])
}

function agencyReference(directory: Directory, id: AgencyId | undefined, day: string): AgencyReference | undefined {
  const agency = directory.agencies.get(id ?? '')
  return agency && { agencyId: agency.agencyId, code: currentCode(agency, day), name: agency.name }
}

function common(agency: Agency, day: string) {
  return {
    agencyId: agency.agencyId,
    name: agency.name,
    code: currentCode(agency, day),
    codes: agency.codes.map((code) => ({ ...code })),
    kind: agency.kind,
    isOffice: agency.isOffice,
    ...(agency.closedAt === undefined ? {} : { closedAt: vietnamTime(agency.closedAt), redirect: agency.redirects }),
    updatedAt: vietnamTime(agency.updatedAt),
  }
}

/** The same judgement that addressing makes, so that what the directory promises is what a document meets. */
function reachability(agency: Agency, directory: Directory): Pick<AgencyBody, 'notConnectedReason'> {
  const destination = destinationOf(agency, directory)
  if (destination.kind === 'lane') return {}
  const { reason } = destination
  return reason === 'not_connected' || reason === 'closed'
    ? { notConnectedReason: reason }
    : { notConnectedReason: 'no_system' }
}
