// A recall by one call: what nobody has taken is withdrawn at once, and every recipient who has it is asked by a status
// 13 of its own, exactly as if the sender had posted it (contract §3, recall). Said again it asks nobody twice.
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import { recallMove, type TargetDelivery, type TargetDocument } from '../domain/operation.ts'
import { planNothing, planOperation, type RecallAnswer, type RecalledRecipient } from '../domain/operation-plan.ts'
import type { Caller } from '../domain/system.ts'
import type { Database, Trx } from '../platform/database.ts'
import { applyPlan, lockAll, notTheIssuer, type OperateOptions } from './operate.ts'
import { recallableDocument } from './recallable-document.ts'
import { chosenRecipients, codeToday, recipientOf } from './recalled-recipients.ts'

export interface RecallOptions extends OperateOptions {
  readonly db: Database
  readonly directory: { current(): Promise<Directory> }
  readonly now: () => Date
  readonly day: () => string
  /** Sends a status 13 in the sender's name about one delivery, and answers what that met. */
  readonly sendRequest: (caller: Caller, request: RecallRequest) => Promise<RecallAnswer>
}

export interface RecallRequest {
  readonly deliveryId: string
  readonly from: string
  readonly organId: string
  readonly reason: string
}

export interface RecallInput {
  readonly packageId: string
  readonly reason: string
  /** Any codes of the recipients; all of them when absent. */
  readonly organIds?: readonly string[]
}

export interface Recalled extends RecallAnswer {
  readonly packageId: string
  readonly documentId: string
}

export async function recallDocument(caller: Caller, input: RecallInput, options: RecallOptions): Promise<Recalled> {
  const found = await recallableDocument(options.db, input.packageId, caller)
  if (!found.isIssuer) throw notTheIssuer(found.document.documentId, caller.systemId)
  const directory = await options.directory.current()
  const { answer, toAsk } = await options.db
    .transaction()
    .execute(async (trx) => await withdrawUntaken(trx, found.document, directory, { caller, input }, options))
  const asked: RecallAnswer[] = []
  const from = codeToday(found.from, directory, options.day())
  for (let at = 0; at < toAsk.length; at += requestsAtOnce) {
    const some = toAsk.slice(at, at + requestsAtOnce)
    asked.push(...(await Promise.all(some.map((target) => ask(target, { caller, from, directory, input }, options)))))
  }
  return {
    packageId: found.document.packageId,
    documentId: found.document.documentId,
    ...together([answer, ...asked]),
  }
}

/** Each is a submission of its own, with a file and a transaction. */
const requestsAtOnce = 8

/** One that cannot be asked is told as such: what was done about the others stands, and must be known. */
async function ask(
  { deliveryId, organId, recipientAgencyId: agencyId }: TargetDelivery,
  recall: {
    readonly caller: Caller
    readonly from: string
    readonly directory: Directory
    readonly input: RecallInput
  },
  options: RecallOptions,
): Promise<RecallAnswer> {
  const { caller, from, directory, input } = recall
  const to = codeToday({ organId, agencyId }, directory, options.day())
  try {
    return await options.sendRequest(caller, { deliveryId, organId: to, from, reason: input.reason })
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return { withdrawn: [], requested: [], undeliverable: [{ organId, deliveryId, reason: error.code }] }
  }
}

interface Withdrawn {
  readonly answer: RecallAnswer
  readonly toAsk: readonly TargetDelivery[]
}

async function withdrawUntaken(
  trx: Trx,
  document: TargetDocument,
  directory: Directory,
  { caller, input }: { caller: Caller; input: RecallInput },
  options: RecallOptions,
): Promise<Withdrawn> {
  const day = options.day()
  const { targets: all, updates } = await lockAll(trx, [document], options)
  const targets = chosenRecipients(all, input.organIds, directory, day)
  const plans = targets.map((target) => {
    const recipients = [recipientOf(target, directory, day, options.newId())]
    const about = { recipients, documents: [document], targets: [target], updates: updatesWith(target, updates) }
    return planOperation('recall', { ...about, directory, day, newId: options.newId })
  })
  // There is no package whose deliveries could wait, or be pointless: the requests follow as statuses of their own.
  const ownPlan = {
    ...planNothing('recall', []),
    documents: [document],
    requests: plans.flatMap((plan) => plan.requests.filter((r) => r.outcome === 'withdrawn')),
    updatesTakenBack: plans.flatMap((plan) => plan.updatesTakenBack),
  }
  await applyPlan(trx, ownPlan, { systemId: caller.systemId, reason: input.reason, at: options.now() }, options)
  const toAsk = targets.filter((t) => recallMove(t) === 'ask')
  const askedNow = new Set(toAsk.map((t) => t.deliveryId))
  const answer = together(plans.flatMap((plan) => plan.recall ?? []))
  const standing = (items: readonly RecalledRecipient[]) => items.filter((i) => !askedNow.has(i.deliveryId ?? ''))
  return {
    answer: { ...answer, requested: standing(answer.requested), undeliverable: standing(answer.undeliverable) },
    toAsk,
  }
}

/** The updates that are taken back with it. Who was asked before may have been asked by one, and is not asked again. */
function updatesWith(target: TargetDelivery, updates: readonly TargetDelivery[]): TargetDelivery[] {
  if (recallMove(target) === 'asked_before') return []
  return updates.filter((update) => update.recipientAgencyId === target.recipientAgencyId)
}

function together(answers: readonly RecallAnswer[]): RecallAnswer {
  return {
    withdrawn: answers.flatMap((a) => a.withdrawn),
    requested: answers.flatMap((a) => a.requested),
    undeliverable: answers.flatMap((a) => a.undeliverable),
  }
}
