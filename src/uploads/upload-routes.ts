// /api/v1/uploads: tus 1.0 with creation, creation-with-upload, termination, checksum and expiration, for packages that
// come over lines which do not hold. The protocol's five requests are served here; refusals are problem documents, as
// everywhere. Why not by a library: docs/pressure.md.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import { callerOf, problems, type Routes } from '../platform/http.ts'
import { announcedBytes, chunksOf, packageTooLarge } from '../platform/request-body.ts'
import { movedOn, type Received, type ReceivePartOptions, receivePart } from './receive-part.ts'
import {
  byteCount,
  checksumAlgorithms,
  checksumOf,
  metadataOf,
  refuseOtherVersion,
  tusExtensions,
  tusVersion,
} from './tus-headers.ts'
import { deleteUpload, findUpload, insertUpload, type Upload } from './upload-store.ts'
import { present } from './uploaded-packages.ts'

export interface UploadRoutesOptions extends ReceivePartOptions {
  readonly packageBytesMax: number
  /** Whether there is room for an upload of so many bytes, now and while its pieces come in. */
  readonly admit: (upload: { readonly systemId: string; readonly bytes: number }) => Promise<UploadAdmission>
}

export interface UploadAdmission {
  take(bytes: number): Promise<void>
  leave(): void
}

const path = '/api/v1/uploads'
const pieceType = 'application/offset+octet-stream'
/** More than any installation has on their way; it bounds what one system can leave lying for a day. */
const openUploadsMax = 100

const common = { tags: ['packages'], security: [{ bearer: [] }, { basic: [] }] }
const uploadId = {
  type: 'object',
  required: ['uploadId'],
  properties: { uploadId: { type: 'string', format: 'uuid' } },
}
const offset = { description: 'Upload-Offset says how many bytes are safely stored' }

type OneUpload = FastifyRequest<{ Params: { uploadId: string } }>

export function uploadRoutes(options: UploadRoutesOptions): Routes {
  return (app, guards) => {
    const onRequest = [
      guards.system,
      async (request: FastifyRequest, reply: FastifyReply) => {
        reply.headers({ 'tus-resumable': tusVersion, 'cache-control': 'no-store' })
        if (request.headers['tus-resumable'] !== tusVersion) reply.header('tus-version', tusVersion)
        refuseOtherVersion(request.headers)
      },
    ]
    app.addContentTypeParser(pieceType, (_request, payload, done) => done(null, payload))

    app.options(
      path,
      { schema: { ...common, security: [], summary: 'What of tus 1.0 is served' } },
      (_request, reply) => reply.code(204).headers(abilities(options.packageBytesMax)).send(),
    )
    app.post(
      path,
      {
        onRequest,
        schema: {
          ...common,
          summary:
            'Begins a resumable upload of a package (tus 1.0); then PATCH, then POST /api/v1/packages {uploadId}',
          response: {
            201: { description: 'Location names the upload' },
            ...problems(400, 401, 412, 413, 415, 429, 503),
          },
        },
      },
      (request, reply) => create(request, reply, options),
    )
    app.head<{ Params: { uploadId: string } }>(
      `${path}/:uploadId`,
      {
        onRequest,
        schema: {
          ...common,
          summary: 'How far an upload has come',
          params: uploadId,
          response: { 200: offset, ...problems(401, 404, 410, 412) },
        },
      },
      (request, reply) => tell(request, reply, options),
    )
    const piece = { 204: offset, ...problems(400, 401, 404, 409, 410, 412, 413, 415, 460, 503) }
    app.patch<{ Params: { uploadId: string } }>(
      `${path}/:uploadId`,
      { onRequest, schema: { ...common, summary: 'Adds a piece at Upload-Offset', params: uploadId, response: piece } },
      (request, reply) => add(request, reply, options),
    )
    app.delete<{ Params: { uploadId: string } }>(
      `${path}/:uploadId`,
      {
        onRequest,
        schema: {
          ...common,
          summary: 'Ends an upload',
          params: uploadId,
          response: { 204: { description: 'Gone' }, ...problems(401, 404, 410, 412) },
        },
      },
      (request, reply) => end(request, reply, options),
    )
    // For clients behind a proxy that lets neither PATCH nor DELETE through (tus: X-HTTP-Method-Override).
    app.post<{ Params: { uploadId: string } }>(
      `${path}/:uploadId`,
      {
        onRequest,
        schema: {
          ...common,
          summary:
            'PATCH or DELETE for clients behind a proxy that lets neither through: X-HTTP-Method-Override says which',
          params: uploadId,
          response: piece,
        },
      },
      (request, reply) => overridden(request, reply, options),
    )
  }
}

function abilities(packageBytesMax: number): Record<string, string> {
  return {
    'tus-resumable': tusVersion,
    'tus-version': tusVersion,
    'tus-extension': tusExtensions,
    'tus-max-size': String(packageBytesMax),
    'tus-checksum-algorithm': checksumAlgorithms.join(','),
  }
}

async function create(request: FastifyRequest, reply: FastifyReply, options: UploadRoutesOptions) {
  const { systemId } = callerOf(request)
  const length = byteCount(request.headers, 'upload-length')
  const metadata = metadataOf(request.headers)
  if (length === 0) throw new GatewayError('invalid', 'empty_body')
  if (length > options.packageBytesMax) throw packageTooLarge(options.packageBytesMax)
  const admission = await options.admit({ systemId, bytes: length })
  try {
    const upload = await begin({ systemId, length, metadata }, options)
    const { received, expiresAt } = await receive(request, upload, admission, options)
    return await reply
      .code(201)
      .headers({ location: `${path}/${upload.uploadId}`, ...offsetHeaders(received, expiresAt) })
      .send()
  } finally {
    admission.leave()
  }
}

async function begin(
  upload: { readonly systemId: string; readonly length: number; readonly metadata: string },
  { db, files, newId }: UploadRoutesOptions,
): Promise<Pick<Upload, 'uploadId' | 'length' | 'received' | 'expiresAt'>> {
  const id = newId()
  const expiresAt = await insertUpload(db, { ...upload, uploadId: id }, openUploadsMax)
  if (expiresAt === undefined) {
    throw new GatewayError('rate_limited', 'uploads_too_many', {
      params: { limit: openUploadsMax },
      retryAfterSeconds: 60,
    })
  }
  await files.create(id)
  return { uploadId: id, length: upload.length, received: 0, expiresAt }
}

async function tell(request: OneUpload, reply: FastifyReply, options: UploadRoutesOptions) {
  const { received, length, metadata, expiresAt } = await ownUpload(request, options)
  return await reply
    .code(200)
    .headers({ ...offsetHeaders(received, expiresAt), 'upload-length': String(length) })
    .headers(metadata === '' ? {} : { 'upload-metadata': metadata })
    .send()
}

async function add(request: OneUpload, reply: FastifyReply, options: UploadRoutesOptions) {
  const at = byteCount(request.headers, 'upload-offset')
  refuseOtherType(request)
  const upload = await ownUpload(request, options)
  const { received } = upload
  if (at !== received) throw movedOn(received)
  const { systemId } = callerOf(request)
  // An upload is judged as a whole: a package of 500 MB is no smaller for coming in pieces.
  const admission = await options.admit({ systemId, bytes: upload.length })
  try {
    const reached = await receive(request, upload, admission, options)
    return await reply.code(204).headers(offsetHeaders(reached.received, reached.expiresAt)).send()
  } finally {
    admission.leave()
  }
}

async function end(request: OneUpload, reply: FastifyReply, options: UploadRoutesOptions) {
  const { uploadId: id } = await ownUpload(request, options)
  await deleteUpload(options.db, id)
  await options.files.remove(id)
  return await reply.code(204).send()
}

async function overridden(request: OneUpload, reply: FastifyReply, options: UploadRoutesOptions) {
  switch (request.headers['x-http-method-override']) {
    case 'PATCH':
      return await add(request, reply, options)
    case 'DELETE':
      return await end(request, reply, options)
    default:
      throw new GatewayError('not_found', 'route_not_found')
  }
}

async function ownUpload(request: OneUpload, { db }: UploadRoutesOptions): Promise<Upload> {
  return present(await findUpload(db, request.params.uploadId, callerOf(request).systemId))
}

/** The body of a PATCH, or of a creation that brings its first bytes along. */
async function receive(
  request: FastifyRequest,
  upload: Pick<Upload, 'uploadId' | 'length' | 'received' | 'expiresAt'>,
  admission: UploadAdmission,
  options: UploadRoutesOptions,
): Promise<Received> {
  const checksum = checksumOf(request.headers)
  if (!hasPiece(request)) return { received: upload.received, expiresAt: upload.expiresAt }
  if (upload.received + (announcedBytes(request) ?? 0) > upload.length) {
    throw new GatewayError('too_large', 'upload_overrun', { params: { length: upload.length } })
  }
  const body = chunksOf(request.raw)
  return await receivePart({ upload, body, checksum, take: (bytes) => admission.take(bytes) }, options)
}

function hasPiece(request: FastifyRequest): boolean {
  return typeOf(request) === pieceType && announcedBytes(request) !== 0
}

function refuseOtherType(request: FastifyRequest): void {
  if (typeOf(request) === pieceType) return
  const params = { type: request.headers['content-type'] ?? '' }
  throw new GatewayError('unsupported', 'unsupported_media_type', { params })
}

function typeOf({ headers }: FastifyRequest): string | undefined {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase()
}

function offsetHeaders(received: number, expiresAt: Date): Record<string, string> {
  return { 'upload-offset': String(received), 'upload-expires': expiresAt.toUTCString() }
}
