// What is opened again or let go after a time goes where the directory says today, and not where it would have gone
// then: its agency may have moved meanwhile, and a document must never go out to a system that it is not for any more.
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import { type NewRoute, newRoute, type OpenRoute } from '../domain/route.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { lockedDirectoryVersion } from '../platform/directory-version.ts'

export interface WayOptions {
  readonly directory: { refresh(): Promise<Directory> }
  /** Today in Vietnam, ISO. */
  readonly day: () => string
  readonly reroute: (db: Db, route: NewRoute) => Promise<boolean>
  /** routing/: which of them an act left with the system that has, or may have, the document. */
  readonly stayingDeliveries: (db: Db, deliveryIds: readonly string[]) => Promise<ReadonlySet<string>>
}

/**
 * A transaction in which the directory stays as it is. Its version is locked before any delivery, in the order of
 * everybody who needs both.
 */
export async function withDirectory<T>(
  db: Database,
  { directory }: Pick<WayOptions, 'directory'>,
  work: (trx: Trx, directory: Directory) => Promise<T>,
): Promise<T> {
  for (;;) {
    const known = await directory.refresh()
    const done = await db.transaction().execute(async (trx) => {
      const isCurrent = (await lockedDirectoryVersion(trx)) === known.version
      return isCurrent ? { result: await work(trx, known) } : undefined
    })
    if (done !== undefined) return done.result
  }
}

export interface Sent {
  /** Stopped ones whose agency is not known, so that they have no way. */
  readonly unknown: readonly string[]
  /** Those that could not go their way, because the recipient has the document under another delivery. */
  readonly inVain: readonly string[]
}

/** Of open deliveries, takes those another way whose way is another one by now. */
export async function sendTheirWay(
  trx: Trx,
  deliveryIds: readonly string[],
  directory: Directory,
  options: WayOptions,
): Promise<Sent> {
  if (deliveryIds.length === 0) return { unknown: [], inVain: [] }
  const staying = await options.stayingDeliveries(trx, deliveryIds)
  const unknown: string[] = []
  const inVain: string[] = []
  for (const open of await openRoutes(trx, deliveryIds)) {
    const wasStopped = open.heldReason === 'by_operator'
    if (staying.has(open.deliveryId) && !wasStopped) continue
    const route = newRoute(open, directory, options.day())
    if (route !== undefined && !(await options.reroute(trx, route))) inVain.push(open.deliveryId)
    if (route === undefined && wasStopped) unknown.push(open.deliveryId)
  }
  return { unknown, inVain }
}

async function openRoutes(db: Db, deliveryIds: readonly string[]): Promise<OpenRoute[]> {
  const { rows } = await sql<{
    delivery_id: string
    organ_id: string
    recipient_agency_id: string | null
    state: DeliveryState
    held_reason: string | null
    system_id: string | null
    channel: string | null
  }>`
    select delivery_id, organ_id, recipient_agency_id, state, held_reason, system_id, channel from deliveries
    where delivery_id = any(${[...deliveryIds]}::uuid[]) and state in ('held', 'waiting', 'available')
    order by delivery_id`.execute(db)
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    organId: row.organ_id,
    recipientAgencyId: row.recipient_agency_id,
    state: row.state,
    heldReason: row.held_reason,
    systemId: row.system_id,
    channel: row.channel,
  }))
}

export interface Standing {
  readonly deliveryId: string
  readonly state: DeliveryState
  readonly heldReason: string | null
  readonly systemId: string | null
}

/** How deliveries stand now, by id. */
export async function standingOf(db: Db, deliveryIds: readonly string[]): Promise<Map<string, Standing>> {
  const { rows } = await sql<{
    delivery_id: string
    state: DeliveryState
    held_reason: string | null
    system_id: string | null
  }>`
    select delivery_id, state, held_reason, system_id from deliveries
    where delivery_id = any(${[...deliveryIds]}::uuid[])`.execute(db)
  return new Map(
    rows.map((row) => [
      row.delivery_id,
      { deliveryId: row.delivery_id, state: row.state, heldReason: row.held_reason, systemId: row.system_id },
    ]),
  )
}
