// What a ledger amounts to. Pure: the same entries give the same verdict.
import type { Arrival, Disturbance, Ledger, Promised } from './ledger.ts'

export interface Verdict {
  /** Deliveries promised by a receipt. */
  readonly accepted: number
  /** Kept by the receiver, byte for byte. */
  readonly delivered: number
  /** Not at the receiver, and the gateway says so. */
  readonly reported: number
  readonly lost: readonly string[]
  /** Deliveries that came again, under the same id, to a receiver that had kept them. */
  readonly duplicated: readonly string[]
  /** Those of them whose first result should have been committed. */
  readonly unexplained: readonly string[]
  readonly altered: readonly string[]
  /** At somebody else's, or promised to nobody. */
  readonly misdirected: readonly string[]
}

/** Results are flushed within 20 ms; a second leaves room for a machine that has much else to do. */
const beforeMs = 1_000
/** A server that came back a moment ago still has connections that do not know it. */
const afterMs = 3_000

export interface Question {
  readonly row: string
  /** Who receives for a code. */
  readonly receiverOf: (organId: string) => string | undefined
}

export function judge(ledger: Ledger, { row, receiverOf }: Question): Verdict {
  const promises = [...ledger.promises.values()].filter((promised) => promised.row === row)
  const seen = promises.map((promised) => ({ promised, arrivals: ledger.arrivalsOf(promised.deliveryId) }))
  const ids = (isMeant: (promised: Promised, arrivals: readonly Arrival[]) => boolean) =>
    seen.filter(({ promised, arrivals }) => isMeant(promised, arrivals)).map(({ promised }) => promised.deliveryId)

  const delivered = ids((promised, arrivals) => arrivals.some((a) => a.isKept && a.sha256 === promised.sha256))
  const isDelivered = new Set(delivered)
  const reported = ids(({ deliveryId }) => !isDelivered.has(deliveryId) && ledger.reports.has(deliveryId))
  const isReported = new Set(reported)
  return {
    accepted: promises.length,
    delivered: delivered.length,
    reported: reported.length,
    lost: ids(({ deliveryId }) => !isDelivered.has(deliveryId) && !isReported.has(deliveryId)),
    duplicated: ids((_, arrivals) => repeatedAfter(arrivals).length > 0 || pushedAgain(arrivals)),
    unexplained: [
      ...ids((_, arrivals) => repeatedAfter(arrivals).some((first) => !isExcused(first, ledger.disturbances))),
      ...promisedTwice(promises),
    ],
    altered: ids((promised, arrivals) => arrivals.some((a) => a.sha256 !== promised.sha256)),
    misdirected: ids((promised, arrivals) => arrivals.some((a) => a.receiver !== receiverOf(promised.organId))),
  }
}

/** Arrivals whose receiver had said that it has the document before it came once more. */
function repeatedAfter(arrivals: readonly Arrival[]): Arrival[] {
  return arrivals.filter((first) => arrivals.some((later) => first.saidAt !== undefined && later.at > first.saidAt))
}

/** Kept, and come again before the receiver's word was out: it has to know the document by its id. */
function pushedAgain(arrivals: readonly Arrival[]): boolean {
  return arrivals.some(({ isKept, isPulled }, at) => isKept && isPulled !== true && at < arrivals.length - 1)
}

function isExcused(first: Arrival, disturbances: readonly Disturbance[]): boolean {
  const saidAt = first.saidAt ?? 0
  if (first.isAcknowledged === true) return false
  return disturbances.some(
    ({ from, to, receivers }) =>
      saidAt >= from - beforeMs && saidAt <= to + afterMs && (receivers === undefined || receivers.has(first.receiver)),
  )
}

/** One document for one recipient under two delivery ids: the receiver could not tell that it has it already. */
function promisedTwice(promises: readonly Promised[]): string[] {
  const first = new Map<string, string>()
  return promises
    .filter(({ documentId, organId, deliveryId }) => {
      const key = `${documentId}>${organId}`
      if (!first.has(key)) first.set(key, deliveryId)
      return first.get(key) !== deliveryId
    })
    .map(({ deliveryId }) => deliveryId)
}

/** What a round is measured by: everything sent before `to`, and one document sent after it, at those who can take it. */
export interface RecoveryQuestion {
  readonly row: string
  readonly from: number
  readonly to: number
  /** When the retry plan lets it go again, where a receiver turned it away; else 0. */
  readonly dueAt?: (deliveryId: string) => number
}

/** A delivery and how long after the fault, or after it was due, it arrived; undefined while it has not. */
export interface Lateness {
  readonly promised: Promised
  readonly ms: number | undefined
}

/**
 * Milliseconds from the end of the fault until everything posted before was delivered, and one document posted
 * after. Undefined while that is not so.
 */
export function recoveryMs(ledger: Ledger, question: RecoveryQuestion): number | undefined {
  const backlog = latenesses(ledger, question, ({ postedAt }) => postedAt <= question.to)
  const fresh = latenesses(ledger, question, ({ postedAt }) => postedAt > question.to).flatMap(({ ms }) => ms ?? [])
  if (fresh.length === 0 || backlog.some(({ ms }) => ms === undefined)) return undefined
  return Math.max(Math.min(...fresh), ...backlog.map(({ ms }) => ms ?? 0))
}

/** Of the backlog, the one that came last. */
export function slowest(ledger: Ledger, question: RecoveryQuestion): Lateness | undefined {
  const backlog = latenesses(ledger, question, ({ postedAt }) => postedAt <= question.to)
  const rank = ({ ms }: Lateness) => ms ?? Number.POSITIVE_INFINITY
  return backlog.sort((a, b) => rank(b) - rank(a))[0]
}

function latenesses(
  ledger: Ledger,
  { row, from, to, dueAt = () => 0 }: RecoveryQuestion,
  isMeant: (promised: Promised) => boolean,
): Lateness[] {
  return [...ledger.promises.values()]
    .filter((one) => one.row === row && one.postedAt >= from && isMeant(one) && !ledger.reports.has(one.deliveryId))
    .map((promised) => {
      const first = ledger.arrivalsOf(promised.deliveryId).find(({ isKept }) => isKept)
      return { promised, ms: first && Math.max(0, first.at - Math.max(to, dueAt(promised.deliveryId))) }
    })
}
