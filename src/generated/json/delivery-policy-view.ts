/* Made by `npm run generate`; never edited. */

/**
 * The province's delivery policy.
 */
export interface DeliveryPolicyView {
  changes: DeliveryPolicyInput
  inForce: DeliveryPolicyInput
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
