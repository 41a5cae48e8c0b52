// How much room the disk of a folder has. Asking costs a system call, so the answer is kept for a second; what this
// process has written meanwhile is taken off, so that a hundred packages in one second do not share the same room.
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { StorageSpace } from '../domain/storage-reserve.ts'
import { errorCode } from './error-code.ts'

export interface DiskSpace {
  space(): Promise<StorageSpace>
  /** Bytes that are about to be written. */
  take(bytes: number): void
}

const readingMsMax = 1_000

export function openDiskSpace(folder: string, now: () => number = () => performance.now()): DiskSpace {
  let reading: Promise<StorageSpace> | undefined
  let readAt = Number.NEGATIVE_INFINITY
  // Bytes may lie in memory for a moment before they are written, so those of the last reading's time count once more.
  let takenSince = 0
  let takenBefore = 0

  const read = (): Promise<StorageSpace> => {
    readAt = now()
    takenBefore = takenSince
    takenSince = 0
    const fresh = spaceOf(folder)
    // A failure is not kept: the next question asks the disk again.
    fresh.catch(() => {
      if (reading === fresh) reading = undefined
    })
    return fresh
  }

  return {
    async space() {
      if (reading === undefined || now() - readAt >= readingMsMax) reading = read()
      const { freeBytes, totalBytes } = await reading
      return { freeBytes: Math.max(0, freeBytes - takenSince - takenBefore), totalBytes }
    },
    take(bytes) {
      takenSince += bytes
    },
  }
}

/** A store without a disk of ours, such as S3. */
export const boundlessSpace: DiskSpace = {
  space: async () => ({ freeBytes: Number.MAX_SAFE_INTEGER, totalBytes: Number.MAX_SAFE_INTEGER }),
  take() {},
}

/** The folder is made with the first package; until then its disk is that of the folder above. */
async function spaceOf(folder: string): Promise<StorageSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch (error) {
    const above = dirname(folder)
    if (errorCode(error) !== 'ENOENT' || above === folder) throw error
    return await spaceOf(above)
  }
}
