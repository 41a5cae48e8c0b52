// Types for other people's systems. PostgreSQL is ours and has no port.
import type { Readable } from 'node:stream'
import type { AttemptOutcome, ClaimedDelivery, DeliverablePackage } from './delivery.ts'
import { GatewayError } from './errors.ts'

/** The one source of "now" for the program's own decisions; leases and due times use the database's clock. */
export interface Clock {
  now(): Date
}

/** A way out of the gateway. It takes one package and its deliveries and answers an outcome for each (design D16). */
export interface DeliveryChannel {
  deliver(request: {
    readonly package: DeliverablePackage
    readonly deliveries: readonly ClaimedDelivery[]
    readonly signal: AbortSignal
  }): Promise<ReadonlyMap<string, AttemptOutcome>>
}

/** Where the bytes of packages live. An id is chosen at the start of a submission and never reused (design D6). */
export interface BlobStore {
  /** Begins a blob; nothing is visible or durable before `finish` has resolved. */
  create(blobId: string): BlobWriter
  /** Opens bytes `start`..`end` (inclusive), or all of them. Rejects with `BlobMissing` when there is none. */
  read(blobId: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  remove(blobId: string): Promise<void>
  /** Ids of blobs begun in the given hour (UTC), for the orphan sweep. */
  idsOfHour(hour: Date): Promise<string[]>
  /** Hours (UTC) that hold blobs, oldest first; of a part of the time, if only that is asked for. */
  hours(part?: { readonly from?: Date; readonly until?: Date }): Promise<Date[]>
  /**
   * Removes what writers that fell silent before the given moment left where no hour lists it. Answers how much of it
   * there was. What they left among the blobs of an hour is the orphan sweep's.
   */
  removeUnfinished(before: Date): Promise<number>
}

export interface BlobWriter {
  /** Resolves when the writer can take more; memory stays bounded by the chunks in hand. */
  write(chunk: Buffer): Promise<void>
  /** Resolves once the blob would outlive a power cut: file and folder on disk, or the object stored. */
  finish(): Promise<void>
  /** Leaves nothing behind, or, while the store is away, what its sweeps will find. Safe at any time, also while `finish` runs. */
  abort(): Promise<void>
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
  readonly blobId: string
  constructor(blobId: string, options?: ErrorOptions) {
    super(`blob ${blobId} is missing`, options)
    this.blobId = blobId
  }
}

/** The store of bytes cannot be reached, or does not take what it must take. Whoever sent something may come back soon. */
export class BlobStoreAway extends GatewayError {
  constructor(cause: unknown) {
    super('unavailable', 'storage_unavailable', { retryAfterSeconds: 10, cause })
  }
}
