// Tells senders what became of their documents: what was noted goes out as packages of the axis itself, one for each
// sender and incident, by the same ways as everything else. A report that cannot go anywhere is an incident, never
// another report (design §3).
import { createHash } from 'node:crypto'
import { axisAgencyId, axisSystemId } from '../domain/axis-identity.ts'
import type { Directory } from '../domain/directory.ts'
import { documentKey, keyOf, type Priority } from '../domain/document-package.ts'
import type { BlobStore, Clock } from '../domain/ports.ts'
import { type AddressedRecipient, address, type Destination } from '../domain/route.ts'
import {
  groupItems,
  isStillNews,
  type ReportGroup,
  type ReportItem,
  type ReportWords,
  reportView,
  sentenceAbout,
  urgencyOf,
} from '../domain/sender-report.ts'
import type { ReportStyle } from '../domain/system.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { writeStatusPackage } from '../edxml/write-package.ts'
import type { SenderReport } from '../generated/json/sender-report.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import { insertAxisPackage, markTold, untoldItems } from './report-items-store.ts'

export interface TellSendersOptions {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly newId: () => string
  readonly axisCode: string
  readonly directory: () => Promise<Directory>
  readonly textOf: ReportWords['textOf']
  readonly signReceipt: (payload: object) => Promise<string>
  /** `delivery/`'s own insertion, called inside our transaction. */
  readonly openDeliveries: (db: Db, deliveries: readonly ReportDelivery[]) => Promise<unknown>
  /** Raised for a sender that no report can reach. */
  readonly raiseUnreachable: (db: Db, group: ReportGroup, reason: string) => Promise<void>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** How long an incident gathers before it is told. */
  readonly gatherMs: number
}

export interface ReportDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly type: 'report' | 'status'
  readonly priority: Priority
  readonly repeatKey: string
  readonly senderAgencyId: string
  readonly recipient: AddressedRecipient
  readonly destination: Destination
}

const itemsAtOnce = 5_000
/** More documents of one incident go into a further report. */
const itemsInReportMax = 1_000

/** Answers how many items were told, or put aside because nobody wants them. */
export async function tellSenders(options: TellSendersOptions): Promise<number> {
  const systems = new Set<string>()
  const directory = await options.directory()
  const told = await options.db.transaction().execute(async (trx) => {
    const items = await untoldItems(trx, options.gatherMs, itemsAtOnce)
    const stale = items.filter((item) => !isStillNews(item))
    await markTold(trx, stale)
    const groups = groupItems(items.filter(isStillNews), itemsInReportMax)
    for (const group of groups) {
      for (const systemId of await tell(trx, group, directory, options)) systems.add(systemId)
    }
    return items.length
  })
  if (systems.size > 0) options.afterCommit(systems)
  return told
}

async function tell(
  trx: Trx,
  group: ReportGroup,
  directory: Directory,
  options: TellSendersOptions,
): Promise<readonly string[]> {
  const { destination, recipient } = wayToSender(group, directory, vietnamDay(options.clock.now()))
  if (destination.kind === 'held') {
    await options.raiseUnreachable(trx, group, destination.reason)
    await markTold(trx, group.items)
    return []
  }
  const style: ReportStyle = directory.systems.get(destination.systemId)?.reports ?? 'json'
  const to = { recipient, destination }
  if (style === 'none') await markTold(trx, group.items)
  else if (style === 'json') await tellAsJson(trx, group, to, directory, options)
  else await tellAsStatuses(trx, group, style.slice('status:'.length), to, directory, options)
  return style === 'none' ? [] : [destination.systemId]
}

interface WayToSender {
  readonly recipient: AddressedRecipient
  readonly destination: Destination
}

/** The agency is what was noted; the code it wrote of itself may have ended since. */
function wayToSender(group: ReportGroup, directory: Directory, day: string): WayToSender {
  const agency = directory.agencies.get(group.fromAgencyId)
  const code = agency?.codes.find((c) => c.validTo === undefined || c.validTo >= day)?.code ?? group.fromCode
  const [recipient] = address([{ organId: code }], directory, day)
  if (recipient === undefined) throw new Error('one party is one recipient')
  return { recipient: { ...recipient, organId: group.fromCode }, destination: recipient.destination }
}

async function tellAsJson(
  trx: Trx,
  group: ReportGroup,
  to: WayToSender,
  directory: Directory,
  options: TellSendersOptions,
): Promise<void> {
  const packageId = options.newId()
  const at = options.clock.now()
  const view: SenderReport = reportView(
    { reportId: packageId, at, axis: options.axisCode },
    group,
    wordsIn(directory, options),
  )
  const document = { from: { organId: options.axisCode }, what: group.what, incident: group.incident }
  const about = { documentId: packageId, subject: view.title.vi, document, priority: urgencyOf(group) }
  await send(trx, { packageId, at, type: 'report', bytes: Buffer.from(JSON.stringify(view)), ...about }, to, options)
  await markTold(trx, group.items, packageId)
}

/** For products that read statuses and nothing else: one for each document. */
async function tellAsStatuses(
  trx: Trx,
  group: ReportGroup,
  code: string,
  to: WayToSender,
  directory: Directory,
  options: TellSendersOptions,
): Promise<void> {
  for (const item of group.items) {
    const packageId = options.newId()
    const at = options.clock.now()
    const status = statusAbout(item, code, at, wordsIn(directory, options), options.axisCode)
    const about = { documentId: item.documentId, document: status, priority: item.priority }
    const named = item.code === undefined ? {} : { code: item.code }
    await send(
      trx,
      { packageId, at, type: 'status', bytes: writeStatusPackage(status), ...about, ...named },
      to,
      options,
    )
    await markTold(trx, [item], packageId)
  }
}

function statusAbout(item: ReportItem, code: string, at: Date, words: ReportWords, axis: string) {
  return {
    from: { organId: axis },
    responseFor: {
      organId: item.fromCode,
      documentId: item.documentId,
      ...(item.code === undefined ? {} : { code: item.code }),
      ...(item.promulgationDate === undefined ? {} : { promulgationDate: item.promulgationDate }),
    },
    code,
    description: sentenceAbout(item, words),
    at,
  }
}

interface PackageToSend {
  readonly packageId: string
  readonly at: Date
  readonly type: 'report' | 'status'
  readonly bytes: Buffer
  readonly documentId: string
  readonly document: object
  readonly priority: Priority
  readonly subject?: string
  readonly code?: string
}

/** Bytes first, as with every package: what the row names is on disk when the row is committed. */
async function send(
  trx: Trx,
  { bytes, ...made }: PackageToSend,
  { recipient, destination }: WayToSender,
  options: TellSendersOptions,
): Promise<void> {
  const { packageId, type, priority } = made
  const writer = options.blobs.create(packageId)
  await writer.write(bytes)
  await writer.finish()
  const sha256 = createHash('sha256').update(bytes).digest()
  const repeatKey = keyOf(['report', packageId])
  const delivery = { deliveryId: options.newId(), packageId, type, priority, repeatKey, recipient, destination }
  const receipt = await options.signReceipt(receiptOf(made, sha256, delivery.deliveryId, recipient, options.axisCode))
  const row = {
    ...made,
    axis: options.axisCode,
    sha256,
    size: bytes.length,
    repeatKey,
    receipt,
    eventId: options.newId(),
  }
  const sender = { agencyId: axisAgencyId, systemId: axisSystemId }
  await insertAxisPackage(trx, sender, { ...row, documentKey: documentKey(made.documentId) })
  await options.openDeliveries(trx, [{ ...delivery, senderAgencyId: axisAgencyId }])
}

function receiptOf(
  { packageId, type, documentId, at }: Omit<PackageToSend, 'bytes'>,
  sha256: Buffer,
  deliveryId: string,
  recipient: AddressedRecipient,
  axis: string,
) {
  const recipients = [{ organId: recipient.organId, outcome: 'queued', deliveryId }]
  return {
    packageId,
    documentId,
    kind: type,
    axis,
    acceptedAt: at.toISOString(),
    sha256: sha256.toString('hex'),
    recipients,
  }
}

function wordsIn(directory: Directory, { textOf, clock }: TellSendersOptions): ReportWords {
  const day = vietnamDay(clock.now())
  return { textOf, nameOf: (organId) => directory.findByCode(organId, day)?.name }
}
