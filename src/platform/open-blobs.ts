// The store that the configuration names: a folder, or a bucket.
import { mkdir, statfs } from 'node:fs/promises'
import type { BlobStore } from '../domain/ports.ts'
import { createFileBlobStore } from './blobs.ts'
import type { S3Place } from './s3-client.ts'

export interface BlobsConfig {
  readonly blobFolder: string
  readonly s3: S3Place | undefined
}

export interface OpenBlobs {
  readonly store: BlobStore
  /** Rejects when nothing could be stored now. */
  check(): Promise<void>
  close(): void
}

export async function openBlobs({ blobFolder, s3 }: BlobsConfig): Promise<OpenBlobs> {
  if (s3 === undefined) return folderBlobs(blobFolder)
  // The client library takes its time to load; whoever keeps files need not wait for it.
  const { openS3Bucket } = await import('./s3-client.ts')
  const { createS3BlobStore } = await import('./s3-blobs.ts')
  const bucket = openS3Bucket(s3)
  return { store: createS3BlobStore(bucket), check: bucket.check, close: bucket.close }
}

function folderBlobs(folder: string): OpenBlobs {
  return {
    store: createFileBlobStore(folder),
    async check() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await statfs(folder)
    },
    close() {},
  }
}
