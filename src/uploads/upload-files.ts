// The pieces of uploads as files: `<folder>/<uploadId>/<partId>`. Each PATCH writes a file of its own and no other, so
// two requests that meet cannot spoil each other's bytes; which of them count is decided by the rows alone.
import { type FileHandle, mkdir, open, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import { errorCode } from '../platform/error-code.ts'
import { createFolderSync } from '../platform/folder-sync.ts'
import type { UploadPart } from './upload-store.ts'

export interface PartWriter {
  write(chunk: Buffer): Promise<void>
  /** Resolves when everything written so far is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface UploadFiles {
  create(uploadId: string): Promise<void>
  /** Rejects with `upload_not_here` when the upload was begun on another server's disk. */
  openPart(uploadId: string, partId: string): Promise<PartWriter>
  removePart(uploadId: string, partId: string): Promise<void>
  read(uploadId: string, parts: readonly UploadPart[]): AsyncGenerator<Buffer>
  remove(uploadId: string): Promise<void>
  uploadIds(): Promise<string[]>
}

const readBytes = 256 * 1024

export function createUploadFiles(folder: string): UploadFiles {
  const syncFolder = createFolderSync()
  const folderOf = (uploadId: string) => join(folder, uploadId)

  return {
    async create(uploadId) {
      await mkdir(folderOf(uploadId), { recursive: true, mode: 0o700 }).catch(explainFullDisk)
      await syncFolder(folder)
    },
    async openPart(uploadId, partId) {
      const file = await open(join(folderOf(uploadId), partId), 'wx', 0o600).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') throw notHere(error)
        return explainFullDisk(error)
      })
      return partWriter(file, () => syncFolder(folderOf(uploadId)))
    },
    removePart: async (uploadId, partId) => await unlink(join(folderOf(uploadId), partId)).catch(ignoreMissing),
    async *read(uploadId, parts) {
      for (const part of parts) yield* readPart(join(folderOf(uploadId), part.partId), part.bytes)
    },
    remove: async (uploadId) => await rm(folderOf(uploadId), { recursive: true, force: true }),
    uploadIds: async () => (await readdir(folder).catch(noneWhenMissing)).filter(isUuid),
  }
}

function partWriter(file: FileHandle, syncName: () => Promise<void>): PartWriter {
  let isNamed = false
  return {
    async write(chunk) {
      try {
        for (let at = 0; at < chunk.length; ) {
          const { bytesWritten } = await file.write(chunk, at, chunk.length - at)
          at += bytesWritten
        }
      } catch (error) {
        explainFullDisk(error)
      }
    },
    async sync() {
      await file.datasync().catch(explainFullDisk)
      if (!isNamed) await syncName()
      isNamed = true
    },
    close: async () => await file.close(),
  }
}

/** Bytes beyond `bytes` were written by a request that died before they were counted, and are passed over. */
async function* readPart(path: string, bytes: number): AsyncGenerator<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT' ? notHere(error) : error
  })
  try {
    for (let at = 0; at < bytes; ) {
      const buffer = Buffer.allocUnsafe(Math.min(readBytes, bytes - at))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) throw new Error(`a part of an upload is shorter than its row says: ${path}`)
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

function notHere(cause: unknown): GatewayError {
  return new GatewayError('unavailable', 'upload_not_here', { retryAfterSeconds: 2, cause })
}

/** As with packages (platform/blob-writer.ts): an outage that the sender should hear of by its name. */
function explainFullDisk(error: unknown): never {
  const code = errorCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new GatewayError('unavailable', 'storage_full', { retryAfterSeconds: 300, cause: error })
  throw error
}

function ignoreMissing(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error
}

function noneWhenMissing(error: unknown): string[] {
  if (errorCode(error) === 'ENOENT') return []
  throw error
}

function isUuid(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)
}
