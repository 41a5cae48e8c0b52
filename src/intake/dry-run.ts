// What would become of a package, and nothing done: the same reading, rules, addressing and planning as an acceptance,
// without a row and without a receipt (contract §3, dryRun).
import type { Directory } from '../domain/directory.ts'
import { databaseAway, isDatabaseAway } from '../platform/database.ts'
import { type AcceptPackageOptions, earlierUse, operationOf } from './accept-package.ts'
import { rehearseOperation } from './commit-operation.ts'
import type { Draft } from './draft.ts'
import { acceptedOf, draftOf, judged, type PackageSubmission, type Supplement } from './make-accepted.ts'
import type { AcceptedPackage } from './package-store.ts'
import { type ReceiptPayload, storedReceipt } from './receipt.ts'
import { findRepeat, underKnownKey } from './resolve-repeat.ts'

export interface DryRun {
  /** `repeat`: it would be answered with the first receipt. `supplement`: only for further recipients. */
  readonly would: 'accept' | 'repeat' | 'supplement'
  readonly packageId?: string
  readonly payload: ReceiptPayload
}

/** Refuses what an acceptance would refuse, with the same codes. */
export async function dryRunPackage(submission: PackageSubmission, options: AcceptPackageOptions): Promise<DryRun> {
  try {
    const earlier = await earlierUse(submission, options.db)
    return earlier === undefined ? await dryRunDraft(submission, options) : repeated(earlier)
  } catch (error) {
    throw isDatabaseAway(error) ? databaseAway(error) : error
  } finally {
    await submission.read.discard()
  }
}

async function dryRunDraft(submission: PackageSubmission, options: AcceptPackageOptions): Promise<DryRun> {
  const directory = await options.directory.current()
  const draft = await underKnownKey(options.db, draftOf(submission, directory, options))
  const known = await findRepeat(options.db, draft, submission.read.sha256, options.existingDeliveries)
  if (known.kind === 'same' || known.kind === 'own') return repeated(known.receipt)
  const fit = await judged(draft, submission, options)
  const supplement = known.kind === 'supplement' ? known : undefined
  const { payload } = await rehearse(fit, directory, submission, options, supplement)
  return supplement === undefined
    ? { would: 'accept', payload }
    : { would: 'supplement', packageId: supplement.of, payload }
}

/** Whatever it would do, it has done: the first receipt says what that was. */
function repeated(receipt: string): DryRun {
  const payload = storedReceipt(receipt)
  return { would: 'repeat', packageId: payload.packageId, payload }
}

async function rehearse(
  draft: Draft,
  directory: Directory,
  submission: PackageSubmission,
  options: AcceptPackageOptions,
  supplement: Supplement | undefined,
): Promise<AcceptedPackage> {
  const operation = await operationOf(draft, directory, submission, options, supplement)
  if (operation !== undefined) return await rehearseOperation(operation, options)
  return await acceptedOf(submission, draft, options, supplement === undefined ? {} : { supplement })
}
