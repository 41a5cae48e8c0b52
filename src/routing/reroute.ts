// Finds the way again for deliveries that could not be served, or that nobody has taken, after the directory changed:
// an agency was registered, connected, given a system, or moved to another one (design D15).
import type { Directory } from '../domain/directory.ts'
import { type NewRoute, newRoute, type OpenRoute } from '../domain/route.ts'
import { type Database, type Db, isUniqueViolation } from '../platform/database.ts'
import { lockedDirectoryVersion } from '../platform/directory-version.ts'
import { stayingDeliveries } from './act-deliveries-store.ts'

export interface RerouteOptions {
  readonly db: Database
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
  const systems = new Set<string>()
  let directory = await options.directory.refresh()
  let moved = 0
  for (let after = firstKey; ; ) {
    const page = await options.reroutable(options.db, after, pageSize)
    const routes = await routesOf(page, directory, options)
    const done = await rerouteAll(routes, directory.version, options)
    moved += done.rerouted.length
    for (const { destination } of done.rerouted) if (destination.kind === 'lane') systems.add(destination.systemId)
    // What was decided on an older directory could undo the newer one: the page is decided anew.
    if (done.isStale) directory = await options.directory.refresh()
    else if (page.length < pageSize) break
    else after = page.at(-1)?.deliveryId ?? after
  }
  if (systems.size > 0) options.afterCommit(systems)
  return moved
}

async function routesOf(page: readonly OpenRoute[], directory: Directory, options: RerouteOptions) {
  const routes = page.flatMap((open) => newRoute(open, directory, options.day()) ?? [])
  if (routes.length === 0) return []
  const staying = await stayingDeliveries(
    options.db,
    routes.map((route) => route.deliveryId),
  )
  return routes.filter((route) => !staying.has(route.deliveryId))
}

async function rerouteAll(routes: readonly NewRoute[], version: number, options: RerouteOptions) {
  const rerouted: NewRoute[] = []
  for (const route of routes) {
    const result = await rerouteOne(route, version, options)
    if (result === 'stale_directory') return { rerouted, isStale: true }
    if (result === 'rerouted') rerouted.push(route)
  }
  return { rerouted, isStale: false }
}

/** One that lost a race for its recipient stays as it is; the others of the walk are not kept from theirs. */
async function rerouteOne(
  route: NewRoute,
  version: number,
  { db, reroute }: RerouteOptions,
): Promise<'rerouted' | 'stays' | 'stale_directory'> {
  try {
    return await db.transaction().execute(async (trx) => {
      if ((await lockedDirectoryVersion(trx)) !== version) return 'stale_directory'
      return (await reroute(trx, route)) ? 'rerouted' : 'stays'
    })
  } catch (error) {
    if (isUniqueViolation(error)) return 'stays'
    throw error
  }
}
