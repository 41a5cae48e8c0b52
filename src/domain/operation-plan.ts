// What a recall, an update or a replacement does to each recipient, as a value: made from the rows read under lock,
// written down afterwards in the same transaction (operations/operate.ts).
import { codeKey } from './agency.ts'
import type { Directory } from './directory.ts'
import type { Finding } from './document-package.ts'
import {
  isSettled,
  type OperationKind,
  type RecallMove,
  type RequestOutcome,
  recallMove,
  type TargetDelivery,
  type TargetDocument,
} from './operation.ts'
import { type AddressedRecipient, address } from './route.ts'

/** A recipient of the package that acts, with the delivery it gets. */
export interface OperationRecipient extends AddressedRecipient {
  readonly deliveryId: string
}

/** What a recall met at one recipient (contract §3). */
export interface RecalledRecipient {
  readonly organId: string
  /** The delivery of the document that is recalled, when there is one. */
  readonly deliveryId?: string
  readonly reason?: string
}

export interface RecallAnswer {
  readonly withdrawn: readonly RecalledRecipient[]
  readonly requested: readonly RecalledRecipient[]
  readonly undeliverable: readonly RecalledRecipient[]
}

/** The three lists as an answer of the API holds them. */
export function recallLists({ withdrawn, requested, undeliverable }: RecallAnswer) {
  return { withdrawn: [...withdrawn], requested: [...requested], undeliverable: [...undeliverable] }
}

/** Who carries a plan out, by which package and why. */
export interface OperationBy {
  readonly packageId?: string
  readonly systemId: string
  readonly reason?: string
  readonly at: Date
}

export interface PlannedRequest {
  readonly kind: OperationKind
  readonly target: TargetDelivery
  readonly document: TargetDocument
  readonly outcome: Extract<RequestOutcome, 'withdrawn' | 'requested'>
  readonly carrierDeliveryId?: string
}

export interface PlannedWait {
  readonly deliveryId: string
  readonly afterDeliveryId: string
  readonly needsIt: boolean
}

export interface OperationPlan {
  readonly kind: OperationKind
  readonly documents: readonly TargetDocument[]
  readonly requests: readonly PlannedRequest[]
  readonly waits: readonly PlannedWait[]
  /** Deliveries of earlier updates that nobody has taken: they go with the document that is taken back. */
  readonly updatesTakenBack: readonly string[]
  /** Recipients beside those in `To`: an update also goes to whom it adds, and to whom it asks to give back. */
  readonly further: readonly OperationRecipient[]
  /** Receivers that an update adds and that get the document itself, because the update brings no file. */
  readonly handedOn: readonly OperationRecipient[]
  /** Deliveries of this package that will never be offered: their recipients never saw what it acts on. */
  readonly pointless: ReadonlySet<string>
  readonly findings: readonly Finding[]
  readonly recall?: RecallAnswer
}

export interface PlanInput {
  /** Of an update: who leaves and who joins the recipients, and whether it brings the document's new form. */
  readonly changes?: {
    readonly removed: readonly string[]
    readonly added: readonly string[]
    readonly bringsFile: boolean
  }
  readonly recipients: readonly OperationRecipient[]
  readonly documents: readonly TargetDocument[]
  /** The deliveries of those documents. */
  readonly targets: readonly TargetDelivery[]
  /** The deliveries of their earlier updates. */
  readonly updates: readonly TargetDelivery[]
  readonly directory: Directory
  /** Today in Vietnam, ISO. */
  readonly day: string
  readonly newId: () => string
}

export function planOperation(kind: OperationKind, given: PlanInput): OperationPlan {
  const input = { ...given, targetsOf: lookUp(given.targets, given), updatesTo: lookUp(given.updates, given) }
  switch (kind) {
    case 'recall':
      return planRecall(input)
    case 'update':
      return planUpdate(input)
    case 'replace':
      return planReplacement(input)
  }
}

/** Nothing is known to act on: the package goes to its recipients as it is. */
export function planNothing(kind: OperationKind, findings: readonly Finding[]): OperationPlan {
  const none = { documents: [], requests: [], waits: [], updatesTakenBack: [], further: [], handedOn: [] }
  return { kind, ...none, pointless: new Set(), findings, ...(kind === 'recall' ? { recall: noneRecalled } : {}) }
}

/** A status 13 to an agency that the document never went to. */
export function planNotAddressed(organId: string): OperationPlan {
  const recall = { ...noneRecalled, undeliverable: [{ organId, reason: 'not_addressed' }] }
  return { ...planNothing('recall', []), recall }
}

const noneRecalled: RecallAnswer = { withdrawn: [], requested: [], undeliverable: [] }

function planRecall(input: PlanFacts): OperationPlan {
  const towards = input.recipients.filter((r) => !r.isDuplicate)
  const takenBack = takeBack(towards, input)
  const notAddressed = towards.filter((r) => input.targetsOf(r).length === 0)
  return {
    ...takenBack,
    kind: 'recall',
    documents: input.documents,
    further: [],
    handedOn: [],
    findings: notAddressed.map(notAddressedFinding),
  }
}

/** Recall towards the given recipients: withdrawn where nobody has taken it, asked for where somebody has. */
function takeBack(towards: readonly OperationRecipient[], input: PlanFacts) {
  // A successor may hold the document twice, its own and that of the agency it took over.
  const each = towards.flatMap((recipient) => {
    const targets = input.targetsOf(recipient)
    return targets.length === 0
      ? [recallFrom(recipient, undefined, input)]
      : targets.map((target) => recallFrom(recipient, target, input))
  })
  const listed = (list: keyof RecallAnswer) => each.filter((e) => e.list === list).map((e) => e.item)
  return {
    requests: each.flatMap((e) => e.requests),
    waits: each.flatMap((e) => e.waits),
    updatesTakenBack: towards.flatMap((r) => input.updatesTo(r).filter(isUntaken)).map((u) => u.deliveryId),
    pointless: pointlessAmong(each),
    recall: {
      withdrawn: listed('withdrawn'),
      requested: listed('requested'),
      undeliverable: listed('undeliverable'),
    } satisfies RecallAnswer,
  }
}

/** Nobody is left to be asked by these. */
function pointlessAmong(each: readonly RecallFrom[]): Set<string> {
  const pointless = new Set(each.map((e) => e.carrierDeliveryId))
  for (const { list, carrierDeliveryId } of each) if (list !== 'withdrawn') pointless.delete(carrierDeliveryId)
  return pointless
}

interface RecallFrom {
  readonly list: keyof RecallAnswer
  readonly item: RecalledRecipient
  readonly carrierDeliveryId: string
  readonly requests: readonly PlannedRequest[]
  readonly waits: readonly PlannedWait[]
}

function recallFrom(recipient: OperationRecipient, target: TargetDelivery | undefined, input: PlanFacts): RecallFrom {
  const { organId, destination, deliveryId: carrierDeliveryId } = recipient
  const held = destination.kind === 'held' ? { reason: destination.reason } : {}
  if (target === undefined) {
    const item = { organId, reason: 'not_addressed', ...held }
    // Nothing is asked where there is nothing to give back, although the package itself goes there.
    return { list: 'undeliverable', item, carrierDeliveryId, requests: [], waits: [] }
  }
  const list = listOf(recallMove(target), recipient)
  const reason = recallMove(target) === 'returned_before' ? { reason: 'returned' } : held
  return {
    list,
    item: { organId, deliveryId: target.deliveryId, ...(list === 'withdrawn' ? {} : reason) },
    carrierDeliveryId,
    requests: requestsOf('recall', recipient, target, input),
    waits: waitsOf(recipient, target, true, input),
  }
}

function listOf(move: RecallMove, { destination }: OperationRecipient): keyof RecallAnswer {
  switch (move) {
    case 'withdraw':
    case 'withdrawn_before':
      return 'withdrawn'
    case 'returned_before':
      return 'undeliverable'
    case 'ask':
    case 'asked_before':
    case 'agreed_before':
      return destination.kind === 'held' ? 'undeliverable' : 'requested'
  }
}

function planUpdate(input: PlanFacts): OperationPlan {
  const { removed, added, bringsFile } = input.changes ?? { removed: [], added: [], bringsFile: false }
  const inTo = input.recipients.filter((r) => !r.isDuplicate)
  const leaving = addressedBeside(removed, input).filter((r) => input.targetsOf(r).length > 0)
  const adding = addressedBeside(added, input)
  // From whom it was withdrawn unseen has nothing of the document: an update that brings its file goes there again.
  const isWithdrawn = (r: OperationRecipient) => withdrawnFrom(r, input)
  const joining = adding.filter((r) => input.targetsOf(r).length === 0 || (bringsFile && isWithdrawn(r)))
  const joiningKeys = new Set(joining.map((r) => r.recipientKey))
  const leavingKeys = new Set(leaving.map((r) => r.recipientKey))
  const takenBack = takeBack(leaving, input)
  const kept = keptRecipients(
    inTo.filter((r) => !leavingKeys.has(r.recipientKey) && !joiningKeys.has(r.recipientKey)),
    input,
  )
  const handedOn = bringsFile ? [] : joining.map((r) => ({ ...r, deliveryId: input.newId() }))
  const toKeys = new Set(inTo.map((r) => r.recipientKey))
  const beside = [...leaving.filter((r) => !takenBack.pointless.has(r.deliveryId)), ...(bringsFile ? joining : [])]
  const further = beside.filter((r) => !toKeys.has(r.recipientKey))
  const opened = new Set([...inTo, ...further].map((r) => r.deliveryId))
  return {
    kind: 'update',
    documents: input.documents,
    requests: [...takenBack.requests, ...kept.requests],
    // Who leaves unseen and is not addressed gets nothing that could wait.
    waits: [
      ...takenBack.waits.filter((w) => opened.has(w.deliveryId)),
      ...kept.waits,
      ...waitsForHandedOn(handedOn, inTo),
    ],
    updatesTakenBack: takenBack.updatesTakenBack,
    further,
    handedOn,
    pointless: new Set([...takenBack.pointless, ...kept.pointless]),
    findings: [
      ...addressedBeside(removed, input)
        .filter((r) => input.targetsOf(r).length === 0)
        .map(neverHadIt),
      ...joining.filter((r) => r.destination.kind === 'held').map(cannotJoin),
      ...adding.filter((r) => !bringsFile && isWithdrawn(r)).map(notSentAgain),
    ],
    ...(leaving.length === 0 ? {} : { recall: takenBack.recall }),
  }
}

function neverHadIt({ organId }: OperationRecipient): Finding {
  return { code: 'operation_receiver_never_had_it', severity: 'warn', path: receiverPath, params: { organId } }
}

/** The one delivery of the document to it has ended, and the update brings no file that could go there instead. */
function notSentAgain({ organId }: OperationRecipient): Finding {
  return { code: 'operation_receiver_withdrawn', severity: 'warn', path: receiverPath, params: { organId } }
}

function withdrawnFrom(recipient: OperationRecipient, input: PlanFacts): boolean {
  const targets = input.targetsOf(recipient)
  return targets.length > 0 && targets.every((target) => target.state === 'recalled')
}

/** Its delivery is held, and no row of the receipt says why: it does not stand in `To`. */
function cannotJoin({ organId, destination, suggestions }: OperationRecipient): Finding {
  const reason = destination.kind === 'held' ? destination.reason : ''
  const known = suggestions.map(({ code, name }) => `${code} ${name}`).join('; ')
  const params = { organId, reason, suggestions: known === '' ? '–' : known }
  return { code: 'operation_receiver_held', severity: 'warn', path: receiverPath, params }
}

const receiverPath = 'edXMLHeader/TraceHeaderList/Bussiness/BussinessDocumentInfo/ReceiverList'

/** Those who have the document, or will, and are now asked to take its newer form. */
function keptRecipients(recipients: readonly OperationRecipient[], input: PlanFacts) {
  const pairs = recipients.flatMap((r) => input.targetsOf(r).map((target) => ({ r, target })))
  return {
    requests: pairs.flatMap(({ r, target }) => requestsOf('update', r, target, input)),
    waits: pairs.flatMap(({ r, target }) => waitsOf(r, target, true, input)),
    pointless: recipients.filter((r) => withdrawnFrom(r, input)).map((r) => r.deliveryId),
  }
}

/** Who is added, and addressed by the update as well, gets the document before the update. */
function waitsForHandedOn(handedOn: readonly OperationRecipient[], inTo: readonly OperationRecipient[]): PlannedWait[] {
  return handedOn.flatMap((added) => {
    const own = inTo.find((r) => r.recipientKey === added.recipientKey)
    if (own === undefined) return []
    return [{ deliveryId: own.deliveryId, afterDeliveryId: added.deliveryId, needsIt: true }]
  })
}

/** A replacement is a document in its own right: it follows the old one, also where the old one was withdrawn. */
function planReplacement(input: PlanFacts): OperationPlan {
  const pairs = input.recipients
    .filter((r) => !r.isDuplicate)
    .flatMap((r) => input.targetsOf(r).map((target) => ({ r, target })))
    .filter(({ target }) => target.state !== 'recalled')
  return {
    ...planNothing('replace', []),
    documents: input.documents,
    requests: pairs.flatMap(({ r, target }) => requestsOf('replace', r, target, input)),
    waits: pairs.flatMap(({ r, target }) => waitsOf(r, target, false, input)),
  }
}

/** Agencies named outside `To`, addressed like the others. One that stands in `To` as well keeps its delivery there. */
function addressedBeside(codes: readonly string[], input: PlanFacts): OperationRecipient[] {
  const inTo = input.recipients.filter((r) => !r.isDuplicate)
  const known = new Map(inTo.map((r) => [r.recipientKey, r]))
  const addressed = address(
    codes.map((organId) => ({ organId })),
    input.directory,
    input.day,
  )
  return addressed
    .filter((r) => !r.isDuplicate)
    .map((r) => known.get(r.recipientKey) ?? { ...r, deliveryId: input.newId() })
}

function requestsOf(
  kind: OperationKind,
  recipient: OperationRecipient,
  target: TargetDelivery,
  input: PlanFacts,
): PlannedRequest[] {
  const document = input.documents.find((d) => d.repeatKey === target.repeatKey)
  if (document === undefined) return []
  const request = { kind, target, document }
  const carried = { ...request, outcome: 'requested' as const, carrierDeliveryId: recipient.deliveryId }
  // Who gave the document back is not asked to update it.
  if (kind !== 'recall') return target.state === 'recalled' || target.recallAgreed ? [] : [carried]
  switch (recallMove(target)) {
    case 'withdraw':
      return [{ ...request, outcome: 'withdrawn' }]
    case 'ask':
    case 'asked_before':
      return [carried]
    case 'withdrawn_before':
    case 'agreed_before':
    case 'returned_before':
      return []
  }
}

/**
 * A replacement waits for what it replaces and nothing else. A recall or an update also keeps in mind what it speaks of:
 * when all of that turns out to have been withdrawn unseen, it is never offered. Earlier updates of the document come
 * first as well, or the older form would be the last to arrive.
 */
function waitsOf(
  recipient: OperationRecipient,
  target: TargetDelivery,
  needsIt: boolean,
  input: PlanFacts,
): PlannedWait[] {
  const { deliveryId } = recipient
  const earlier = input.updatesTo(recipient).filter((update) => !isSettled(update))
  const waits = earlier.map((update) => ({ deliveryId, afterDeliveryId: update.deliveryId, needsIt: false }))
  if (!needsIt && isSettled(target)) return waits
  return [{ deliveryId, afterDeliveryId: target.deliveryId, needsIt }, ...waits]
}

/** The recipient's deliveries among the given ones: to the agency itself, or to one that it stands for now. */
type LookUp = (recipient: AddressedRecipient) => readonly TargetDelivery[]

interface PlanFacts extends PlanInput {
  readonly targetsOf: LookUp
  readonly updatesTo: LookUp
}

function lookUp(deliveries: readonly TargetDelivery[], { directory, day }: PlanInput): LookUp {
  const byRecipient = new Map<string, TargetDelivery[]>()
  for (const delivery of deliveries) {
    // Held under a code that nobody answered to then, and somebody may now.
    const agencyId = delivery.recipientAgencyId ?? directory.findByCode(delivery.organId, day)?.agencyId
    const key = agencyId ?? codeKey(delivery.organId)
    byRecipient.set(key, [...(byRecipient.get(key) ?? []), delivery])
  }
  return ({ agencyId, organId }) => {
    const keys = agencyId === undefined ? [codeKey(organId)] : [...directory.standsFor(agencyId)]
    return keys.flatMap((key) => byRecipient.get(key) ?? [])
  }
}

function isUntaken(update: TargetDelivery): boolean {
  return recallMove(update) === 'withdraw'
}

function notAddressedFinding(recipient: OperationRecipient): Finding {
  return { code: 'operation_recipient_not_addressed', severity: 'warn', params: { organId: recipient.organId } }
}
