// One bucket of an S3-compatible store, and what its answers mean. Everything that is told here to the client library
// would otherwise be looked for in the environment and in files of the home folder: config.ts alone reads settings.
import { HeadBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { GatewayError } from '../domain/errors.ts'
import { BlobStoreAway } from '../domain/ports.ts'

export interface S3Place {
  readonly bucket: string
  /** Empty, or ending with `/`. */
  readonly prefix: string
  /** Undefined: Amazon's own, by the region. */
  readonly endpoint: string | undefined
  readonly region: string
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly forcePathStyle: boolean
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface S3Bucket {
  readonly client: S3Client
  readonly place: S3Place
  /** The key of a path below the root of the store. */
  keyOf(path: string): string
  /** Rejects with `BlobStoreAway` when the bucket cannot be reached. */
  check(): Promise<void>
  close(): void
}

export interface S3Timing {
  readonly connectMs: number
  /** For one try at a request, its body and the beginning of its answer. */
  readonly requestMs: number
  readonly attempts: number
}

/** A sender waits at most for three tries of 10 s; a part of 8 MiB needs one of them even on a line of 10 Mbit/s. */
const usualTiming: S3Timing = { connectMs: 2_000, requestMs: 10_000, attempts: 3 }
/** Small packages are one request each, and hundreds of them may be on their way. */
const connectionsMax = 256

export function openS3Bucket(place: S3Place, timing: S3Timing = usualTiming): S3Bucket {
  const agent = { keepAlive: true, maxSockets: connectionsMax }
  const client = new S3Client({
    region: place.region,
    credentials: { accessKeyId: place.accessKeyId, secretAccessKey: place.secretAccessKey },
    forcePathStyle: place.forcePathStyle,
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    maxAttempts: timing.attempts,
    retryMode: 'standard',
    // Every body is signed with its SHA-256, which says more; further checksums are not understood by every store.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timing.connectMs,
      requestTimeout: timing.requestMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
  return {
    client,
    place,
    keyOf: (path) => place.prefix + path,
    check: () =>
      client.send(new HeadBucketCommand({ Bucket: place.bucket })).then(
        () => undefined,
        (error: unknown) => throwAway(error),
      ),
    close: () => client.destroy(),
  }
}

/** The object is not there. A bucket that is not there is a fault of the store and not of a blob. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket'
}

/** Nothing of the object lies in the range asked for; also of an empty object, whatever the range. */
export function isBeyondEnd(error: unknown): boolean {
  return statusOf(error) === 416
}

/** There is an object of this name already. */
export function isTaken(error: unknown): boolean {
  return statusOf(error) === 412
}

export function isUnknownUpload(error: unknown): boolean {
  return nameOf(error) === 'NoSuchUpload' || isMissing(error)
}

/** All else that is no answer to our question: no connection, no answer in time, wrong keys, no such bucket, 5xx. */
export function throwAway(error: unknown): never {
  if (error instanceof GatewayError) throw error
  if (statusOf(error) === 507 || fullNames.has(nameOf(error) ?? ''))
    throw new GatewayError('unavailable', 'storage_full', { retryAfterSeconds: 300, cause: error })
  throw new BlobStoreAway(error)
}

/** As Ceph, MinIO and SeaweedFS say that nothing more fits. */
const fullNames = new Set(['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage', 'InsufficientCapacity'])

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}

function nameOf(error: unknown): string | undefined {
  return error instanceof S3ServiceException ? error.name : undefined
}
