// Commits acceptances in small batches: what arrived while one commit was on its way to disk goes with the next, so
// one fsync serves many senders (design §4). A neighbour that collides costs nobody else anything: repeats fall out
// of the batch by themselves, and a batch that fails is done again one by one.
import type { Database, Db, Trx } from '../platform/database.ts'
import type { DraftRecipient, IntakeDelivery } from './draft.ts'
import { type AcceptedPackage, insertIdempotencyKeys, insertPackages } from './package-store.ts'

/** What became of one acceptance in a batch. */
export type CommitResult = 'accepted' | 'repeat' | 'stale_directory'

export interface CommitAcceptsOptions {
  readonly db: Database
  /** `delivery/`'s own insertion, called inside our transaction (design D15). */
  readonly openDeliveries: (db: Db, deliveries: readonly IntakeDelivery[]) => Promise<Set<string>>
  /** `alerts/`'s record that codes are unknown, inside our transaction. */
  readonly raiseUnknownRecipients: (db: Db, accepted: readonly AcceptedPackage[]) => Promise<void>
  /** The audit trail of declarations that overrode a rule, inside our transaction. */
  readonly auditDeclarations: (trx: Trx, accepted: readonly AcceptedPackage[]) => Promise<void>
  readonly newId: () => string
}

export type CommitAccept = (accepted: AcceptedPackage) => Promise<CommitResult>

const batchMax = 64
interface Waiting {
  readonly accepted: AcceptedPackage
  readonly resolve: (result: CommitResult) => void
  readonly reject: (error: unknown) => void
}

export function createCommitAccepts(options: CommitAcceptsOptions): CommitAccept {
  const waiting: Waiting[] = []
  let isCommitting = false

  // One commit at a time: with two or three the batches were smaller, and fewer packages a second went through.
  async function pump(): Promise<void> {
    if (isCommitting) return
    isCommitting = true
    try {
      while (waiting.length > 0) await commitBatch(waiting.splice(0, batchMax))
    } finally {
      isCommitting = false
    }
  }

  async function commitBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await commitTogether(
        options,
        batch.map((w) => w.accepted),
      )
      for (const [i, w] of batch.entries()) w.resolve(results[i] ?? 'repeat')
    } catch (error) {
      const [only] = batch
      if (batch.length === 1 && only !== undefined) return only.reject(error)
      for (const w of batch) await commitBatch([w])
    }
  }

  return (accepted) =>
    new Promise((resolve, reject) => {
      waiting.push({ accepted, resolve, reject })
      // A turn of the event loop later, so that whoever arrived in the same turn shares the transaction.
      setImmediate(() => void pump())
    })
}

async function commitTogether(
  options: CommitAcceptsOptions,
  batch: readonly AcceptedPackage[],
): Promise<CommitResult[]> {
  return options.db.transaction().execute(async (trx) => {
    const { directoryVersion, packageIds } = await insertPackages(trx, batch, options.newId)
    const accepted = batch.filter((a) => packageIds.has(a.draft.packageId))
    if (accepted.length > 0) await writeAccepted(options, trx, accepted)
    return batch.map((a) => {
      if (packageIds.has(a.draft.packageId)) return 'accepted'
      return a.draft.directoryVersion === directoryVersion ? 'repeat' : 'stale_directory'
    })
  })
}

/** Everything that stands beside the package row, in the same transaction. */
export async function writeAccepted(
  options: Omit<CommitAcceptsOptions, 'db'>,
  trx: Trx,
  accepted: readonly AcceptedPackage[],
): Promise<void> {
  const deliveries = accepted.flatMap((a) => recipientsOf(a).map((r) => newDelivery(a, r)))
  await options.openDeliveries(trx, deliveries)
  await insertIdempotencyKeys(trx, accepted)
  await options.raiseUnknownRecipients(trx, accepted)
  await options.auditDeclarations(
    trx,
    accepted.filter(({ draft }) => draft.declared !== undefined && draft.declared.length > 0),
  )
}

function recipientsOf({ draft, plan }: AcceptedPackage): DraftRecipient[] {
  return [...draft.recipients.filter((r) => !r.isDuplicate), ...(plan?.further ?? [])]
}

function newDelivery(accepted: AcceptedPackage, recipient: DraftRecipient): IntakeDelivery {
  const { draft } = accepted
  return {
    deliveryId: recipient.deliveryId,
    packageId: draft.packageId,
    type: 'edoc',
    priority: draft.document.priority,
    repeatKey: draft.repeatKey,
    senderAgencyId: draft.fromAgencyId,
    recipient,
    destination: recipient.destination,
  }
}
