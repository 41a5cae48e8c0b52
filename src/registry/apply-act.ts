// An act on an agency, done to the directory as a value and to its rows. The value is made first: it says where open
// deliveries will go, in a dry run too, and the rows then say the same.
import type { Agency, AgencyId } from '../domain/agency.ts'
import { buildDirectory, type Directory } from '../domain/directory.ts'
import type { System, SystemId } from '../domain/system.ts'
import type { Trx } from '../platform/database.ts'
import type { Act, ActOrder } from './act-store.ts'
import { levelOneChanges } from './level-one-changes.ts'

export function withAct(directory: Directory, order: ActOrder): Directory {
  if (order.kind === 'move') return withReceiver(directory, order.agencyId, order.toSystemId)
  const { effectiveAt: closedAt, successorIds, redirects } = order
  return withAgency(directory, order.agencyId, (agency) => ({ ...agency, closedAt, successorIds, redirects }))
}

/** The directory as it was before the act, apart from what happened to others since. */
export function withoutAct(directory: Directory, { order, fromSystemId }: Act): Directory {
  if (order.kind === 'move') return withReceiver(directory, order.agencyId, fromSystemId)
  return withAgency(directory, order.agencyId, ({ closedAt: _, ...agency }) => ({
    ...agency,
    successorIds: [],
    redirects: true,
  }))
}

function withAgency(directory: Directory, agencyId: AgencyId, change: (agency: Agency) => Agency): Directory {
  const agencies = [...directory.agencies.values()].map((one) => (one.agencyId === agencyId ? change(one) : one))
  return buildDirectory(directory.version, agencies, [...directory.systems.values()], levelOneChanges())
}

function withReceiver(directory: Directory, agencyId: AgencyId, systemId: SystemId | undefined): Directory {
  const systems = [...directory.systems.values()].map((system): System => {
    const others = system.receivesFor.filter((id) => id !== agencyId)
    return { ...system, receivesFor: system.systemId === systemId ? [...others, agencyId] : others }
  })
  return buildDirectory(directory.version, [...directory.agencies.values()], systems, levelOneChanges())
}

/** What a move must remember to be undone. */
export interface FormerReceiver {
  readonly fromSystemId?: SystemId
  readonly toSystemSent?: boolean
}

export function formerReceiver(directory: Directory, order: ActOrder): FormerReceiver {
  if (order.kind !== 'move') return {}
  const from = [...directory.systems.values()].find((system) => system.receivesFor.includes(order.agencyId))
  const toSystemSent = directory.systems.get(order.toSystemId)?.sendsFor.includes(order.agencyId) === true
  return { toSystemSent, ...(from === undefined ? {} : { fromSystemId: from.systemId }) }
}

export async function writeAct(trx: Trx, order: ActOrder, { fromSystemId }: FormerReceiver): Promise<void> {
  if (order.kind === 'succession') {
    await closeAgency(trx, order)
    return
  }
  // The old system goes on sending for it, as long as it has documents of it to answer.
  if (fromSystemId !== undefined) await setReceives(trx, order.agencyId, fromSystemId, false)
  await setReceives(trx, order.agencyId, order.toSystemId, true)
}

export async function unwriteAct(trx: Trx, { order, fromSystemId, toSystemSent }: Act): Promise<void> {
  if (order.kind === 'succession') {
    await reopenAgency(trx, order.agencyId)
    return
  }
  if (toSystemSent === true) await setReceives(trx, order.agencyId, order.toSystemId, false)
  else await dropServed(trx, order.agencyId, order.toSystemId)
  if (fromSystemId !== undefined) await setReceives(trx, order.agencyId, fromSystemId, true)
}

async function closeAgency(trx: Trx, order: Extract<ActOrder, { kind: 'succession' }>): Promise<void> {
  const { agencyId, successorIds, redirects, effectiveAt } = order
  await trx
    .updateTable('agencies')
    .set({ closed_at: effectiveAt, redirects })
    .where('agency_id', '=', agencyId)
    .execute()
  if (successorIds.length === 0) return
  await trx
    .insertInto('agency_successors')
    .values(successorIds.map((id) => ({ agency_id: agencyId, successor_id: id, effective_at: effectiveAt })))
    .execute()
}

async function reopenAgency(trx: Trx, agencyId: AgencyId): Promise<void> {
  await trx.deleteFrom('agency_successors').where('agency_id', '=', agencyId).execute()
  await trx
    .updateTable('agencies')
    .set({ closed_at: null, redirects: true })
    .where('agency_id', '=', agencyId)
    .execute()
}

async function setReceives(trx: Trx, agencyId: AgencyId, systemId: SystemId, receives: boolean): Promise<void> {
  await trx
    .insertInto('system_agencies')
    .values({ system_id: systemId, agency_id: agencyId, receives })
    .onConflict((conflict) => conflict.columns(['system_id', 'agency_id']).doUpdateSet({ receives }))
    .execute()
}

async function dropServed(trx: Trx, agencyId: AgencyId, systemId: SystemId): Promise<void> {
  await trx.deleteFrom('system_agencies').where('agency_id', '=', agencyId).where('system_id', '=', systemId).execute()
}
