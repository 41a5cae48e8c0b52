// fsync of folders, shared. A file is only found again after a power cut when its folder is on disk too; with many
// packages arriving at once, one fsync of the hour's folder serves all that were written before it began.
import { closeSync, fstatSync, fsync, openSync } from 'node:fs'
import { promisify } from 'node:util'

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

// The folder of the hour is synced hundreds of times a second; it is opened once. Older ones are closed as new ones come.
const openFolders = new Map<string, number>()
const openFoldersMax = 4
const syncFile = promisify(fsync)

async function syncFolder(folder: string): Promise<void> {
  // Windows has no fsync for folders; NTFS journals names by itself.
  if (process.platform === 'win32') return
  await syncFile(folderHandle(folder))
}

function folderHandle(folder: string): number {
  const known = openFolders.get(folder)
  if (known !== undefined && isStillThere(known)) return known
  if (known !== undefined) closeFolder(folder, known)
  const handle = openSync(folder, 'r')
  openFolders.set(folder, handle)
  for (const [oldest, old] of openFolders) {
    if (openFolders.size <= openFoldersMax) break
    closeFolder(oldest, old)
  }
  return handle
}

/** The sweep may have removed the folder and somebody made it anew: then the handle is that of the old one. */
function isStillThere(handle: number): boolean {
  return fstatSync(handle).nlink > 0
}

function closeFolder(folder: string, handle: number): void {
  openFolders.delete(folder)
  closeSync(handle)
}
