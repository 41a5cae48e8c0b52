// The frame of every change an operator makes: one at a time, decided on the directory as it is at that moment,
// written together with its audit row, and seen by this process before the operator gets the answer.
import type { Directory } from '../domain/directory.ts'
import type { Clock } from '../domain/ports.ts'
import type { Database, Trx } from '../platform/database.ts'
import { type Actor, type AuditEntry, insertAudit } from './audit-store.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { lockDirectory, readDirectory } from './directory-store.ts'

export interface Changed<T> {
  readonly result: T
  /** None when nothing was to be changed after all. */
  readonly audit?: AuditEntry
}

/** Runs `decide` alone among all changes of the directory. What it throws leaves everything as it was. */
export type ChangeDirectory = <T>(
  actor: Actor,
  decide: (trx: Trx, directory: Directory, now: Date) => Promise<Changed<T>>,
) => Promise<T>

export interface ChangeDeps {
  readonly db: Database
  readonly cache: DirectoryCache
  readonly clock: Clock
  readonly newId: () => string
  /** Asks for held and open deliveries to be addressed anew. Asked after the commit. */
  readonly reroute: (reason: string) => Promise<void>
  /** Told when `reroute` fails: the change stands all the same, and must not look refused. */
  readonly onRerouteFailed: (error: unknown) => void
}

export function directoryChanges(deps: ChangeDeps): ChangeDirectory {
  const { db, cache, clock, newId, reroute, onRerouteFailed } = deps
  return async (actor, decide) => {
    const { result, audit } = await db.transaction().execute(async (trx) => {
      const version = await lockDirectory(trx)
      const known = cache.current()
      const directory = known.version === version ? known : await readDirectory(trx)
      const now = clock.now()
      const changed = await decide(trx, directory, now)
      if (changed.audit !== undefined) await insertAudit(trx, { id: newId(), at: now, actor, entry: changed.audit })
      return changed
    })
    if (audit === undefined) return result

    await cache.adminChanged()
    await reroute(audit.action).catch(onRerouteFailed)
    return result
  }
}
