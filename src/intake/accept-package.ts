// Accepting a package: read -> draft -> judge -> commit, or recognise a repeat. `202` is answered only after the bytes
// are on disk and the transaction is committed; then the lanes are rung (design D1).
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { OperationPlan } from '../domain/operation-plan.ts'
import { type Db, databaseAway, isDatabaseAway, isUniqueViolation } from '../platform/database.ts'
import { type CommitAccept, writeAccepted } from './commit-accepts.ts'
import { type CommitOperationOptions, commitOperation, type OperationToCommit } from './commit-operation.ts'
import type { Draft } from './draft.ts'
import {
  acceptedOf,
  draftOf,
  judged,
  type MakeAcceptedOptions,
  type PackageSubmission,
  type Supplement,
  timesOf,
} from './make-accepted.ts'
import { type AcceptedPackage, insertIdempotencyKey, insertPackages, usedIdempotencyKey } from './package-store.ts'
import { type ReceiptPayload, storedReceipt } from './receipt.ts'
import { type ExistingDeliveries, findRepeat, underKnownKey } from './resolve-repeat.ts'

export interface AcceptPackageOptions extends CommitOperationOptions, MakeAcceptedOptions {
  readonly commit: CommitAccept
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  readonly existingDeliveries: ExistingDeliveries
  /** Told after the commit: lanes to ring, mailboxes whose long polls may answer. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
}

export interface Acceptance {
  /** False for a repeat, which is answered with the first receipt. */
  readonly isNew: boolean
  readonly receipt: ReceiptPayload & { readonly jws: string }
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
export async function earlierUse(
  { caller, idempotencyKey, read }: PackageSubmission,
  db: Db,
): Promise<string | undefined> {
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
    const known = await draftedOrKnown(directory, submission, options).catch(async (error: unknown) => {
      // Refused by a copy that another process has just overtaken: the agency may be known by now.
      const newer = error instanceof GatewayError && attempt < triesMax ? await options.directory.refresh() : directory
      if (newer.version === directory.version) throw error
      directory = newer
      return undefined
    })
    if (known === undefined) continue
    if ('receipt' in known) return known
    const result = await commitOnce(known, directory, submission, { ...options, onCommitting })
    if (typeof result === 'object') return announce(result.accepted, options)
    if (result === 'repeat') {
      const repeated = await resolveRepeat(known, directory, submission, options)
      if (repeated !== undefined) return repeated
    }
    directory = await options.directory.refresh()
  }
  throw new GatewayError('unavailable', 'directory_changing', { retryAfterSeconds: 2 })
}

async function draftedOrKnown(
  directory: Directory,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<Draft | Acceptance> {
  const draft = await underKnownKey(options.db, draftOf(submission, directory, options))
  return await judgedOrKnown(draft, submission, options)
}

/** A document that was accepted once is not refused when it comes again, whatever the rules say meanwhile. */
async function judgedOrKnown(
  draft: Draft,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<Draft | Acceptance> {
  try {
    return await judged(draft, submission, options)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.kind === 'unavailable') throw error
    const known = await findRepeat(options.db, draft, submission.read.sha256, options.existingDeliveries)
    if (known.kind === 'same') return repeat(known.receipt)
    throw error
  }
}

interface CommitOnceOptions extends AcceptPackageOptions {
  readonly onCommitting: () => void
}

async function commitOnce(
  draft: Draft,
  directory: Directory,
  submission: PackageSubmission,
  options: CommitOnceOptions,
) {
  const operation = await operationOf(draft, directory, submission, options)
  const accepted = operation === undefined ? await acceptedOf(submission, draft, options) : undefined
  await submission.read.stored
  options.onCommitting()
  try {
    if (operation !== undefined) return await commitOperation(operation, options)
    if (accepted === undefined) throw new Error('neither a document nor an operation')
    const result = await options.commit(accepted)
    return result === 'accepted' ? { kind: result, accepted } : result
  } catch (error) {
    await judgeByWinner(error, submission, options)
    return 'repeat'
  }
}

/** What the package does to others, for the recipients that it brings. Undefined for a document that acts on none. */
export async function operationOf(
  draft: Draft,
  directory: Directory,
  submission: PackageSubmission,
  options: MakeAcceptedOptions,
  supplement?: Supplement,
): Promise<OperationToCommit | undefined> {
  const { kind } = draft.document
  if (kind === 'new') return undefined
  const times = await timesOf(draft, options)
  const more = { times, ...(supplement === undefined ? {} : { supplement }) }
  const accepted = (plan: OperationPlan) => acceptedOf(submission, draft, options, { ...more, plan })
  const further = supplement === undefined ? {} : { recipients: furtherRecipients(draft, supplement) }
  return { draft, kind, directory, accepted, ...further }
}

function furtherRecipients(draft: Draft, { existing }: Supplement): Draft['recipients'] {
  return draft.recipients.filter((r) => !existing.has(r.recipientKey))
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

function ringLanesOf({ draft, plan }: Pick<AcceptedPackage, 'draft' | 'plan'>, options: AcceptPackageOptions): void {
  const recipients = [...draft.recipients, ...(plan?.further ?? []), ...(plan?.handedOn ?? [])]
  const lanes = recipients.flatMap((r) => (r.destination.kind === 'lane' ? [r.destination.systemId] : []))
  options.afterCommit(new Set(lanes))
}

export function repeat(jws: string): Acceptance {
  return { isNew: false, receipt: { ...storedReceipt(jws), jws } }
}

/** Undefined when another submission changed the picture meanwhile and the whole must be judged again. */
async function resolveRepeat(
  draft: Draft,
  directory: Directory,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<Acceptance | undefined> {
  const known = await findRepeat(options.db, draft, submission.read.sha256, options.existingDeliveries)
  switch (known.kind) {
    case 'unknown':
      return undefined
    case 'own':
      ringLanesOf({ draft }, options)
      return { ...repeat(known.receipt), isNew: true }
    case 'same':
      await keepIdempotencyKey(known.packageId, submission, options.db)
      return repeat(known.receipt)
    case 'supplement': {
      const supplement = await commitSupplement(draft, directory, known, submission, options)
      return supplement === undefined ? undefined : announce(supplement, options)
    }
  }
}

/** A key that came with a repeat is used all the same: with other bytes it is refused from now on. */
async function keepIdempotencyKey(packageId: string, submission: PackageSubmission, db: Db): Promise<void> {
  const { caller, idempotencyKey: key, read } = submission
  if (key === undefined) return
  const isKept = await insertIdempotencyKey(db, { systemId: caller.systemId, key, sha256: read.sha256, packageId })
  if (!isKept) await earlierUse(submission, db)
}

/** Deliveries for the further recipients only. Undefined when somebody else was first with one of them. */
async function commitSupplement(
  draft: Draft,
  directory: Directory,
  supplement: Supplement,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
): Promise<AcceptedPackage | undefined> {
  const careful = { ...options, openDeliveries: openAll(options.openDeliveries) }
  try {
    const operation = await operationOf(draft, directory, submission, options, supplement)
    if (operation !== undefined) {
      const result = await commitOperation(operation, careful)
      return typeof result === 'object' ? result.accepted : undefined
    }
    const made = await acceptedOf(submission, draft, options, { supplement })
    const recipients = furtherRecipients(draft, supplement)
    await options.db.transaction().execute(async (trx) => {
      const { packageIds } = await insertPackages(trx, [made], options.newId)
      if (packageIds.size === 0) throw new RecipientsTaken()
      await writeAccepted(careful, trx, [{ ...made, draft: { ...draft, recipients } }])
    })
    return made
  } catch (error) {
    if (error instanceof RecipientsTaken) return undefined
    await judgeByWinner(error, submission, options)
    return undefined
  }
}

/** All of them or none: a recipient that got the document meanwhile makes the receipt untrue. */
function openAll(openDeliveries: AcceptPackageOptions['openDeliveries']): AcceptPackageOptions['openDeliveries'] {
  return async (db, deliveries) => {
    const ids = await openDeliveries(db, deliveries)
    if (ids.size !== deliveries.length) throw new RecipientsTaken()
    return ids
  }
}

/** Another supplement, or a change of the directory, came first; this one rolls back and is judged again. */
class RecipientsTaken extends Error {
  override readonly name = 'RecipientsTaken'
}
