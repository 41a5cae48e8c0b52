// What a caller of ours did wrong, or what we cannot do for it now. Every refusal carries a code of the published
// catalogue (schemas/errors.json), so that a clerk, a vendor and an operator speak of the same thing.

/** What kind of refusal it is. `edge/` maps each to one HTTP status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'unsupported'
  | 'rate_limited'
  | 'unavailable'

/** One rule that was broken, and where. Lines and columns count from 1 in the bytes that were sent. */
export interface Violation {
  /** Element path in canonical names, e.g. `edXMLHeader/MessageHeader/To[2]/OrganId`, or a JSON pointer. */
  readonly path: string
  readonly line?: number
  readonly column?: number
  /** A code of the catalogue, or the schema's own rule name. */
  readonly rule: string
  /** What was there, shortened to 200 characters. Never document content. */
  readonly found?: string
  readonly expected?: string
}

export interface ErrorFacts {
  readonly violations?: readonly Violation[]
  /** Values for the placeholders of the catalogue text, e.g. `{organId}`. */
  readonly params?: Readonly<Record<string, string | number>>
  /** Members added to the problem document as they are, e.g. `existing` of a conflict. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** A refusal that the caller can understand and act on. Anything else that is thrown is a bug or an outage. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly kind: ErrorKind
  readonly code: string
  readonly facts: ErrorFacts

  constructor(kind: ErrorKind, code: string, facts: ErrorFacts = {}) {
    super(code, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.kind = kind
    this.code = code
    this.facts = facts
  }
}
