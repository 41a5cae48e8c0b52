// POST /api/v1/packages: decode, call the use case, encode (contract §3).
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AnyPackage, DocumentPackage, StatusPackage } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { BlobStore } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import type { DryRunResult } from '../generated/json/dry-run-result.ts'
import type { PackageReceipt } from '../generated/json/package-receipt.ts'
import type { UploadReference } from '../generated/json/upload-reference.ts'
import { callerOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { type FindingText, findingViews } from '../platform/package-facts.ts'
import { announcedBytes, packageBody } from '../platform/request-body.ts'
import type { Acceptance } from './accept-package.ts'
import type { Admission, AdmitSubmission } from './admit-submission.ts'
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
  }) => Promise<{ isNew: boolean; statusId?: string; body: (acceptLanguage: string | undefined) => unknown }>
  readonly findingText: FindingText
  readonly newId: () => string
  /** Whether there is room for a body. Absent where nothing is bounded. */
  readonly admit?: AdmitSubmission
  /** Packages that were brought in pieces. Absent where there is no such door. */
  readonly uploads?: UploadedPackages
}

export interface UploadedPackages {
  /** Throws when the upload is not the system's, or not complete. */
  open(systemId: string, uploadId: string): Promise<UploadedPackage>
  /** It was accepted, or recognised: its bytes go, and asking again finds the receipt. */
  settle(uploadId: string, packageId: string): Promise<void>
  /** The receipt that was given for a package. */
  receiptOf(packageId: string): Promise<(acceptLanguage: string | undefined) => unknown>
}

export type UploadedPackage =
  | { readonly kind: 'accepted'; readonly packageId: string }
  | { readonly kind: 'complete'; readonly length: number; readonly bytes: AsyncIterable<Buffer> }

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
            'Body: the package as application/xml, application/edxml+xml or application/octet-stream, the field `package` of multipart/form-data, or the id of a completed upload as JSON.',
          tags: ['packages'],
          security: [{ bearer: [] }, { basic: [] }],
          // Packages are streams and are judged by the reader.
          body: {
            content: {
              'application/json': { schema: schemaRef('upload-reference') },
              'application/xml': { schema: {} },
              'application/edxml+xml': { schema: {} },
              'application/octet-stream': { schema: {} },
              'multipart/form-data': { schema: {} },
            },
          },
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
            ...problems(400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503),
          },
        },
      },
      (request, reply) => submit(request, reply, options),
    )
  }
}

type SubmitRequest = FastifyRequest<{ Querystring: { dryRun: boolean } }>

async function submit(request: SubmitRequest, reply: FastifyReply, options: PackageRoutesOptions) {
  const { body } = request
  if (!isReference(body)) return await admitAndTake(request, reply, options, await rawBody(request, options))
  if (options.uploads === undefined) {
    throw new GatewayError('unsupported', 'unsupported_media_type', { params: { type: 'application/json' } })
  }
  const { uploadId } = body
  const { systemId } = callerOf(request)
  const upload = await options.uploads.open(systemId, uploadId)
  if (upload.kind === 'accepted') {
    const view = await options.uploads.receiptOf(upload.packageId)
    return reply.code(200).send(view(request.headers['accept-language']))
  }
  return await admitAndTake(request, reply, options, { ...upload, uploadId })
}

/** JSON bodies of this route were checked against upload-reference before they got here. */
function isReference(body: unknown): body is UploadReference {
  return body !== null && typeof body === 'object' && 'uploadId' in body
}

interface Incoming {
  readonly bytes: AsyncIterable<Buffer>
  readonly length: number | undefined
  /** When it was brought in pieces. */
  readonly uploadId?: string
}

async function rawBody(request: SubmitRequest, { limits }: PackageRoutesOptions): Promise<Incoming> {
  return { bytes: await packageBody(request, limits.packageBytesMax), length: announcedBytes(request) }
}

async function admitAndTake(
  request: SubmitRequest,
  reply: FastifyReply,
  options: PackageRoutesOptions,
  incoming: Incoming,
) {
  const { systemId } = callerOf(request)
  const admission = await options.admit?.({ systemId, declaredBytes: incoming.length })
  try {
    return await take(request, reply, { ...options, ...(admission === undefined ? {} : { admission }) }, incoming)
  } finally {
    admission?.leave()
  }
}

interface TakeOptions extends PackageRoutesOptions {
  readonly admission?: Admission
}

async function take(request: SubmitRequest, reply: FastifyReply, options: TakeOptions, { bytes, uploadId }: Incoming) {
  const caller = callerOf(request)
  const { dryRun } = request.query
  const trace = {}
  request.submission = trace
  const read = await readSubmission(bytes, options.newId(), trace, options)
  const { package: pkg } = read
  const settle = async (packageId: string) => {
    if (uploadId !== undefined) await options.uploads?.settle(uploadId, packageId)
  }
  if (isStatus(pkg)) {
    const { isNew, statusId, body: view } = await options.acceptStatus({ caller, read, status: pkg, isDryRun: dryRun })
    if (!dryRun) await settle(statusId ?? read.packageId)
    return reply.code(isNew && !dryRun ? 202 : 200).send(view(request.headers['accept-language']))
  }
  const submission = submissionOf(request, read, pkg)
  if (dryRun)
    return reply.code(200).send(dryRunView(await options.dryRunPackage(submission), request, options.findingText))
  const acceptance = await options.acceptPackage(submission)
  if (acceptance.isNew) options.admission?.accepted(read.size)
  await settle(acceptance.receipt.packageId)
  const view = receiptView(acceptance, options.findingText, request.headers['accept-language'])
  return reply.code(acceptance.isNew ? 202 : 200).send(view)
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

export function receiptView(
  { receipt }: Acceptance,
  text: FindingText,
  acceptLanguage: string | undefined,
): PackageReceipt {
  const { jws, findings, ...payload } = receipt
  return { ...payload, findings: findingViews(findings, text, acceptLanguage), receipt: jws }
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
