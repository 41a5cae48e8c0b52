// POST /api/v1/packages: decode, call the use case, encode (contract §3).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnyPackage, DocumentPackage, StatusPackage } from '../domain/document-package.ts'
import type { BlobStore } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import type { DryRunResult } from '../generated/json/dry-run-result.ts'
import type { PackageReceipt } from '../generated/json/package-receipt.ts'
import { callerOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type FindingText, findingViews } from '../platform/package-facts.ts'
import { packageBody } from '../platform/request-body.ts'
import type { Acceptance } from './accept-package.ts'
import type { DryRun } from './dry-run.ts'
import type { PackageSubmission } from './make-accepted.ts'
import { type ReadSubmission, readSubmission, type SubmissionLimits } from './read-submission.ts'

export interface PackageRoutesOptions {
  readonly blobs: BlobStore
  readonly limits: SubmissionLimits
  readonly acceptPackage: (submission: PackageSubmission) => Promise<Acceptance>
  readonly dryRunPackage: (submission: PackageSubmission) => Promise<DryRun>
  /** A status package that came in by this door is taken all the same: the content decides. */
  readonly acceptStatus: (submission: {
    caller: Caller
    read: ReadSubmission
    status: StatusPackage
    isDryRun: boolean
  }) => Promise<{ isNew: boolean; body: (acceptLanguage: string | undefined) => unknown }>
  readonly findingText: FindingText
  readonly newId: () => string
}

const idempotencyKey = { type: 'string', minLength: 1, maxLength: 255 }

export function packageRoutes(options: PackageRoutesOptions): Routes {
  return (app, guards) => {
    app.post<{ Querystring: { dryRun: boolean } }>(
      '/api/v1/packages',
      {
        onRequest: guards.system,
        schema: {
          summary: 'Submits an edXML package; accepted means durable and addressed',
          description:
            'Body: the package as application/xml, application/edxml+xml or application/octet-stream, or the field `package` of multipart/form-data.',
          tags: ['packages'],
          security: [{ bearer: [] }, { basic: [] }],
          consumes: ['application/xml', 'application/edxml+xml', 'application/octet-stream', 'multipart/form-data'],
          // A parameter that is not understood must not be taken for done.
          querystring: {
            type: 'object',
            additionalProperties: false,
            properties: {
              dryRun: { type: 'boolean', default: false, description: 'Checks and answers without accepting' },
            },
          },
          headers: {
            type: 'object',
            properties: {
              'idempotency-key': idempotencyKey,
              'tram-declaration': {
                type: 'string',
                enum: ['not-secret'],
                description: 'The sender answers for it that the document holds no secret, although a rule says so',
              },
            },
          },
          response: {
            202: { description: 'Accepted', anyOf: [schemaRef('package-receipt'), schemaRef('status-receipt')] },
            200: {
              description: 'A repeat: the first receipt. With dryRun: what would become of it',
              anyOf: [schemaRef('package-receipt'), schemaRef('status-receipt'), schemaRef('dry-run-result')],
            },
            ...problems(400, 401, 403, 409, 413, 415, 422, 503),
          },
        },
      },
      (request, reply) => submit(request, reply, options),
    )
  }
}

async function submit(
  request: FastifyRequest<{ Querystring: { dryRun: boolean } }>,
  reply: FastifyReply,
  options: PackageRoutesOptions,
) {
  const caller = callerOf(request)
  const { dryRun } = request.query
  const trace = {}
  request.submission = trace
  const body = await packageBody(request, options.limits.packageBytesMax)
  const read = await readSubmission(body, options.newId(), trace, options)
  const { package: pkg } = read
  if (isStatus(pkg)) {
    const { isNew, body: view } = await options.acceptStatus({ caller, read, status: pkg, isDryRun: dryRun })
    return reply.code(isNew && !dryRun ? 202 : 200).send(view(request.headers['accept-language']))
  }
  const submission = submissionOf(request, read, pkg)
  if (dryRun)
    return reply.code(200).send(dryRunView(await options.dryRunPackage(submission), request, options.findingText))
  const acceptance = await options.acceptPackage(submission)
  return reply.code(acceptance.isNew ? 202 : 200).send(receiptView(acceptance, request, options.findingText))
}

function submissionOf(request: FastifyRequest, read: ReadSubmission, document: DocumentPackage): PackageSubmission {
  const key = request.headers['idempotency-key']
  return {
    caller: callerOf(request),
    read,
    document,
    ...(typeof key === 'string' ? { idempotencyKey: key } : {}),
    // The schema lets no other word through.
    ...(request.headers['tram-declaration'] === undefined ? {} : { declaration: 'not-secret' }),
  }
}

function isStatus(pkg: AnyPackage): pkg is Exclude<AnyPackage, DocumentPackage> {
  return pkg.type === 'status'
}

function receiptView({ receipt }: Acceptance, request: FastifyRequest, text: FindingText): PackageReceipt {
  const { jws, findings, ...payload } = receipt
  return { ...payload, findings: findingViews(findings, text, request.headers['accept-language']), receipt: jws }
}

/** No ids: what was not accepted cannot be asked for. */
function dryRunView({ would, packageId, payload }: DryRun, request: FastifyRequest, text: FindingText): DryRunResult {
  const {
    packageId: _packageId,
    acceptedAt: _acceptedAt,
    deliveries: _deliveries,
    recipients,
    supplementOf: _of,
    ...rest
  } = payload
  return {
    ...rest,
    dryRun: true,
    would,
    ...(packageId === undefined ? {} : { packageId }),
    recipients: recipients.map(({ deliveryId: _deliveryId, ...recipient }) => recipient),
    findings: findingViews(payload.findings, text, request.headers['accept-language']),
  }
}
