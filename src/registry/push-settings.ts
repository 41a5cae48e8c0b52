// What the push channel needs to call a system, with the secrets opened. Opened once per state of the directory: a
// busy lane must not unseal the same secrets for every delivery.
import type { Directory } from '../domain/directory.ts'
import type { Clock } from '../domain/ports.ts'
import type { PushStyle, SystemId } from '../domain/system.ts'
import type { Database } from '../platform/database.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { type Secrets, sealContext } from './secrets.ts'
import type { PushAuth } from './system-rules.ts'

export interface PushSettings {
  readonly url: string
  readonly style: PushStyle
  readonly authHeader?: PushAuth
  /** PEM certificates to trust for this endpoint. */
  readonly ca?: string
  /** A document for several of its agencies is one push. */
  readonly bundle: boolean
  /** Newest first. Two while a secret is being rotated: a push carries a signature of each. */
  readonly webhookSecrets: readonly string[]
}

export interface PushSettingsDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly secrets: Secrets
  readonly clock: Clock
}

interface Stored extends PushSettings {
  readonly oldSecret?: { readonly secret: string; readonly until: Date }
}

/** Answers undefined for a system that has no address to push to. */
export function pushSettingsReader({ db, cache, secrets, clock }: PushSettingsDeps) {
  let of: Directory | undefined
  let known = new Map<SystemId, Promise<Stored | undefined>>()

  return async (systemId: SystemId): Promise<PushSettings | undefined> => {
    const directory = cache.current()
    if (of !== directory) {
      of = directory
      known = new Map()
    }
    const inHand = known
    const stored = inHand.get(systemId) ?? readSettings(db, secrets, systemId)
    inHand.set(systemId, stored)
    // A failed reading is not kept, or an outage of a second would last until the next change of the directory.
    const settings = await stored.catch((error: unknown) => {
      inHand.delete(systemId)
      throw error
    })
    return settings && withSecretsInForce(settings, clock.now())
  }
}

function withSecretsInForce({ oldSecret, ...settings }: Stored, now: Date): PushSettings {
  if (oldSecret === undefined || oldSecret.until <= now) return settings
  return { ...settings, webhookSecrets: [...settings.webhookSecrets, oldSecret.secret] }
}

async function readSettings(db: Database, secrets: Secrets, systemId: SystemId): Promise<Stored | undefined> {
  const row = await db
    .selectFrom('systems')
    .select([
      ...(['push_url', 'push_style', 'push_auth_cipher', 'push_ca', 'bundle'] as const),
      ...(['webhook_secret_cipher', 'webhook_secret_old_cipher', 'webhook_secret_old_until'] as const),
    ])
    .where('system_id', '=', systemId)
    .executeTakeFirst()
  if (row === undefined || row.push_url === null) return undefined

  const openWebhook = (cipher: Buffer) => secrets.open(cipher, sealContext.webhook(systemId)).toString('utf8')
  const { webhook_secret_old_cipher: oldCipher, webhook_secret_old_until: until } = row
  return {
    url: row.push_url,
    style: row.push_style === 'notice' ? 'notice' : 'package',
    bundle: row.bundle,
    webhookSecrets: [openWebhook(row.webhook_secret_cipher)],
    ...(row.push_auth_cipher === null ? {} : { authHeader: openPushAuth(secrets, systemId, row.push_auth_cipher) }),
    ...(row.push_ca === null ? {} : { ca: row.push_ca }),
    ...(oldCipher === null || until === null ? {} : { oldSecret: { secret: openWebhook(oldCipher), until } }),
  }
}

export function openPushAuth(secrets: Secrets, systemId: SystemId, cipher: Buffer): PushAuth {
  const value: unknown = JSON.parse(secrets.open(cipher, sealContext.pushAuth(systemId)).toString('utf8'))
  if (typeof value !== 'object' || value === null || !('header' in value) || !('value' in value))
    throw new TypeError('not a push header')
  return { header: String(value.header), value: String(value.value) }
}
