// A part of a mailbox in the hands of one of several threads of the receiving system. A lease keeps the other threads
// away and nothing else: it makes no delivery taken, and whatever ends the wait (a recall, an operator) goes before it.
import { sql } from 'kysely'
import type { DeliveryType } from '../domain/delivery.ts'
import type { Db } from '../platform/database.ts'

/** The deliveries of a system that a caller may see. */
export interface MailboxOf {
  readonly systemId: string
  /** The agencies his credential is limited to. */
  readonly receivesFor?: ReadonlySet<string>
}

export interface WantedLease {
  readonly leaseId: string
  readonly leaseSeconds: number
  readonly limit: number
  readonly type?: DeliveryType
  /** Agencies to look at, already resolved from a code. */
  readonly agencyIds?: readonly string[]
}

export interface LeasedDelivery {
  readonly deliveryId: string
  readonly leaseUntil: Date
}

/** Urgent first, then never fetched, then oldest; what somebody holds, or is just taking, is passed over. */
export async function leaseFromMailbox(db: Db, mailbox: MailboxOf, wanted: WantedLease): Promise<LeasedDelivery[]> {
  const filters = [
    ...seenBy(mailbox),
    ...(wanted.type === undefined ? [] : [sql`d.type = ${wanted.type}`]),
    ...(wanted.agencyIds === undefined ? [] : [sql`d.recipient_agency_id = any(${wanted.agencyIds}::uuid[])`]),
  ]
  const { rows } = await sql<LeasedRow>`
    with free as (
      select d.delivery_id from deliveries d
      where ${sql.join(filters, sql` and `)} and d.state = 'available' and d.available_at <= now()
        and (d.mailbox_lease_until is null or d.mailbox_lease_until <= now())
        and not exists (
          select from lanes l where l.system_id = d.system_id
            and ((d.turned_away > 0 and l.reoffers_paused_at is not null) or l.paused_reason in ('by_operator', 'draining')))
        and not (d.waits and d.taken_at is null and delivery_is_blocked(d.delivery_id))
      order by -d.priority, d.fetched_at is not null, d.available_at, d.delivery_id
      limit ${wanted.limit} for update skip locked
    )
    update deliveries d set mailbox_lease_id = ${wanted.leaseId}::uuid,
      mailbox_lease_until = now() + make_interval(secs => ${wanted.leaseSeconds}::double precision)
    from free where d.delivery_id = free.delivery_id
    returning d.delivery_id, d.mailbox_lease_until as lease_until`.execute(db)
  return rows.map(toLeased)
}

export interface HeldLease {
  readonly leaseId: string
  /** Of the lease's deliveries only these; all when absent. */
  readonly deliveryIds?: readonly string[]
}

/**
 * Gives more time from now on. Answers what the lease still holds: what was settled, taken back or given to another thread
 * is not among it. One that ran out goes on as long as nobody else has claimed.
 */
export async function extendMailboxLease(
  db: Db,
  mailbox: MailboxOf,
  lease: HeldLease & { readonly leaseSeconds: number },
): Promise<LeasedDelivery[]> {
  const { rows } = await sql<LeasedRow>`
    with held as (${heldBy(mailbox, lease)})
    update deliveries d set
      mailbox_lease_until = now() + make_interval(secs => ${lease.leaseSeconds}::double precision)
    from held where d.delivery_id = held.delivery_id
    returning d.delivery_id, d.mailbox_lease_until as lease_until`.execute(db)
  return rows.map(toLeased)
}

/** Gives deliveries back before their time: the next claim may have them. Answers which. */
export async function releaseMailboxLease(db: Db, mailbox: MailboxOf, lease: HeldLease): Promise<string[]> {
  const { rows } = await sql<{ delivery_id: string }>`
    with held as (${heldBy(mailbox, lease)})
    update deliveries d set mailbox_lease_id = null, mailbox_lease_until = null
    from held where d.delivery_id = held.delivery_id
    returning d.delivery_id`.execute(db)
  return rows.map((row) => row.delivery_id)
}

/** In the order in which everybody locks several deliveries. */
function heldBy(mailbox: MailboxOf, { leaseId, deliveryIds }: HeldLease) {
  const only = deliveryIds === undefined ? [] : [sql`d.delivery_id = any(${deliveryIds}::uuid[])`]
  return sql`
    select d.delivery_id from deliveries d
    where ${sql.join([sql`d.mailbox_lease_id = ${leaseId}::uuid`, sql`d.state = 'available'`, ...seenBy(mailbox), ...only], sql` and `)}
    order by d.delivery_id for update`
}

function seenBy({ systemId, receivesFor }: MailboxOf) {
  const own = sql`d.system_id = ${systemId}`
  return receivesFor === undefined ? [own] : [own, sql`d.recipient_agency_id = any(${[...receivesFor]}::uuid[])`]
}

interface LeasedRow {
  delivery_id: string
  lease_until: Date
}

function toLeased(row: LeasedRow): LeasedDelivery {
  return { deliveryId: row.delivery_id, leaseUntil: row.lease_until }
}
