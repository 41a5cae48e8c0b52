// Checks the signature of a push the way a subscriber's own software would: Standard Webhooks, HMAC-SHA256 over
// `id.timestamp.body`. It uses node:crypto only, so that it doubles as a worked example of a raw verifier.
import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto'

export interface WebhookHeaders {
  readonly id: string
  readonly timestamp: string
  /** One or more `v1,<base64>` with spaces between; two while a secret is being rotated. */
  readonly signature: string
}

export type SignatureVerdict = 'good' | 'bad' | 'too_old'

export interface SignatureCheck {
  update(chunk: Buffer): void
  verdict(now: Date): SignatureVerdict
}

// An older push may be a replay of one that was overheard; clocks of two servers differ by less.
const toleranceMs = 5 * 60_000

/** The body goes through as it arrives, so a package of any size can be checked without holding it. */
export function checkSignature(headers: WebhookHeaders, secrets: readonly string[]): SignatureCheck {
  const hmacs = secrets.map((secret) => startHmac(secret, headers))
  return {
    update(chunk) {
      for (const hmac of hmacs) hmac.update(chunk)
    },
    verdict(now) {
      const sentAt = Number(headers.timestamp) * 1000
      if (!Number.isFinite(sentAt) || Math.abs(now.getTime() - sentAt) > toleranceMs) return 'too_old'
      const given = headers.signature.split(' ').flatMap(signatureBytes)
      // No shortcut at the first match: all pairs are compared, each in constant time.
      const matches = hmacs.flatMap((hmac) => {
        const expected = hmac.digest()
        return given.filter((bytes) => bytes.length === expected.length && timingSafeEqual(bytes, expected))
      })
      return matches.length > 0 ? 'good' : 'bad'
    },
  }
}

function startHmac(secret: string, { id, timestamp }: WebhookHeaders): Hmac {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestamp}.`)
}

function signatureBytes(signature: string): Buffer[] {
  const [version, value] = signature.split(',')
  return version === 'v1' && value !== undefined ? [Buffer.from(value, 'base64')] : []
}
