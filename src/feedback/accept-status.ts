// Accepting status feedback: recorded, judged against what was said before, and passed on to the other side as a
// delivery of its own. The state of a recipient moves only forward; what arrives late or makes no sense is recorded,
// flagged and still passed on, because a gateway hides no evidence (edxml.md §2.4).

import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import {
  contentHash,
  documentKey,
  type Finding,
  keyOf,
  type Priority,
  repeatKey,
  type StatusPackage,
} from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { type BusinessState, judgeStatus, openQuestion } from '../domain/feedback.ts'
import type { RequestAnswer } from '../domain/operation.ts'
import {
  type OperationBy,
  type OperationPlan,
  type OperationRecipient,
  planNotAddressed,
  planNothing,
} from '../domain/operation-plan.ts'
import type { Clock } from '../domain/ports.ts'
import { type AddressedRecipient, address, type Destination } from '../domain/route.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { type Database, type Db, databaseAway, isDatabaseAway } from '../platform/database.ts'
import { lockedDirectoryVersion } from '../platform/directory-version.ts'
import { type Rehearse, transactionOrRehearsal } from '../platform/rehearsal.ts'
import { storedPayload } from '../platform/stored-receipt.ts'
import { type Correlation, correlate, type StatusParties } from './correlate.ts'
import { insertFeedback, insertStatusEvents, insertStatusPackage, receiptOfStatus } from './feedback-store.ts'
import { type StatusEffectName, type StatusReceiptPayload, statusReceipt } from './status-receipt.ts'

export interface StatusSubmission {
  readonly caller: Caller
  readonly packageId: string
  readonly status: StatusPackage
  readonly findings: readonly Finding[]
  readonly sha256: Buffer
  readonly size: number
  /** Resolves once the bytes are durable. */
  readonly stored: Promise<void>
  /** The delivery it speaks of, where the one who speaks has named it. */
  readonly deliveryId?: string
  /** Of a recall: who was asked meanwhile is not asked again, and nothing is sent. */
  readonly isUnlessAsked?: boolean
  /** Checks and answers, and leaves nothing behind. */
  readonly isDryRun?: boolean
  discard(): Promise<void>
}

export interface NewStatusDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly type: 'status'
  readonly priority: Priority
  readonly repeatKey: string
  readonly senderAgencyId: string
  readonly recipient: AddressedRecipient
  readonly destination: Destination
}

/** What a recall request (13) and the answers to requests (15, 16) do beyond being reported. */
export interface StatusOperations {
  /** The document's id as another agency issued it, when none of the issuers did. */
  readonly issuedElsewhere: (db: Db, ids: readonly string[], issuers: readonly string[]) => Promise<string | undefined>
  readonly lockForRecall: (
    db: Db,
    recall: { readonly deliveryId: string; readonly recipientAgencyIds: readonly string[] },
  ) => Promise<void>
  readonly planRecall: (
    db: Db,
    recall: {
      readonly deliveryId: string
      readonly recipient: OperationRecipient
      readonly recipientAgencyIds: readonly string[]
      readonly directory: Directory
      readonly day: string
    },
  ) => Promise<OperationPlan>
  readonly apply: (db: Db, plan: OperationPlan, by: OperationBy) => Promise<void>
  readonly answer: (db: Db, answer: RequestAnswer) => Promise<unknown>
  /** How often something was asked of a delivery's recipient, and how often that came to an end. */
  readonly countRequests: (db: Db, deliveryId: string) => Promise<{ readonly asked: number; readonly settled: number }>
}

export interface AcceptStatusOptions {
  readonly db: Database
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  /** Refuses a From that is not the caller's own, and answers its agency. */
  readonly senderAgency: (organId: string, caller: Caller, directory: Directory, day: string) => string
  readonly openDeliveries: (db: Db, deliveries: readonly NewStatusDelivery[]) => Promise<Set<string>>
  readonly recordBusinessState: (db: Db, deliveryId: string, state: BusinessState) => Promise<void>
  readonly operations: StatusOperations
  readonly initialState: (destination: Destination) => DeliveryState
  readonly signReceipt: (payload: StatusReceiptPayload) => Promise<string>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  readonly clock: Clock
  /** Code of this axis, named in every receipt. */
  readonly axisCode: string
  readonly newId: () => string
}

export interface StatusAcceptance {
  readonly isNew: boolean
  readonly receipt: StatusReceiptPayload & { readonly jws: string }
}

export async function acceptStatus(
  submission: StatusSubmission,
  options: AcceptStatusOptions,
): Promise<StatusAcceptance> {
  let committing = false
  try {
    let draft = draftStatus(submission, await options.directory.current(), options)
    await submission.stored
    committing = true
    let acceptance = await commitStatus(draft, options)
    for (let attempt = 1; acceptance === 'stale_directory' && attempt < triesMax; attempt++) {
      draft = draftStatus(submission, await options.directory.refresh(), options)
      acceptance = await commitStatus(draft, options)
    }
    if (acceptance === 'stale_directory') {
      throw new GatewayError('unavailable', 'directory_changing', { retryAfterSeconds: 2 })
    }
    if (!acceptance.isNew || submission.isDryRun === true) await submission.discard()
    else options.afterCommit(new Set(draft.destination.kind === 'lane' ? [draft.destination.systemId] : []))
    return acceptance
  } catch (error) {
    // As in intake: once a commit was tried, only a refusal proves that no row names the bytes.
    const isRefusal = error instanceof GatewayError && error.kind !== 'unavailable'
    if (!committing || isRefusal) await submission.discard()
    throw isDatabaseAway(error) ? databaseAway(error) : error
  }
}

/** A stale directory is read again this often before we say that we cannot. */
const triesMax = 5

interface StatusDraft {
  readonly directory: Directory
  /** Today in Vietnam, ISO. */
  readonly day: string
  readonly submission: StatusSubmission
  readonly fromAgencyId: string
  readonly documentId: string
  readonly repeatKey: string
  readonly parties: StatusParties
  readonly recipient: AddressedRecipient
  readonly destination: Destination
}

function draftStatus(submission: StatusSubmission, directory: Directory, options: AcceptStatusOptions): StatusDraft {
  const { status, caller } = submission
  const day = vietnamDay(options.clock.now())
  const fromAgencyId = options.senderAgency(status.from.organId, caller, directory, day)
  const [recipient] = address([{ organId: status.responseFor.organId }], directory, day)
  if (recipient?.agencyId === undefined) throw unknownAddressee(status, recipient)
  const documentId = status.responseFor.documentId ?? status.responseFor.code ?? ''
  // By status 13 the sender speaks to a recipient; by every other code a recipient speaks to the sender.
  const reporter = [...directory.standsFor(fromAgencyId)]
  const addressee = [...directory.standsFor(recipient.agencyId)]
  const sides =
    status.code === '13'
      ? { issuers: reporter, recipients: addressee, recipientCode: recipient.organId }
      : { issuers: addressee, recipients: reporter, recipientCode: status.from.organId }
  const parties = { ...sides, ...(submission.deliveryId === undefined ? {} : { deliveryId: submission.deliveryId }) }
  return {
    directory,
    day,
    submission,
    fromAgencyId,
    documentId,
    repeatKey: repeatKey(status, fromAgencyId, documentId),
    parties,
    recipient,
    destination: recipient.destination,
  }
}

function unknownAddressee(status: StatusPackage, recipient: AddressedRecipient | undefined): GatewayError {
  const suggestion = recipient?.suggestions[0]
  return new GatewayError('invalid', 'no_known_recipient', {
    params: { codes: status.responseFor.organId },
    violations: [
      {
        path: 'edXMLHeader/MessageHeader/ResponseFor/OrganId',
        rule: 'unknown_agency',
        found: status.responseFor.organId.slice(0, 200),
        ...(suggestion === undefined ? {} : { expected: suggestion.code }),
      },
    ],
  })
}

type Committed = StatusAcceptance | 'stale_directory'

async function commitStatus(draft: StatusDraft, options: AcceptStatusOptions): Promise<Committed> {
  return await transactionOrRehearsal<Committed>(options.db, (trx, rehearse) =>
    writeStatus(trx, draft, { ...options, rehearse }),
  )
}

async function writeStatus(
  trx: Db,
  draft: StatusDraft,
  options: AcceptStatusOptions & { readonly rehearse: Rehearse<Committed> },
): Promise<Committed> {
  const { submission } = draft
  const acceptedAt = options.clock.now()
  if ((await lockedDirectoryVersion(trx)) !== draft.directory.version) return 'stale_directory'
  const correlation = await correlate(trx, submission.status, draft.parties, options.operations)
  const key = await keyOfQuestion(trx, draft, correlation, options)
  const earlier = submission.isDryRun === true ? await receiptOfStatus(trx, key) : undefined
  if (earlier !== undefined) return repeatOf(earlier)
  const judged = judge(correlation, submission.status)
  // Feedback from an agency that was not addressed is kept from the sender until a person has looked at it.
  const destination: Destination =
    correlation.kind === 'not_addressed' ? { kind: 'held', reason: 'quarantined' } : draft.destination
  const deliveryId = options.newId()
  const recall = await planRecall(trx, draft, { correlation, deliveryId, destination }, options)
  const state = options.initialState(destination)
  const outcome = { effect: judged.effect, destination, state, deliveryId, acceptedAt, recall }
  const payload = statusReceipt({ ...submission, ...draft, ...outcome, axis: options.axisCode })
  const jws = await options.signReceipt(payload)
  const wasAsked = submission.isUnlessAsked === true && judged.effect === 'repeated'
  const acceptance = { isNew: !wasAsked, receipt: { ...payload, jws } }
  if (submission.isDryRun === true || wasAsked) return options.rehearse(acceptance)
  const isNew = await insertStatusPackage(trx, {
    packageId: submission.packageId,
    systemId: submission.caller.systemId,
    fromAgencyId: draft.fromAgencyId,
    status: submission.status,
    documentId: draft.documentId,
    documentKey: documentKey(draft.documentId),
    repeatKey: key,
    contentHash: contentHash(submission.status),
    findings: payload.findings,
    sha256: submission.sha256,
    size: submission.size,
    receipt: jws,
    acceptedAt,
  })
  if (!isNew) return repeatOf(await receiptOfStatus(trx, key))
  const row = {
    packageId: submission.packageId,
    aboutPackageId: correlation.kind === 'unknown_document' ? undefined : correlation.packageId,
    aboutDeliveryId: correlation.kind === 'found' ? correlation.deliveryId : undefined,
    fromAgencyId: draft.fromAgencyId,
    effect: judged.effect,
    status: submission.status,
    receivedAt: acceptedAt,
  }
  await insertFeedback(trx, row)
  await options.openDeliveries(trx, [
    {
      deliveryId,
      packageId: submission.packageId,
      type: 'status',
      priority: 0,
      repeatKey: key,
      senderAgencyId: draft.fromAgencyId,
      recipient: draft.recipient,
      destination,
    },
  ])
  await recordEffect(trx, draft, { correlation, judged, recall, acceptedAt }, options)
  await insertStatusEvents(trx, row, submission.caller.systemId, options.newId)
  return acceptance
}

/**
 * The same words are a repeat only within one question. Asked for again after it was declined, a document may be asked
 * for, and declined, in the very same words: vendors write the time to the second, or no time but midnight.
 */
async function keyOfQuestion(
  trx: Db,
  { submission, repeatKey: key }: StatusDraft,
  correlation: Correlation,
  options: AcceptStatusOptions,
): Promise<string> {
  const { code } = submission.status
  const isQuestion = code === '13'
  if (correlation.kind !== 'found' || !(isQuestion || code === '15' || code === '16')) return key
  const { asked, settled } = await options.operations.countRequests(trx, correlation.deliveryId)
  const round = isQuestion ? settled : Math.max(asked - 1, 0)
  return round === 0 ? key : keyOf([key, round])
}

interface Judged {
  readonly effect: StatusEffectName
  readonly state?: BusinessState
}

/** A recall request (13) withdraws what its recipient has not taken; only the issuing agency may send one. */
async function planRecall(
  trx: Db,
  draft: StatusDraft,
  facts: { correlation: Correlation; deliveryId: string; destination: Destination },
  options: AcceptStatusOptions,
): Promise<OperationPlan | undefined> {
  const { correlation, deliveryId, destination } = facts
  const { directory, day, recipient } = draft
  if (draft.submission.status.code !== '13') return undefined
  switch (correlation.kind) {
    case 'unknown_document':
      await refuseForeign(trx, draft, options)
      return planNothing('recall', [])
    case 'not_addressed':
      return planNotAddressed(recipient.organId)
    case 'found': {
      const towards = { ...recipient, deliveryId, destination }
      const recipientAgencyIds = draft.parties.recipients
      const about = { deliveryId: correlation.deliveryId, recipient: towards, recipientAgencyIds }
      return await options.operations.planRecall(trx, { ...about, directory, day })
    }
  }
}

async function refuseForeign(trx: Db, draft: StatusDraft, options: AcceptStatusOptions): Promise<void> {
  const elsewhere = await options.operations.issuedElsewhere(trx, [draft.documentId], draft.parties.issuers)
  if (elsewhere === undefined) return
  const params = { documentId: elsewhere, organId: draft.submission.status.from.organId }
  throw new GatewayError('forbidden', 'not_the_issuer', { params })
}

async function recordEffect(
  trx: Db,
  draft: StatusDraft,
  facts: { correlation: Correlation; judged: Judged; recall: OperationPlan | undefined; acceptedAt: Date },
  options: AcceptStatusOptions,
): Promise<void> {
  const { correlation, judged, recall, acceptedAt } = facts
  const { status, packageId, caller } = draft.submission
  if (correlation.kind !== 'found') return
  const isWithdrawn = recall !== undefined && recall.pointless.size > 0
  if (judged.state !== undefined && !isWithdrawn) {
    await options.recordBusinessState(trx, correlation.deliveryId, judged.state)
  }
  if (recall !== undefined) {
    const reason = status.description === undefined ? {} : { reason: status.description }
    await options.operations.apply(trx, recall, { packageId, systemId: caller.systemId, at: acceptedAt, ...reason })
  }
  if (judged.effect === 'moved') await recordAnswers(trx, draft, { correlation, acceptedAt }, options)
}

/** 15 and 16 settle what was asked, of the delivery named and of those asked about together with it. */
async function recordAnswers(
  trx: Db,
  draft: StatusDraft,
  { correlation, acceptedAt }: { correlation: FoundDelivery; acceptedAt: Date },
  options: AcceptStatusOptions,
): Promise<void> {
  const { status, packageId } = draft.submission
  if (status.code !== '15' && status.code !== '16') return
  const question = correlation.question ?? openQuestion(correlation.state)
  if (question === undefined) throw new Error('an answer that moved the state answers nothing')
  for (const { deliveryId, state } of correlation.together) {
    const judgement = judgeStatus(state, status.code, question)
    if (judgement.effect === 'moved') await options.recordBusinessState(trx, deliveryId, judgement.state)
  }
  await options.operations.answer(trx, {
    targetDeliveryIds: [correlation.deliveryId, ...correlation.together.map((t) => t.deliveryId)],
    question,
    ...(correlation.carrierDeliveryId === undefined ? {} : { carrierDeliveryId: correlation.carrierDeliveryId }),
    outcome: status.code === '15' ? 'agreed' : 'declined',
    statusPackageId: packageId,
    at: acceptedAt,
  })
}

type FoundDelivery = Extract<Correlation, { kind: 'found' }>

/** The state to record, when the status moved it. */
function judge(correlation: Correlation, status: StatusPackage): Judged {
  if (correlation.kind !== 'found') return { effect: correlation.kind }
  if (correlation.isWithdrawn && status.code !== '13') return { effect: 'illegal' }
  const judgement = judgeStatus(correlation.state, status.code, correlation.question)
  return judgement.effect === 'moved' ? judgement : { effect: judgement.effect }
}

function repeatOf(jws: string | undefined): StatusAcceptance {
  if (jws === undefined) throw new Error('a repeated status whose first one is gone')
  return { isNew: false, receipt: { ...storedPayload<StatusReceiptPayload>(jws), jws } }
}
