// The signed receipt: our word, checkable by anybody with our public key, that a package was accepted. A compact JWS
// (RFC 7515) of its own type, so that no access token can pass for one. Signed by Node's own crypto: one receipt per
// accepted package, and the way through WebCrypto's thread cost 5 % of an edge's time (docs/figures.md).
import { KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { compactVerify } from 'jose'
import type { SigningKeys } from './signing-keys.ts'

export interface Receipts {
  /** Compact JWS over the payload as it stands. */
  signReceipt(payload: Readonly<Record<string, unknown>>): Promise<string>
  /** What a receipt of this installation says. Rejects when it is not ours or was changed. */
  readReceipt(jws: string): Promise<Readonly<Record<string, unknown>>>
}

/** On a thread of the pool: the event loop has other senders waiting. */
const signApart = promisify(sign)

const receiptType = 'tram-receipt+jws'

export function createReceipts(keys: SigningKeys): Receipts {
  const header = base64url({ alg: 'EdDSA', kid: keys.kid, typ: receiptType })
  const privateKey = KeyObject.from(keys.privateKey)

  async function signReceipt(payload: Readonly<Record<string, unknown>>): Promise<string> {
    const signed = `${header}.${base64url(payload)}`
    const signature = await signApart(null, Buffer.from(signed), privateKey)
    return `${signed}.${signature.toString('base64url')}`
  }

  async function readReceipt(jws: string): Promise<Readonly<Record<string, unknown>>> {
    const { payload, protectedHeader } = await compactVerify(jws, ({ kid }) => knownKey(keys, kid), {
      algorithms: ['EdDSA'],
    })
    if (protectedHeader.typ !== receiptType) throw new Error('signed by this installation, but not as a receipt')
    return decodeObject(JSON.parse(Buffer.from(payload).toString('utf8')))
  }

  return { signReceipt, readReceipt }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')
}

function knownKey(keys: SigningKeys, kid: string | undefined) {
  const key = keys.publicKey(kid)
  if (key === undefined) throw new Error('signed with a key of another installation')
  return key
}

function decodeObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a receipt')
  return { ...value }
}
