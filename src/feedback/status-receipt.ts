// The receipt of a status: what it was understood to say, whom it goes to, and what a recall request met. Signed, stored
// with the status, and given again to whoever repeats it.
import type { DeliveryState, HeldReason } from '../domain/delivery.ts'
import type { Finding, StatusPackage } from '../domain/document-package.ts'
import { needsReason, type StatusEffect } from '../domain/feedback.ts'
import { type OperationPlan, type RecallAnswer, recallLists } from '../domain/operation-plan.ts'
import type { AddressedRecipient, Destination } from '../domain/route.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'

export type StatusEffectName = StatusEffect | 'unknown_document' | 'not_addressed'

export interface StatusReceiptPayload {
  readonly statusId: string
  readonly documentId: string
  readonly code: string
  readonly effect: StatusEffectName
  readonly axis: string
  readonly acceptedAt: string
  readonly sha256: string
  readonly size: number
  readonly recipients: readonly {
    readonly organId: string
    readonly outcome: 'queued' | 'redirected' | 'held'
    readonly agencyCode?: string
    readonly deliveryId: string
    readonly reason?: HeldReason
  }[]
  readonly deliveries: readonly {
    readonly deliveryId: string
    readonly organId: string
    readonly state: DeliveryState
  }[]
  readonly findings: readonly Finding[]
  readonly withdrawn?: RecallAnswer['withdrawn'][number][]
  readonly requested?: RecallAnswer['requested'][number][]
  readonly undeliverable?: RecallAnswer['undeliverable'][number][]
}

export interface StatusReceiptFacts {
  readonly packageId: string
  readonly documentId: string
  readonly status: StatusPackage
  readonly findings: readonly Finding[]
  readonly sha256: Buffer
  readonly size: number
  readonly recipient: AddressedRecipient
  readonly destination: Destination
  readonly state: DeliveryState
  readonly deliveryId: string
  readonly effect: StatusEffectName
  readonly acceptedAt: Date
  /** Code of this axis. */
  readonly axis: string
  readonly recall: OperationPlan | undefined
}

export function statusReceipt(facts: StatusReceiptFacts): StatusReceiptPayload {
  const { status, recipient, destination, deliveryId, effect, recall } = facts
  const { organId } = recipient
  const isPointless = recall?.pointless.has(deliveryId) ?? false
  return {
    statusId: facts.packageId,
    documentId: facts.documentId,
    code: status.code,
    effect,
    axis: facts.axis,
    acceptedAt: vietnamTime(facts.acceptedAt),
    sha256: facts.sha256.toString('hex'),
    size: facts.size,
    recipients: [
      {
        organId,
        outcome: destination.kind === 'held' ? 'held' : recipient.redirected ? 'redirected' : 'queued',
        ...(recipient.agencyCode === undefined ? {} : { agencyCode: recipient.agencyCode }),
        deliveryId,
        ...(destination.kind === 'held' ? { reason: destination.reason } : {}),
      },
    ],
    // Nobody is asked to give back what he never saw.
    deliveries: [{ deliveryId, organId, state: isPointless ? 'recalled' : facts.state }],
    ...(recall?.recall === undefined ? {} : recallLists(recall.recall)),
    findings: [...facts.findings, ...findingsOf(effect, status)],
  }
}

function findingsOf(effect: StatusEffectName, status: StatusPackage): Finding[] {
  const findings: Finding[] = []
  const params = { code: status.code }
  if (effect !== 'moved') findings.push({ code: `status_${effect}`, severity: 'warn', params })
  if (needsReason(status.code) && status.description === undefined) {
    findings.push({ code: 'status_without_reason', severity: 'warn', params })
  }
  return findings
}
