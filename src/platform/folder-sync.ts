// fsync of folders, shared. A file is only found again after a power cut when its folder is on disk too; with many
// packages arriving at once, one fsync of the hour's folder serves all that were written before it began.
import { open } from 'node:fs/promises'

/** Resolves when names written to the folder before the call are on disk. */
export type FolderSync = (folder: string) => Promise<void>

export function createFolderSync(syncOne: FolderSync = syncFolder): FolderSync {
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Promise<void>>()

  const run = (folder: string): Promise<void> => {
    const done = syncOne(folder).finally(() => running.delete(folder))
    running.set(folder, done)
    return done
  }

  return (folder) => {
    const current = running.get(folder)
    if (!current) return run(folder)
    // The one in flight may have passed our name already, so it proves nothing for us; the next one is for all of us.
    const queued = waiting.get(folder)
    if (queued) return queued
    const next = current
      .catch(() => undefined)
      .then(() => {
        waiting.delete(folder)
        return run(folder)
      })
    waiting.set(folder, next)
    return next
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no fsync for folders; NTFS journals names by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
