// Package and directory in, who gets it and why out. A value, not an act: acceptance writes it down (design D15).
import { type Agency, type AgencyId, codeKey, currentCode } from './agency.ts'
import type { HeldReason } from './delivery.ts'
import type { Directory, Suggestion } from './directory.ts'
import type { Party } from './document-package.ts'
import type { ChannelName, PushStyle, SystemId } from './system.ts'

/** Where one delivery goes, or why it cannot go anywhere yet. */
export type Destination =
  | { readonly kind: 'lane'; readonly systemId: SystemId; readonly channel: ChannelName; readonly pushStyle: PushStyle }
  | { readonly kind: 'held'; readonly reason: HeldReason }

/** One row per `To`, in package order. Rows of one agency share its `recipientKey`; only the first makes a delivery. */
export interface AddressedRecipient {
  readonly organId: string
  readonly organName?: string
  /** Identifies the recipient in the repeat rule: the agency, or the written code while no agency answers to it. */
  readonly recipientKey: string
  readonly agencyId?: AgencyId
  readonly agencyCode?: string
  readonly destination: Destination
  /** The closed agency's only successor receives in its place. */
  readonly redirected: boolean
  readonly isDuplicate: boolean
  readonly suggestions: readonly Suggestion[]
}

/** Addresses every `To` of a package. `day` is today in Vietnam, ISO. */
export function address(to: readonly Party[], directory: Directory, day: string): AddressedRecipient[] {
  const seen = new Set<string>()
  return to.map((party) => {
    const recipient = addressOne(party, directory, day)
    const isDuplicate = seen.has(recipient.recipientKey)
    seen.add(recipient.recipientKey)
    return { ...recipient, isDuplicate }
  })
}

function addressOne(party: Party, directory: Directory, day: string): Omit<AddressedRecipient, 'isDuplicate'> {
  const named = { organId: party.organId, ...(party.organName === undefined ? {} : { organName: party.organName }) }
  const written = directory.findByCode(party.organId, day)
  if (written === undefined) {
    return {
      ...named,
      recipientKey: `code:${codeKey(party.organId)}`,
      destination: { kind: 'held', reason: 'unknown_agency' },
      redirected: false,
      suggestions: directory.nearest(party.organId, party.organName, day),
    }
  }
  const agency = inForce(written, directory)
  return {
    ...named,
    recipientKey: `agency:${agency.agencyId}`,
    agencyId: agency.agencyId,
    agencyCode: currentCode(agency, day),
    destination: destinationOf(agency, directory),
    redirected: agency !== written,
    suggestions: agency.closedAt === undefined ? [] : successorsOf(agency, directory, day),
  }
}

/** A closed agency with exactly one successor is followed to it; with several, a person must choose. */
function inForce(agency: Agency, directory: Directory): Agency {
  const passed = new Set<AgencyId>()
  let current = agency
  while (current.closedAt !== undefined && current.successorIds.length === 1 && !passed.has(current.agencyId)) {
    passed.add(current.agencyId)
    const next = directory.agencies.get(current.successorIds[0] ?? '')
    if (next === undefined) break
    current = next
  }
  return current
}

/** The lane of the system that receives for an agency today, or the reason why there is none. */
export function destinationOf(agency: Agency, directory: Directory): Destination {
  if (agency.closedAt !== undefined) return { kind: 'held', reason: 'closed' }
  if (!agency.connected) return { kind: 'held', reason: 'not_connected' }
  const system = directory.receiverOf(agency.agencyId)
  if (system === undefined) return { kind: 'held', reason: 'no_system' }
  return { kind: 'lane', systemId: system.systemId, channel: system.channel, pushStyle: system.pushStyle }
}

function successorsOf(agency: Agency, directory: Directory, day: string): Suggestion[] {
  return agency.successorIds.flatMap((id) => {
    const successor = directory.agencies.get(id)
    return successor === undefined ? [] : [{ code: currentCode(successor, day), name: successor.name }]
  })
}
