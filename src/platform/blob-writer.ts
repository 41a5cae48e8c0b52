// Writes one blob. Small packages are gathered and cost one open, one write, one fsync and one close; large ones go
// through in pieces while the next piece is being received.
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import type { BlobWriter } from '../domain/ports.ts'
import type { BlobFolders } from './blobs.ts'
import { errorCode } from './error-code.ts'

/** Nearly every package (60 KB on average) fits, and a large one is written in pieces the disk likes. */
const pieceBytes = 256 * 1024

export function openBlobWriter(target: {
  readonly path: string
  readonly folders: BlobFolders
  /** The blob is finished or gone. */
  readonly onEnd: () => void
}): BlobWriter {
  const { path, folders, onEnd } = target
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let file: FileHandle | undefined
  // Only what this writer made may be removed by its abort: the path may belong to a finished blob of the same id.
  let isMade = false
  let state: 'open' | 'finished' | 'aborted' = 'open'
  // Pieces are written one after the other; this is the last of them. At most one is in flight while the next gathers.
  let lastWrite: Promise<void> = Promise.resolve()

  const writePiece = async (piece: Buffer): Promise<void> => {
    file ??= await createFile(path, folders)
    isMade = true
    for (let written = 0; written < piece.length; ) written += (await file.write(piece, written)).bytesWritten
  }
  const flush = (): void => {
    const piece = gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered)
    gathered = []
    gatheredBytes = 0
    lastWrite = writePiece(piece)
    // Whoever awaits it next hears of a failure; until then it must not count as unhandled.
    lastWrite.catch(() => undefined)
  }
  const refuseEnded = () => {
    if (state !== 'open') throw new Error(`the blob writer is ${state}`)
  }

  return {
    async write(chunk) {
      refuseEnded()
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (gatheredBytes < pieceBytes) return
      await lastWrite.catch(explainFullDisk)
      if (state === 'open') flush()
    },

    async finish() {
      refuseEnded()
      try {
        await lastWrite
        refuseEnded()
        flush()
        await lastWrite
        await file?.sync()
        await file?.close()
        file = undefined
        await folders.sync(dirname(path))
      } catch (error) {
        explainFullDisk(error)
      }
      refuseEnded()
      state = 'finished'
      onEnd()
    },

    async abort() {
      if (state !== 'open') return
      state = 'aborted'
      gathered = []
      await lastWrite.catch(() => undefined)
      await file?.close().catch(() => undefined)
      if (isMade)
        await unlink(path).catch((error: unknown) => {
          if (errorCode(error) !== 'ENOENT') throw error
        })
      onEnd()
    },
  }
}

/** The sweep removes folders that have become empty, perhaps in the very moment between making one and using it. */
async function createFile(path: string, folders: BlobFolders): Promise<FileHandle> {
  const folder = dirname(path)
  for (let attempt = 1; ; attempt++) {
    try {
      await folders.ensure(folder)
      // Never over an existing file: an id is used once (design D6).
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || attempt === 3) throw error
      folders.forget(folder)
    }
  }
}

/** A full disk is an outage that the sender should hear of by its name; he may come back later. */
function explainFullDisk(error: unknown): never {
  const code = errorCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new GatewayError('unavailable', 'storage_full', { retryAfterSeconds: 300, cause: error })
  throw error
}
