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

/** The state a delivery starts in, by where it goes. */
export function initialState(destination: Destination): 'held' | 'waiting' | 'available' {
  if (destination.kind === 'held') return 'held'
  return destination.channel === 'push' && destination.pushStyle === 'package' ? 'waiting' : 'available'
}

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
  let unknown = 0
  return to.map((party) => {
    const recipient = addressOne(party, directory, day, unknown < suggestedMax)
    if (recipient.agencyId === undefined) unknown += 1
    const isDuplicate = seen.has(recipient.recipientKey)
    seen.add(recipient.recipientKey)
    return { ...recipient, isDuplicate }
  })
}

/**
 * So many unknown codes get suggestions. Each is compared with every code of the directory, and a list of thousands that
 * nobody knows is no typing error.
 */
const suggestedMax = 20

function addressOne(
  party: Party,
  directory: Directory,
  day: string,
  maySuggest: boolean,
): Omit<AddressedRecipient, 'isDuplicate'> {
  const named = { organId: party.organId, ...(party.organName === undefined ? {} : { organName: party.organName }) }
  const written = directory.findByCode(party.organId, day)
  if (written === undefined) {
    return {
      ...named,
      recipientKey: `code:${codeKey(party.organId)}`,
      destination: { kind: 'held', reason: 'unknown_agency' },
      redirected: false,
      suggestions: maySuggest ? directory.nearest(party.organId, party.organName, day) : [],
    }
  }
  const agency = directory.inForce(written)
  return {
    ...named,
    recipientKey: `agency:${agency.agencyId}`,
    agencyId: agency.agencyId,
    agencyCode: currentCode(agency, day),
    destination: destinationOf(agency, directory),
    redirected: agency !== written,
    suggestions: agency.closedAt === undefined ? [] : successorsOf(agency, party.organId, directory, day),
  }
}

/** A known recipient's way as the directory has it now: the agency is what was addressed, whatever its codes are. */
function wayTo(
  agencyId: AgencyId,
  directory: Directory,
): { readonly agency: Agency; readonly destination: Destination } | undefined {
  const written = directory.agencies.get(agencyId)
  if (written === undefined) return undefined
  const agency = directory.inForce(written)
  return { agency, destination: destinationOf(agency, directory) }
}

/** The lane of the system that receives for an agency today, or the reason why there is none. */
export function destinationOf(agency: Agency, directory: Directory): Destination {
  if (agency.closedAt !== undefined) return { kind: 'held', reason: 'closed' }
  if (!agency.connected) return { kind: 'held', reason: 'not_connected' }
  const system = directory.receiverOf(agency.agencyId)
  if (system === undefined) return { kind: 'held', reason: 'no_system' }
  return { kind: 'lane', systemId: system.systemId, channel: system.channel, pushStyle: system.pushStyle }
}

/** Who took over, as the directory says; for a code that ended with its province or ministry, as the decision says. */
function successorsOf(agency: Agency, organId: string, directory: Directory, day: string): Suggestion[] {
  if (agency.successorIds.length === 0) {
    const overtaken = directory.takenOver(organId, day)
    return overtaken === undefined ? [] : [overtaken]
  }
  return agency.successorIds.flatMap((id) => {
    const successor = directory.agencies.get(id)
    return successor === undefined ? [] : [{ code: currentCode(successor, day), name: successor.name }]
  })
}

/** A delivery that nobody has taken, as it stands. */
export interface OpenRoute {
  readonly deliveryId: string
  /** Code as the sender wrote it. */
  readonly organId: string
  /** The agency it was addressed to; none while nobody answered to the written code. */
  readonly recipientAgencyId: AgencyId | null
  readonly state: string
  readonly heldReason: string | null
  readonly systemId: SystemId | null
  readonly channel: string | null
}

/** Where it goes from now on. */
export interface NewRoute {
  readonly deliveryId: string
  readonly recipientAgencyId: AgencyId
  readonly agencyCode: string
  readonly destination: Destination
}

/**
 * The way a delivery should go now, or undefined when that is the way it goes already. The agency it was addressed to
 * decides: a code that was handed on to somebody else meanwhile takes no document along.
 */
export function newRoute(open: OpenRoute, directory: Directory, day: string): NewRoute | undefined {
  const agencyId = open.recipientAgencyId ?? directory.findByCode(open.organId, day)?.agencyId
  const way = agencyId === undefined ? undefined : wayTo(agencyId, directory)
  if (way === undefined || goesSo(open, way.agency.agencyId, way.destination)) return undefined
  return {
    deliveryId: open.deliveryId,
    recipientAgencyId: way.agency.agencyId,
    agencyCode: currentCode(way.agency, day),
    destination: way.destination,
  }
}

function goesSo(open: OpenRoute, agencyId: AgencyId, destination: Destination): boolean {
  if (open.recipientAgencyId !== agencyId) return false
  if (destination.kind === 'held') return open.heldReason === destination.reason
  return (
    open.state === initialState(destination) &&
    open.systemId === destination.systemId &&
    open.channel === destination.channel
  )
}
