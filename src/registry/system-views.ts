// Systems as operators see them: as registered, with their pace and credentials, and never a secret.
import type { Directory } from '../domain/directory.ts'
import type { System, SystemId } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { CredentialRecord } from '../generated/json/credential-record.ts'
import type { DeliveryPolicyInput } from '../generated/json/delivery-policy.ts'
import type { SystemRecord } from '../generated/json/system-record.ts'
import type { Db } from '../platform/database.ts'
import { agencyReferences } from './agency-views.ts'
import { contactsOfSystems } from './contact-store.ts'
import { type CredentialRow, credentialsOfSystems } from './credential-store.ts'
import { openPushAuth } from './push-settings.ts'
import type { Secrets } from './secrets.ts'
import { type SystemRow, systemRows } from './system-store.ts'

type PausedReason = NonNullable<SystemRecord['pausedReason']>

export interface SystemViewDeps {
  readonly db: Db
  readonly secrets: Secrets
  readonly directory: Directory
  /** Today in Vietnam. */
  readonly day: string
}

export async function systemRecords(deps: SystemViewDeps, systems: readonly System[]): Promise<SystemRecord[]> {
  const ids = systems.map((system) => system.systemId)
  const rows = await systemRows(deps.db, ids)
  const contacts = await contactsOfSystems(deps.db, ids)
  const credentials = await credentialsOfSystems(deps.db, ids)
  return systems.flatMap((system) => {
    const row = rows.get(system.systemId)
    if (row === undefined) return []
    const record = {
      ...registered(deps, system),
      ...stored(deps, row),
      contacts: contacts.get(system.systemId) ?? [],
      credentials: credentials
        .filter((credential) => credential.systemId === system.systemId)
        .map((credential) => credentialRecord(deps, credential)),
    }
    return [record]
  })
}

function registered({ directory, day }: SystemViewDeps, system: System) {
  const received = new Set(system.receivesFor)
  const onlySends = system.sendsFor.filter((id) => !received.has(id))
  return {
    systemId: system.systemId,
    name: system.name,
    ...(system.vendor === undefined ? {} : { vendor: system.vendor }),
    channel: system.channel,
    agencies: agencyReferences(directory, system.receivesFor, day),
    sendsFor: agencyReferences(directory, onlySends, day),
    ...(system.pushUrl === undefined ? {} : { pushUrl: system.pushUrl }),
    pushStyle: system.pushStyle,
    bundle: system.bundle === true,
    fallback: system.fallsBackToMailbox === true ? ('mailbox' as const) : ('none' as const),
    reports: system.reports ?? 'json',
    ...(system.bytesPerDay === undefined ? {} : { bytesPerDay: system.bytesPerDay }),
  }
}

function stored({ secrets }: SystemViewDeps, row: SystemRow) {
  return {
    ...(row.push_auth_cipher === null
      ? {}
      : { pushAuthHeader: headerName(secrets, row.system_id, row.push_auth_cipher) }),
    ...(row.push_ca === null ? {} : { pushCa: row.push_ca }),
    concurrency: row.concurrency,
    ...(row.rate_per_second === null ? {} : { ratePerSecond: row.rate_per_second }),
    inOrder: row.in_order,
    // Checked by the schema when it was written.
    ...(row.delivery_policy === null ? {} : { deliveryPolicy: row.delivery_policy as DeliveryPolicyInput }),
    ...(row.paused_reason === null ? {} : { pausedReason: row.paused_reason as PausedReason }),
    ...(row.paused_at === null ? {} : { pausedAt: vietnamTime(row.paused_at) }),
    ...(row.paused_note === null ? {} : { pausedNote: row.paused_note }),
    ...(row.webhook_secret_old_until === null
      ? {}
      : { webhookSecretOverlapUntil: vietnamTime(row.webhook_secret_old_until) }),
    createdAt: vietnamTime(row.created_at),
    updatedAt: vietnamTime(row.updated_at),
  }
}

function headerName(secrets: Secrets, systemId: SystemId, cipher: Buffer): string {
  return openPushAuth(secrets, systemId, cipher).header
}

function credentialRecord({ directory, day }: SystemViewDeps, row: CredentialRow): CredentialRecord {
  return {
    credentialId: row.credentialId,
    label: row.label,
    ...(row.agencyIds.length === 0 ? {} : { agencies: agencyReferences(directory, row.agencyIds, day) }),
    createdAt: vietnamTime(row.createdAt),
    ...(row.expiresAt === null ? {} : { expiresAt: vietnamTime(row.expiresAt) }),
    ...(row.revokedAt === null ? {} : { revokedAt: vietnamTime(row.revokedAt) }),
  }
}
