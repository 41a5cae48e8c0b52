// Secrets are recoverable (design D18). Only programs that run beside the gateway and speak for its own sandbox
// systems need them in the clear; no route answers them.
import type { Db } from '../platform/database.ts'
import { type Secrets, sealContext } from './secrets.ts'

export interface RevealedSecrets {
  readonly systemId: string
  readonly secret: string
  readonly webhookSecret: string
}

/** The newest living credential of a system and its webhook secret. Throws for a system that has none. */
export async function revealSecrets(
  db: Db,
  secrets: Pick<Secrets, 'open'>,
  systemId: string,
): Promise<RevealedSecrets> {
  const row = await db
    .selectFrom('systems')
    .innerJoin('system_credentials', 'system_credentials.system_id', 'systems.system_id')
    .select(['credential_id', 'secret_cipher', 'webhook_secret_cipher'])
    .where('systems.system_id', '=', systemId)
    .where('revoked_at', 'is', null)
    .where('expires_at', 'is', null)
    .orderBy('system_credentials.created_at', 'desc')
    .executeTakeFirstOrThrow()
  return {
    systemId,
    secret: secrets.open(row.secret_cipher, sealContext.credential(row.credential_id)).toString('utf8'),
    webhookSecret: secrets.open(row.webhook_secret_cipher, sealContext.webhook(systemId)).toString('utf8'),
  }
}
