// The Standard Webhooks signature: HMAC-SHA256 over `id.timestamp.body`, base64, prefixed `v1,`. While a secret is
// being rotated two signatures go out, new secret first, so that either side may change over at its own time.
import { createHmac, type Hmac } from 'node:crypto'
import type { Readable } from 'node:stream'

export interface SignedHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

export function signBody(secrets: readonly string[], id: string, at: Date, body: Buffer): SignedHeaders {
  const { hmacs, timestamp } = begin(secrets, id, at)
  for (const hmac of hmacs) hmac.update(body)
  return headers(id, timestamp, hmacs)
}

/** The same for a body too large to hold: it is read once to sign and once more to send. */
export async function signStream(
  secrets: readonly string[],
  id: string,
  at: Date,
  body: Readable,
): Promise<SignedHeaders> {
  const { hmacs, timestamp } = begin(secrets, id, at)
  for await (const chunk of body) {
    for (const hmac of hmacs) hmac.update(chunk)
  }
  return headers(id, timestamp, hmacs)
}

function begin(secrets: readonly string[], id: string, at: Date): { hmacs: Hmac[]; timestamp: string } {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const hmacs = secrets.map((secret) => createHmac('sha256', secretBytes(secret)).update(`${id}.${timestamp}.`))
  return { hmacs, timestamp }
}

function headers(id: string, timestamp: string, hmacs: readonly Hmac[]): SignedHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': hmacs.map((hmac) => `v1,${hmac.digest('base64')}`).join(' '),
  }
}

/** `whsec_` and the base64 of the key. */
function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}
