// Registers a system with its first credential, or gives a registered one its whole new state.
import { GatewayError } from '../domain/errors.ts'
import type { SystemId } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { SystemChange } from '../generated/json/system-change.ts'
import type { SystemInput } from '../generated/json/system-input.ts'
import { touchAgencies } from './agency-store.ts'
import type { Actor } from './audit-store.ts'
import { replaceContacts } from './contact-store.ts'
import { insertCredential } from './credential-store.ts'
import type { ChangeDirectory } from './directory-change.ts'
import { type Secrets, sealContext } from './secrets.ts'
import { judgeSystem, type PushAuth } from './system-rules.ts'
import { forgetGoneEndpoint, insertSystem, updateSystem } from './system-store.ts'

export interface SaveSystemDeps {
  readonly change: ChangeDirectory
  readonly secrets: Secrets
  readonly newId: () => string
}

/** Shown once, in the answer to the call that made them. */
export interface NewSecrets {
  readonly systemId: SystemId
  readonly credentialId: string
  readonly secret: string
  readonly webhookSecret: string
}

/** The label of the credential a system is registered with, and which a rotation replaces. */
export const mainLabel = 'main'

export async function createSystem(
  { change, secrets, newId }: SaveSystemDeps,
  actor: Actor,
  input: SystemInput,
): Promise<NewSecrets> {
  const { systemId, contacts = [], pushAuth } = input
  return await change(actor, async (trx, directory, now) => {
    if (directory.systems.has(systemId)) throw new GatewayError('conflict', 'system_id_taken', { params: { systemId } })
    const state = judgeSystem({ systemId, input, directory, day: vietnamDay(now) })

    const made = {
      systemId,
      credentialId: newId(),
      secret: secrets.generateSecret(),
      webhookSecret: secrets.generateWebhookSecret(),
    }
    await insertSystem(trx, {
      systemId,
      state,
      webhookCipher: secrets.seal(made.webhookSecret, sealContext.webhook(systemId)),
      pushAuthCipher: pushAuth === undefined ? null : sealPushAuth(secrets, systemId, pushAuth),
    })
    await insertCredential(trx, secrets, { ...made, label: mainLabel })
    await replaceContacts(trx, { system_id: systemId }, contacts, newId)
    await touchAgencies(trx, state.receivesFor)
    const data = { ...state, pushAuthHeader: pushAuth?.header }
    return { result: made, audit: { action: 'system.created', object: `system:${systemId}`, data } }
  })
}

export async function replaceSystem(
  { change, secrets, newId }: SaveSystemDeps,
  actor: Actor,
  systemId: SystemId,
  input: SystemChange,
): Promise<void> {
  const { contacts = [], pushAuth } = input
  await change(actor, async (trx, directory, now) => {
    const before = directory.systems.get(systemId)
    if (before === undefined) throw systemNotFound(systemId)
    const state = judgeSystem({ systemId, input, directory, day: vietnamDay(now) })

    await updateSystem(trx, {
      systemId,
      state,
      ...(pushAuth === undefined ? {} : { pushAuthCipher: pushAuth && sealPushAuth(secrets, systemId, pushAuth) }),
    })
    const resumed = await forgetGoneEndpoint(trx, systemId)
    await replaceContacts(trx, { system_id: systemId }, contacts, newId)
    await touchAgencies(trx, [...new Set([...before.receivesFor, ...state.receivesFor])])
    const { credentials: _, ...was } = before
    const data = { before: was, after: state, pushAuthHeader: pushAuth?.header, resumed }
    return { result: undefined, audit: { action: 'system.changed', object: `system:${systemId}`, data } }
  })
}

export function systemNotFound(systemId: SystemId): GatewayError {
  return new GatewayError('not_found', 'system_not_found', { params: { systemId: systemId.slice(0, 100) } })
}

function sealPushAuth(secrets: Secrets, systemId: SystemId, auth: PushAuth): Buffer {
  return secrets.seal(JSON.stringify({ header: auth.header, value: auth.value }), sealContext.pushAuth(systemId))
}
