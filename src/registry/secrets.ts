// What the registry needs from the keepers of secrets, and how it names the places where sealed values rest.
import { createHash } from 'node:crypto'

/** Given by the composition root; trust/ has the real one. */
export interface Secrets {
  seal(plain: Buffer | string, context: string): Buffer
  open(sealed: Buffer, context: string): Buffer
  /** A new secret of a credential. It never holds a colon, so it fits HTTP Basic. */
  generateSecret(): string
  generateWebhookSecret(): string
}

/** Secrets are 256 random bits, so a plain hash is enough and a request costs no slow one (design D18). */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest()
}

export const sealContext = {
  credential: (credentialId: string) => `system_credentials/${credentialId}/secret`,
  webhook: (systemId: string) => `systems/${systemId}/webhook-secret`,
  pushAuth: (systemId: string) => `systems/${systemId}/push-auth`,
}
