// A blob store for tests that are about rows: what was finished can be read, and the next one can fail.
import { Readable } from 'node:stream'
import { BlobMissing, type BlobStore } from '../../src/domain/ports.ts'

export interface MemoryBlobs extends BlobStore {
  bytes(blobId: string): Buffer
  failNext(): void
}

export function memoryBlobs(): MemoryBlobs {
  const finished = new Map<string, Buffer>()
  let fails = false
  const bytes = (blobId: string) => {
    const found = finished.get(blobId)
    if (found === undefined) throw new BlobMissing(blobId)
    return found
  }
  return {
    bytes,
    failNext() {
      fails = true
    },
    create(blobId) {
      const chunks: Buffer[] = []
      return {
        write: async (chunk) => void chunks.push(chunk),
        async finish() {
          const isFailing = fails
          fails = false
          if (isFailing) throw new Error('no space')
          finished.set(blobId, Buffer.concat(chunks))
        },
        abort: async () => undefined,
      }
    },
    read: async (blobId) => Readable.from([bytes(blobId)]),
    remove: async (blobId) => void finished.delete(blobId),
    idsOfHour: async () => [],
    hours: async () => [],
    removeUnfinished: async () => 0,
  }
}
