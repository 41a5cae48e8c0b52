// From a draft to what will be written: judged by the rules, with its deadlines, its receipt and the signature on it.
import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import type { DocumentPackage, Finding } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { OperationPlan } from '../domain/operation-plan.ts'
import type { Clock } from '../domain/ports.ts'
import type { Destination } from '../domain/route.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { type Declaration, type Declared, type Draft, draftPackage } from './draft.ts'
import type { AcceptedPackage, Deadlines } from './package-store.ts'
import type { ReadSubmission } from './read-submission.ts'
import { type ReceiptPayload, receiptPayload } from './receipt.ts'

export interface PackageSubmission {
  readonly caller: Caller
  readonly read: ReadSubmission
  readonly document: DocumentPackage
  readonly idempotencyKey?: string
  /** What the sender declares about the document, to override a rule. */
  readonly declaration?: Declaration
}

export interface Judged {
  readonly findings: readonly Finding[]
  readonly declared: readonly Declared[]
}

export interface MakeAcceptedOptions {
  /** Most `To` one package may hold. */
  readonly recipientsMax: number
  readonly newId: () => string
  readonly clock: Clock
  /** Code of this axis, named in every receipt. */
  readonly axisCode: string
  readonly initialState: (destination: Destination) => DeliveryState
  readonly signReceipt: (payload: ReceiptPayload) => Promise<string>
  /** The province's rules: what is worth telling. Throws where one of them refuses the package. */
  readonly judge: (draft: Draft, size: number) => Promise<Judged>
  readonly deadlinesOf: (draft: Draft, acceptedAt: Date) => Promise<Deadlines>
}

export function draftOf(
  { read, caller, document, declaration }: PackageSubmission,
  directory: Directory,
  { clock, newId, recipientsMax }: Pick<MakeAcceptedOptions, 'clock' | 'newId' | 'recipientsMax'>,
): Draft {
  if (document.to.length > recipientsMax) {
    throw new GatewayError('too_large', 'recipients_too_many', { params: { limit: recipientsMax } })
  }
  const { packageId, findings } = read
  const input = { packageId, caller, document, findings, day: vietnamDay(clock.now()), newId }
  return draftPackage({ ...input, ...(declaration === undefined ? {} : { declaration }) }, directory)
}

/** The draft with what the rules say about it. Throws where one of them refuses. */
export async function judged(
  draft: Draft,
  { read }: PackageSubmission,
  { judge }: Pick<MakeAcceptedOptions, 'judge'>,
): Promise<Draft> {
  try {
    const { findings, declared } = await judge(draft, read.size)
    const said = notSaidByRules(draft.findings, findings)
    return { ...draft, findings: [...said, ...findings.map((f) => placed(f, read))], declared }
  } catch (error) {
    throw error instanceof GatewayError ? withPlaces(error, read) : error
  }
}

/**
 * The reader's findings without what a rule says better. A priority outside 0–4 may be a level of secrecy: the rule
 * repeats no value, and neither must the reader's finding beside it.
 */
function notSaidByRules(ofReader: readonly Finding[], ofRules: readonly Finding[]): readonly Finding[] {
  const isSaid = ofRules.some(({ code }) => code === 'priority_out_of_range')
  return isSaid ? ofReader.filter(({ code }) => code !== 'priority_unknown') : ofReader
}

/** Rules know canonical paths; a vendor looks for a line in the file that was sent. */
function placed<T extends { readonly path?: string }>(said: T, { placeOf }: ReadSubmission): T {
  return said.path === undefined || said.path === '' ? said : { ...placeOf(said.path), ...said }
}

function withPlaces(refusal: GatewayError, read: ReadSubmission): GatewayError {
  const { violations } = refusal.facts
  if (violations === undefined) return refusal
  return new GatewayError(refusal.kind, refusal.code, {
    ...refusal.facts,
    violations: violations.map((violation) => placed(violation, read)),
  })
}

export interface Supplement {
  readonly of: string
  /** Deliveries that recipients have of the document already, by recipient key. */
  readonly existing: ReadonlyMap<string, string>
}

/** When it is accepted, and by when what follows from that is due. */
export interface Times {
  readonly acceptedAt: Date
  readonly deadlines: Deadlines
}

/** Asked before a transaction begins: the calendar may be read, and who holds a connection must not wait for another. */
export async function timesOf(draft: Draft, { clock, deadlinesOf }: MakeAcceptedOptions): Promise<Times> {
  const acceptedAt = clock.now()
  return { acceptedAt, deadlines: await deadlinesOf(draft, acceptedAt) }
}

export interface MoreToAccept {
  readonly supplement?: Supplement
  readonly plan?: OperationPlan
  readonly times?: Times
}

export async function acceptedOf(
  { read, idempotencyKey }: PackageSubmission,
  draft: Draft,
  options: MakeAcceptedOptions,
  more: MoreToAccept = {},
): Promise<AcceptedPackage> {
  const { acceptedAt, deadlines } = more.times ?? (await timesOf(draft, options))
  const payload = receiptPayload(
    { ...draft, findings: [...draft.findings, ...deadlines.findings] },
    {
      ...more,
      sha256: read.sha256,
      size: read.size,
      acceptedAt,
      axis: options.axisCode,
      stateOf: (recipient) => options.initialState(recipient.destination),
    },
  )
  return {
    draft,
    sha256: read.sha256,
    size: read.size,
    acceptedAt,
    deadlines,
    payload,
    receipt: await options.signReceipt(payload),
    ...(more.supplement === undefined ? {} : { supplementOf: more.supplement.of }),
    ...(more.plan === undefined ? {} : { plan: more.plan }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}
