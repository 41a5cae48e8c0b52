// One event as a side may see it. A receiver is told what concerns its own delivery: no other recipients, nobody's name.
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { EventItem } from '../generated/json/event-item.ts'
import type { FeedRow } from './event-feed.ts'

export function eventView(row: FeedRow): EventItem {
  return {
    eventId: row.event_id,
    at: vietnamTime(row.at),
    type: row.type,
    side: row.is_sender ? 'sender' : 'receiver',
    packageId: row.package_id,
    documentId: row.document_id,
    deliveryId: row.delivery_id,
    organId: row.organ_id,
    data: row.is_sender ? withoutNames(row.data) : ofTheDelivery(row.data),
  }
}

/** Who of the operators acted is for the audit trail. */
function withoutNames({ operator: _, ...data }: FeedRow['data']): Record<string, unknown> {
  return data
}

/** Only what is known to be about the delivery itself: what a later event adds is not shown before somebody has judged it. */
function ofTheDelivery(data: FeedRow['data']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([key]) => ownFacts.has(key)))
}

const ownFacts: ReadonlySet<string> = new Set([
  ...['state', 'reason', 'lateAfter', 'times', 'offeredAgainAt', 'reopened'],
  // Of a status or a request: its code and effect, who said it, which package carries it.
  ...['code', 'effect', 'description', 'staff', 'from', 'by'],
])
