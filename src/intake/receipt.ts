// The receipt: what was accepted, for whom, and what became of each recipient. It is signed, stored with the package,
// and given again to whoever repeats the submission.
import type { Finding } from '../domain/document-package.ts'
import { type OperationPlan, recallLists } from '../domain/operation-plan.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { PackageReceipt } from '../generated/json/package-receipt.ts'
import { storedPayload } from '../platform/stored-receipt.ts'
import type { Draft, DraftRecipient } from './draft.ts'

/** What is signed: findings by code only, so that the receipt speaks no language. */
export type ReceiptPayload = Omit<PackageReceipt, 'receipt' | 'findings'> & { readonly findings: readonly Finding[] }

export interface ReceiptFacts {
  readonly sha256: Buffer
  readonly size: number
  readonly acceptedAt: Date
  readonly stateOf: (recipient: DraftRecipient) => PackageReceipt['deliveries'][number]['state']
  /** Code of this axis. */
  readonly axis: string
  /** What a recall, an update or a replacement does. */
  readonly plan?: OperationPlan
  /** Of a supplement: the first package, and the deliveries that recipients have of it already, by recipient key. */
  readonly supplement?: { readonly of: string; readonly existing: ReadonlyMap<string, string> }
}

export function receiptPayload(draft: Draft, facts: ReceiptFacts): ReceiptPayload {
  const existing = facts.supplement?.existing ?? new Map<string, string>()
  const { plan } = facts
  const own = draft.recipients.filter((r) => !r.isDuplicate && !existing.has(r.recipientKey))
  const opened = [...own, ...(plan?.further ?? []), ...(plan?.handedOn ?? [])]
  return {
    packageId: draft.packageId,
    documentId: draft.documentId,
    kind: draft.document.kind,
    axis: facts.axis,
    sha256: facts.sha256.toString('hex'),
    size: facts.size,
    acceptedAt: vietnamTime(facts.acceptedAt),
    recipients: draft.recipients.map((r) => recipientOutcome(r, existing.get(r.recipientKey))),
    deliveries: opened.map((r) => ({
      deliveryId: r.deliveryId,
      organId: r.organId,
      // Nobody is asked to give back what he never saw: that delivery ends with the document's.
      state: plan?.pointless.has(r.deliveryId) ? 'recalled' : facts.stateOf(r),
    })),
    findings: [...draft.findings, ...(plan?.findings ?? [])],
    ...(plan?.recall === undefined ? {} : recallLists(plan.recall)),
    ...(facts.supplement === undefined ? {} : { supplementOf: facts.supplement.of }),
  }
}

/** The receipt that was given for a package, from our own table. */
export const storedReceipt = (jws: string) => storedPayload<ReceiptPayload>(jws)

function recipientOutcome(r: DraftRecipient, existingDeliveryId?: string): PackageReceipt['recipients'][number] {
  return {
    organId: r.organId,
    ...(r.organName === undefined ? {} : { organName: r.organName }),
    outcome: outcomeOf(r, existingDeliveryId),
    ...(r.agencyCode === undefined ? {} : { agencyCode: r.agencyCode }),
    deliveryId: existingDeliveryId ?? r.deliveryId,
    ...(r.destination.kind === 'held' ? { reason: r.destination.reason } : {}),
    ...(r.suggestions.length === 0 ? {} : { suggestions: [...r.suggestions] }),
  }
}

function outcomeOf(r: DraftRecipient, existingDeliveryId?: string): PackageReceipt['recipients'][number]['outcome'] {
  if (r.isDuplicate || existingDeliveryId !== undefined) return 'duplicate_of'
  if (r.destination.kind === 'held') return 'held'
  return r.redirected ? 'redirected' : 'queued'
}
