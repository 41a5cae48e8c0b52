// What a measurement and its worker processes say to each other.
import { list, maybe, number, record, text } from '../platform/json-decode.ts'

export const loadOrder = record({
  url: text,
  authorization: text,
  from: text,
  recipients: list(text),
  /** Of a package, on average; absent: every package goes to all. */
  recipientsMean: maybe(number),
  attachmentBytes: number,
  connections: number,
  firstNumber: number,
  /** It ends with whichever comes first. */
  durationMs: maybe(number),
  count: maybe(number),
  /** Absent: as fast as it goes. With a pace, the number of each package says when it was sent. */
  packagesPerSecond: maybe(number),
})

export const loadResult = record({
  accepted: number,
  deliveries: number,
  refused: number,
  firstProblem: text,
  elapsedMs: number,
  latenciesMs: list(number),
  nextNumber: number,
})

export const subscriberOrder = record({
  kind: text,
  /** Of `wait`: how many deliveries are awaited, and for how long. */
  deliveries: maybe(number),
  withinMs: maybe(number),
  /** Of `arrival`: the document that is awaited. */
  documentId: maybe(text),
  /** Of `answer`: the subscriber that answers in another way from now on, and after how long; absent: never. */
  path: maybe(text),
  afterMs: maybe(number),
})

/** When a document reached its subscriber; absent: not in time. */
export const arrival = record({ at: maybe(number) })

export const listening = record({ port: number })

export const arrivals = record({
  distinct: number,
  repeated: number,
  firstAt: number,
  lastAt: number,
  /** From submission to arrival, of packages whose number says when they were sent. */
  latenciesMs: list(number),
})

/** Eight signs for the millisecond, then the count: short enough for a document number. */
export function stampedNumber(sentAt: number, count: number): string {
  return `${sentAt.toString(36).padStart(8, '0')}-${count}`
}

export function sentAtOf(documentId: string): number | undefined {
  const stamp = /,([0-9a-z]{8})-\d+\//.exec(documentId)?.[1]
  return stamp === undefined ? undefined : Number.parseInt(stamp, 36)
}
