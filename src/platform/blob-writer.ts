// Writes one blob. A small package is gathered and cost one open, one write that returns when it is on disk (O_SYNC),
// and one close; large ones go through in pieces while the next piece is being received, and are synced at the end.
// Opening and closing are done at once: handing them to the thread pool cost more than the work itself (measured:
// docs/figures.md). What waits for the disk leaves the event loop, in one hop for a small package.
import { closeSync, constants, fsync, openSync, write } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { GatewayError } from '../domain/errors.ts'
import type { BlobWriter } from '../domain/ports.ts'
import { errorCode } from './error-code.ts'
import type { FolderSync } from './folder-sync.ts'

const syncFile = promisify(fsync)
// Windows has no such flag; there every blob is synced after it was written.
const hasSyncedWrites = 'O_SYNC' in constants
const newAndSynced = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_SYNC
const writeFile = promisify(write)

/** Nearly every package (60 KB on average) fits, and a large one is written in pieces the disk likes. */
const pieceBytes = 256 * 1024

/** Makes folders and knows when they are on disk. Shared by all writers of a store. */
export interface BlobFolders {
  /** Resolves when the folder exists and every folder made for it is named durably in its parent. */
  ensure(folder: string): Promise<void>
  /** The folder turned out to be gone: it will be made again. */
  forget(folder: string): void
  /** Resolves when names written to the folder before the call are on disk. */
  readonly sync: FolderSync
}

export function openBlobWriter(target: {
  readonly path: string
  readonly folders: BlobFolders
  /** The blob is finished or gone. */
  readonly onEnd: () => void
}): BlobWriter {
  const { path, folders, onEnd } = target
  let gathered: Buffer[] = []
  let gatheredBytes = 0
  let file: number | undefined
  // Only what this writer made may be removed by its abort: the path may belong to a finished blob of the same id.
  let isMade = false
  // All of it is written in one go, and synced by the write itself.
  let isWhole = false
  let state: 'open' | 'finished' | 'aborted' = 'open'
  // Pieces are written one after the other; this is the last of them. At most one is in flight while the next gathers.
  let lastWrite: Promise<void> = Promise.resolve()

  const writePiece = async (piece: Buffer): Promise<void> => {
    file ??= await createFile(path, folders, isWhole)
    isMade = true
    for (let written = 0; written < piece.length; ) {
      const { bytesWritten } = await writeFile(file, piece, written, piece.length - written, null)
      written += bytesWritten
    }
  }
  const takeGathered = (): Buffer => {
    const piece = gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered)
    gathered = []
    gatheredBytes = 0
    return piece
  }
  const flush = (): void => {
    const piece = takeGathered()
    lastWrite = writePiece(piece)
    // Whoever awaits it next hears of a failure; until then it must not count as unhandled.
    lastWrite.catch(() => undefined)
  }
  const closeFile = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
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
        isWhole = hasSyncedWrites && file === undefined
        flush()
        await lastWrite
        if (file !== undefined && !isWhole) await syncFile(file)
        closeFile()
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
      closeFile()
      if (isMade)
        await unlink(path).catch((error: unknown) => {
          if (errorCode(error) !== 'ENOENT') throw error
        })
      onEnd()
    },
  }
}

/** The sweep removes folders that have become empty, perhaps in the very moment between making one and using it. */
async function createFile(path: string, folders: BlobFolders, isWhole: boolean): Promise<number> {
  const folder = dirname(path)
  for (let attempt = 1; ; attempt++) {
    try {
      await folders.ensure(folder)
      // Never over an existing file: an id is used once (design D6).
      return openSync(path, isWhole ? newAndSynced : 'wx', 0o600)
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
