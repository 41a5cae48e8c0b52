// Accepting status feedback: recorded, judged against what was said before, and passed on to the other side as a
// delivery of its own. The state of a recipient moves only forward; what arrives late or makes no sense is recorded,
// flagged and still passed on, because a gateway hides no evidence (edxml.md §2.4).

import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import {
  contentHash,
  documentKey,
  type Finding,
  type Priority,
  repeatKey,
  type StatusPackage,
} from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { type BusinessState, judgeStatus, needsReason } from '../domain/feedback.ts'
import type { Clock } from '../domain/ports.ts'
import { type AddressedRecipient, address, type Destination } from '../domain/route.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import { type Database, type Db, databaseAway, isDatabaseAway } from '../platform/database.ts'
import { storedPayload } from '../platform/stored-receipt.ts'
import { type Correlation, correlate, type StatusParties } from './correlate.ts'
import {
  insertFeedback,
  insertStatusEvents,
  insertStatusPackage,
  lockedDirectoryVersion,
  receiptOfStatus,
} from './feedback-store.ts'

export interface StatusSubmission {
  readonly caller: Caller
  readonly packageId: string
  readonly status: StatusPackage
  readonly findings: readonly Finding[]
  readonly sha256: Buffer
  readonly size: number
  /** Resolves once the bytes are durable. */
  readonly stored: Promise<void>
  discard(): Promise<void>
}

export interface NewStatusDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly type: 'status'
  readonly priority: Priority
  readonly repeatKey: string
  readonly recipient: AddressedRecipient
  readonly destination: Destination
}

export interface AcceptStatusOptions {
  readonly db: Database
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  /** Refuses a From that is not the caller's own, and answers its agency. */
  readonly senderAgency: (organId: string, caller: Caller, directory: Directory, day: string) => string
  readonly openDeliveries: (db: Db, deliveries: readonly NewStatusDelivery[]) => Promise<Set<string>>
  readonly recordBusinessState: (db: Db, deliveryId: string, state: BusinessState) => Promise<void>
  readonly initialState: (destination: Destination) => DeliveryState
  readonly signReceipt: (payload: StatusReceiptPayload) => Promise<string>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  readonly clock: Clock
  /** Code of this axis, named in every receipt. */
  readonly axisCode: string
  readonly newId: () => string
}

export type StatusEffectName = ReturnType<typeof judgeStatus>['effect'] | 'unknown_document' | 'not_addressed'

export interface StatusReceiptPayload {
  readonly statusId: string
  readonly documentId: string
  readonly code: string
  readonly effect: StatusEffectName
  readonly axis: string
  readonly acceptedAt: string
  readonly sha256: string
  readonly size: number
  readonly recipients: readonly {
    readonly organId: string
    readonly outcome: 'queued' | 'redirected' | 'held'
    readonly agencyCode?: string
    readonly deliveryId: string
    readonly reason?: 'unknown_agency' | 'not_connected' | 'no_system' | 'closed' | 'quarantined'
  }[]
  readonly deliveries: readonly {
    readonly deliveryId: string
    readonly organId: string
    readonly state: DeliveryState
  }[]
  readonly findings: readonly Finding[]
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
    if (!acceptance.isNew) await submission.discard()
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
  readonly directoryVersion: number
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
  const parties =
    status.code === '13' ? { issuers: reporter, recipients: addressee } : { issuers: addressee, recipients: reporter }
  return {
    directoryVersion: directory.version,
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

async function commitStatus(
  draft: StatusDraft,
  options: AcceptStatusOptions,
): Promise<StatusAcceptance | 'stale_directory'> {
  const { submission } = draft
  const acceptedAt = options.clock.now()
  return options.db.transaction().execute(async (trx) => {
    if ((await lockedDirectoryVersion(trx)) !== draft.directoryVersion) return 'stale_directory'
    const correlation = await correlate(trx, submission.status, draft.parties)
    const judged = judge(correlation, submission.status)
    // Feedback from an agency that was not addressed is kept from the sender until a person has looked at it.
    const destination: Destination =
      correlation.kind === 'not_addressed' ? { kind: 'held', reason: 'quarantined' } : draft.destination
    const deliveryId = options.newId()
    const payload = receiptOf(draft, { effect: judged.effect, destination, deliveryId, acceptedAt, options })
    const jws = await options.signReceipt(payload)
    const isNew = await insertStatusPackage(trx, {
      packageId: submission.packageId,
      systemId: submission.caller.systemId,
      fromAgencyId: draft.fromAgencyId,
      status: submission.status,
      documentId: draft.documentId,
      documentKey: documentKey(draft.documentId),
      repeatKey: draft.repeatKey,
      contentHash: contentHash(submission.status),
      findings: payload.findings,
      sha256: submission.sha256,
      size: submission.size,
      receipt: jws,
      acceptedAt,
    })
    if (!isNew) return repeatOf(trx, draft.repeatKey)
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
    if (judged.state !== undefined && correlation.kind === 'found') {
      await options.recordBusinessState(trx, correlation.deliveryId, judged.state)
    }
    await options.openDeliveries(trx, [
      {
        deliveryId,
        packageId: submission.packageId,
        type: 'status',
        priority: 0,
        repeatKey: draft.repeatKey,
        recipient: draft.recipient,
        destination,
      },
    ])
    await insertStatusEvents(trx, row, submission.caller.systemId, options.newId)
    return { isNew: true, receipt: { ...payload, jws } }
  })
}

/** The state to record, when the status moved it. */
function judge(correlation: Correlation, status: StatusPackage): { effect: StatusEffectName; state?: BusinessState } {
  if (correlation.kind !== 'found') return { effect: correlation.kind }
  const judgement = judgeStatus(correlation.state, status.code)
  return judgement.effect === 'moved' ? judgement : { effect: judgement.effect }
}

async function repeatOf(db: Db, key: string): Promise<StatusAcceptance> {
  const jws = await receiptOfStatus(db, key)
  if (jws === undefined) throw new Error('a repeated status whose first one is gone')
  return { isNew: false, receipt: { ...storedPayload<StatusReceiptPayload>(jws), jws } }
}

interface ReceiptFacts {
  readonly effect: StatusEffectName
  readonly destination: Destination
  readonly deliveryId: string
  readonly acceptedAt: Date
  readonly options: AcceptStatusOptions
}

function receiptOf(draft: StatusDraft, facts: ReceiptFacts): StatusReceiptPayload {
  const { submission, recipient } = draft
  const { destination, deliveryId } = facts
  return {
    statusId: submission.packageId,
    documentId: draft.documentId,
    code: submission.status.code,
    effect: facts.effect,
    axis: facts.options.axisCode,
    acceptedAt: vietnamTime(facts.acceptedAt),
    sha256: submission.sha256.toString('hex'),
    size: submission.size,
    recipients: [
      {
        organId: recipient.organId,
        outcome: destination.kind === 'held' ? 'held' : recipient.redirected ? 'redirected' : 'queued',
        ...(recipient.agencyCode === undefined ? {} : { agencyCode: recipient.agencyCode }),
        deliveryId,
        ...(destination.kind === 'held' ? { reason: destination.reason } : {}),
      },
    ],
    deliveries: [{ deliveryId, organId: recipient.organId, state: facts.options.initialState(destination) }],
    findings: [...submission.findings, ...findingsOf(facts.effect, submission.status)],
  }
}

function findingsOf(effect: StatusEffectName, status: StatusPackage): Finding[] {
  const findings: Finding[] = []
  const params = { code: status.code }
  if (effect !== 'moved') findings.push({ code: `status_${effect}`, severity: 'warn', params })
  if (needsReason(status.code) && status.description === undefined) {
    findings.push({ code: 'status_without_reason', severity: 'warn', params })
  }
  return findings
}
