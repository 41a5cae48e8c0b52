// Further credentials of a system, their end, and the rotation of its secrets.
import { sql } from 'kysely'
import { GatewayError, type Violation } from '../domain/errors.ts'
import type { SystemId } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { CredentialInput } from '../generated/json/credential-input.ts'
import type { Trx } from '../platform/database.ts'
import type { Actor } from './audit-store.ts'
import { expireCredentials, insertCredential, revokeCredential } from './credential-store.ts'
import { mainLabel, type NewSecrets, type SaveSystemDeps, systemNotFound } from './save-system.ts'
import { sealContext } from './secrets.ts'
import { refuseInvalid, resolveAgencies } from './system-rules.ts'

// Longer than a weekend, so that whoever runs the other side can change the secret on a working day.
const overlapMs = 72 * 3_600_000

export interface NewCredentialSecret {
  readonly credentialId: string
  readonly label: string
  readonly secret: string
}

export async function addCredential(
  { change, secrets, newId }: SaveSystemDeps,
  actor: Actor,
  systemId: SystemId,
  input: CredentialInput,
): Promise<NewCredentialSecret> {
  const label = input.label.normalize('NFC').trim()
  return await change(actor, async (trx, directory, now) => {
    const system = directory.systems.get(systemId)
    if (system === undefined) throw systemNotFound(systemId)
    if (label === mainLabel) throw new GatewayError('conflict', 'credential_label_kept', { params: { label } })

    const violations: Violation[] = []
    const codes = input.agencies ?? []
    const agencyIds = resolveAgencies({ codes, path: '/agencies', directory, day: vietnamDay(now), violations })
    refuseInvalid(violations)
    const served = new Set(system.sendsFor)
    refuseInvalid(
      agencyIds.flatMap((id, n) =>
        served.has(id) ? [] : [{ path: `/agencies/${n}`, rule: 'agency_of_other_system', found: codes[n] ?? id }],
      ),
    )

    const made = { credentialId: newId(), label, secret: secrets.generateSecret() }
    await insertCredential(trx, secrets, {
      ...made,
      systemId,
      ...(input.agencies === undefined ? {} : { agencyIds: [...new Set(agencyIds)] }),
    })
    const data = { credentialId: made.credentialId, label, agencyIds }
    return { result: made, audit: { action: 'credential.created', object: `system:${systemId}`, data } }
  })
}

export async function endCredential(
  { change }: SaveSystemDeps,
  actor: Actor,
  systemId: SystemId,
  credentialId: string,
): Promise<void> {
  await change(actor, async (trx) => {
    if (!(await revokeCredential(trx, systemId, credentialId.toLowerCase())))
      throw new GatewayError('not_found', 'credential_not_found', { params: { systemId, credentialId } })
    const data = { credentialId }
    return { result: undefined, audit: { action: 'credential.revoked', object: `system:${systemId}`, data } }
  })
}

export interface RotatedSecrets extends NewSecrets {
  readonly oldValidUntil: Date
}

/** New secrets for the first credential and for pushes. The former ones hold for the overlap, then end by themselves. */
export async function rotateSecrets(deps: SaveSystemDeps, actor: Actor, systemId: SystemId): Promise<RotatedSecrets> {
  const { change, secrets, newId } = deps
  return await change(actor, async (trx, directory, now) => {
    if (!directory.systems.has(systemId)) throw systemNotFound(systemId)
    const made = {
      systemId,
      credentialId: newId(),
      secret: secrets.generateSecret(),
      webhookSecret: secrets.generateWebhookSecret(),
      oldValidUntil: new Date(now.getTime() + overlapMs),
    }

    await expireCredentials(trx, { systemId, label: mainLabel }, made.oldValidUntil)
    await insertCredential(trx, secrets, { ...made, label: mainLabel })
    await replaceWebhookSecret(trx, made, secrets.seal(made.webhookSecret, sealContext.webhook(systemId)))
    const data = { credentialId: made.credentialId, oldValidUntil: made.oldValidUntil }
    return { result: made, audit: { action: 'system.secrets_rotated', object: `system:${systemId}`, data } }
  })
}

async function replaceWebhookSecret(trx: Trx, { systemId, oldValidUntil }: RotatedSecrets, cipher: Buffer) {
  await trx
    .updateTable('systems')
    .set({
      webhook_secret_old_cipher: sql<Buffer>`webhook_secret_cipher`,
      webhook_secret_old_until: oldValidUntil,
      webhook_secret_cipher: cipher,
    })
    .where('system_id', '=', systemId)
    .execute()
}
