// Writes the delivery rows of accepted packages, inside the transaction that accepts them. The rows are the outbox:
// whatever happens after the commit, they say who must still get what (design D1, D15).
import { sql } from 'kysely'
import type { DeliveryType, HeldReason } from '../domain/delivery.ts'
import type { DeliveryClocks } from '../domain/delivery-policy.ts'
import { keyOf, type Priority } from '../domain/document-package.ts'
import { type AddressedRecipient, type Destination, initialState } from '../domain/route.ts'
import type { Db } from '../platform/database.ts'

export interface NewDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly type: DeliveryType
  readonly priority: Priority
  readonly repeatKey: string
  /** Whose document it is: a lane shares its slots between senders. */
  readonly senderAgencyId: string
  readonly recipient: Pick<AddressedRecipient, 'organId' | 'recipientKey' | 'agencyId' | 'agencyCode'>
  readonly destination: Destination
}

/** Sender told, sender warned, given up: when, for a delivery that begins its way now (design §3, two clocks). */
export type StartClocks = (delivery: {
  readonly type: DeliveryType
  readonly priority: Priority
  readonly systemId?: string
  readonly isInMailbox: boolean
}) => DeliveryClocks

export type OpenDeliveries = (db: Db, deliveries: readonly NewDelivery[]) => Promise<Set<string>>

export function createOpenDeliveries(startClocks: StartClocks): OpenDeliveries {
  return (db, deliveries) => openDeliveries(db, deliveries, startClocks)
}

/**
 * Inserts the rows and answers the ids of those that are new. A recipient that has the document already (same repeat
 * key) is passed over. Rows go in sorted by key, so that two acceptances can never wait for each other in a circle.
 */
export async function openDeliveries(
  db: Db,
  deliveries: readonly NewDelivery[],
  startClocks: StartClocks,
): Promise<Set<string>> {
  if (deliveries.length === 0) return new Set()
  const rows = deliveries.map((d) => toRow(d, startClocks)).sort((a, b) => (a.sort < b.sort ? -1 : 1))
  const inserted = await sql<{ delivery_id: string }>`
    insert into deliveries (delivery_id, package_id, type, priority, repeat_key, sender_agency_id, recipient_key, recipient_agency_id,
      organ_id, agency_code, system_id, channel, state, held_reason, available_at, next_attempt_at, report_at, warn_at, give_up_at,
      clock_at)
    select delivery_id, package_id, type, priority, repeat_key, sender_agency_id, recipient_key, recipient_agency_id,
      organ_id, agency_code,
      -- A document that an operator stopped waits for all of its recipients, also for those who come later.
      case when not is_stopped then system_id end, case when not is_stopped then channel end,
      case when is_stopped then 'held' else state end, case when is_stopped then 'by_operator' else held_reason end,
      case when state = 'available' and not is_stopped then now() end,
      case when is_due and not is_stopped then now() end,
      report_at, warn_at, give_up_at,
      case when is_stopped then 'infinity' else least(report_at, warn_at, give_up_at) end
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(delivery_id uuid, package_id uuid, type text,
      priority smallint, repeat_key uuid, sender_agency_id uuid, recipient_key uuid, recipient_agency_id uuid, organ_id text,
      agency_code text, system_id text, channel text, state text, held_reason text, is_due boolean,
      report_at timestamptz, warn_at timestamptz, give_up_at timestamptz)
    cross join lateral (select exists (select from held_documents h where h.repeat_key = r.repeat_key) as is_stopped) s
    on conflict (repeat_key, recipient_key) do nothing
    returning delivery_id`.execute(db)
  return new Set(inserted.rows.map((row) => row.delivery_id))
}

function toRow(d: NewDelivery, startClocks: StartClocks) {
  const state = initialState(d.destination)
  const lane = d.destination.kind === 'lane' ? d.destination : undefined
  return {
    sort: d.repeatKey + d.recipient.recipientKey,
    delivery_id: d.deliveryId,
    package_id: d.packageId,
    type: d.type,
    priority: d.priority,
    repeat_key: d.repeatKey,
    sender_agency_id: d.senderAgencyId,
    recipient_key: recipientKeyColumn(d.recipient.recipientKey),
    recipient_agency_id: d.recipient.agencyId ?? null,
    organ_id: d.recipient.organId,
    agency_code: d.recipient.agencyCode ?? null,
    system_id: lane?.systemId ?? null,
    channel: lane?.channel ?? null,
    state,
    held_reason: heldReason(d.destination),
    // A push is due at once; so is the notice of a delivery that will then be fetched.
    is_due: lane?.channel === 'push',
    ...clockColumns(
      startClocks({
        type: d.type,
        priority: d.priority,
        isInMailbox: state === 'available',
        ...(lane === undefined ? {} : { systemId: lane.systemId }),
      }),
    ),
  }
}

export function clockColumns({ reportAt, warnAt, giveUpAt }: DeliveryClocks) {
  return { report_at: reportAt ?? null, warn_at: warnAt ?? null, give_up_at: giveUpAt ?? null }
}

function heldReason(destination: Destination): HeldReason | null {
  return destination.kind === 'held' ? destination.reason : null
}

/** The recipient's key as stored: agencies by their own id, written codes by a hash. */
function recipientKeyColumn(recipientKey: string): string {
  const agency = 'agency:'
  return recipientKey.startsWith(agency) ? recipientKey.slice(agency.length) : keyOf(recipientKey)
}

/** Of the given recipients, those who have a delivery under the repeat key already, with its id. */
export async function existingDeliveries(
  db: Db,
  repeatKey: string,
  recipientKeys: readonly string[],
): Promise<Map<string, string>> {
  const byColumn = new Map(recipientKeys.map((key) => [recipientKeyColumn(key), key]))
  const { rows } = await sql<{ recipient_key: string; delivery_id: string }>`
    select recipient_key, delivery_id from all_deliveries
    where repeat_key = ${repeatKey}::uuid and recipient_key = any(${[...byColumn.keys()]}::uuid[])`.execute(db)
  return new Map(rows.map((row) => [byColumn.get(row.recipient_key) ?? row.recipient_key, row.delivery_id]))
}
