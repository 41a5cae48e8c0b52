// Documents put straight into the tables for tests of acts on agencies: addressed by the directory as it is, as an
// acceptance would, in any state.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { DeliveryState } from '../../src/domain/delivery.ts'
import { keyOf } from '../../src/domain/document-package.ts'
import { address } from '../../src/domain/route.ts'
import { vietnamDay } from '../../src/domain/vietnam-time.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { openDeliveries } from '../support/delivery-policy.ts'
import type { RegistryApp } from './registry-app.ts'

export interface DocumentFixture {
  readonly state?: Extract<DeliveryState, 'in_flight' | 'delivered'>
  /** Somebody has it, or may have it. */
  readonly isTaken?: boolean
  readonly recallRequested?: boolean
  readonly heldReason?: 'quarantined'
  /** The same one again is the same document to another recipient. */
  readonly documentId?: string
}

/** A document of the agency `from` to the code `to`; answers its delivery's id. */
export async function documentTo(
  registry: RegistryApp,
  { from, to }: { readonly from: string; readonly to: string },
  fixture: DocumentFixture = {},
): Promise<string> {
  const { db } = registry.open
  const directory = await registry.cache.refresh()
  const [recipient] = address([{ organId: to }], directory, vietnamDay(registry.clock.now()))
  const sender = directory.findByCode(from, '2026-11-20')
  const system = [...directory.systems.values()].find((one) => one.sendsFor.includes(sender?.agencyId ?? ''))
  if (recipient === undefined || sender === undefined || system === undefined)
    throw new Error('nobody to send or receive')

  const [packageId, deliveryId] = [uuidv7(), uuidv7()]
  const documentId = fixture.documentId ?? `${from},2026/11/20,${packageId}`
  const repeatKey = keyOf(documentId)
  await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
      document_key, repeat_key, supplement_of, priority, document, content_hash, sha256, size, receipt, accepted_at)
    values (${packageId}, 'edoc', 'new', ${system.systemId}, 'rest', ${sender.agencyId}, ${from}, ${documentId},
      ${documentId}, ${repeatKey}, (select package_id from packages where repeat_key = ${repeatKey} and supplement_of is null),
      0, '{}', ${randomBytes(32)}, ${randomBytes(32)}, 1000, 'jws', now())`.execute(db)
  const identity = { packageId, type: 'edoc', priority: 0, repeatKey, senderAgencyId: sender.agencyId } as const
  await openDeliveries(db, [{ ...identity, deliveryId, recipient, destination: recipient.destination }])
  await inState(registry, deliveryId, fixture)
  return deliveryId
}

async function inState({ open: { db } }: RegistryApp, deliveryId: string, fixture: DocumentFixture): Promise<void> {
  const { state, isTaken = false, recallRequested = false, heldReason } = fixture
  const to = state ?? (heldReason === undefined ? null : 'held')
  await sql`
    update deliveries set
      state = coalesce(${to}, state), held_reason = coalesce(${heldReason ?? null}, held_reason),
      lease_token = case when ${to} = 'in_flight' then gen_random_uuid() end,
      lease_until = case when ${to} = 'in_flight' then now() + interval '1 hour' end,
      next_attempt_at = case when ${to}::text is null or ${to} = 'in_flight' then next_attempt_at end,
      delivered_at = case when ${to} = 'delivered' then now() end,
      taken_at = case when ${isTaken} then now() end, recall_requested = ${recallRequested}
    where delivery_id = ${deliveryId}`.execute(db)
}

/** The delivery `carrier` asks for the document of the delivery `target` back, and nobody has answered. */
export async function askBack({ open: { db } }: RegistryApp, carrier: string, target: string): Promise<void> {
  await sql`
    insert into operation_requests (request_id, kind, package_id, target_package_id, target_delivery_id,
      carrier_delivery_id, outcome, asked_by, asked_at)
    select gen_random_uuid(), 'recall', c.package_id, t.package_id, t.delivery_id, c.delivery_id, 'requested', 'x', now()
    from deliveries c, deliveries t where c.delivery_id = ${carrier} and t.delivery_id = ${target}`.execute(db)
}

export async function deliveryRow({ open: { db } }: RegistryApp, deliveryId: string) {
  return await db.selectFrom('deliveries').selectAll().where('delivery_id', '=', deliveryId).executeTakeFirstOrThrow()
}
