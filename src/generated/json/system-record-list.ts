/* Made by `npm run generate`; never edited. */

/**
 * A page of systems, in the order of their systemId.
 */
export interface SystemRecordList {
  items: SystemRecord[]
  /**
   * Give it back as `cursor` for what follows; absent at the end.
   */
  nextCursor?: string
}
/**
 * A system as operators see it.
 */
export interface SystemRecord {
  systemId: string
  name: string
  vendor?: string
  /**
   * mailbox: the system fetches; push: Trạm posts to pushUrl.
   */
  channel: 'mailbox' | 'push'
  /**
   * Agencies it sends and receives for.
   */
  agencies: AgencyReference[]
  /**
   * Further agencies it may send for.
   */
  sendsFor: AgencyReference[]
  pushUrl?: string
  pushStyle: 'package' | 'notice'
  /**
   * Name of the header sent with every push; its value is never shown.
   */
  pushAuthHeader?: string
  pushCa?: string
  concurrency: number
  ratePerSecond?: number
  inOrder: boolean
  bundle: boolean
  fallback: 'none' | 'mailbox'
  /**
   * none, json, or status: and a code.
   */
  reports: string
  deliveryPolicy?: DeliveryPolicyInput
  bytesPerDay?: number
  /**
   * endpoint_gone: its address answered 410. The others are acts of an operator.
   */
  pausedReason?: 'endpoint_gone' | 'by_operator' | 'draining' | 'suspended'
  pausedAt?: string
  pausedNote?: string
  contacts: Contact[]
  credentials: CredentialRecord[]
  /**
   * Until then pushes carry a second signature, made with the former secret.
   */
  webhookSecretOverlapUntil?: string
  createdAt: string
  updatedAt: string
}
/**
 * An agency, named.
 */
export interface AgencyReference {
  agencyId: string
  /**
   * The code it is written with today.
   */
  code: string
  name: string
}
/**
 * How deliveries are tried again, when their senders are told and when they are given up. What is absent is inherited: a system's own over the province's over the built-in one.
 */
export interface DeliveryPolicyInput {
  /**
   * Waits after the 1st, 2nd, … unsuccessful attempt; the last one repeats.
   *
   * @minItems 1
   * @maxItems 50
   */
  waitsSeconds?: [number, ...number[]]
  /**
   * Spread of each wait: 0.2 is ±20 %.
   */
  jitter?: number
  /**
   * Longest patience a receiver may ask for by Retry-After.
   */
  retryAfterMaxSeconds?: number
  /**
   * Attempts after which a delivery is exhausted; absent: until its life is over.
   */
  attemptsMax?: number
  /**
   * When a document that the receiver turned away for now is offered again; once more, and it is refused.
   *
   * @minItems 1
   * @maxItems 10
   */
  turnedAwayWaitsSeconds?:
    | [number]
    | [number, number]
    | [number, number, number]
    | [number, number, number, number]
    | [number, number, number, number, number]
    | [number, number, number, number, number, number]
    | [number, number, number, number, number, number, number]
    | [number, number, number, number, number, number, number, number]
    | [number, number, number, number, number, number, number, number, number]
    | [number, number, number, number, number, number, number, number, number, number]
  /**
   * By priority 0–4: when the sender is told that a delivery is late, while attempts go on.
   *
   * @minItems 5
   * @maxItems 5
   */
  reportAfter?: [
    {
      workingDays?: number
      workingMinutes?: number
    },
    {
      workingDays?: number
      workingMinutes?: number
    },
    {
      workingDays?: number
      workingMinutes?: number
    },
    {
      workingDays?: number
      workingMinutes?: number
    },
    {
      workingDays?: number
      workingMinutes?: number
    }
  ]
  /**
   * Life of a delivery that is not in a mailbox, in working time.
   */
  giveUpAfter?: {
    workingDays?: number
    workingMinutes?: number
  }
  /**
   * Share of its life after which the sender is warned.
   */
  warnAtShare?: number
  /**
   * What has been due for so long always has one of its urgency under way.
   */
  agesAfterSeconds?: number
  /**
   * Faults of the endpoint in a row that open the breaker.
   */
  breakerFaults?: number
  breakerFirstSeconds?: number
  breakerMaxSeconds?: number
  /**
   * How long the breaker stays open before documents wait in the mailbox instead, where the system allows it.
   */
  fallbackAfterSeconds?: number
}
/**
 * A person who is told when documents wait, fail or are late.
 */
export interface Contact {
  /**
   * Full name.
   */
  name: string
  /**
   * Position, e.g. văn thư.
   */
  position?: string
  /**
   * Unit within the agency.
   */
  unit?: string
  /**
   * Mobile number.
   */
  mobile?: string
  /**
   * Official mailbox.
   */
  mailbox?: string
}
/**
 * A credential of a system, without its secret.
 */
export interface CredentialRecord {
  credentialId: string
  label: string
  /**
   * The part of the agencies it speaks for; absent: all of its system.
   */
  agencies?: AgencyReference[]
  createdAt: string
  /**
   * Accepted until then.
   */
  expiresAt?: string
  /**
   * Refused since then.
   */
  revokedAt?: string
}
