// Commits a package that acts on documents accepted before, in a transaction of its own: what it acts on is locked,
// planned, put into the receipt and written down together, so that the answer says what really happened.
import type { Directory } from '../domain/directory.ts'
import type { OperationKind } from '../domain/operation.ts'
import type { OperationBy, OperationPlan } from '../domain/operation-plan.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { lockedDirectoryVersion } from '../platform/directory-version.ts'
import { transactionOrRehearsal } from '../platform/rehearsal.ts'
import { type CommitAcceptsOptions, writeAccepted } from './commit-accepts.ts'
import type { Draft, IntakeDelivery } from './draft.ts'
import { type AcceptedPackage, insertPackages } from './package-store.ts'

export interface Operations {
  readonly plan: (db: Db, draft: DraftToPlan, kind: OperationKind, directory: Directory) => Promise<OperationPlan>
  readonly apply: (db: Db, plan: OperationPlan, by: OperationBy) => Promise<void>
}

export interface DraftToPlan extends Draft {
  /** For further recipients only: what it does to others, its first package has done. */
  readonly isSupplement: boolean
}

export interface CommitOperationOptions extends CommitAcceptsOptions {
  readonly db: Database
  readonly operations: Operations
}

export interface OperationToCommit {
  readonly draft: Draft
  readonly kind: OperationKind
  readonly directory: Directory
  /** The receipt can only be made once it is known what the package does. */
  readonly accepted: (plan: OperationPlan) => Promise<AcceptedPackage>
  /** Of a supplement, the recipients that are new; all of them otherwise. */
  readonly recipients?: Draft['recipients']
}

export type OperationResult =
  | { readonly kind: 'accepted'; readonly accepted: AcceptedPackage }
  | 'repeat'
  | 'stale_directory'

export async function commitOperation(
  operation: OperationToCommit,
  options: CommitOperationOptions,
): Promise<OperationResult> {
  try {
    return await options.db.transaction().execute(async (trx) => await write(trx, operation, options))
  } catch (error) {
    // Planned again, it finds that receiver among those who have the document.
    if (error instanceof ReceiverTaken) return 'stale_directory'
    throw error
  }
}

async function write(
  trx: Trx,
  operation: OperationToCommit,
  options: CommitOperationOptions,
): Promise<OperationResult> {
  const { draft, recipients = draft.recipients } = operation
  if ((await lockedDirectoryVersion(trx)) !== draft.directoryVersion) return 'stale_directory'
  const { accepted, plan } = await planned(trx, operation, options)
  const { packageIds } = await insertPackages(trx, [accepted], options.newId)
  if (packageIds.size === 0) return 'repeat'
  await writeAccepted(options, trx, [{ ...accepted, draft: { ...draft, recipients } }])
  const added = handedOn(plan, draft.fromAgencyId)
  const opened = await options.openDeliveries(trx, added)
  if (opened.size !== added.length) throw new ReceiverTaken()
  await options.operations.apply(trx, plan, by(accepted))
  return { kind: 'accepted', accepted }
}

/** A receiver that an update adds got the document meanwhile by another way. */
class ReceiverTaken extends Error {
  override readonly name = 'ReceiverTaken'
}

/** What the package would do, and nothing done. */
export async function rehearseOperation(
  operation: OperationToCommit,
  options: CommitOperationOptions,
): Promise<AcceptedPackage> {
  return await transactionOrRehearsal(options.db, async (trx, rehearse) => {
    const { accepted } = await planned(trx, operation, options)
    return rehearse(accepted)
  })
}

async function planned(trx: Trx, operation: OperationToCommit, options: CommitOperationOptions) {
  const { draft, kind, directory, recipients = draft.recipients } = operation
  const isSupplement = operation.recipients !== undefined
  const plan = await options.operations.plan(trx, { ...draft, recipients, isSupplement }, kind, directory)
  return { plan, accepted: await operation.accepted(plan) }
}

/** The document itself, for receivers that an update adds without bringing the file. */
function handedOn(plan: OperationPlan, senderAgencyId: string): IntakeDelivery[] {
  const [document] = plan.documents
  if (document === undefined) return []
  return plan.handedOn.map((recipient) => ({
    deliveryId: recipient.deliveryId,
    packageId: document.packageId,
    type: 'edoc',
    priority: document.priority,
    repeatKey: document.repeatKey,
    senderAgencyId,
    recipient,
    destination: recipient.destination,
  }))
}

function by({ draft, acceptedAt }: AcceptedPackage) {
  const reason = draft.document.business?.reason
  return {
    packageId: draft.packageId,
    systemId: draft.caller.systemId,
    at: acceptedAt,
    ...(reason === undefined ? {} : { reason }),
  }
}
