// Errors to HTTP: one table from kind to status, RFC 9457 documents with a code of the catalogue and a reference that
// can be read out on the phone.
import { randomInt } from 'node:crypto'
import type { FastifyError } from 'fastify'
import { type ErrorKind, GatewayError, type Violation } from '../domain/errors.ts'
import type { Problem } from '../generated/json/problem.ts'
import { databaseAway, isDatabaseAway, isValueRefused } from '../platform/database.ts'
import type { Catalogue, Language } from './catalogue.ts'

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

/** Codes whose status HTTP itself prescribes: the request, not the document, is at fault. */
const statusOfCode: Readonly<Record<string, number>> = {
  range_not_satisfiable: 416,
  bad_request: 400,
  bad_cursor: 400,
  form_without_package: 400,
  form_with_several_files: 400,
}

export interface Refusal {
  readonly status: number
  readonly ref: string
  readonly error: GatewayError
  readonly body: Problem
}

export function refusalOf(error: unknown, catalogue: Catalogue, language: Language): Refusal {
  const known = asGatewayError(error)
  const status = known.code === 'internal_error' ? 500 : (statusOfCode[known.code] ?? statusOfKind[known.kind])
  const text = catalogue.text(known.code, known.facts.params, language)
  const ref = newRef()
  return {
    status,
    ref,
    error: known,
    body: {
      type: `urn:tram:error:${known.code}`,
      title: text.title,
      status,
      code: known.code,
      ref,
      detail: text.detail,
      next: text.next,
      whoActs: text.whoActs,
      ...(known.facts.violations === undefined ? {} : { violations: known.facts.violations.map((v) => ({ ...v })) }),
      ...known.facts.extra,
    },
  }
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (isDatabaseAway(error)) return databaseAway(error)
  if (isValueRefused(error)) return unreadableValue(error)
  if (isFastifyError(error)) return ofFramework(error)
  return new GatewayError('unavailable', 'internal_error', { cause: error })
}

function unreadableValue(cause: unknown): GatewayError {
  const reason = 'a value that cannot be stored or compared, such as text with the character U+0000'
  return new GatewayError('invalid', 'bad_request', { params: { reason }, cause })
}

function isFastifyError(error: unknown): error is FastifyError {
  return (
    error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500
  )
}

/** What the framework refuses before a route is reached. */
function ofFramework(error: FastifyError): GatewayError {
  if (error.validation !== undefined) {
    const violations = error.validation.map(
      (v): Violation => ({
        path: `${error.validationContext ?? 'body'}${v.instancePath}`,
        rule: v.keyword,
        ...(v.message === undefined ? {} : { expected: v.message }),
      }),
    )
    return new GatewayError('invalid', 'bad_request', { violations, params: { reason: error.message }, cause: error })
  }
  switch (error.statusCode) {
    case 404:
      return new GatewayError('not_found', 'route_not_found', { cause: error })
    case 413:
      return new GatewayError('too_large', 'body_too_large', { cause: error })
    case 415:
      return new GatewayError('unsupported', 'unsupported_media_type', { params: { type: '' }, cause: error })
    default:
      return new GatewayError('invalid', 'bad_request', { params: { reason: error.message }, cause: error })
  }
}

// Without letters and digits that sound or look alike.
const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** E.g. `TC-7K3M-92`: short enough to read out, unlikely to meet another one within 90 days. */
export function newRef(): string {
  const letters = Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return `TC-${letters.slice(0, 4)}-${letters.slice(4)}`
}
