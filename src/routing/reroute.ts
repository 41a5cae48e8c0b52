// Finds the way again for deliveries that could not be served, or that nobody has taken, after the directory changed:
// an agency was registered, connected, given a system, or moved to another one (design D15).
import type { Directory } from '../domain/directory.ts'
import { type NewRoute, newRoute, type OpenRoute } from '../domain/route.ts'
import { type Db, isUniqueViolation } from '../platform/database.ts'

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
      if (route === undefined || !(await rerouteOne(route, options))) continue
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

/** One that lost a race for its recipient stays as it is; the others of the walk are not kept from theirs. */
async function rerouteOne(route: NewRoute, { db, reroute }: RerouteOptions): Promise<boolean> {
  try {
    return await reroute(db, route)
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}
