// What is checked about packages and by when they are due, as part of the composition root: the rules of the province,
// its working calendar, and the judgement that intake asks for.
import type { Logger } from 'pino'
import { holdAlerts } from './alerts/hold-alerts.ts'
import type { WorkingCalendar } from './domain/calendar.ts'
import type { Directory } from './domain/directory.ts'
import { type DocumentPackage, documentCode, documentKey } from './domain/document-package.ts'
import type { Clock } from './domain/ports.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { type Catalogue, languageOf } from './edge/catalogue.ts'
import type { Draft, DraftRecipient } from './intake/draft.ts'
import type { Judged } from './intake/make-accepted.ts'
import type { Deadlines } from './intake/package-store.ts'
import type { Database, Trx } from './platform/database.ts'
import type { Routes } from './platform/http.ts'
import type { FindingText } from './platform/package-facts.ts'
import { openCalendarCache } from './rules/calendar-cache.ts'
import { calendarGaps } from './rules/calendar-gaps.ts'
import { calendarRoutes } from './rules/calendar-routes.ts'
import { readCalendarFile, seedCalendar } from './rules/calendar-seed.ts'
import { checkPackage, refusalOf } from './rules/check-package.ts'
import { documentDeadlines } from './rules/document-deadlines.ts'
import { openPolicyCache } from './rules/policy-cache.ts'
import type { RecipientFacts, SameNumber } from './rules/rule.ts'
import { loadRuleBook } from './rules/rule-book.ts'
import { ruleRoutes } from './rules/rule-routes.ts'
import { sameNumber } from './rules/same-number.ts'

export interface RuleParts {
  /** The axis' own province, whose working hours the clocks of deliveries follow. */
  readonly province: string | undefined
  readonly db: Database
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Logger
  readonly catalogue: Catalogue
  readonly schemasFolder: string
  readonly directory: () => Promise<Directory>
  readonly findingText: FindingText
  readonly audit: (
    trx: Trx,
    actor: { readonly name: string },
    entry: { readonly action: string; readonly object: string; readonly data: Readonly<Record<string, unknown>> },
  ) => Promise<void>
}

export interface Rules {
  readonly routes: readonly Routes[]
  readonly judge: (draft: Draft, size: number) => Promise<Judged>
  readonly deadlinesOf: (draft: Draft, acceptedAt: Date) => Promise<Deadlines>
  /** The working calendar as it holds in the axis' own province. */
  readonly calendar: () => WorkingCalendar
  /** Opens and closes the alert that a year of the calendar was not confirmed. */
  watchCalendar(): Promise<void>
}

export async function composeRules(parts: RuleParts): Promise<Rules> {
  const { db, clock, newId, logger, catalogue, schemasFolder, directory, findingText, audit } = parts
  const book = loadRuleBook(schemasFolder)
  const policies = await openPolicyCache({
    db,
    book,
    onCheckFailed: (error) => logger.warn({ err: error }, 'rules.not_checked'),
  })
  await seedCalendar({ db, clock }, readCalendarFile(`${schemasFolder}rules`))
  const calendar = await openCalendarCache({
    db,
    onCheckFailed: (error) => logger.warn({ err: error }, 'calendar.not_checked'),
  })
  const deadlines = documentDeadlines(calendar)
  const text = (code: string, params: Readonly<Record<string, string | number>> | undefined, language: 'vi' | 'en') =>
    catalogue.text(code, params, language).detail

  return {
    async judge(draft, size) {
      const day = vietnamDay(clock.now())
      const policy = await policies.policyFor({ agencyId: draft.fromAgencyId, day })
      const known = await directory()
      const repeated = await sameNumberOf(db, draft)
      const facts = {
        document: draft.document,
        fromCodes: known.agencies.get(draft.fromAgencyId)?.codes.map((c) => c.code) ?? [],
        day,
        size,
        recipients: draft.recipients.map((recipient) => recipientFacts(recipient, known)),
        ...(draft.declaration === undefined ? {} : { declaration: draft.declaration }),
        ...(repeated === undefined ? {} : { sameNumber: repeated }),
      }
      const judgement = checkPackage(facts, policy)
      const refusal = refusalOf(judgement)
      if (refusal !== undefined) throw refusal
      return judgement
    },
    deadlinesOf: (draft, acceptedAt) => deadlines(draft.document, acceptedAt),
    calendar: () => calendar.current().of(parts.province).calendar,
    watchCalendar: async () =>
      await holdAlerts(db, {
        cause: 'calendar_year_missing',
        facts: calendarGaps((await calendar.fresh()).state, vietnamDay(clock.now())),
        newId,
      }),
    routes: [
      ruleRoutes({
        db,
        book,
        policies,
        clock,
        newId,
        directory,
        languageOf,
        findingText,
        texts: (code, language) => ({
          title: catalogue.text(code, undefined, language).title,
          source: catalogue.entries.get(code)?.source ?? '',
        }),
        audit: (trx, { actor, ...entry }) => audit(trx, { name: actor }, entry),
      }),
      calendarRoutes({
        db,
        cache: calendar,
        clock,
        audit,
        textOf: (code, params) => ({ vi: text(code, params, 'vi'), en: text(code, params, 'en') }),
      }),
    ],
  }
}

/** Only what brings a number of its own is asked about. */
async function sameNumberOf(db: Database, draft: Draft): Promise<SameNumber | undefined> {
  const { document, fromAgencyId } = draft
  const code = documentCode(document)
  const year = document.promulgationDate?.slice(0, 4)
  const hasOwnNumber = document.kind === 'new' || document.kind === 'replace'
  if (!hasOwnNumber || code === undefined || year === undefined) return undefined
  const typeName = document.documentType?.typeName
  return await sameNumber(db, {
    fromAgencyId,
    code,
    year: Number(year),
    documentKey: draft.documentKey,
    replaces: replacedKeys(document),
    ...(typeName === undefined ? {} : { typeName }),
  })
}

function replacedKeys({ business }: DocumentPackage): string[] {
  return business?.replacements.map((r) => documentKey(r.documentId)) ?? []
}

function recipientFacts(recipient: DraftRecipient, directory: Directory): RecipientFacts {
  const { organId, redirected, destination, suggestions, agencyId, agencyCode } = recipient
  const isHeldClosed = destination.kind === 'held' && destination.reason === 'closed'
  const successor = agencyId === undefined ? undefined : directory.agencies.get(agencyId)
  const successors =
    redirected && successor !== undefined ? [{ code: agencyCode ?? organId, name: successor.name }] : suggestions
  return { organId, closed: redirected || isHeldClosed, successors: redirected || isHeldClosed ? successors : [] }
}
