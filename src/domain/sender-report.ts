// What the axis tells a sender about its documents: one report for each incident, listing all of its documents (design
// §3, "The axis' own words").
import type { DeliveryState } from './delivery.ts'
import type { Priority } from './document-package.ts'
import { vietnamTime } from './vietnam-time.ts'

export type ReportSubject = 'delayed' | 'about_to_expire' | 'undelivered' | 'refused' | 'recall_outcome' | 'recovered'

export interface ReportItem {
  readonly itemId: string
  readonly what: ReportSubject
  readonly incident: string
  readonly fromAgencyId: string
  readonly fromCode: string
  readonly packageId: string
  readonly documentId: string
  readonly code?: string
  readonly subject?: string
  readonly promulgationDate?: string
  readonly priority: Priority
  readonly acceptedAt: Date
  readonly deliveryId: string
  readonly organId: string
  readonly state: DeliveryState
  readonly notedAt: Date
  readonly reason?: string
  readonly detail?: string
}

/** Items of one sender and one incident. */
export interface ReportGroup {
  readonly what: ReportSubject
  readonly incident: string
  readonly fromAgencyId: string
  /** Code that the sender wrote of itself last. */
  readonly fromCode: string
  readonly items: readonly ReportItem[]
}

/** Late is no news any more once it has arrived, was withdrawn, or has ended, which is told by itself. */
export function isStillNews({ what, state }: Pick<ReportItem, 'what' | 'state'>): boolean {
  if (what !== 'delayed' && what !== 'about_to_expire') return true
  return state === 'held' || state === 'waiting' || state === 'in_flight' || state === 'available'
}

export function groupItems(items: readonly ReportItem[], itemsMax: number): ReportGroup[] {
  const groups = new Map<string, ReportItem[]>()
  for (const item of items) {
    const key = `${item.fromAgencyId} ${item.what} ${item.incident}`
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return [...groups.values()].flatMap((all) => chunks(all, itemsMax).flatMap(toGroup))
}

function toGroup(items: readonly ReportItem[]): ReportGroup[] {
  const last = items.at(-1)
  if (last === undefined) return []
  const { what, incident, fromAgencyId, fromCode } = last
  return [{ what, incident, fromAgencyId, fromCode, items }]
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

export function urgencyOf({ items }: ReportGroup): Priority {
  return items.reduce<Priority>((most, { priority }) => (priority > most ? priority : most), 0)
}

export interface ReportWords {
  /** The agency behind a code, as the directory calls it. */
  readonly nameOf: (organId: string) => string | undefined
  /** What a reason code means. */
  readonly textOf: (code: string, language: 'vi' | 'en') => string
}

export interface ReportHead {
  readonly reportId: string
  readonly at: Date
  readonly axis: string
}

/** As it is sent (schemas/json/sender-report.json). */
export function reportView(head: ReportHead, group: ReportGroup, words: ReportWords) {
  return {
    type: 'report' as const,
    reportId: head.reportId,
    what: group.what,
    incident: group.incident,
    at: vietnamTime(head.at),
    from: head.axis,
    to: group.fromCode,
    title: titles[group.what],
    items: group.items.map((item) => itemView(item, words)),
  }
}

function itemView(item: ReportItem, { nameOf, textOf }: ReportWords) {
  const { reason, detail } = item
  const organName = nameOf(item.organId)
  return {
    packageId: item.packageId,
    documentId: item.documentId,
    code: item.code ?? null,
    subject: item.subject?.slice(0, 2_000) ?? null,
    priority: item.priority,
    acceptedAt: vietnamTime(item.acceptedAt),
    deliveryId: item.deliveryId,
    organId: item.organId,
    organName: organName ?? null,
    state: item.state,
    since: vietnamTime(item.notedAt),
    reason:
      reason === undefined
        ? null
        : { code: reason, text: { vi: textOf(reason, 'vi'), en: textOf(reason, 'en') }, detail: detail ?? null },
  }
}

/** One sentence about one document, for products that read statuses and nothing else. */
export function sentenceAbout(item: ReportItem, { nameOf, textOf }: ReportWords): string {
  const to = nameOf(item.organId)
  const receiver = to === undefined ? item.organId : `${to} (${item.organId})`
  const reason = item.reason === undefined ? '' : ` ${textOf(item.reason, 'vi')}`
  const detail = item.detail === undefined ? '' : ` (${item.detail})`
  return `${titles[item.what].vi}: ${receiver}.${reason}${detail}`.slice(0, 2_000)
}

const titles: Readonly<Record<ReportSubject, { readonly vi: string; readonly en: string }>> = {
  delayed: { vi: 'Văn bản chậm đến nơi nhận, trục vẫn đang chuyển', en: 'Late; delivery goes on' },
  about_to_expire: { vi: 'Văn bản sắp hết thời hạn chuyển', en: 'Nearly past its life' },
  undelivered: { vi: 'Văn bản không chuyển được đến nơi nhận', en: 'Not delivered' },
  refused: { vi: 'Nơi nhận từ chối tiếp nhận văn bản', en: 'Refused by the receiver' },
  recall_outcome: { vi: 'Văn bản đã được thu hồi trước khi đến nơi nhận', en: 'Recalled before it arrived' },
  recovered: { vi: 'Văn bản đã đến nơi nhận', en: 'Arrived after all' },
}
