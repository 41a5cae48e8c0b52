// What routes of every slice share with the edge: who is calling, how a route is guarded, and the JSON Schemas by
// name. Routes take guards as values, so a slice never imports the edge.
import type {} from '@fastify/multipart'
import type {} from '@fastify/swagger'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'

export interface Operator {
  /** Who acted, for the audit trail. */
  readonly name: string
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
    operator: Operator | null
    /** SHA-256, size and identities of what is being submitted, as far as known when it is refused. */
    submission: SubmissionTrace | null
  }
}

export interface SubmissionTrace {
  organId?: string
  documentId?: string
  sha256?: Buffer
  size?: number
}

export interface Guards {
  /** Lets registered systems through and sets `request.caller`. */
  readonly system: onRequestHookHandler
  /** Lets operators through and sets `request.operator`. */
  readonly operator: onRequestHookHandler
}

/** A slice's routes. Compose hands them to the edge, which knows none by name. */
export type Routes = (app: FastifyInstance, guards: Guards) => void

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('route without the system guard')
  return request.caller
}

export function operatorOf(request: FastifyRequest): Operator {
  if (request.operator === null) throw new Error('route without the operator guard')
  return request.operator
}

/** JSON Schema reference to a file of schemas/json, by its name without the ending. */
export function schemaRef(name: string): { $ref: string } {
  return { $ref: `${name}#` }
}

/** Responses every route of a kind may give, as problem documents (RFC 9457). */
export function problems(...statuses: number[]): Record<number, { $ref: string; description?: string }> {
  return Object.fromEntries(statuses.map((status) => [status, schemaRef('problem')]))
}

/** An instant of a query string. The schema's date-time lets moments through that no calendar has. */
export function instantOf(text: string, name: string): Date {
  const instant = new Date(text)
  if (!Number.isNaN(instant.getTime())) return instant
  throw new GatewayError('invalid', 'bad_request', {
    params: { reason: `${name}: thời điểm không có thật · no real moment` },
    violations: [{ path: `querystring/${name}`, rule: 'date-time', found: text.slice(0, 100) }],
  })
}
