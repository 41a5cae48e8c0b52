// What may still be stored while the disk fills up. The less room is left, the less may come in: first large documents
// that are not urgent wait, then all but what is urgent, and statuses and recalls go through to the last. Pure.
import type { Priority } from './document-package.ts'

export interface StorageThresholds {
  /** Free space in percent of the disk under which somebody is alerted. */
  readonly alertPercent: number
  /** Under it, documents without urgency are taken only while they are small. */
  readonly lowPercent: number
  /** Under it, only statuses, recalls and urgent documents of bounded size are taken. */
  readonly criticalPercent: number
  /** Never given to packages, nor less than `reserveBytes`: the database and the logs need room to end in order. */
  readonly reservePercent: number
  readonly reserveBytes: number
}

const mib = 1024 ** 2

export const usualThresholds: StorageThresholds = {
  alertPercent: 20,
  lowPercent: 10,
  criticalPercent: 5,
  reservePercent: 2,
  reserveBytes: 1024 * mib,
}

/** A document of this size without attachments worth the name never fills a disk. */
export const smallBytesMax = mib
/** An urgent telegram with a scanned page or two. */
export const urgentBytesMax = 10 * mib

/** How long a sender waits before it asks again: room is made by people or by the nightly retention. */
const retryAfterSeconds = 300

export interface StorageSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** Statuses and recalls are small and are what the other side waits for. */
export type StoredKind = 'document' | 'recall' | 'status' | 'report'

/** What the header of a package says that decides. */
export interface StoredFacts {
  readonly kind: StoredKind
  readonly priority: Priority
}

export interface StorageQuestion extends StorageSpace {
  /** All of its bytes as far as they are announced; otherwise those that have come. */
  readonly declaredBytes: number
  /** Undefined as long as the header was not read. */
  readonly header: StoredFacts | undefined
}

export type StorageAnswer =
  | { readonly kind: 'accept' }
  /** It depends on what the package is. */
  | { readonly kind: 'read_header' }
  | { readonly kind: 'refuse'; readonly code: 'storage_low' | 'storage_full'; readonly retryAfterSeconds: number }

export type StorageLevel = 'ample' | 'watched' | 'low' | 'critical' | 'full'

export function mayStore(question: StorageQuestion, thresholds: StorageThresholds): StorageAnswer {
  const { header, declaredBytes, freeBytes, totalBytes } = question
  if (freeBytes - declaredBytes < reserveOf(totalBytes, thresholds)) return refuse('storage_full')
  const level = storageLevel(question, thresholds)
  if (level === 'ample' || level === 'watched') return accept
  if (header !== undefined) return declaredBytes <= bytesMaxOf(level, header) ? accept : refuse('storage_low')
  return declaredBytes <= bytesMaxOf(level, { kind: 'document', priority: 0 }) ? accept : { kind: 'read_header' }
}

export function storageLevel({ freeBytes, totalBytes }: StorageSpace, thresholds: StorageThresholds): StorageLevel {
  const freePercent = (freeBytes / totalBytes) * 100
  if (freeBytes <= reserveOf(totalBytes, thresholds)) return 'full'
  if (freePercent < thresholds.criticalPercent) return 'critical'
  if (freePercent < thresholds.lowPercent) return 'low'
  return freePercent < thresholds.alertPercent ? 'watched' : 'ample'
}

/** The part of the disk that packages never get. */
export function reserveOf(totalBytes: number, { reservePercent, reserveBytes }: StorageThresholds): number {
  return Math.max(reserveBytes, (totalBytes * reservePercent) / 100)
}

function bytesMaxOf(level: 'low' | 'critical' | 'full', { kind, priority }: StoredFacts): number {
  if (kind !== 'document') return Number.POSITIVE_INFINITY
  if (level === 'low') return priority === 0 ? smallBytesMax : Number.POSITIVE_INFINITY
  return priority === 0 ? 0 : urgentBytesMax
}

const accept: StorageAnswer = { kind: 'accept' }

function refuse(code: 'storage_low' | 'storage_full'): StorageAnswer {
  return { kind: 'refuse', code, retryAfterSeconds }
}

/** What is wrong with thresholds that somebody chose, in words of the configuration. */
export function thresholdMistakes(thresholds: StorageThresholds): string[] {
  const { alertPercent, lowPercent, criticalPercent, reservePercent } = thresholds
  const isOrdered = alertPercent >= lowPercent && lowPercent >= criticalPercent && criticalPercent >= reservePercent
  if (isOrdered) return []
  return [
    `STORAGE_ALERT_PERCENT (${alertPercent}), STORAGE_LOW_PERCENT (${lowPercent}), STORAGE_CRITICAL_PERCENT (${criticalPercent}) and STORAGE_RESERVE_PERCENT (${reservePercent}) must not grow in this order`,
  ]
}
