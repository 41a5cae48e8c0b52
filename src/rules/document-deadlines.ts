// The deadlines of a document at the moment it is accepted, and what is to be told where it comes late. Lateness never
// turns a document away: it is the sender who answers for it, and the receiver who may refuse (rules.md §5.1).
import { type Deadlines, deadlinesOf, receiptDue } from '../domain/deadline.ts'
import type { DocumentKind, DocumentPackage, Finding } from '../domain/document-package.ts'
import { lunarYears } from '../domain/lunar-date.ts'
import { provinceOf } from '../domain/province.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { CalendarCache } from './calendar-cache.ts'
import { messagePath } from './document-texts.ts'

/** What is stored with the package and never worked out again. */
export interface DocumentDeadlines {
  /** None where the package dispatches no document, or does not say when it was signed. */
  readonly dispatchDueAt?: Date
  readonly isLate?: boolean
  readonly receiptDueAt: Date
  /** By when an urgent document is to be in somebody's hands. */
  readonly urgentDueAt?: Date
  readonly calendarVersion: number
  readonly findings: readonly Finding[]
}

export function documentDeadlines(
  cache: Pick<CalendarCache, 'fresh'>,
): (document: DocumentPackage, acceptedAt: Date) => Promise<DocumentDeadlines> {
  return async (document, acceptedAt) => {
    const { calendar, policy } = (await cache.fresh()).of(provinceOf(document.from.organId))
    const signedOn = signingDay(document)
    if (signedOn === undefined) {
      const { receiptDueAt } = receiptDue(acceptedAt, calendar)
      return { receiptDueAt, calendarVersion: calendar.version, findings: [] }
    }
    const deadlines = deadlinesOf({ signedOn, acceptedAt, priority: document.priority }, policy, calendar)
    const { dispatchDueAt, isLate, receiptDueAt, calendarVersion, urgent } = deadlines
    return {
      ...{ dispatchDueAt, isLate, receiptDueAt, calendarVersion },
      ...(urgent === undefined ? {} : { urgentDueAt: urgent.dueAt }),
      findings: lateFindings(signedOn, deadlines),
    }
  }
}

/** A recall or an update names the document it is about, whose own date says nothing about when it was to be sent. */
const dispatching: ReadonlySet<DocumentKind> = new Set(['new', 'replace'])

/** The date of the document, unless it is so far off that it must be mistyped: that is a finding of its own. */
function signingDay({ kind, promulgationDate }: DocumentPackage): string | undefined {
  if (promulgationDate === undefined || !dispatching.has(kind)) return undefined
  const year = Number(promulgationDate.slice(0, 4))
  return year >= lunarYears.first && year <= lunarYears.last ? promulgationDate : undefined
}

function lateFindings(signedOn: string, { dispatchDueAt, isLate, provisional }: Deadlines): Finding[] {
  if (!isLate) return []
  const [signed, due] = [spokenDay(signedOn), spokenTime(dispatchDueAt)]
  return provisional
    ? [{ code: 'dispatch_late_provisional', severity: 'info', path: datePath, params: { signed, due } }]
    : [{ code: 'dispatch_late', severity: 'warn', path: datePath, params: { signed, due } }]
}

const datePath = `${messagePath}/PromulgationInfo/PromulgationDate`

function spokenDay(iso: string): string {
  return iso.slice(0, 10).split('-').reverse().join('/')
}

/** `12:00 23/02/2026`. */
function spokenTime(instant: Date): string {
  const time = vietnamTime(instant)
  return `${time.slice(11, 16)} ${spokenDay(time)}`
}
