// Packages as objects of one S3 bucket, under the same paths as in a folder (blob-hours.ts).

import { Readable } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { BlobMissing, type BlobStore, BlobStoreAway } from '../domain/ports.ts'
import { blobPath } from './blob-hours.ts'
import { isBeyondEnd, isMissing, type S3Bucket, throwAway } from './s3-client.ts'
import { abortUnfinished, hoursOf, idsOfHour } from './s3-listing.ts'
import { openS3Writer, partBytesUsual } from './s3-writer.ts'

/** Blob ids must be UUIDv7 (`uuidv7()`); any other is a bug of the caller and throws. */
export function createS3BlobStore(bucket: S3Bucket, { partBytes = partBytesUsual } = {}): BlobStore {
  return {
    create: (blobId) => openS3Writer(bucket, bucket.keyOf(blobPath(blobId)), partBytes),

    async read(blobId, range) {
      const { start = 0, end = Number.MAX_SAFE_INTEGER } = range ?? {}
      const fetch = (from: number, to: number) => fetchPiece(bucket, blobId, from, to)
      const pieces = readPieces(fetch, start, end)
      // The first piece is fetched before anything is promised, so that a blob that is missing is told here.
      const first = await pieces.next()
      return Readable.from(first.done === true ? [] : rejoin(first.value, pieces), { objectMode: false })
    },

    async remove(blobId) {
      // S3 answers alike whether there was one or not.
      await bucket.client.send(new DeleteObjectCommand(objectOf(bucket, blobId))).catch(throwAway)
    },

    idsOfHour: (hour) => idsOfHour(bucket, hour).catch(throwAway),
    hours: (part = {}) => hoursOf(bucket, part).catch(throwAway),
    removeUnfinished: (before) => abortUnfinished(bucket, before).catch(throwAway),
  }
}

async function* rejoin(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}

/**
 * A blob is read in pieces, each one request that is over before its bytes are handed on: a receiver that drips keeps no
 * connection to the store, and a cut connection costs one piece and not the push of a whole package.
 */
const pieceBytes = 4 * 1024 * 1024
const pieceTries = 3

interface Piece {
  readonly bytes: Buffer
  /** Of the whole object. */
  readonly size: number
}

type Fetch = (start: number, end: number) => Promise<Piece | undefined>

async function* readPieces(fetch: Fetch, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start, last = end; at <= last; ) {
    const piece = await fetch(at, Math.min(last, at + pieceBytes - 1))
    if (piece === undefined) return
    last = Math.min(end, piece.size - 1)
    at += piece.bytes.length
    yield piece.bytes
  }
}

/** Undefined when the blob ends before `start`. The client itself tries again only until the answer has begun. */
async function fetchPiece(bucket: S3Bucket, blobId: string, start: number, end: number): Promise<Piece | undefined> {
  const object = objectOf(bucket, blobId)
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await bucket.client.send(new GetObjectCommand({ ...object, Range: `bytes=${start}-${end}` }))
      return { bytes: await bodyOf(answer), size: sizeOf(answer) }
    } catch (error) {
      if (isBeyondEnd(error)) return undefined
      if (isMissing(error)) throw new BlobMissing(blobId, { cause: error })
      const isCut = error instanceof BodyCut
      if (!isCut || attempt === pieceTries) throwAway(error)
    }
  }
}

function objectOf(bucket: S3Bucket, blobId: string) {
  return { Bucket: bucket.place.bucket, Key: bucket.keyOf(blobPath(blobId)) }
}

/** The bytes of an answer were not all there in time. */
class BodyCut extends Error {
  override readonly name = 'BodyCut'
}

/** A piece that takes longer comes over a line on which nothing could be delivered. */
const bodyMsMax = 20_000

async function bodyOf({ Body, ContentLength }: GetObjectCommandOutput): Promise<Buffer> {
  if (!(Body instanceof Readable)) throw new BlobStoreAway(new Error('the answer of the store has no body'))
  const late = setTimeout(() => Body.destroy(new Error(`no end after ${bodyMsMax} ms`)), bodyMsMax)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of Body) chunks.push(chunk)
  } catch (cause) {
    throw new BodyCut('the answer of the store was cut', { cause })
  } finally {
    clearTimeout(late)
  }
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
  if (bytes.length !== ContentLength) throw new BodyCut(`${bytes.length} bytes instead of ${ContentLength}`)
  return bytes
}

/** `bytes 0-99/2000`. A store that ignores ranges would be read for ever, or into memory as a whole. */
function sizeOf({ ContentRange }: GetObjectCommandOutput): number {
  const [, size] = /^bytes \d+-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? []
  if (size === undefined) throw new BlobStoreAway(new Error(`the store does not answer ranges (${ContentRange})`))
  return Number(size)
}
