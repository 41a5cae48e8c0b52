// Serving the exact bytes of a package, whole or in part (RFC 9110 §14), with the hash that lets the receiver check
// them.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'
import type { BlobStore } from '../domain/ports.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'

export interface StoredPackage {
  readonly packageId: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly size: number
  /** A report is JSON; everything else is edXML, as where nothing is said. */
  readonly type?: 'edoc' | 'status' | 'report'
  /** When retention removed the bytes. */
  readonly contentRemovedAt?: Date | null
}

/** Which bytes, of which blob store, and what must be written down before the first of them is served. */
export interface PackageService {
  readonly blobs: BlobStore
  readonly beforeFirstByte: () => Promise<void>
}

export async function sendPackageBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  pkg: StoredPackage,
  { blobs, beforeFirstByte }: PackageService,
): Promise<FastifyReply> {
  const etag = `"${pkg.sha256}"`
  const range = wantedRange(request, etag, pkg.size)
  if (pkg.contentRemovedAt != null) {
    throw new GatewayError('gone', 'content_removed', { params: { removedAt: vietnamTime(pkg.contentRemovedAt) } })
  }
  // Opened first: a store that is away must not make the delivery look taken.
  const bytes = await blobs.read(pkg.packageId, range)
  try {
    await beforeFirstByte()
  } catch (error) {
    bytes.destroy()
    throw error
  }
  reply.header('etag', etag)
  reply.header('digest', `sha-256=${Buffer.from(pkg.sha256, 'hex').toString('base64')}`)
  reply.header('accept-ranges', 'bytes')
  reply.header('cache-control', 'no-store')
  reply.header('x-content-type-options', 'nosniff')
  reply.type(pkg.type === 'report' ? 'application/json' : 'application/edxml+xml')
  if (range === undefined) {
    reply.header('content-length', pkg.size)
    return reply.send(bytes)
  }
  reply.code(206)
  reply.header('content-range', `bytes ${range.start}-${range.end}/${pkg.size}`)
  reply.header('content-length', range.end - range.start + 1)
  return reply.send(bytes)
}

/** One range of bytes; several at once, or a stale If-Range, are answered with the whole. */
function wantedRange(request: FastifyRequest, etag: string, size: number): { start: number; end: number } | undefined {
  const { range, 'if-range': ifRange } = request.headers
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim())
  const [, from = '', to = ''] = match ?? []
  if (match === null || (from === '' && to === '')) return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (start > end || start >= size) throw new GatewayError('invalid', 'range_not_satisfiable', { params: { size } })
  return { start, end }
}
