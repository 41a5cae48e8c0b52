// Accepting a package: read -> draft -> commit, or recognise a repeat. `202` is answered only after the bytes are on
// disk and the transaction is committed; then the lanes are rung (design D1).

import type { DeliveryState } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import { comparableContent, type DocumentPackage, differingPaths } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { Destination } from '../domain/route.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import { type Database, type Db, databaseAway, isDatabaseAway, isUniqueViolation } from '../platform/database.ts'
import { type CommitAccept, type CommitAcceptsOptions, writeAccepted } from './commit-accepts.ts'
import { type Draft, draftPackage } from './draft.ts'
import {
  type AcceptedPackage,
  firstPackage,
  insertIdempotencyKey,
  insertPackages,
  usedIdempotencyKey,
} from './package-store.ts'
import type { ReadSubmission } from './read-submission.ts'
import { type ReceiptPayload, receiptPayload, storedReceipt } from './receipt.ts'

export interface AcceptPackageOptions extends CommitAcceptsOptions {
  readonly db: Database
  readonly commit: CommitAccept
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  readonly existingDeliveries: (
    db: Db,
    repeatKey: string,
    recipientKeys: readonly string[],
  ) => Promise<Map<string, string>>
  readonly initialState: (destination: Destination) => DeliveryState
  readonly signReceipt: (payload: ReceiptPayload) => Promise<string>
  /** Told after the commit: lanes to ring, mailboxes whose long polls may answer. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  readonly clock: Clock
  /** Code of this axis, named in every receipt. */
  readonly axisCode: string
}

export interface Acceptance {
  /** False for a repeat, which is answered with the first receipt. */
  readonly isNew: boolean
  readonly receipt: ReceiptPayload & { readonly jws: string }
}

export interface PackageSubmission {
  readonly caller: Caller
  readonly read: ReadSubmission
  readonly document: DocumentPackage
  readonly idempotencyKey?: string
}

/** A stale directory is read again this often before we say that we cannot. */
const triesMax = 5

export async function acceptPackage(submission: PackageSubmission, options: AcceptPackageOptions): Promise<Acceptance> {
  const { read } = submission
  let mayDiscard = true
  try {
    const earlier = await earlierUse(submission, options.db)
    if (earlier !== undefined) {
      await read.discard()
      return repeat(earlier)
    }
    const acceptance = await draftAndCommit(submission, options, () => {
      mayDiscard = false
    })
    if (!acceptance.isNew) await read.discard()
    return acceptance
  } catch (error) {
    // Whether a commit that was cut off happened is not known, so its bytes stay; the orphan sweep decides later. Only a
    // refusal proves that nothing was committed: "not now" does not.
    const isRefusal = error instanceof GatewayError && error.kind !== 'unavailable'
    if (mayDiscard || isRefusal) await read.discard()
    throw isDatabaseAway(error) ? databaseAway(error) : error
  }
}

/** The same Idempotency-Key again: the first receipt for the same bytes, a conflict for others. */
async function earlierUse({ caller, idempotencyKey, read }: PackageSubmission, db: Db): Promise<string | undefined> {
  if (idempotencyKey === undefined) return undefined
  const used = await usedIdempotencyKey(db, caller.systemId, idempotencyKey)
  if (used === undefined) return undefined
  if (used.sha256.equals(read.sha256)) return used.receipt
  throw new GatewayError('conflict', 'idempotency_key_reused', { params: { key: idempotencyKey } })
}

async function draftAndCommit(
  submission: PackageSubmission,
  options: AcceptPackageOptions,
  onCommitting: () => void,
): Promise<Acceptance> {
  let directory = await options.directory.current()
  for (let attempt = 1; attempt <= triesMax; attempt++) {
    const draft = draftOf(submission, directory, options)
    const accepted = await acceptedOf(submission, draft, options)
    await submission.read.stored
    onCommitting()
    const result = await commitUnlessKeyTaken(accepted, submission, options)
    if (result === 'accepted') return announce(accepted, options)
    if (result === 'repeat') {
      const known = await resolveRepeat(accepted, submission, options)
      if (known !== undefined) return known
    }
    directory = await options.directory.refresh()
  }
  throw new GatewayError('unavailable', 'directory_changing', { retryAfterSeconds: 2 })
}

function draftOf(
  { read, caller, document }: PackageSubmission,
  directory: Directory,
  options: AcceptPackageOptions,
): Draft {
  const day = vietnamDay(options.clock.now())
  const input = { packageId: read.packageId, caller, document, findings: read.findings, day, newId: options.newId }
  return draftPackage(input, directory)
}

async function acceptedOf(
  { read, idempotencyKey }: PackageSubmission,
  draft: Draft,
  options: AcceptPackageOptions,
  supplement?: { readonly of: string; readonly existing: ReadonlyMap<string, string> },
): Promise<AcceptedPackage> {
  const acceptedAt = options.clock.now()
  const payload = receiptPayload(draft, {
    sha256: read.sha256,
    size: read.size,
    acceptedAt,
    axis: options.axisCode,
    stateOf: (recipient) => options.initialState(recipient.destination),
    ...(supplement === undefined ? {} : { supplement }),
  })
  return {
    draft,
    sha256: read.sha256,
    size: read.size,
    acceptedAt,
    payload,
    receipt: await options.signReceipt(payload),
    ...(supplement === undefined ? {} : { supplementOf: supplement.of }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}

async function commitUnlessKeyTaken(
  accepted: AcceptedPackage,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
) {
  try {
    return await options.commit(accepted)
  } catch (error) {
    await judgeByWinner(error, submission, options)
    return 'repeat'
  }
}

/** Two submissions raced for one Idempotency-Key: the loser is refused when its bytes are others than the winner's. */
async function judgeByWinner(
  error: unknown,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<void> {
  if (!isUniqueViolation(error)) throw error
  const earlier = await earlierUse(submission, options.db)
  if (earlier === undefined) throw error
}

function announce(accepted: AcceptedPackage, options: AcceptPackageOptions): Acceptance {
  ringLanesOf(accepted, options)
  return { isNew: true, receipt: { ...accepted.payload, jws: accepted.receipt } }
}

function ringLanesOf(accepted: AcceptedPackage, options: AcceptPackageOptions): void {
  const lanes = accepted.draft.recipients.flatMap((r) =>
    r.destination.kind === 'lane' ? [r.destination.systemId] : [],
  )
  options.afterCommit(new Set(lanes))
}

function repeat(jws: string): Acceptance {
  return { isNew: false, receipt: { ...storedReceipt(jws), jws } }
}

/**
 * The document is known: the same content again, the same for further recipients, or another content under its name.
 * Undefined when another submission changed the picture meanwhile and the whole must be judged again.
 */
async function resolveRepeat(
  accepted: AcceptedPackage,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<Acceptance | undefined> {
  const { draft } = accepted
  const first = await firstPackage(options.db, draft.repeatKey)
  if (first === undefined) return undefined
  // Our own row: the commit had happened, only its answer was lost on the way. The row says what was accepted; this
  // draft may be a later one, made with another directory.
  if (first.packageId === draft.packageId) {
    ringLanesOf(accepted, options)
    return { ...repeat(first.receipt), isNew: true }
  }
  const sameContent = first.sha256.equals(accepted.sha256) || first.contentHash.equals(draft.contentHash)
  if (!sameContent) throw otherContent(first, draft)
  const keys = draft.recipients.map((r) => r.recipientKey)
  const existing = await options.existingDeliveries(options.db, draft.repeatKey, keys)
  if (keys.every((key) => existing.has(key))) {
    await keepIdempotencyKey(first.packageId, submission, options.db)
    return repeat(first.receipt)
  }
  const supplement = await acceptedOf(submission, draft, options, { of: first.packageId, existing })
  const isAccepted = await commitSupplement(supplement, existing, submission, options)
  return isAccepted ? announce(supplement, options) : undefined
}

/** A key that came with a repeat is used all the same: with other bytes it is refused from now on. */
async function keepIdempotencyKey(packageId: string, submission: PackageSubmission, db: Db): Promise<void> {
  const { caller, idempotencyKey: key, read } = submission
  if (key === undefined) return
  const isKept = await insertIdempotencyKey(db, { systemId: caller.systemId, key, sha256: read.sha256, packageId })
  if (!isKept) await earlierUse(submission, db)
}

async function commitSupplement(
  supplement: AcceptedPackage,
  existing: ReadonlyMap<string, string>,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<boolean> {
  const recipients = supplement.draft.recipients.filter((r) => !existing.has(r.recipientKey))
  const narrowed: AcceptedPackage = { ...supplement, draft: { ...supplement.draft, recipients } }
  const wanted = recipients.filter((r) => !r.isDuplicate).length
  try {
    await options.db.transaction().execute(async (trx) => {
      const { packageIds } = await insertPackages(trx, [supplement], options.newId)
      if (packageIds.size === 0) throw new RecipientsTaken()
      const openDeliveries: typeof options.openDeliveries = async (db, deliveries) => {
        const ids = await options.openDeliveries(db, deliveries)
        if (ids.size !== wanted) throw new RecipientsTaken()
        return ids
      }
      await writeAccepted({ ...options, openDeliveries }, trx, [narrowed])
    })
    return true
  } catch (error) {
    if (error instanceof RecipientsTaken) return false
    await judgeByWinner(error, submission, options)
    return false
  }
}

/** Another supplement, or a change of the directory, came first; this one rolls back and is judged again. */
class RecipientsTaken extends Error {
  override readonly name = 'RecipientsTaken'
}

function otherContent(
  first: { packageId: string; acceptedAt: Date; sha256: Buffer; document: unknown },
  draft: Draft,
): GatewayError {
  return new GatewayError('conflict', 'document_id_reused', {
    params: { documentId: draft.documentId },
    extra: {
      existing: {
        packageId: first.packageId,
        acceptedAt: vietnamTime(first.acceptedAt),
        sha256: first.sha256.toString('hex'),
        differs: differingPaths(storedContent(first.document), comparableContent(draft.document)),
      },
    },
  })
}

/** The stored document is what `toRow` wrote: a DocumentPackage as JSON. */
function storedContent(document: unknown): Record<string, unknown> {
  return comparableContent(document as DocumentPackage)
}
