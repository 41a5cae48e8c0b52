// Where a document is: the sender sees every recipient, a recipient sees its own delivery (contract §3, tracking).
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import type { Finding } from '../domain/document-package.ts'
import { type OverallState, overallState } from '../domain/package-state.ts'
import type { Caller } from '../domain/system.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { DeliveryRequest } from '../generated/json/delivery-request.ts'
import type { PackageView } from '../generated/json/package-view.ts'
import type { Db } from '../platform/database.ts'
import { attachmentViews, type FindingText, findingViews } from '../platform/package-facts.ts'
import { lineageOf, requestsOf } from './lineage.ts'

/** A reason code in words, from the catalogue. */
export type ReasonText = (code: string, acceptLanguage: string | undefined) => { text: string; whoActs: string }

export interface TrackOptions {
  readonly db: Db
  readonly findingText: FindingText
  readonly reasonText: ReasonText
  readonly recipientsOf: (receipt: string) => PackageView['recipients']
}

interface PackageRow {
  package_id: string
  type: 'edoc' | 'status' | 'report'
  content_removed_at: Date | null
  kind: PackageView['kind']
  from_agency_id: string
  from_code: string
  document_id: string
  code: string | null
  subject: string | null
  priority: number
  document: unknown
  findings: unknown
  sha256: Buffer
  size: number
  receipt: string
  supplement_of: string | null
  accepted_at: Date
  dispatch_due_at: Date | null
  is_late: boolean | null
  receipt_due_at: Date | null
  urgent_due_at: Date | null
  calendar_version: number | null
}

interface DeliveryRow {
  delivery_id: string
  organ_id: string
  agency_code: string | null
  system_id: string | null
  channel: string | null
  state: DeliveryState
  held_reason: string | null
  state_since: Date
  reason_code: string | null
  reason_text: string | null
  next_attempt_at: Date | null
  taken_at: Date | null
  fetched_at: Date | null
  fetch_count: number
  delivered_at: Date | null
  business_code: string | null
  recall_agreed: boolean
  attempts: {
    attempt: number
    startedAt: string
    finishedAt: string
    outcome: string
    httpStatus: number | null
    detail: string | null
  }[]
}

/** Undefined for anybody who neither sent it nor receives it, as if it did not exist. */
export async function trackPackage(
  packageId: string,
  caller: Caller,
  acceptLanguage: string | undefined,
  options: TrackOptions,
): Promise<PackageView | undefined> {
  const visible = await visiblePackage(options.db, packageId, caller)
  if (visible === undefined) return undefined
  const { row, isSender } = visible
  const deliveries = await deliveriesOf(options.db, packageId, isSender ? undefined : caller)
  if (!isSender && deliveries.length === 0) return undefined
  const timeline = await timelineOf(options.db, packageId, isSender ? undefined : deliveries.map((d) => d.delivery_id))
  // Withdrawn unseen means unseen: its recipient learns that there was something, and not what.
  const isWithdrawn = !isSender && deliveries.every((d) => d.state === 'recalled')
  const byState = countByState(deliveries)
  const requests = await requestsOf(
    options.db,
    deliveries.map((d) => d.delivery_id),
  )
  return {
    packageId: row.package_id,
    documentId: row.document_id,
    code: row.code,
    kind: row.kind,
    from: { organId: row.from_code, organName: senderName(row.document) },
    subject: isWithdrawn ? null : row.subject,
    priority: row.priority,
    sha256: row.sha256.toString('hex'),
    size: row.size,
    acceptedAt: vietnamTime(row.accepted_at),
    state: overallState(deliveries.map(stateOf), row.kind) satisfies OverallState,
    summary: { byState },
    supplementOf: row.supplement_of,
    deadlines: deadlinesOf(row),
    attachments: isWithdrawn ? [] : attachmentViews(row.document),
    findings: isWithdrawn ? [] : findingViews(row.findings as Finding[], options.findingText, acceptLanguage),
    recipients: recipientsFor(row, deliveries, isSender, options),
    deliveries: deliveries.map((d) =>
      deliveryView(d, requests.get(d.delivery_id) ?? [], acceptLanguage, options.reasonText),
    ),
    lineage: await lineageOf(options.db, packageId, isSender ? undefined : caller),
    timeline,
  }
}

async function visiblePackage(
  db: Db,
  packageId: string,
  caller: Caller,
): Promise<{ row: PackageRow; isSender: boolean } | undefined> {
  const { rows } = await sql<PackageRow>`
    select package_id, type, kind, from_agency_id, from_code, document_id, code, subject, priority, document, findings,
      sha256, size, receipt, supplement_of, accepted_at, dispatch_due_at, is_late, receipt_due_at, urgent_due_at,
      calendar_version, content_removed_at
    from all_packages where package_id = ${packageId}::uuid`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  return { row, isSender: caller.agencyIds.has(row.from_agency_id) }
}

export interface ReadablePackage {
  readonly packageId: string
  readonly type: 'edoc' | 'status' | 'report'
  readonly contentRemovedAt: Date | null
  readonly sha256: string
  readonly size: number
  /** The caller's deliveries that reading makes taken; none for the sender. */
  readonly deliveryIds: readonly string[]
}

/** The bytes' address for the sender and for systems that hold a servable delivery of it. */
export async function readablePackage(db: Db, packageId: string, caller: Caller): Promise<ReadablePackage | undefined> {
  const visible = await visiblePackage(db, packageId, caller)
  if (visible === undefined) return undefined
  const { row, isSender } = visible
  const own = isSender ? [] : (await deliveriesOf(db, packageId, caller)).filter((d) => d.system_id === caller.systemId)
  const servable = own.filter((d) => d.state !== 'held')
  if (!isSender && servable.length === 0) return undefined
  const deliveryIds = servable.map((d) => d.delivery_id)
  return {
    packageId: row.package_id,
    type: row.type,
    sha256: row.sha256.toString('hex'),
    size: row.size,
    contentRemovedAt: row.content_removed_at,
    deliveryIds,
  }
}

async function deliveriesOf(db: Db, packageId: string, only: Caller | undefined): Promise<DeliveryRow[]> {
  // What waits for another delivery is not there yet for its recipient.
  const own =
    only === undefined
      ? sql``
      : // A successor follows what its predecessor received, whichever system took it (contract §2).
        sql`and (d.system_id = ${only.systemId} or d.recipient_agency_id = any(${[...only.agencyIds]}::uuid[]))
          and not (d.waits and d.state <> 'recalled'
          and d.taken_at is null and delivery_is_blocked(d.delivery_id))
          -- Nor is what an operator stopped: that is between the operators and the sender.
          and d.held_reason is distinct from 'by_operator'`
  const limited =
    only?.receivesFor === undefined ? sql`` : sql`and d.recipient_agency_id = any(${[...only.receivesFor]}::uuid[])`
  const { rows } = await sql<DeliveryRow>`
    select d.delivery_id, d.organ_id, d.agency_code, d.system_id, d.channel, d.state, d.held_reason, d.state_since,
      d.reason_code, d.reason_text, d.taken_at, d.fetched_at, d.fetch_count, d.delivered_at,
      -- What was turned away for now is offered again then, unless that was stopped.
      case when d.state = 'available' and d.turned_away > 0
        then (select case when l.reoffers_paused_at is null then d.available_at end from lanes l where l.system_id = d.system_id)
        else d.next_attempt_at end as next_attempt_at,
      d.business_code, d.recall_agreed, coalesce(a.attempts, '[]') as attempts
    from all_deliveries d
    left join lateral (
      select json_agg(json_build_object('attempt', attempt, 'startedAt', started_at, 'finishedAt', finished_at,
        'outcome', outcome, 'httpStatus', http_status, 'detail', detail) order by started_at) as attempts
      from (select * from attempts t where t.delivery_id = d.delivery_id and t.started_at >= d.created_at - interval '1 day'
        order by t.started_at desc limit 50) last
    ) a on true
    where d.package_id = ${packageId}::uuid ${own} ${limited}
    order by d.delivery_id`.execute(db)
  return rows
}

function senderName(document: unknown): string | null {
  const { from } = document as { from?: { organName?: string } }
  return from?.organName ?? null
}

function recipientsFor(row: PackageRow, deliveries: readonly DeliveryRow[], isSender: boolean, options: TrackOptions) {
  const recipients = options.recipientsOf(row.receipt)
  if (isSender) return recipients
  const own = new Set(deliveries.map((d) => d.delivery_id))
  return recipients.filter((r) => r.deliveryId !== undefined && own.has(r.deliveryId))
}

/** As worked out when the package was accepted, and never again (rules.md §5.1). */
function deadlinesOf(row: PackageRow): PackageView['deadlines'] {
  if (row.calendar_version === null) return null
  return {
    dispatchDueAt: timeOrNull(row.dispatch_due_at),
    isLate: row.is_late,
    receiptDueAt: timeOrNull(row.receipt_due_at),
    urgentDueAt: timeOrNull(row.urgent_due_at),
    calendarVersion: row.calendar_version,
  }
}

function stateOf(d: DeliveryRow) {
  return { state: d.state, recallAgreed: d.recall_agreed }
}

function countByState(deliveries: readonly DeliveryRow[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { state } of deliveries) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function deliveryView(
  d: DeliveryRow,
  requests: DeliveryRequest[],
  acceptLanguage: string | undefined,
  reasonText: ReasonText,
): PackageView['deliveries'][number] {
  return {
    deliveryId: d.delivery_id,
    organId: d.organ_id,
    agencyCode: d.agency_code,
    systemId: d.system_id,
    channel: d.channel,
    state: d.state,
    businessStatus: d.business_code,
    reason: reasonView(d, acceptLanguage, reasonText),
    nextAttemptAt: timeOrNull(d.next_attempt_at),
    takenAt: timeOrNull(d.taken_at),
    fetchedAt: timeOrNull(d.fetched_at),
    fetchCount: d.fetch_count,
    deliveredAt: timeOrNull(d.delivered_at),
    requests,
    attempts: d.attempts.map((a) => ({
      ...a,
      startedAt: vietnamTime(new Date(a.startedAt)),
      finishedAt: vietnamTime(new Date(a.finishedAt)),
    })),
  }
}

function reasonView(
  d: DeliveryRow,
  acceptLanguage: string | undefined,
  reasonText: ReasonText,
): PackageView['deliveries'][number]['reason'] {
  const code = d.held_reason ?? d.reason_code
  if (code === null) return null
  const { text, whoActs } = reasonText(code, acceptLanguage)
  return {
    code,
    text: d.reason_text === null ? text : `${text} — ${d.reason_text}`,
    since: vietnamTime(d.state_since),
    whoActs: whoActs as 'sender' | 'receiver' | 'provincial_axis',
  }
}

function timeOrNull(at: Date | null): string | null {
  return at === null ? null : vietnamTime(at)
}

async function timelineOf(
  db: Db,
  packageId: string,
  only: readonly string[] | undefined,
): Promise<PackageView['timeline']> {
  const { rows } = await sql<{ at: Date; type: string; delivery_id: string | null; data: Record<string, unknown> }>`
    select at, type, delivery_id, data from events where package_id = ${packageId}::uuid
    order by at, event_id limit 1000`.execute(db)
  return rows
    .filter((e) => only === undefined || isSeenByRecipients(e, only))
    .map((e) => ({
      at: vietnamTime(e.at),
      type: e.type,
      ...(e.delivery_id === null ? {} : { deliveryId: e.delivery_id }),
      ...(Object.keys(e.data).length === 0 ? {} : { data: e.data }),
    }))
}

/** That a document was stopped and let go again is told to its sender alone. */
const ofOperators: ReadonlySet<string> = new Set(['package.held', 'package.released', 'delivery.held'])

/**
 * A recipient sees what concerns the package itself and its own deliveries. A status without a delivery came from an
 * agency that was not addressed, which is no business of the others.
 */
function isSeenByRecipients(event: { type: string; delivery_id: string | null }, own: readonly string[]): boolean {
  if (ofOperators.has(event.type)) return false
  return event.delivery_id === null ? event.type !== 'status.reported' : own.includes(event.delivery_id)
}
