// Takes the bytes of packages from one blob store to another, and believes nothing: every blob's hash is compared with
// what its row says while it is copied.
import { createHash } from 'node:crypto'
import { BlobMissing, type BlobStore } from '../domain/ports.ts'
import { uuidv7Time } from '../platform/ids.ts'

export interface NamedBlob {
  readonly id: string
  readonly sha256: string
  readonly size: number
}

export interface CopiedBlobs {
  count: number
  bytes: number
  copied: number
  copiedBytes: number
  /** Missing at the source, or not what their rows say. */
  readonly damaged: string[]
}

export interface CopyBlobsOptions {
  readonly from: Pick<BlobStore, 'read'>
  readonly to: Pick<BlobStore, 'create' | 'read' | 'remove' | 'idsOfHour'>
  /** True where the target is known to hold it whole. Any other that is there already is read and compared. */
  readonly isSafe: (blob: NamedBlob) => boolean | Promise<boolean>
  readonly onProgress?: (so: CopiedBlobs) => void
}

/** So many at once: a blob of 60 KB waits for the disk, not for us. */
const atOnce = 8

/** The blobs must come in the order of their ids. */
export async function copyBlobs(blobs: AsyncIterable<NamedBlob>, options: CopyBlobsOptions): Promise<CopiedBlobs> {
  const done: CopiedBlobs = { count: 0, bytes: 0, copied: 0, copiedBytes: 0, damaged: [] }
  const present = presentIn(options.to)
  const running = new Set<Promise<void>>()
  for await (const blob of blobs) {
    done.count += 1
    done.bytes += blob.size
    if ((await present(blob.id)) && (await options.isSafe(blob))) continue
    if (running.size >= atOnce) await Promise.race(running)
    const copy = copyOne(blob, await present(blob.id), options, done).finally(() => running.delete(copy))
    running.add(copy)
    if (done.count % 1000 === 0) options.onProgress?.(done)
  }
  await Promise.all(running)
  done.damaged.sort()
  return done
}

async function copyOne(blob: NamedBlob, isThere: boolean, { from, to }: CopyBlobsOptions, done: CopiedBlobs) {
  if (isThere && (await isWhole(to, blob))) return
  if (isThere) await to.remove(blob.id)
  const writer = to.create(blob.id)
  const hash = createHash('sha256')
  try {
    for await (const chunk of await from.read(blob.id)) {
      hash.update(chunk)
      await writer.write(chunk)
    }
    if (hash.digest('hex') !== blob.sha256) throw new BlobMissing(blob.id)
    await writer.finish()
    done.copied += 1
    done.copiedBytes += blob.size
  } catch (error) {
    await writer.abort()
    if (!(error instanceof BlobMissing)) throw error
    done.damaged.push(blob.id)
  }
}

export async function isWhole(store: Pick<BlobStore, 'read'>, blob: NamedBlob): Promise<boolean> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of await store.read(blob.id)) hash.update(chunk)
  } catch (error) {
    if (error instanceof BlobMissing) return false
    throw error
  }
  return hash.digest('hex') === blob.sha256
}

/** Ids come in order, so one hour's list at a time is enough. */
function presentIn(store: Pick<BlobStore, 'idsOfHour'>): (id: string) => Promise<boolean> {
  let hour = Number.NaN
  let ids: ReadonlySet<string> = new Set()
  return async (id) => {
    const of = Math.floor(uuidv7Time(id).getTime() / hourMs) * hourMs
    if (of !== hour) {
      ids = new Set(await store.idsOfHour(new Date(of)))
      hour = of
    }
    return ids.has(id)
  }
}

const hourMs = 3_600_000
