// Recall, update and replace inside the transaction that accepts the package: find what is meant, lock it, plan, and
// write the plan down. The rows stay locked from the plan to the commit, so a recipient either took the document before
// or never gets it (design §3).
import type { Directory } from '../domain/directory.ts'
import type { DocumentPackage, Finding } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import {
  changedReceivers,
  type OperationKind,
  type RequestAnswer,
  type TargetDelivery,
  type TargetDocument,
} from '../domain/operation.ts'
import {
  type OperationBy,
  type OperationPlan,
  type OperationRecipient,
  planNothing,
  planOperation,
} from '../domain/operation-plan.ts'
import type { Database, Db } from '../platform/database.ts'
import {
  answerRequests,
  insertRequests,
  insertTargets,
  type NewRequest,
  settleWithdrawnRequests,
  tellRequests,
  updatesOf,
  withdrawnRequestTargets,
} from './operation-store.ts'
import { documentOf, findTarget, lockDocuments, type Target } from './target-document.ts'

export interface OperateOptions {
  readonly newId: () => string
  /** delivery/'s transitions. */
  /** Old documents that retention moved out come back before they are acted on. */
  readonly bringBack: (db: Db, packageIds: readonly string[]) => Promise<void>
  readonly lockDeliveriesOf: (
    db: Db,
    which: {
      readonly repeatKeys: readonly string[]
      readonly packageIds: readonly string[]
      readonly recipientAgencyIds?: readonly string[]
    },
  ) => Promise<TargetDelivery[]>
  readonly lockDeliveries: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  readonly withdrawDeliveries: (db: Db, deliveryIds: readonly string[]) => Promise<ReadonlySet<string>>
  readonly markRecallRequested: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  readonly markUpdateRequested: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  readonly letWait: (db: Db, waits: OperationPlan['waits']) => Promise<void>
  readonly clearUpdateRequested: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  readonly endPointless: (db: Db, afterDeliveryIds?: readonly string[]) => Promise<number>
  /** `alerts/`: two documents come into question and a person has to look. */
  readonly raiseAmbiguous: (db: Db, packageId: string, documents: readonly TargetDocument[]) => Promise<void>
}

export interface Operation {
  readonly packageId: string
  readonly document: DocumentPackage
  readonly kind: OperationKind
  /** For further recipients only: what it does to others, its first package has done. */
  readonly isSupplement: boolean
  readonly fromAgencyId: string
  readonly recipients: readonly OperationRecipient[]
  readonly directory: Directory
  /** Today in Vietnam, ISO. */
  readonly day: string
}

/** Finds and locks what the package acts on. A document of another agency is refused; an unknown one is told. */
export async function planFor(db: Db, operation: Operation, options: OperateOptions): Promise<OperationPlan> {
  const issuers = [...operation.directory.standsFor(operation.fromAgencyId)]
  const target = await findTarget(db, operation.document, issuers)
  switch (target.kind) {
    case 'foreign':
      throw notTheIssuer(target.documentId, operation.document.from.organId)
    case 'unknown':
      return planNothing(operation.kind, [unknownTarget(target.ids)])
    case 'ambiguous':
      await options.raiseAmbiguous(db, operation.packageId, target.documents)
      return planNothing(operation.kind, [ambiguousTarget(target.documents)])
    case 'known':
      return await planKnown(db, operation, target, options)
  }
}

async function planKnown(
  db: Db,
  operation: Operation,
  { documents, missing }: Extract<Target, { kind: 'known' }>,
  options: OperateOptions,
): Promise<OperationPlan> {
  const locked = await lockAll(db, documents, options)
  const { document, kind, recipients, directory, day } = operation
  const receivers = operation.isSupplement ? { removed: [], added: [] } : changedReceivers(document)
  const changes = { ...receivers, bringsFile: document.attachments.length > 0 }
  const plan = planOperation(kind, { recipients, directory, day, documents, ...locked, changes, newId: options.newId })
  const findings = missing.length === 0 ? [] : [unknownTarget(missing)]
  return { ...plan, findings: [...plan.findings, ...findings] }
}

/** The deliveries of the documents and of their updates, as they stand until our commit; to these agencies, or to all. */
export async function lockAll(
  db: Db,
  documents: readonly TargetDocument[],
  options: Pick<OperateOptions, 'lockDeliveriesOf' | 'bringBack'>,
  recipientAgencyIds?: readonly string[],
): Promise<{ targets: TargetDelivery[]; updates: TargetDelivery[] }> {
  await options.bringBack(
    db,
    documents.map((d) => d.packageId),
  )
  await lockDocuments(db, documents)
  const repeatKeys = documents.map((d) => d.repeatKey)
  const which = { repeatKeys, packageIds: await updatesOf(db, documents) }
  const all = await options.lockDeliveriesOf(db, {
    ...which,
    ...(recipientAgencyIds === undefined ? {} : { recipientAgencyIds }),
  })
  const isOfDocument = (delivery: TargetDelivery) => repeatKeys.includes(delivery.repeatKey)
  return { targets: all.filter(isOfDocument), updates: all.filter((d) => !isOfDocument(d)) }
}

/** Before a recall by status 13 locks the delivery that it speaks of: everything that it will lock. */
export async function lockForRecall(
  db: Db,
  { deliveryId, recipientAgencyIds }: { readonly deliveryId: string; readonly recipientAgencyIds: readonly string[] },
  options: Pick<OperateOptions, 'lockDeliveriesOf' | 'bringBack'>,
): Promise<void> {
  await lockAll(db, [await documentOf(db, deliveryId)], options, recipientAgencyIds)
}

/** Finds and locks the one delivery that a recall request by status 13 speaks of. */
export async function planRecallOf(
  db: Db,
  recall: {
    readonly deliveryId: string
    readonly recipient: OperationRecipient
    readonly recipientAgencyIds: readonly string[]
    readonly directory: Directory
    readonly day: string
  },
  options: OperateOptions,
): Promise<OperationPlan> {
  const document = await documentOf(db, recall.deliveryId)
  const locked = await lockAll(db, [document], options, recall.recipientAgencyIds)
  const targets = locked.targets.filter((t) => t.deliveryId === recall.deliveryId)
  const { recipient, directory, day } = recall
  const about = { recipients: [recipient], documents: [document], targets, updates: locked.updates }
  return planOperation('recall', { ...about, directory, day, newId: options.newId })
}

/** Writes the plan down, after the package and its deliveries. */
export async function applyPlan(db: Db, plan: OperationPlan, by: OperationBy, options: OperateOptions): Promise<void> {
  const documentIds = plan.documents.map((d) => d.packageId)
  if (by.packageId !== undefined) await insertTargets(db, by.packageId, plan.kind, documentIds)
  const requests = plan.requests.map((r): NewRequest => newRequest(r, by, options.newId()))
  await insertRequests(db, requests)
  await tellRequests(db, requests, options.newId)
  await options.letWait(db, plan.waits)
  await withdraw(db, plan, options)
  await options.markRecallRequested(db, targetsAsked(plan, ['recall']))
  await options.markUpdateRequested(db, targetsAsked(plan, ['update', 'replace']))
  await settleWhatWasWithdrawn(db, plan, options)
}

async function withdraw(db: Db, plan: OperationPlan, options: OperateOptions): Promise<void> {
  const recalls = plan.requests.filter((r) => r.kind === 'recall' && r.outcome === 'withdrawn')
  const withdrawn = [...recalls.map((r) => r.target.deliveryId), ...plan.updatesTakenBack]
  const gone = await options.withdrawDeliveries(db, withdrawn)
  // They were locked before the plan was made: one that is not withdrawn now would be recalled and served all the same.
  if (!withdrawn.every((id) => gone.has(id))) throw new Error('a locked delivery could not be withdrawn')
  await options.endPointless(db, [...withdrawn, ...plan.waits.map((w) => w.afterDeliveryId)])
}

/** What an update asked about a document that is taken back now, nobody has to answer any more. */
async function settleWhatWasWithdrawn(db: Db, plan: OperationPlan, options: OperateOptions): Promise<void> {
  const recalled = plan.requests.filter((r) => r.kind === 'recall').map((r) => r.target.deliveryId)
  if (recalled.length === 0) return
  await options.clearUpdateRequested(db, await settleWithdrawnRequests(db, recalled))
}

/** The recipient answered what it was asked; what an agreed recall leaves without a purpose is settled with it. */
export async function recordAnswer(
  db: Db,
  answer: RequestAnswer,
  options: Pick<OperateOptions, 'clearUpdateRequested' | 'markUpdateRequested'>,
): Promise<void> {
  // One update was answered; another one may still ask.
  await options.markUpdateRequested(db, await answerRequests(db, answer))
  await options.clearUpdateRequested(db, await settleWithdrawnRequests(db, answer.targetDeliveryIds))
}

/** The sweeper's part: an attempt that was under way when the recall came may turn out to have sent nothing. */
export async function sweepRequests(
  db: Database,
  options: Pick<OperateOptions, 'lockDeliveries' | 'clearUpdateRequested'>,
): Promise<void> {
  const deliveryIds = await withdrawnRequestTargets(db)
  if (deliveryIds.length === 0) return
  await db.transaction().execute(async (trx) => {
    await options.lockDeliveries(trx, deliveryIds)
    await options.clearUpdateRequested(trx, await settleWithdrawnRequests(trx, deliveryIds))
  })
}

function targetsAsked(plan: OperationPlan, kinds: readonly OperationKind[]): string[] {
  return plan.requests
    .filter((r) => r.outcome === 'requested' && kinds.includes(r.kind))
    .map((r) => r.target.deliveryId)
}

function newRequest(
  r: OperationPlan['requests'][number],
  by: Parameters<typeof applyPlan>[2],
  requestId: string,
): NewRequest {
  return {
    requestId,
    kind: r.kind,
    packageId: by.packageId,
    targetPackageId: r.document.packageId,
    targetDeliveryId: r.target.deliveryId,
    carrierDeliveryId: r.carrierDeliveryId,
    outcome: r.outcome,
    reason: by.reason,
    askedBy: by.systemId,
    askedAt: by.at,
  }
}

export function notTheIssuer(documentId: string, organId: string): GatewayError {
  return new GatewayError('forbidden', 'not_the_issuer', { params: { documentId, organId } })
}

function unknownTarget(ids: readonly string[]): Finding {
  if (ids.length === 0) return { code: 'operation_target_unnamed', severity: 'warn' }
  return { code: 'operation_target_unknown', severity: 'warn', params: { documentIds: ids.join('; ').slice(0, 500) } }
}

function ambiguousTarget(documents: readonly TargetDocument[]): Finding {
  const documentIds = documents.map((d) => d.documentId).join('; ')
  return { code: 'operation_target_ambiguous', severity: 'warn', params: { documentIds: documentIds.slice(0, 500) } }
}
