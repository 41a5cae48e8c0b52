// POST /api/v1/packages: decode, call the use case, encode (contract §3).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnyPackage, DocumentPackage, StatusPackage } from '../domain/document-package.ts'
import type { BlobStore } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import type { PackageReceipt } from '../generated/json/package-receipt.ts'
import { callerOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type FindingText, findingViews } from '../platform/package-facts.ts'
import { packageBody } from '../platform/request-body.ts'
import type { Acceptance, PackageSubmission } from './accept-package.ts'
import { type ReadSubmission, readSubmission, type SubmissionLimits } from './read-submission.ts'

export interface PackageRoutesOptions {
  readonly blobs: BlobStore
  readonly limits: SubmissionLimits
  readonly acceptPackage: (submission: PackageSubmission) => Promise<Acceptance>
  /** A status package that came in by this door is taken all the same: the content decides. */
  readonly acceptStatus: (submission: {
    caller: Caller
    read: ReadSubmission
    status: StatusPackage
  }) => Promise<{ isNew: boolean; body: (acceptLanguage: string | undefined) => unknown }>
  readonly findingText: FindingText
  readonly newId: () => string
}

const idempotencyKey = { type: 'string', minLength: 1, maxLength: 255 }

export function packageRoutes(options: PackageRoutesOptions): Routes {
  return (app, guards) => {
    app.post(
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
          querystring: { type: 'object', additionalProperties: false, properties: {} },
          headers: { type: 'object', properties: { 'idempotency-key': idempotencyKey } },
          response: {
            202: { description: 'Accepted', anyOf: [schemaRef('package-receipt'), schemaRef('status-receipt')] },
            200: {
              description: 'A repeat: the first receipt',
              anyOf: [schemaRef('package-receipt'), schemaRef('status-receipt')],
            },
            ...problems(400, 401, 403, 409, 413, 415, 422, 503),
          },
        },
      },
      (request, reply) => submit(request, reply, options),
    )
  }
}

async function submit(request: FastifyRequest, reply: FastifyReply, options: PackageRoutesOptions) {
  const caller = callerOf(request)
  const trace = {}
  request.submission = trace
  const body = await packageBody(request, options.limits.packageBytesMax)
  const read = await readSubmission(body, options.newId(), trace, options)
  const { package: pkg } = read
  if (isStatus(pkg)) {
    const { isNew, body: view } = await options.acceptStatus({ caller, read, status: pkg })
    return reply.code(isNew ? 202 : 200).send(view(request.headers['accept-language']))
  }
  const key = request.headers['idempotency-key']
  const acceptance = await options.acceptPackage({
    caller,
    read,
    document: pkg,
    ...(typeof key === 'string' ? { idempotencyKey: key } : {}),
  })
  return reply.code(acceptance.isNew ? 202 : 200).send(receiptView(acceptance, request, options.findingText))
}

function isStatus(pkg: AnyPackage): pkg is Exclude<AnyPackage, DocumentPackage> {
  return pkg.type === 'status'
}

function receiptView({ receipt }: Acceptance, request: FastifyRequest, text: FindingText): PackageReceipt {
  const { jws, findings, ...payload } = receipt
  return { ...payload, findings: findingViews(findings, text, request.headers['accept-language']), receipt: jws }
}
