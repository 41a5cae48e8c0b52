/* Made by `npm run generate`; never edited. */

/**
 * The whole new state of a system. Its credentials and secrets are changed by calls of their own.
 */
export interface SystemChange {
  /**
   * Name for people.
   */
  name: string
  /**
   * Agencies it sends and receives for. At most one system receives for an agency.
   *
   * @maxItems 20000
   */
  agencies: string[]
  /**
   * Further agencies it may send for without receiving for them.
   *
   * @maxItems 20000
   */
  sendsFor?: string[]
  /**
   * How it receives. mailbox: the system fetches; push: Trạm posts to pushUrl.
   */
  channel: string
  /**
   * Where packages are posted, http or https; needed for push.
   */
  pushUrl?: string
  /**
   * package: the exact bytes; notice: a small event, then the system fetches. Default: package.
   */
  pushStyle?: 'package' | 'notice'
  /**
   * A header the receiving side wants with every push. Absent: as it was; null: none any more.
   */
  pushAuth?: {
    /**
     * Name of the header.
     */
    header: string
    /**
     * Its value; stored encrypted and never shown again.
     */
    value: string
  } | null
  /**
   * PEM certificates of the authority that signed the receiving side's certificate.
   */
  pushCa?: string
  /**
   * Deliveries under way at once. Default: 8.
   */
  concurrency?: number
  /**
   * Deliveries started per second; absent: no limit.
   */
  ratePerSecond?: number
  /**
   * Deliveries go out one at a time in the order of acceptance; what is tried again holds up what follows. Default: false.
   */
  inOrder?: boolean
  /**
   * A document for several of its agencies is one push. Default: false.
   */
  bundle?: boolean
  /**
   * mailbox: while its endpoint is down documents wait in its mailbox, if it has ever fetched from there. Default: none.
   */
  fallback?: 'none' | 'mailbox'
  /**
   * How it is told what became of what it sent: not at all, as JSON, or as a status of that code. Default: json.
   */
  reports?: string
  deliveryPolicy?: DeliveryPolicyInput
  /**
   * Most bytes it may send in a day of Vietnam; absent: no limit.
   */
  bytesPerDay?: number
  /**
   * Who made the software.
   */
  vendor?: string
  /**
   * People to be told.
   *
   * @maxItems 50
   */
  contacts?: Contact[]
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
