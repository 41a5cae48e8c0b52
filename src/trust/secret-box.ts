// How secrets rest in the database: sealed with AES-256-GCM under the installation's master key (design D18). A sealed
// value opens only for the row and column it was sealed for, so a value copied to another row is noise there.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

export interface SecretBox {
  /** `context` names the row and column, e.g. `systems/SYS-A/webhook-secret`; the same words must be given to open. */
  seal(plain: Buffer | string, context: string): Buffer
  open(sealed: Buffer, context: string): Buffer
}

/** The value was sealed under another master key. Whoever starts the program can mend it; nobody else can. */
export class WrongMasterKey extends Error {
  override readonly name = 'WrongMasterKey'
}

export const masterKeyBytes = 32

const format = 1
const keyIdBytes = 4
const headBytes = 1 + keyIdBytes
const nonceBytes = 12
const tagBytes = 16

export function createSecretBox(masterKey: Buffer): SecretBox {
  if (masterKey.length !== masterKeyBytes) throw new TypeError(`a master key has ${masterKeyBytes} bytes`)
  const head = Buffer.concat([Buffer.of(format), keyId(masterKey)])

  function seal(plain: Buffer | string, context: string): Buffer {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(bound(head, context))
    const body = Buffer.concat([cipher.update(Buffer.from(plain)), cipher.final()])
    return Buffer.concat([head, nonce, body, cipher.getAuthTag()])
  }

  function open(sealed: Buffer, context: string): Buffer {
    if (sealed.length < headBytes + nonceBytes + tagBytes || sealed[0] !== format)
      throw new Error(`${context} does not hold a sealed value`)
    // Said before the tag is tried: a wrong key is a mistake of set-up, a wrong tag is damage or an attack.
    if (!sealed.subarray(0, headBytes).equals(head))
      throw new WrongMasterKey(`${context} was sealed under another master key`)
    return decipher(masterKey, sealed, context)
  }

  return { seal, open }
}

/** 256 random bits as 43 characters that survive URLs, forms and HTTP Basic untouched. */
export function generateSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** A secret in the spelling of Standard Webhooks, which every library of that scheme takes as it is. */
export function generateWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function decipher(masterKey: Buffer, sealed: Buffer, context: string): Buffer {
  const head = sealed.subarray(0, headBytes)
  const nonce = sealed.subarray(headBytes, headBytes + nonceBytes)
  const opening = createDecipheriv('aes-256-gcm', masterKey, nonce, { authTagLength: tagBytes })
  opening.setAAD(bound(head, context)).setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([opening.update(sealed.subarray(headBytes + nonceBytes, -tagBytes)), opening.final()])
  } catch (cause) {
    throw new Error(`${context} was damaged or belongs to another row`, { cause })
  }
}

/** Names the key without saying anything about it, so that a later second key can live beside the first. */
function keyId(masterKey: Buffer): Buffer {
  return createHash('sha256').update('tram master key id').update(masterKey).digest().subarray(0, keyIdBytes)
}

function bound(head: Buffer, context: string): Buffer {
  return Buffer.concat([head, Buffer.from(context, 'utf8')])
}
