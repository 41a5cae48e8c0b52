// Writes systems with their agencies, and the pace of their lanes; reads them as operators see them.
import { type Selectable, sql } from 'kysely'
import type { SystemId } from '../domain/system.ts'
import type { Lanes, Systems } from '../generated/database.ts'
import type { Db, Trx } from '../platform/database.ts'
import type { SystemState } from './system-rules.ts'

export interface NewSystem {
  readonly systemId: SystemId
  readonly state: SystemState
  readonly webhookCipher: Buffer
  readonly pushAuthCipher: Buffer | null
}

export async function insertSystem(trx: Trx, { systemId, state, webhookCipher, pushAuthCipher }: NewSystem) {
  await trx
    .insertInto('systems')
    .values({
      system_id: systemId,
      ...columns(state),
      webhook_secret_cipher: webhookCipher,
      push_auth_cipher: pushAuthCipher,
    })
    .execute()
  await trx
    .insertInto('lanes')
    .values({ system_id: systemId, ...pace(state) })
    .execute()
  await insertAgencies(trx, systemId, state)
}

/** `pushAuthCipher` undefined leaves the header as it is. */
export async function updateSystem(
  trx: Trx,
  { systemId, state, pushAuthCipher }: Pick<NewSystem, 'systemId' | 'state'> & { pushAuthCipher?: Buffer | null },
) {
  await trx
    .updateTable('systems')
    .set({
      ...columns(state),
      updated_at: sql<Date>`now()`,
      ...(pushAuthCipher === undefined ? {} : { push_auth_cipher: pushAuthCipher }),
    })
    .where('system_id', '=', systemId)
    .execute()
  await trx.updateTable('lanes').set(pace(state)).where('system_id', '=', systemId).execute()
  await trx.deleteFrom('system_agencies').where('system_id', '=', systemId).execute()
  await insertAgencies(trx, systemId, state)
}

/** The operator has looked after an endpoint that said it was gone: the lane starts with a clean record. */
export async function forgetGoneEndpoint(trx: Trx, systemId: SystemId): Promise<boolean> {
  const lane = await trx
    .updateTable('lanes')
    .set({
      ...{ paused_reason: null, paused_at: null, paused_by: null, paused_note: null },
      ...{ faults_in_row: 0, is_broken: false, broken_since: null, open_until: null },
    })
    .where('system_id', '=', systemId)
    .where('paused_reason', '=', 'endpoint_gone')
    .returning('system_id')
    .executeTakeFirst()
  return lane !== undefined
}

async function insertAgencies(trx: Trx, systemId: SystemId, state: SystemState): Promise<void> {
  const rows = [
    ...state.receivesFor.map((agencyId) => ({ system_id: systemId, agency_id: agencyId, receives: true })),
    ...state.onlySendsFor.map((agencyId) => ({ system_id: systemId, agency_id: agencyId, receives: false })),
  ]
  // PostgreSQL takes 65,535 values in a statement.
  for (let from = 0; from < rows.length; from += 10_000) {
    await trx
      .insertInto('system_agencies')
      .values(rows.slice(from, from + 10_000))
      .execute()
  }
}

function columns(state: SystemState) {
  return {
    name: state.name,
    vendor: state.vendor ?? null,
    channel: state.channel,
    push_url: state.pushUrl ?? null,
    push_style: state.pushStyle,
    push_ca: state.pushCa ?? null,
    bundle: state.bundle,
    fallback: state.fallback,
    reports: state.reports,
    delivery_policy: state.deliveryPolicy === undefined ? null : JSON.stringify(state.deliveryPolicy),
    bytes_per_day: state.bytesPerDay ?? null,
  }
}

function pace(state: SystemState) {
  return { concurrency: state.concurrency, rate_per_second: state.ratePerSecond ?? null, in_order: state.inOrder }
}

export type SystemRow = Pick<
  Selectable<Systems>,
  | 'system_id'
  | 'push_auth_cipher'
  | 'push_ca'
  | 'webhook_secret_old_until'
  | 'created_at'
  | 'updated_at'
  | 'delivery_policy'
> &
  Pick<
    Selectable<Lanes>,
    'concurrency' | 'rate_per_second' | 'in_order' | 'paused_reason' | 'paused_at' | 'paused_note'
  >

/** What the directory does not hold of these systems. */
export async function systemRows(db: Db, systemIds: readonly SystemId[]): Promise<Map<SystemId, SystemRow>> {
  if (systemIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('systems')
    .innerJoin('lanes', 'lanes.system_id', 'systems.system_id')
    .select([
      ...(['systems.system_id', 'push_auth_cipher', 'push_ca', 'webhook_secret_old_until'] as const),
      ...(['created_at', 'updated_at', 'delivery_policy', 'concurrency', 'rate_per_second'] as const),
      ...(['in_order', 'paused_reason', 'paused_at', 'paused_note'] as const),
    ])
    .where('systems.system_id', 'in', systemIds)
    .execute()
  return new Map(rows.map((row) => [row.system_id, row]))
}
