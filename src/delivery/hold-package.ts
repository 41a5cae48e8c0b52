// An operator stops a document, and lets it go again (contract §5). What nobody has taken waits; what somebody has, or
// may have, is beyond our reach, and only its issuer can ask for it back. The clocks of what waits stand still.
import { GatewayError } from '../domain/errors.ts'
import type { Audit } from '../platform/audit.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import {
  freeOrphans,
  type HeldRecipient,
  holdUntaken,
  insertHold,
  lockDocument,
  markReleased,
  type OpenHold,
  openHoldOf,
  recipientsOf,
  type StoppedDelivery,
  settleHeld,
  stoppedDeliveries,
  tellPackage,
} from './hold-store.ts'
import { type Standing, sendTheirWay, standingOf, type WayOptions, withDirectory } from './send-their-way.ts'

export interface HoldOptions extends WayOptions {
  readonly db: Database
  readonly newId: () => string
  readonly audit: Audit
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** The clocks of these stood still since then, and go on now. */
  readonly moveClocks: (db: Db, deliveryIds: readonly string[], stoppedAt: Date) => Promise<void>
}

export interface HoldOrder {
  readonly packageId: string
  readonly reason: string
  readonly requestedBy: string
  readonly heldBy: string
}

export interface Held {
  readonly hold: OpenHold
  readonly recipients: readonly HeldRecipient[]
}

export async function holdPackage(order: HoldOrder, options: HoldOptions): Promise<Held> {
  const { packageId, reason, requestedBy, heldBy } = order
  return await options.db.transaction().execute(async (trx) => {
    const document = await requireDocument(trx, packageId)
    const before = await openHoldOf(trx, document.repeatKey)
    if (before !== undefined) {
      const params = { heldBy: before.heldBy, packageId: before.packageId }
      throw new GatewayError('conflict', 'package_already_held', { params })
    }
    const hold = await insertHold(trx, { holdId: options.newId(), ...order })
    const stopped = await holdUntaken(trx, document.repeatKey)
    await tellPackage(trx, packageId, 'package.held', { holdId: hold.holdId })
    const data = { reason, requestedBy, holdId: hold.holdId, stopped: stopped.length }
    await options.audit(trx, { actor: heldBy, action: 'package.hold', object: `package:${packageId}`, data })
    return { hold, recipients: await recipientsOf(trx, document.repeatKey) }
  })
}

export interface Released {
  readonly hold: OpenHold
  readonly releasedAt: Date
  readonly recipients: readonly (Standing & { readonly organId: string })[]
}

export async function releasePackage(
  order: { readonly packageId: string; readonly reason: string; readonly releasedBy: string },
  options: HoldOptions,
): Promise<Released> {
  const { packageId, reason, releasedBy } = order
  const released = await withDirectory(options.db, options, async (trx, directory) => {
    const document = await requireDocument(trx, packageId)
    const hold = await openHoldOf(trx, document.repeatKey)
    if (hold === undefined) throw new GatewayError('conflict', 'package_not_held')
    const releasedAt = await markReleased(trx, hold.holdId, { releasedBy, reason })
    const stopped = await stoppedDeliveries(trx, document.repeatKey)
    const deliveryIds = stopped.map((one) => one.deliveryId)
    const { unknown, inVain } = await sendTheirWay(trx, deliveryIds, directory, options)
    await settleHeld(trx, unknown, 'unknown_agency')
    // The recipient has the document under another delivery: this one is as good as addressed to nobody.
    await settleHeld(trx, inVain, 'closed')
    await letClocksGoOn(trx, stopped, options)
    await tellPackage(trx, hold.packageId, 'package.released', { holdId: hold.holdId })
    const data = { reason, holdId: hold.holdId, released: stopped.length }
    await options.audit(trx, {
      actor: releasedBy,
      action: 'package.release',
      object: `package:${hold.packageId}`,
      data,
    })
    return { hold, releasedAt, recipients: await standingRecipients(trx, stopped) }
  })
  options.afterCommit(new Set(released.recipients.flatMap((one) => one.systemId ?? [])))
  return released
}

async function requireDocument(trx: Trx, packageId: string): Promise<{ readonly repeatKey: string }> {
  const document = await lockDocument(trx, packageId)
  if (document === undefined) throw new GatewayError('not_found', 'package_not_found')
  return document
}

/** What came to a stopped document later stood still for a shorter time. */
async function letClocksGoOn(trx: Trx, stopped: readonly StoppedDelivery[], options: HoldOptions): Promise<void> {
  const moments = new Map<number, string[]>()
  for (const { deliveryId, since } of stopped) {
    moments.set(since.getTime(), [...(moments.get(since.getTime()) ?? []), deliveryId])
  }
  for (const [moment, deliveryIds] of moments) await options.moveClocks(trx, deliveryIds, new Date(moment))
}

async function standingRecipients(trx: Trx, stopped: readonly StoppedDelivery[]) {
  const ids = stopped.map((one) => one.deliveryId)
  const standing = await standingOf(trx, ids)
  return stopped.flatMap(({ deliveryId, organId }) => {
    const stands = standing.get(deliveryId)
    return stands === undefined ? [] : [{ ...stands, organId }]
  })
}

/**
 * Stops what came to a stopped document after it was stopped: a delivery opened by an update at that very moment, an
 * attempt that turned out to have sent nothing, a lease that ran out. Answers how many.
 */
export async function holdLatecomers(db: Db): Promise<number> {
  await freeOrphans(db)
  return (await holdUntaken(db)).length
}
