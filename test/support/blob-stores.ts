// Both stores of bytes, for tests of what works on either: name and how to open one of its own.
import type { BlobStore } from '../../src/domain/ports.ts'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { createS3BlobStore } from '../../src/platform/s3-blobs.ts'
import { openS3Bucket } from '../../src/platform/s3-client.ts'
import { placeAt } from './s3-places.ts'
import { startTestS3 } from './s3-server.ts'
import { scratchFolder } from './scratch.ts'

export interface OpenTestBlobs {
  readonly store: BlobStore
  close(): Promise<void>
}

async function folder(): Promise<OpenTestBlobs> {
  const scratch = scratchFolder('blobs')
  return { store: createFileBlobStore(scratch.path), close: async () => scratch.remove() }
}

async function bucket(): Promise<OpenTestBlobs> {
  const s3 = await startTestS3()
  const opened = openS3Bucket(placeAt(s3.endpoint, s3.bucket))
  return {
    store: createS3BlobStore(opened),
    async close() {
      opened.close()
      await s3.close()
    },
  }
}

export const bothStores: readonly (readonly [name: string, open: () => Promise<OpenTestBlobs>])[] = [
  ['a folder', folder],
  ['a bucket', bucket],
]

export async function putBlob(store: BlobStore, blobId: string, bytes: Buffer): Promise<void> {
  const writer = store.create(blobId)
  await writer.write(bytes)
  await writer.finish()
}
