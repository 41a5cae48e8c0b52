// Finds the way again for deliveries that could not be served, or that nobody has taken, after the directory changed:
// an agency was registered, connected, given a system, or moved to another one (design D15).
import { currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { type AddressedRecipient, address } from '../domain/route.ts'
import type { Db } from '../platform/database.ts'

export interface OpenRoute {
  readonly deliveryId: string
  readonly organId: string
  readonly state: string
  readonly heldReason: string | null
  readonly systemId: string | null
  readonly channel: string | null
}

export interface NewRoute {
  readonly deliveryId: string
  readonly recipientAgencyId: string
  readonly agencyCode: string
  readonly destination: AddressedRecipient['destination']
}

export interface RerouteOptions {
  readonly db: Db
  readonly directory: { refresh(): Promise<Directory> }
  readonly reroutable: (db: Db, after: string, limit: number) => Promise<OpenRoute[]>
  readonly reroute: (db: Db, route: NewRoute) => Promise<boolean>
  /** Told which systems got deliveries. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** Today in Vietnam, ISO. */
  readonly day: () => string
}

const pageSize = 500
const firstKey = '00000000-0000-0000-0000-000000000000'

/** Answers how many deliveries go another way now. */
export async function rerouteOpenDeliveries(options: RerouteOptions): Promise<number> {
  const directory = await options.directory.refresh()
  const systems = new Set<string>()
  let moved = 0
  for (let after = firstKey; ; ) {
    const page = await options.reroutable(options.db, after, pageSize)
    for (const open of page) {
      const route = newRoute(open, directory, options.day())
      if (route === undefined || !(await options.reroute(options.db, route))) continue
      moved += 1
      if (route.destination.kind === 'lane') systems.add(route.destination.systemId)
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    after = last.deliveryId
  }
  if (systems.size > 0) options.afterCommit(systems)
  return moved
}

/** The way it should go now, or undefined when that is the way it goes already. */
function newRoute(open: OpenRoute, directory: Directory, day: string): NewRoute | undefined {
  const [recipient] = address([{ organId: open.organId }], directory, day)
  if (recipient?.agencyId === undefined) return undefined
  const { destination } = recipient
  const same =
    destination.kind === 'held'
      ? open.heldReason === destination.reason
      : open.state !== 'held' && open.systemId === destination.systemId && open.channel === destination.channel
  if (same) return undefined
  const agency = directory.agencies.get(recipient.agencyId)
  if (agency === undefined) return undefined
  return {
    deliveryId: open.deliveryId,
    recipientAgencyId: recipient.agencyId,
    agencyCode: currentCode(agency, day),
    destination,
  }
}
