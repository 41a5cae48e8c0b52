// Takes a body in as a stream: to the blob store, through the hash and through the reader at once, so that memory
// stays flat whatever its size (design D7). A refused or abandoned body leaves nothing behind.
import { createHash } from 'node:crypto'
import type { AnyPackage, Finding } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { BlobStore } from '../domain/ports.ts'
import type { StoredFacts } from '../domain/storage-reserve.ts'
import { PackageReader } from '../edxml/package-reader.ts'
import type { SubmissionTrace } from '../platform/http.ts'
import { packageTooLarge } from '../platform/request-body.ts'
import type { Admission } from './admit-submission.ts'

export interface SubmissionLimits {
  readonly packageBytesMax: number
  readonly headerBytesMax: number
  readonly attachmentsMax: number
}

export interface ReadSubmission {
  readonly packageId: string
  readonly package: AnyPackage
  readonly findings: readonly Finding[]
  /** Line and column of the element at a canonical path. */
  readonly placeOf: (path: string) => { readonly line: number; readonly column: number }
  readonly sha256: Buffer
  readonly size: number
  /** Resolves once the bytes are durable; awaited before the commit, so that the fsync overlaps the addressing. */
  readonly stored: Promise<void>
  /** Removes the bytes of a submission that was not accepted after all. */
  discard(): Promise<void>
}

/** Asked before bytes are stored. Absent for what the gateway wrote itself. */
export type BodyAdmission = Pick<Admission, 'headerRead' | 'take'>

const depthMax = 64

export async function readSubmission(
  body: AsyncIterable<Buffer>,
  packageId: string,
  trace: SubmissionTrace,
  deps: { readonly blobs: BlobStore; readonly limits: SubmissionLimits; readonly admission?: BodyAdmission },
): Promise<ReadSubmission> {
  const { blobs, limits, admission } = deps
  const writer = blobs.create(packageId)
  const hash = createHash('sha256')
  const reader = new PackageReader({ ...limits, depthMax })
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > limits.packageBytesMax) throw packageTooLarge(limits.packageBytesMax)
      hash.update(chunk)
      reader.write(chunk)
      // The header comes before the attachments, so a package for which there is no room is refused before its body.
      if (reader.facts !== undefined) await admission?.headerRead(reader.facts)
      await admission?.take(chunk.length)
      await writer.write(chunk)
    }
    if (size === 0) throw new GatewayError('invalid', 'empty_body')
    const sha256 = hash.digest()
    trace.sha256 = sha256
    const read = await reader.finish()
    await admission?.headerRead(factsOf(read.package))
    const stored = writer.finish()
    // The result is awaited at the commit; until then a failure must not count as unhandled.
    stored.catch(() => {})
    return {
      packageId,
      package: read.package,
      findings: read.findings,
      placeOf: (path) => reader.placeOf(path),
      sha256,
      size,
      stored,
      async discard() {
        await stored.catch(() => {})
        await blobs.remove(packageId)
      },
    }
  } catch (error) {
    await writer.abort()
    throw error
  } finally {
    trace.size = size
    if (reader.seen.fromOrganId !== undefined) trace.organId = reader.seen.fromOrganId
    if (reader.seen.documentId !== undefined) trace.documentId = reader.seen.documentId
  }
}

function factsOf(pkg: AnyPackage): StoredFacts {
  if (pkg.type === 'status') return { kind: 'status', priority: 0 }
  return { kind: pkg.kind === 'recall' ? 'recall' : 'document', priority: pkg.priority }
}
