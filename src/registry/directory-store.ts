// Reads the whole directory as one value. Agencies come in the order of their newest change, which is the order in
// which lists of them are handed out.
import { sql } from 'kysely'
import type { Agency, AgencyCode, AgencyId, AgencyKind, CodeScheme } from '../domain/agency.ts'
import { axisAgencyId, axisSystemId } from '../domain/axis-identity.ts'
import type { DeliveryPolicy } from '../domain/delivery-policy.ts'
import { buildDirectory, type Directory } from '../domain/directory.ts'
import type { ChannelName, Credential, PushStyle, ReportStyle, System, SystemId } from '../domain/system.ts'
import type { DeliveryPolicyInput } from '../generated/json/delivery-policy.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { builtInDeliveryPolicy, policyOver } from './delivery-policy.ts'
import { levelOneChanges } from './level-one-changes.ts'

/** One consistent snapshot: every query sees the moment of the version it is labelled with. */
export async function loadDirectory(db: Database): Promise<Directory> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => await readDirectory(trx))
}

/** The directory as the transaction sees it. Consistent only under `lockDirectory` or a repeatable read. */
export async function readDirectory(trx: Trx): Promise<Directory> {
  const version = await directoryVersion(trx)
  const agencies = await readAgencies(trx)
  const policy = await provincePolicy(trx)
  const systems = await readSystems(trx, policy)
  return buildDirectory(version, agencies, systems, levelOneChanges(), policy)
}

export async function directoryVersion(db: Db): Promise<number> {
  const row = await db.selectFrom('directory_version').select('version').executeTakeFirstOrThrow()
  return row.version
}

/** Lets one change of the directory happen at a time, so that what was decided on is what is written to. */
export async function lockDirectory(trx: Trx): Promise<number> {
  const row = await trx.selectFrom('directory_version').select('version').forUpdate().executeTakeFirstOrThrow()
  return row.version
}

async function readAgencies(trx: Trx): Promise<Agency[]> {
  const rows = await trx
    .selectFrom('agencies')
    .select([
      ...(['agency_id', 'name', 'kind', 'parent_id', 'is_office'] as const),
      ...(['connected', 'receiver_id', 'closed_at', 'redirects', 'updated_at'] as const),
    ])
    .where('agency_id', '<>', axisAgencyId)
    .orderBy('updated_at')
    .orderBy('agency_id')
    .execute()
  const codes = await readCodes(trx)
  const successors = await readSuccessors(trx)

  return rows.map((row) => ({
    agencyId: row.agency_id,
    name: row.name,
    kind: oneOf(agencyKinds, row.kind),
    isOffice: row.is_office,
    connected: row.connected,
    updatedAt: row.updated_at,
    successorIds: successors.get(row.agency_id) ?? [],
    redirects: row.redirects,
    codes: codes.get(row.agency_id) ?? [],
    ...(row.parent_id === null ? {} : { parentId: row.parent_id }),
    ...(row.receiver_id === null ? {} : { receiverId: row.receiver_id }),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at }),
  }))
}

async function readCodes(trx: Trx): Promise<Map<AgencyId, AgencyCode[]>> {
  const rows = await trx
    .selectFrom('agency_codes')
    .select(['agency_id', 'code', 'scheme', 'valid_from', 'valid_to'])
    .orderBy('code_id')
    .execute()
  return grouped(
    rows,
    (row) => row.agency_id,
    (row) => ({
      code: row.code,
      scheme: oneOf(codeSchemes, row.scheme),
      ...(row.valid_from === null ? {} : { validFrom: row.valid_from }),
      ...(row.valid_to === null ? {} : { validTo: row.valid_to }),
    }),
  )
}

async function readSuccessors(trx: Trx): Promise<Map<AgencyId, AgencyId[]>> {
  const rows = await trx
    .selectFrom('agency_successors')
    .select(['agency_id', 'successor_id'])
    .orderBy('effective_at')
    .orderBy('successor_id')
    .execute()
  return grouped(
    rows,
    (row) => row.agency_id,
    (row) => row.successor_id,
  )
}

/** The built-in policy with what the province has changed of it. */
async function provincePolicy(trx: Trx): Promise<DeliveryPolicy> {
  const row = await trx.selectFrom('delivery_settings').select('policy').executeTakeFirst()
  return policyOver(builtIn, row?.policy as DeliveryPolicyInput | undefined)
}

const builtIn = builtInDeliveryPolicy()

async function readSystems(trx: Trx, policy: DeliveryPolicy): Promise<System[]> {
  const rows = await trx
    .selectFrom('systems')
    .select([
      ...(['system_id', 'name', 'vendor', 'channel', 'push_url', 'push_style', 'bundle', 'fallback'] as const),
      ...(['reports', 'delivery_policy', 'bytes_per_day', 'suspended_at'] as const),
    ])
    .where('system_id', '<>', axisSystemId)
    .orderBy('system_id')
    .execute()
  const agencies = await readSystemAgencies(trx)
  const credentials = await readCredentials(trx)

  return rows.map((row) => {
    const served = agencies.get(row.system_id) ?? []
    return {
      systemId: row.system_id,
      name: row.name,
      channel: oneOf(channels, row.channel),
      pushStyle: oneOf(pushStyles, row.push_style),
      receivesFor: served.filter((agency) => agency.receives).map((agency) => agency.agencyId),
      sendsFor: served.map((agency) => agency.agencyId),
      credentials: credentials.get(row.system_id) ?? [],
      ...(row.vendor === null ? {} : { vendor: row.vendor }),
      ...(row.push_url === null ? {} : { pushUrl: row.push_url }),
      bundle: row.bundle,
      fallsBackToMailbox: row.fallback === 'mailbox',
      reports: row.reports as ReportStyle,
      deliveryPolicy: policyOver(policy, row.delivery_policy as DeliveryPolicyInput | null),
      ...(row.bytes_per_day === null ? {} : { bytesPerDay: Number(row.bytes_per_day) }),
      ...(row.suspended_at === null ? {} : { suspendedAt: row.suspended_at }),
    }
  })
}

async function readSystemAgencies(trx: Trx) {
  const rows = await trx
    .selectFrom('system_agencies')
    .select(['system_id', 'agency_id', 'receives'])
    .orderBy('agency_id')
    .execute()
  return grouped(
    rows,
    (row) => row.system_id,
    (row) => ({ agencyId: row.agency_id, receives: row.receives }),
  )
}

/** Only the ones that may still be used; whether one expires in the meantime is checked at each use. */
async function readCredentials(trx: Trx): Promise<Map<SystemId, Credential[]>> {
  const rows = await trx
    .selectFrom('system_credentials')
    .select(['credential_id', 'system_id', 'label', 'secret_hash', 'expires_at'])
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', sql<Date>`now()`)]))
    .orderBy('created_at', 'desc')
    .execute()
  const limits = await trx.selectFrom('system_credential_agencies').select(['credential_id', 'agency_id']).execute()
  const limitsOf = grouped(
    limits,
    (row) => row.credential_id,
    (row) => row.agency_id,
  )
  return grouped(
    rows,
    (row) => row.system_id,
    (row) => ({
      credentialId: row.credential_id,
      label: row.label,
      secretHash: row.secret_hash,
      ...agencyLimit(limitsOf.get(row.credential_id)),
      ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    }),
  )
}

/** No rows mean no limit. Rows are never removed, so a limited credential cannot turn into an unlimited one. */
function agencyLimit(agencyIds: AgencyId[] | undefined): { agencyIds?: AgencyId[] } {
  return agencyIds === undefined ? {} : { agencyIds }
}

function grouped<Row, Value>(rows: readonly Row[], keyOf: (row: Row) => string, readValue: (row: Row) => Value) {
  const groups = new Map<string, Value[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [readValue(row)])
    else group.push(readValue(row))
  }
  return groups
}

/** A value of a checked column. Another one means that a newer release has written to this database. */
function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((value) => value === text)
  if (found === undefined) throw new Error(`unknown value in the directory: ${text}`)
  return found
}

const agencyKinds: readonly AgencyKind[] = ['state', 'joined', 'enterprise', 'bridge']
const codeSchemes: readonly CodeScheme[] = ['qcvn102', 'qd20', 'enterprise', 'legacy']
const channels: readonly ChannelName[] = ['mailbox', 'push']
const pushStyles: readonly PushStyle[] = ['package', 'notice']
