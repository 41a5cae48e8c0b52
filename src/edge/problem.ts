// Errors to HTTP: one table from kind to status, RFC 9457 documents with a code of the catalogue and a reference that
// can be read out on the phone.
import { randomInt } from 'node:crypto'
import type { FastifyError } from 'fastify'
import { type ErrorKind, GatewayError, type Violation } from '../domain/errors.ts'
import type { Problem } from '../generated/json/problem.ts'
import { databaseAway, isDatabaseAway, isValueRefused } from '../platform/database.ts'
import type { Catalogue, Language, TextValues } from './catalogue.ts'
import { explainRefusal, withoutSecrets } from './explain-refusal.ts'
import { frameworkReason, shapeReason, shapeViolation } from './shape-words.ts'

const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported: 415,
  rate_limited: 429,
  unavailable: 503,
}

export interface Refusal {
  readonly status: number
  readonly ref: string
  readonly error: GatewayError
  readonly body: Problem
  /** What may be kept of it, so that it can be explained again: nothing of a value that must not be known. */
  readonly kept: { readonly params: TextValues; readonly violations: readonly Violation[] }
}

export interface RefusalContext {
  readonly catalogue: Catalogue
  readonly language: Language
  /** Content-Type of the request that is refused. */
  readonly contentType?: string | undefined
}

export function refusalOf(error: unknown, { catalogue, language, contentType }: RefusalContext): Refusal {
  const known = asGatewayError(error, contentType)
  const { code, facts } = known
  // Where HTTP prescribes a status for the code itself, the catalogue names it; else the kind decides.
  const status = catalogue.entries.get(code)?.httpStatus ?? statusOfKind[known.kind]
  const kept = withoutSecrets(catalogue, { code, params: facts.params ?? {}, violations: facts.violations ?? [] })
  const { title, detail, cause, next, whoActs, violations } = explainRefusal(catalogue, kept, language)
  const ref = newRef()
  return {
    status,
    ref,
    error: known,
    kept,
    body: {
      ...{ type: `urn:tram:error:${code}`, title, status, code, ref, detail, cause, next, whoActs },
      ...(facts.violations === undefined ? {} : { violations }),
      ...facts.extra,
    },
  }
}

function asGatewayError(error: unknown, contentType: string | undefined): GatewayError {
  if (error instanceof GatewayError) return error
  if (isDatabaseAway(error)) return databaseAway(error)
  if (isValueRefused(error)) return unreadableValue(error)
  if (isFastifyError(error)) return ofFramework(error, contentType)
  return new GatewayError('unavailable', 'internal_error', { cause: error })
}

function unreadableValue(cause: unknown): GatewayError {
  const reason =
    'giá trị không lưu hoặc so sánh được, ví dụ chữ có ký tự U+0000 · a value that cannot be stored or compared, such as text with the character U+0000'
  return new GatewayError('invalid', 'bad_request', { params: { reason }, cause })
}

function isFastifyError(error: unknown): error is FastifyError {
  return (
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500
  )
}

/** What the framework refuses before a route is reached. */
function ofFramework(error: FastifyError, contentType = ''): GatewayError {
  if (error.validation !== undefined) {
    const violations = error.validation.map((fault) => shapeViolation(fault, error.validationContext ?? 'body'))
    const params = { reason: shapeReason(violations) }
    return new GatewayError('invalid', 'bad_request', { violations, params, cause: error })
  }
  switch (error.statusCode) {
    case 404:
      return new GatewayError('not_found', 'route_not_found', { cause: error })
    case 413:
      return new GatewayError('too_large', 'body_too_large', { cause: error })
    case 415:
      return new GatewayError('unsupported', 'unsupported_media_type', { params: { type: contentType }, cause: error })
    default:
      return new GatewayError('invalid', 'bad_request', { params: { reason: frameworkReason(error) }, cause: error })
  }
}

// Without letters and digits that sound or look alike.
const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** E.g. `TC-7K3M-92`: short enough to read out, unlikely to meet another one within 90 days. */
export function newRef(): string {
  const letters = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return `TC-${letters.slice(0, 4)}-${letters.slice(4)}`
}
