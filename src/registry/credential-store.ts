// Credentials of systems: what is stored of a secret is a hash to compare with and a sealed copy (design D18).
import { sql } from 'kysely'
import type { AgencyId } from '../domain/agency.ts'
import type { SystemId } from '../domain/system.ts'
import type { Db, Trx } from '../platform/database.ts'
import { hashSecret, type Secrets, sealContext } from './secrets.ts'

export interface NewCredential {
  readonly credentialId: string
  readonly systemId: SystemId
  readonly label: string
  readonly secret: string
  /** The part of the system's agencies it speaks for; absent: all. */
  readonly agencyIds?: readonly AgencyId[]
}

export async function insertCredential(trx: Trx, secrets: Secrets, credential: NewCredential): Promise<void> {
  const { credentialId, systemId, label, secret, agencyIds = [] } = credential
  await trx
    .insertInto('system_credentials')
    .values({
      credential_id: credentialId,
      system_id: systemId,
      label,
      secret_hash: hashSecret(secret),
      secret_cipher: secrets.seal(secret, sealContext.credential(credentialId)),
      created_at: sql<Date>`clock_timestamp()`,
    })
    .execute()
  if (agencyIds.length === 0) return
  await sql`
    insert into system_credential_agencies (credential_id, agency_id)
    select ${credentialId}, unnest(${agencyIds}::uuid[])
  `.execute(trx)
}

/** Ends the credentials of a label at `until`, those that end sooner excepted. */
export async function expireCredentials(trx: Trx, owner: { systemId: SystemId; label: string }, until: Date) {
  await trx
    .updateTable('system_credentials')
    .set({ expires_at: until })
    .where('system_id', '=', owner.systemId)
    .where('label', '=', owner.label)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', until)]))
    .execute()
}

/** Refused from now on. Answers whether it exists; doing it again keeps the first moment. */
export async function revokeCredential(trx: Trx, systemId: SystemId, credentialId: string): Promise<boolean> {
  const row = await trx
    .updateTable('system_credentials')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
    .where('system_id', '=', systemId)
    .where(sql<string>`credential_id::text`, '=', credentialId)
    .returning('credential_id')
    .executeTakeFirst()
  return row !== undefined
}

export interface CredentialRow {
  readonly credentialId: string
  readonly systemId: SystemId
  readonly label: string
  readonly agencyIds: readonly AgencyId[]
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

/** All credentials of these systems, the ended ones among them, oldest first. */
export async function credentialsOfSystems(db: Db, systemIds: readonly SystemId[]): Promise<CredentialRow[]> {
  if (systemIds.length === 0) return []
  const rows = await db
    .selectFrom('system_credentials')
    .select((eb) => [
      ...(['credential_id', 'system_id', 'label', 'created_at', 'expires_at', 'revoked_at'] as const),
      eb
        .selectFrom('system_credential_agencies as part')
        .select(sql<string[]>`coalesce(array_agg(part.agency_id::text order by part.agency_id), '{}')`.as('ids'))
        .whereRef('part.credential_id', '=', 'system_credentials.credential_id')
        .as('agency_ids'),
    ])
    .where('system_id', 'in', systemIds)
    .orderBy('created_at')
    .orderBy('credential_id')
    .execute()
  return rows.map((row) => ({
    credentialId: row.credential_id,
    systemId: row.system_id,
    label: row.label,
    agencyIds: row.agency_ids ?? [],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  }))
}
