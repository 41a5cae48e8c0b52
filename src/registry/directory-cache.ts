// The directory in memory. Every process keeps a copy and asks the database for its version now and then; another
// process's change is therefore seen within a quarter of a second, without any signal that could be lost.
import type { Directory } from '../domain/directory.ts'
import { type Database, isDatabaseAway } from '../platform/database.ts'
import { directoryVersion, loadDirectory } from './directory-store.ts'

export interface DirectoryCache {
  /** The copy in hand, at once. Using it starts a check when the last one is old. */
  current(): Directory
  /** The copy as of a moment ago: no older than a quarter of a second while the database answers. */
  fresh(): Promise<Directory>
  /** The directory as it is after this call began; for whoever has seen that the copy is stale. */
  refresh(): Promise<Directory>
  /** This process has changed the directory: its next request must already see that. */
  adminChanged(): Promise<void>
}

// One tiny query at most this often per process, whatever the load.
const checkEveryMs = 250

interface CacheOptions {
  readonly db: Database
  /** Told when a check in the background fails; the last copy stays in use meanwhile. */
  readonly onCheckFailed: (error: unknown) => void
  /** A clock that never goes backwards, in milliseconds. */
  readonly monotonicMs?: () => number
}

/** Loads the first copy; without one nothing can be decided, so a failure here is a failure to start. */
export async function openDirectoryCache(options: CacheOptions): Promise<DirectoryCache> {
  const { db, onCheckFailed, monotonicMs = () => performance.now() } = options
  let snapshot = await loadDirectory(db)
  let checkedAtMs = monotonicMs()
  let running: Promise<void> | undefined
  let queued: Promise<void> | undefined

  async function check(): Promise<void> {
    checkedAtMs = monotonicMs()
    try {
      const version = await directoryVersion(db)
      if (version !== snapshot.version) snapshot = await loadDirectory(db)
    } catch (error) {
      // With the database away nothing can be accepted anyway; what can still be answered is answered from the copy.
      if (!isDatabaseAway(error)) throw error
      onCheckFailed(error)
    }
  }

  function start(): Promise<void> {
    running = check().finally(() => {
      running = undefined
    })
    return running
  }

  // A check that is already running may have read the version before the change its caller knows of. So a caller
  // waits for the one after it, and all who come meanwhile share that one. Two never run at once: the slower could
  // put an older copy over a newer one.
  function startAfterRunning(): Promise<void> {
    if (queued !== undefined) return queued
    if (running === undefined) return start()
    queued = running
      .catch(() => undefined)
      .then(() => {
        queued = undefined
        return start()
      })
    return queued
  }

  const isOld = () => monotonicMs() - checkedAtMs >= checkEveryMs

  return {
    current() {
      if (isOld() && running === undefined && queued === undefined) start().catch(onCheckFailed)
      return snapshot
    },
    async fresh() {
      const underWay = queued ?? running
      if (underWay !== undefined || isOld()) await (underWay ?? start())
      return snapshot
    },
    async refresh() {
      await startAfterRunning()
      return snapshot
    },
    adminChanged: async () => await startAfterRunning(),
  }
}
