// POST /api/v1/status: feedback as an edXML status package or as JSON (contract §3). JSON becomes the very package a
// QLVB-ĐH would have sent, so there is one path from here on and the other side reads one form.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnyPackage, Finding } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { type StoredFacts, smallBytesMax } from '../domain/storage-reserve.ts'
import type { Caller } from '../domain/system.ts'
import type { DryRunResult } from '../generated/json/dry-run-result.ts'
import type { StatusInput } from '../generated/json/status-input.ts'
import { callerOf, problems, type Routes, type SubmissionTrace, schemaRef } from '../platform/http.ts'
import { type FindingText, findingViews } from '../platform/package-facts.ts'
import { announcedBytes, packageBody } from '../platform/request-body.ts'
import type { StatusAcceptance, StatusSubmission } from './accept-status.ts'

interface ReadBody {
  readonly packageId: string
  readonly package: AnyPackage
  readonly findings: readonly Finding[]
  readonly sha256: Buffer
  readonly size: number
  readonly stored: Promise<void>
  discard(): Promise<void>
}

interface Admission {
  headerRead(facts: StoredFacts): Promise<void>
  take(bytes: number): Promise<void>
  leave(): void
}

export interface StatusRoutesOptions {
  readonly packageBytesMax: number
  /** Streams a body to the store, through the hash and the reader. */
  readonly readBody: (body: AsyncIterable<Buffer>, trace: SubmissionTrace, admission?: Admission) => Promise<ReadBody>
  /** Whether there is room for a status. Absent where nothing is bounded. */
  readonly admit?: (status: {
    readonly systemId: string
    readonly declaredBytes: number | undefined
    readonly facts?: StoredFacts
  }) => Promise<Admission>
  readonly composeStatus: (caller: Caller, input: StatusInput) => Promise<Buffer>
  readonly acceptStatus: (submission: StatusSubmission) => Promise<StatusAcceptance>
  readonly findingText: FindingText
}

export function statusRoutes(options: StatusRoutesOptions): Routes {
  return (app, guards) => {
    app.post(
      '/api/v1/status',
      {
        onRequest: guards.system,
        schema: {
          summary: 'Status feedback about a document, as an edXML status package or as JSON',
          tags: ['status'],
          security: [{ bearer: [] }, { basic: [] }],
          // A parameter that is not understood must not be taken for done.
          querystring: { type: 'object', additionalProperties: false },
          // Packages are streams and are judged by the reader.
          body: {
            content: {
              'application/json': { schema: schemaRef('status-input') },
              'application/xml': { schema: {} },
              'application/edxml+xml': { schema: {} },
              'application/octet-stream': { schema: {} },
            },
          },
          response: {
            202: schemaRef('status-receipt'),
            200: { description: 'Said before: the first receipt', ...schemaRef('status-receipt') },
            ...problems(400, 401, 403, 404, 413, 415, 422, 503),
          },
        },
      },
      (request, reply) => submit(request, reply, options),
    )
  }
}

const aStatus: StoredFacts = { kind: 'status', priority: 0 }

async function submit(request: FastifyRequest, reply: FastifyReply, options: StatusRoutesOptions) {
  const { systemId } = callerOf(request)
  const declaredBytes = announcedBytes(request)
  // What is announced larger than any status may be something else: its header will tell.
  const facts = declaredBytes !== undefined && declaredBytes <= smallBytesMax ? { facts: aStatus } : {}
  const admission = await options.admit?.({ systemId, declaredBytes, ...facts })
  try {
    return await admitted(request, reply, options, admission)
  } finally {
    admission?.leave()
  }
}

async function admitted(
  request: FastifyRequest,
  reply: FastifyReply,
  options: StatusRoutesOptions,
  admission: Admission | undefined,
) {
  const caller = callerOf(request)
  const trace: SubmissionTrace = {}
  request.submission = trace
  const read = await options.readBody(await bodyOf(request, caller, options), trace, admission)
  const { package: pkg } = read
  if (pkg.type !== 'status') {
    await read.discard()
    throw new GatewayError('invalid', 'not_a_status', {
      violations: [{ path: 'edXMLHeader/MessageHeader/StatusCode', rule: 'not_a_status' }],
    })
  }
  const acceptance = await options.acceptStatus({ ...read, caller, status: pkg })
  const view = statusReceiptView(acceptance, options.findingText, request.headers['accept-language'])
  return reply.code(acceptance.isNew ? 202 : 200).send(view)
}

async function bodyOf(
  request: FastifyRequest,
  caller: Caller,
  options: StatusRoutesOptions,
): Promise<AsyncIterable<Buffer>> {
  const { body } = request
  if (!isStatusInput(body)) return packageBody(request, options.packageBytesMax)
  const bytes = await options.composeStatus(caller, body)
  return (async function* () {
    yield bytes
  })()
}

/** JSON bodies of this route were checked against status-input before they got here. */
function isStatusInput(body: unknown): body is StatusInput {
  return body !== null && typeof body === 'object' && 'code' in body
}

export function statusReceiptView(acceptance: StatusAcceptance, text: FindingText, acceptLanguage: string | undefined) {
  const { jws, findings, ...payload } = acceptance.receipt
  return { ...payload, findings: findingViews(findings, text, acceptLanguage), receipt: jws }
}

/** Like that of a package (intake/package-routes.ts): no ids and no receipt of what was not accepted. */
export function statusDryRunView(
  { isNew, receipt }: StatusAcceptance,
  text: FindingText,
  acceptLanguage: string | undefined,
): DryRunResult {
  const { jws: _jws, statusId, acceptedAt: _at, deliveries: _deliveries, recipients, findings, ...rest } = receipt
  return {
    ...rest,
    dryRun: true,
    would: isNew ? 'accept' : 'repeat',
    kind: 'status',
    ...(isNew ? {} : { packageId: statusId }),
    recipients: recipients.map(({ deliveryId: _deliveryId, ...recipient }) => recipient),
    findings: findingViews(findings, text, acceptLanguage),
  }
}
