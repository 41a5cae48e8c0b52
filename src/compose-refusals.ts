// The composition root's part about refusals: which of them leave a row, what the row says, and who reads it.
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Directory } from './domain/directory.ts'
import type { Clock } from './domain/ports.ts'
import { type Catalogue, languageOf } from './edge/catalogue.ts'
import { explainRefusal } from './edge/explain-refusal.ts'
import type { Refusal } from './edge/problem.ts'
import { createRefusalRecorder } from './intake/refusal-recorder.ts'
import { insertRefusal, type RefusedSender } from './intake/refusal-store.ts'
import { type Database, isDatabaseAway } from './platform/database.ts'
import type { Routes, SubmissionTrace } from './platform/http.ts'
import { refusalRoutes } from './reports/refusal-routes.ts'

export interface RefusalParts {
  readonly db: Database
  readonly clock: Clock
  readonly logger: Logger
  readonly catalogue: Catalogue
  readonly directory: { current(): Promise<Directory> }
  /** The system a refused caller claims to be. */
  readonly claimedSystem: (authorization: string | undefined) => string | undefined
  readonly countRefused: (code: string) => void
}

export interface Refusals {
  readonly routes: Routes
  /** Keeps a row of what was turned away, so that it can be found by its reference. */
  readonly record: (request: FastifyRequest, refusal: Refusal) => Promise<void>
  close(): Promise<void>
}

export function composeRefusals(parts: RefusalParts): Refusals {
  const { db, clock, logger, catalogue, directory } = parts
  const recorder = createRefusalRecorder({
    insert: (refusal) => insertRefusal(db, refusal),
    isPassing: isDatabaseAway,
    onLost: (error, refs) => logger.error({ err: error, refs }, 'refusal.not_recorded'),
  })
  return {
    routes: refusalRoutes({
      db,
      clock,
      directory,
      explain: (facts, acceptLanguage) => explainRefusal(catalogue, facts, languageOf(acceptLanguage)),
    }),
    async record(request, refusal) {
      const path = submissionPath(request)
      if (path === undefined) return
      parts.countRefused(refusal.body.code)
      await recorder.record({
        ref: refusal.ref,
        at: clock.now(),
        face: 'rest',
        path,
        sender: senderOf(request, parts.claimedSystem),
        submission: traceOf(request, catalogue.entries.get(refusal.body.code)?.confidential === true),
        httpStatus: refusal.status,
        problemCode: refusal.body.code,
        ...refusal.kept,
      })
    },
    close: () => recorder.close(),
  }
}

/** What may be a secret has no name either: its number and notation stand in its document id. */
function traceOf({ submission }: FastifyRequest, isConfidential: boolean): SubmissionTrace {
  if (submission === null) return {}
  const { documentId: _documentId, ...rest } = submission
  return isConfidential ? rest : submission
}

/** Calls that hand something over; a trial of one does not. */
function submissionPath(request: FastifyRequest): string | undefined {
  const path = request.routeOptions.url
  if (path === undefined || request.method !== 'POST' || !submissionPaths.has(path)) return undefined
  return isDryRun(request.query) ? undefined : path
}

const submissionPaths: ReadonlySet<string> = new Set([
  '/api/v1/packages',
  '/api/v1/packages/:packageId/recall',
  '/api/v1/status',
])

/** A call may be refused before its query was checked, so this is still text, or whatever was written there. */
function isDryRun(query: unknown): boolean {
  if (typeof query !== 'object' || query === null || !('dryRun' in query)) return false
  return query.dryRun === true || query.dryRun === 'true'
}

function senderOf(request: FastifyRequest, claimedSystem: RefusalParts['claimedSystem']): RefusedSender {
  const { caller } = request
  if (caller !== null) return { kind: 'authenticated', systemId: caller.systemId, credentialId: caller.credentialId }
  const systemId = claimedSystem(request.headers.authorization)
  return systemId === undefined ? { kind: 'unknown' } : { kind: 'claimed', systemId }
}
